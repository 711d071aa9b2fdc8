package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

func TestDynsecFilesOfBothVersionsSurvive(t *testing.T) {
	paths, err := filepath.Glob("testdata/managed/dynsec-*.json")
	if err != nil || len(paths) < 3 {
		t.Fatalf("test data is missing: %v %v", paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseDynsecFile(data)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := f.Check(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		again, err := ParseDynsecFile(f.Bytes())
		if err != nil {
			t.Fatalf("%s: what we write cannot be read: %v\n%s", path, err, f.Bytes())
		}
		if diff := cmp.Diff(f, again); diff != "" {
			t.Errorf("%s: changed by writing:\n%s", path, diff)
		}
	}
}

func TestDynsecFileReadsWhatTheBrokerWrote(t *testing.T) {
	data, err := os.ReadFile("testdata/managed/dynsec-2.1.2.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := ParseDynsecFile(data)
	if err != nil {
		t.Fatal(err)
	}
	u1 := f.Client("u1")
	if u1 == nil || !u1.Disabled || *u1.ClientID != "cid1" || u1.Roles[0].Priority != -1 {
		t.Errorf("u1 = %+v", u1)
	}
	if !u1.PasswordMatches("neu") || u1.PasswordMatches("x") {
		t.Error("the encoded password is not understood")
	}
	// 2.1 rewrote the admin's 2.0 password, which had 101 iterations and a salt of 12 bytes.
	if !f.Client("admin").PasswordMatches("pw") {
		t.Error("the converted password is not understood")
	}
	if f.AnonymousGroup != "g1" || f.Groups[0].Clients[1].Priority != 5 {
		t.Errorf("groups = %+v, anonymous %q", f.Groups, f.AnonymousGroup)
	}
	want := []DynsecACL{{Acltype: "publishClientSend", Topic: "a/b", Priority: 3, Allow: true}}
	if diff := cmp.Diff(want, f.Role("r1").ACLs); diff != "" {
		t.Errorf("the ACLs of r1:\n%s", diff)
	}
	if len(f.Unknown) != 1 || f.Unknown[0].Key != "changeIndex" {
		t.Errorf("unknown = %+v", f.Unknown)
	}
	if f.Client("nobody") != nil || f.Role("nothing") != nil {
		t.Error("found what is not there")
	}
}

func TestDynsecFileKeepsWhatItDoesNotKnow(t *testing.T) {
	const in = `{"x":{"deep":[1,{"y":null}]},"clients":[{"username":"a\"\\ü\u2028","z":"q","textName":"T","roles":[{"rolename":"r","n":1}]}],
		"groups":[{"groupname":"g","m":[],"clients":[{"username":"a","k":0.5}]}],
		"roles":[{"rolename":"r","o":-1e9,"acls":[{"acltype":"t","topic":"#","p":true}]}],"defaultACLAccess":{"extra":""}}`
	f, err := ParseDynsecFile([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if f.Clients[0].Textname != "T" || f.Clients[0].Username != "a\"\\ü\u2028" {
		t.Errorf("client = %+v", f.Clients[0])
	}
	out := string(f.Bytes())
	for _, want := range []string{`{"deep":[1,{"y":null}]}`, `"z":"q"`, `"n":1`, `"m":[]`, `"k":0.5`, `"o":-1e9`, `"p":true`, `"extra":""`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is lost in:\n%s", want, out)
		}
	}
}

func TestDynsecFileRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"empty":                  " \n",
		"cut off":                `{"clients":[{"username":"a"`,
		"not an object":          `[]`,
		"clients not a list":     `{"clients":{}}`,
		"client not an object":   `{"clients":["a"]}`,
		"name not a string":      `{"clients":[{"username":5}]}`,
		"half a surrogate pair":  `{"clients":[{"username":"\ud800"}]}`,
		"NUL":                    `{"clients":[{"username":"a\u0000b"}]}`,
		"invalid UTF-8":          "{\"clients\":[{\"username\":\"\xff\"}]}",
		"key twice":              `{"clients":[{"username":"a","Username":"b"}]}`,
		"fraction":               `{"roles":[{"rolename":"r","acls":[{"priority":0.5}]}]}`,
		"flag that is a number":  `{"clients":[{"username":"a","disabled":1}]}`,
		"iterations of 40 bits":  `{"clients":[{"username":"a","iterations":1099511627776}]}`,
		"default not an object":  `{"defaultACLAccess":[]}`,
		"secret in a broken one": `{"clients":[{"username":"a","password":geheim}]}`,
	} {
		_, err := ParseDynsecFile([]byte(in))
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		} else if text := fmt.Sprintf("%v %+v", err, fault.From(err).Fields); strings.Contains(text, "geheim") {
			t.Errorf("%s: the error shows a value: %s", name, text)
		}
	}
}

func TestDynsecFileFindsDuplicates(t *testing.T) {
	for _, in := range []string{
		`{"clients":[{"username":"a"},{"username":"b"},{"username":"a"}]}`,
		`{"roles":[{"rolename":"a"},{"rolename":"a"}]}`,
		`{"groups":[{"groupname":"a"},{"groupname":"a"}]}`,
		`{"clients":[{"username":""}]}`,
		`{"clients":[{}]}`,
	} {
		f, err := ParseDynsecFile([]byte(in))
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		if err := f.Check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestDynsecFileOfTwentyThousandClientsIsQuick(t *testing.T) {
	f := bigDynsecFile(20_000)
	begin := time.Now()
	data := f.Bytes()
	again, err := ParseDynsecFile(data)
	if err != nil || len(again.Clients) != 20_000 || again.Check() != nil {
		t.Fatalf("%d clients, %v", len(again.Clients), err)
	}
	// It takes about 0.1 s, with the race detector on a busy machine one. Quadratic would be minutes.
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func bigDynsecFile(n int) *DynsecFile {
	f := new(DynsecFile)
	h, err := HashPassword("p")
	if err != nil {
		panic(err)
	}
	for i := range n {
		f.Clients = append(f.Clients, DynsecClient{
			Username: fmt.Sprintf("device-%05d", i), Password: h, Textname: "Gerät",
			Roles: []DynsecRoleRef{{Rolename: "sensor", Priority: -1}},
		})
	}
	return f
}

func BenchmarkDynsecFile(b *testing.B) {
	f := bigDynsecFile(20_000)
	data := f.Bytes()
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := ParseDynsecFile(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			f.Bytes()
		}
	})
}

func FuzzDynsecFile(f *testing.F) {
	paths, _ := filepath.Glob("testdata/managed/dynsec-*.json")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"clients":[{"username":"\u00e4\ufffd","iterations":1e2,"roles":[{"priority":-1}]}],"\u00fc":[{},[],"\""]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := ParseDynsecFile(data)
		if err != nil {
			return
		}
		written := first.Bytes()
		second, err := ParseDynsecFile(written)
		if err != nil {
			t.Fatalf("what we write cannot be read: %v\n%s", err, written)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("changed by writing:\n%s", diff)
		}
		if string(second.Bytes()) != string(written) {
			t.Fatal("writing is not deterministic")
		}
	})
}
