package dynsecfile_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// Hashes in both forms, of no password that anybody has.
const (
	someHash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
	someSalt = "AAAAAAAAAAAAAAAA"
	encoded  = "$7$1000$" + someSalt + "$" + someHash
	argon    = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
)

// stored is a file with everything in it: both versions' keys, and keys of no version.
const stored = `{
	"defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": false, "unsubscribe": true, "later": 1},
	"clients": [
		{"username": "a", "roles": [{"rolename": "r", "since": 5}], "password": "` + someHash + `", "salt": "` + someSalt + `", "iterations": 101},
		{"username": "b", "textName": "B", "clientid": "b", "disabled": true, "encoded_password": "` + encoded + `", "second_factor": {"x": [1]}},
		{"username": "c", "encoded_password": "` + argon + `"},
		{"username": "d"}
	],
	"groups": [{"groupname": "g", "roles": [], "clients": [{"username": "a", "priority": 5}, {"username": "b", "by": "me"}]}],
	"anonymousGroup": "g",
	"roles": [{"rolename": "r", "allowwildcardsubs": false, "acls": [{"acltype": "subscribeLiteral", "topic": "a", "allow": true, "why": null}]}],
	"changeIndex": 17, "later": {"a": [true, "}"]}
}`

func TestMaskedHasNoHashAndReadsBackAsItWas(t *testing.T) {
	f := parsed(t, []byte(stored))
	masked := dynsecfile.Masked(f)
	for _, secret := range []string{someHash, someSalt, encoded, argon, "1000", `"iterations"`} {
		if bytes.Contains(masked, []byte(secret)) {
			t.Errorf("%s is in the masked file", secret)
		}
	}
	for _, kept := range []string{`"password":"«unchanged»"`, `"encoded_password":"«unchanged»"`, "second_factor", "since", "why", `"by"`, "later"} {
		if !bytes.Contains(masked, []byte(kept)) {
			t.Errorf("%s is not in the masked file", kept)
		}
	}
	again, err := dynsecfile.Read(masked, f)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), f.Bytes()) {
		t.Errorf("reads back as\n%s", again.Bytes())
	}
	for _, key := range []string{`,"password":"«unchanged»"`, `,"encoded_password":"«unchanged»"`} {
		masked = bytes.ReplaceAll(masked, []byte(key), nil)
	}
	if again, err = dynsecfile.Read(masked, f); err != nil || !bytes.Equal(again.Bytes(), f.Bytes()) {
		t.Errorf("without any hash it reads back as %v\n%s", err, again.Bytes())
	}
}

func TestDefaultAccessChangesOnlyWhereTheFileSaysSo(t *testing.T) {
	current := parsed(t, []byte(stored))
	for text, want := range map[string]broker.DynsecDefaults{
		`{}`:                       {PublishClientSend: true, PublishClientReceive: true, Unsubscribe: true},
		`{"defaultACLAccess": {}}`: {PublishClientSend: true, PublishClientReceive: true, Unsubscribe: true},
		`{"defaultaclaccess": {"PublishClientSend": false}}`:             {PublishClientReceive: true, Unsubscribe: true},
		`{"defaultACLAccess": {"subscribe": true, "unsubscribe":false}}`: {PublishClientSend: true, PublishClientReceive: true, Subscribe: true},
	} {
		f, err := dynsecfile.Read([]byte(text), current)
		if err != nil {
			t.Fatal(err)
		}
		got := f.DefaultACLAccess
		got.Unknown = nil
		if got.PublishClientSend != want.PublishClientSend || got.PublishClientReceive != want.PublishClientReceive ||
			got.Subscribe != want.Subscribe || got.Unsubscribe != want.Unsubscribe {
			t.Errorf("%s gives %+v", text, got)
		}
	}
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	current := parsed(t, []byte(stored))
	for name, c := range map[string]struct {
		text string
		kind fault.Kind
		at   []string
	}{
		"nothing":       {"", fault.Malformed, []string{""}},
		"cut off":       {stored[:len(stored)/2], fault.Malformed, []string{""}},
		"two values":    {"{} {}", fault.Malformed, []string{""}},
		"not UTF-8":     {"{\"a\": \"\xff\"}", fault.Malformed, []string{""}},
		"no object":     {"[]", fault.Invalid, []string{""}},
		"list expected": {`{"clients": {}}`, fault.Invalid, []string{"clients"}},
		"deep inside": {`{"clients": [{"username": "a"}, {"username": "b", "roles": [{"rolename": "r"}, {"rolename": 5}]}]}`,
			fault.Invalid, []string{"clients[1].roles[1].rolename"}},
		"several": {`{"roles": [{"acls": [{"priority": "5", "allow": 1, "topic": null}]}], "groups": [7], "anonymousGroup": true}`,
			fault.Invalid, []string{"roles[0].acls[0].priority", "roles[0].acls[0].allow", "roles[0].acls[0].topic", "groups[0]", "anonymousGroup"}},
		"twice":          {`{"roles": [], "Roles": []}`, fault.Invalid, []string{"Roles"}},
		"no integer":     {`{"clients": [{"iterations": 1.5}]}`, fault.Invalid, []string{"clients[0].iterations"}},
		"too large":      {`{"clients": [{"iterations": 1e300}]}`, fault.Invalid, []string{"clients[0].iterations"}},
		"half a pair":    {`{"clients": [{"username": "\ud800"}]}`, fault.Invalid, []string{"clients[0].username"}},
		"NUL":            {`{"clients": [{"username": "a\u0000b"}]}`, fault.Invalid, []string{"clients[0].username"}},
		"no stored hash": {`{"clients": [{"username": "d", "password": "«unchanged»"}]}`, fault.Invalid, []string{"clients[0].password"}},
		"unknown client": {`{"clients": [{"username": "new", "encoded_password": "«unchanged»"}]}`, fault.Invalid, []string{"clients[0].encoded_password"}},
		"a password": {`{"clients": [{"username": "a", "password": "hunter2", "salt": "x", "iterations": 0}]}`, fault.Invalid,
			[]string{"clients[0].password", "clients[0].salt", "clients[0].iterations"}},
		"no salt":     {`{"clients": [{"username": "a", "password": "` + someHash + `"}]}`, fault.Invalid, []string{"clients[0].salt", "clients[0].iterations"}},
		"only a salt": {`{"clients": [{"username": "a", "salt": "AAAA"}]}`, fault.Invalid, []string{"clients[0].password"}},
		"both forms": {`{"clients": [{"username": "x", "password": "` + someHash + `", "salt": "` + someSalt + `", "iterations": 1, "encoded_password": "` + encoded + `"}]}`,
			fault.Invalid, []string{"clients[0].encoded_password"}},
		"unknown form": {`{"clients": [{"username": "x", "encoded_password": "$5$1$a$b"}]}`, fault.Invalid, []string{"clients[0].encoded_password"}},
		"bad $7$":      {`{"clients": [{"username": "x", "encoded_password": "$7$9999999999$` + someSalt + `$` + someHash + `"}]}`, fault.Invalid, []string{"clients[0].encoded_password"}},
	} {
		_, err := dynsecfile.Read([]byte(c.text), current)
		if !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f := fault.From(err)
		var at []string
		for _, field := range f.Fields {
			at = append(at, field.Location)
			if field.Message == "" || strings.Contains(field.Message, "hunter2") {
				t.Errorf("%s: %+v", name, field)
			}
		}
		slices.Sort(at)
		slices.Sort(c.at)
		if f.HintText == "" || !slices.Equal(at, c.at) {
			t.Errorf("%s: %q, want %q (hint %q)", name, at, c.at, f.HintText)
		}
	}
}

func TestManyPlacesAreBounded(t *testing.T) {
	_, err := dynsecfile.Read([]byte(`{"clients": [`+strings.Repeat("7,", 100_000)+`7]}`), nil)
	if n := len(fault.From(err).Fields); n != 101 {
		t.Errorf("%d places: %v", n, err)
	}
	keys := strings.Builder{}
	for i := range 1001 {
		fmt.Fprintf(&keys, `"k%d": [{}], `, i)
	}
	for name, text := range map[string]string{
		"too many keys":    `{"clients": [{` + keys.String() + `"username": "a"}]}`,
		"too many clients": `{"clients": [` + strings.Repeat("{},", 1_000_000) + `{}]}`,
	} {
		if _, err := dynsecfile.Read([]byte(text), nil); !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dynsecfile.Read(make([]byte, dynsecfile.MaxBytes+1), nil); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a file that is too long: %v", err)
	}
}

func TestNewHashesOfEveryFormPass(t *testing.T) {
	for _, hash := range []string{
		`"password": "` + someHash + `", "salt": "` + someSalt + `", "iterations": 101`,
		`"encoded_password": "` + encoded + `"`, `"encoded_password": "` + argon + `"`,
	} {
		f, err := dynsecfile.Read([]byte(`{"clients": [{"username": "a", `+hash+`}]}`), parsed(t, []byte(stored)))
		if err != nil || !f.Clients[0].HasPassword() {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

func TestETagIsOfWhatTheFileSays(t *testing.T) {
	f := parsed(t, []byte(stored))
	tag := dynsecfile.ETag(f)
	same := map[string]func(*broker.DynsecFile){
		"the order of clients": func(f *broker.DynsecFile) { slices.Reverse(f.Clients) },
		"members":              func(f *broker.DynsecFile) { slices.Reverse(f.Groups[0].Clients) },
		"the form of a hash": func(f *broker.DynsecFile) {
			f.Clients[0].Password = broker.PasswordHash{}
			f.Clients[0].EncodedPassword = strings.Replace(encoded, "1000", "101", 1)
		},
		"2.1's own count": func(f *broker.DynsecFile) { f.Unknown[0].Value = []byte("18") },
	}
	other := map[string]func(*broker.DynsecFile){
		"a hash":               func(f *broker.DynsecFile) { f.Clients[0].Password.Iterations++ },
		"a key of no version":  func(f *broker.DynsecFile) { f.Unknown[1].Value = []byte("18") },
		"one deep inside":      func(f *broker.DynsecFile) { f.Roles[0].ACLs[0].Unknown = nil },
		"a priority":           func(f *broker.DynsecFile) { f.Groups[0].Clients[0].Priority++ },
		"default access":       func(f *broker.DynsecFile) { f.DefaultACLAccess.Subscribe = true },
		"the anonymous group":  func(f *broker.DynsecFile) { f.AnonymousGroup = "" },
		"a client":             func(f *broker.DynsecFile) { f.Clients = f.Clients[1:] },
		"an empty client id":   func(f *broker.DynsecFile) { f.Clients[0].ClientID = new(string) },
		"wildcards of 2.1":     func(f *broker.DynsecFile) { f.Roles[0].AllowWildcardSubs = nil },
		"what a rule says":     func(f *broker.DynsecFile) { f.Roles[0].ACLs[0].Allow = false },
		"who has the password": func(f *broker.DynsecFile) { f.Clients[3].SetHash(f.Clients[0].Password) },
	}
	for name, change := range same {
		g := cloned(t, f)
		change(g)
		if dynsecfile.ETag(g) != tag || !dynsecfile.Compare(f, g).Empty() {
			t.Errorf("%s is no difference: %+v", name, dynsecfile.Compare(f, g))
		}
	}
	for name, change := range other {
		g := cloned(t, f)
		change(g)
		if dynsecfile.ETag(g) == tag || dynsecfile.Compare(f, g).Empty() {
			t.Errorf("%s is a difference", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(stored))
	f.Add(dynsecfile.Masked(parsed(f, []byte(stored))))
	f.Add([]byte(`{"clients": [{"username": "a", "roles": [{"rolename": 5}]}]}`))
	f.Add([]byte(`{"clients": [{"username": "a", "password": "«unchanged»"}, {"username": "a"}], "x": [[{"]":"\\"}]]}`))
	f.Add([]byte(`{"anonymousGroup":"g","groups":[{"groupname":"g","clients":[{"username":"a"},{"username":"a"}]}]}`))
	current := parsed(f, []byte(stored))
	f.Fuzz(func(t *testing.T, data []byte) {
		wanted, err := dynsecfile.Read(data, current)
		if err != nil {
			if kind := fault.From(err).Kind; kind != fault.Malformed && kind != fault.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		// Whatever can be read can be checked, compared and planned, in both directions.
		for _, version := range []string{"2.0.11", "2.1.2"} {
			for _, pair := range [][2]*broker.DynsecFile{{current, wanted}, {wanted, current}, {wanted, wanted}} {
				out, err := dynsecfile.Put(t.Context(), dynsecfile.Options{Current: pair[0], Version: version, DryRun: true}, pair[1])
				if err != nil {
					t.Fatal(err)
				}
				if pair[0] == pair[1] && (!out.Diff.Empty() || out.Effect != dynsecfile.EffectNone) {
					t.Errorf("a file differs from itself: %+v", out)
				}
			}
		}
		if wanted.Check() != nil {
			return // of two clients with one name only one keeps its hash
		}
		again, err := dynsecfile.Read(dynsecfile.Masked(wanted), wanted)
		if err != nil {
			t.Fatalf("what was read reads no more: %v", err)
		}
		if !bytes.Equal(again.Bytes(), wanted.Bytes()) {
			t.Errorf("reads back as\n%s\nwas\n%s", again.Bytes(), wanted.Bytes())
		}
		if dynsecfile.ETag(again) != dynsecfile.ETag(wanted) {
			t.Error("it has another tag")
		}
	})
}

// TestHostileFilesCostLittle reads and plans files whose lists are as long as they may be.
func TestHostileFilesCostLittle(t *testing.T) {
	const n = 100_000
	var names, roles, acls []string
	for i := range n {
		names = append(names, fmt.Sprintf(`{"rolename":"r%d"}`, i))
		roles = append(roles, fmt.Sprintf(`{"rolename":"r%d","acls":[]}`, i))
		acls = append(acls, fmt.Sprintf(`{"acltype":"publishClientSend","topic":"%d","x":1}`, i))
	}
	list := strings.Join(names, ",")
	text := `{"clients":[{"username":"a","roles":[` + list + `]}],"groups":[{"groupname":"g","roles":[` + list + `]}],"roles":[` +
		strings.Join(roles, ",") + `,{"rolename":"many","acls":[` + strings.Join(acls, ",") + `]}]}`
	began := time.Now()
	f, err := dynsecfile.Read([]byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]*broker.DynsecFile{{f, new(broker.DynsecFile)}, {new(broker.DynsecFile), f}} {
		if _, err := dynsecfile.Put(t.Context(), dynsecfile.Options{Current: pair[0], Version: "2.0.11", DryRun: true}, pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
