package dynsec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

// shown writes rows down so that they can be compared; a field that was not given is left out.
func shown(rows []importRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%d %q", r.line, r.username)
		for _, f := range []struct {
			name  string
			value *string
		}{{"password", r.password}, {"clientid", r.clientid}, {"textname", r.textname}, {"textdescription", r.textdescription}} {
			if f.value != nil {
				fmt.Fprintf(&b, " %s=%q", f.name, *f.value)
			}
		}
		if r.disabled != nil {
			fmt.Fprintf(&b, " disabled=%v", *r.disabled)
		}
		if r.roles != nil {
			fmt.Fprintf(&b, " roles=%v", *r.roles)
		}
		if r.groups != nil {
			fmt.Fprintf(&b, " groups=%v", *r.groups)
		}
		if r.unreadable != "" {
			fmt.Fprintf(&b, " (%s)", r.unreadable)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestCSVIsRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":                {"username,password\na,b\n", `2 "a" password="b"` + "\n"},
		"byte order mark":      {"\xef\xbb\xbfusername\na\n", `2 "a"` + "\n"},
		"windows line ends":    {"username,roles\r\na,r\r\n", `2 "a" roles=[{r -1}]` + "\n"},
		"no end of line":       {"username\na", `2 "a"` + "\n"},
		"columns in any order": {"roles,username, password\nr,a,b\n", `2 "a" password="b" roles=[{r -1}]` + "\n"},
		"quotes":               {"username,password\n\"a,b\",\"c\"\"d\ne\"\nf,g\n", `2 "a,b" password="c\"d\ne"` + "\n" + `4 "f" password="g"` + "\n"},
		"blank lines":          {"username\n\na\n\nb\n", "3 \"a\"\n5 \"b\"\n"},
		"priorities":           {"username,roles\na,x;y@5;z@-3;ops@home;m@2@7\n", `2 "a" roles=[{x -1} {y 5} {z -3} {ops@home -1} {m@2 7}]` + "\n"},
		"groups":               {"username,groups\na,g@1;h\n", `2 "a" groups=[{g 1} {h -1}]` + "\n"},
		"empty cells":          {"username,password,clientid,textname,roles,groups\na,,,,,\n", `2 "a"` + "\n"},
		"all columns": {
			"username,password,clientid,textname,textdescription,disabled,roles,groups\na,b,c,d,e,true,f,g\n",
			`2 "a" password="b" clientid="c" textname="d" textdescription="e" disabled=true roles=[{f -1}] groups=[{g -1}]` + "\n",
		},
		"too few cells":  {"username,password\na\n", `2 "a" (the line has 1 cells, the header has 2)` + "\n"},
		"too many cells": {"username\na,b\n", `2 "a" (the line has 2 cells, the header has 1)` + "\n"},
		"bad flag":       {"username,disabled\na,yes\n", `2 "a" disabled=false (disabled must be true or false)` + "\n"},
		"spaces stay":    {"username\n a \n", `2 " a "` + "\n"},
		"only a header":  {"username\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := parseCSV([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, shown(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// canary stands where a password could stand; no message may repeat it.
const canary = "canary-5e3c"

func TestCSVIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		in      string
		kind    fault.Kind
		message string
	}{
		"empty":           {"", fault.Invalid, "the file is empty"},
		"no header":       {"bob," + canary + "\n", fault.Invalid, "the first line does not name a column username"},
		"unknown column":  {"username,pasword\na," + canary + "\n", fault.Invalid, `unknown columns: "pasword"`},
		"column twice":    {"username,roles,roles\n", fault.Invalid, "the column roles is there twice"},
		"bare quote":      {"username,password\na,b\"" + canary + "\n", fault.Malformed, "line 2 of the file is not CSV as in RFC 4180"},
		"open quote":      {"username,password\na,\"" + canary + "\n", fault.Malformed, "line 2 of the file is not CSV as in RFC 4180"},
		"not UTF-8":       {"username,password\na," + canary + "\xff\n", fault.Malformed, "line 2 of the file is not valid UTF-8"},
		"semicolon table": {"username;password\na;" + canary + "\n", fault.Invalid, "the columns are separated by semicolons or tabs, and not by commas"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseCSV([]byte(c.in))
			refused(t, err, c.kind, c.message)
		})
	}
}

// refused checks a fault, and that nothing in it that a caller sees holds the canary.
func refused(t *testing.T, err error, kind fault.Kind, message string) {
	t.Helper()
	if err == nil {
		t.Fatal("it was accepted")
	}
	f := fault.From(err)
	if f.Kind != kind || f.Message != message {
		t.Errorf("fault = %v %q, want %v %q", f.Kind, f.Message, kind, message)
	}
	if f.HintText == "" {
		t.Error("there is no hint")
	}
	if all := fmt.Sprint(f.Message, f.HintText, f.Fields, f.Error()); strings.Contains(all, canary) {
		t.Errorf("the fault shows what stood in the file: %s", all)
	}
}

func TestJSONIsRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"none":   {"[]", ""},
		"one":    {`[{"username":"a"}]`, `1 "a"` + "\n"},
		"spaces": {" [ {\"username\" : \"a\"} ] \n", `1 "a"` + "\n"},
		"all": {
			`[{"username":"a","password":"b","clientid":"","textname":"d","textdescription":"e","disabled":false,
			"roles":[{"rolename":"f"},{"rolename":"g","priority":3}],"groups":[]},{"username":"😀"}]`,
			`1 "a" password="b" clientid="" textname="d" textdescription="e" disabled=false roles=[{f -1} {g 3}] groups=[]` + "\n" + `2 "😀"` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := parseJSON([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, shown(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		kind  fault.Kind
		where string // the first location, or the message of a malformed body
	}{
		"not JSON":       {`username,password`, fault.Malformed, "the body is not JSON: it cannot be read at byte 1"},
		"cut off":        {`[{"username":"a","password":"` + canary, fault.Malformed, "the body is not JSON: it cannot be read at byte 40"},
		"two values":     {`[] []`, fault.Malformed, "the body is not JSON: it cannot be read at byte 4"},
		"empty":          {``, fault.Malformed, "the body is not JSON: it cannot be read at byte 0"},
		"not UTF-8":      {"[{\"username\":\"\xff\"}]", fault.Malformed, "the body is not valid UTF-8"},
		"an object":      {`{"username":"a","password":"` + canary + `"}`, fault.Invalid, "body"},
		"a number":       {`[5]`, fault.Invalid, "body[0]"},
		"unknown field":  {`[{"username":"a"},{"username":"b","pass":"` + canary + `"}]`, fault.Invalid, "body[1].pass"},
		"wrong case":     {`[{"Username":"a"}]`, fault.Invalid, "body[0].Username"},
		"field twice":    {`[{"username":"a","username":"b"}]`, fault.Invalid, "body[0].username"},
		"null":           {`[{"username":"a","password":null}]`, fault.Invalid, "body[0].password"},
		"wrong type":     {`[{"username":["` + canary + `",{"a":[]}],"disabled":1}]`, fault.Invalid, "body[0].username"},
		"roles as text":  {`[{"username":"a","roles":"` + canary + `"}]`, fault.Invalid, "body[0].roles"},
		"roles as names": {`[{"username":"a","roles":["r"]}]`, fault.Invalid, "body[0].roles[0]"},
		"priority":       {`[{"username":"a","roles":[{"rolename":"r","priority":1.5}]}]`, fault.Invalid, "body[0].roles[0].priority"},
		"unknown in ref": {`[{"username":"a","groups":[{"groupname":"r","x":{"y":[1,2]}}]}]`, fault.Invalid, "body[0].groups[0].x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseJSON([]byte(c.in))
			if c.kind == fault.Malformed {
				refused(t, err, c.kind, c.where)
				return
			}
			refused(t, err, c.kind, "the request is not acceptable")
			if f := fault.From(err); len(f.Fields) == 0 || f.Fields[0].Location != c.where {
				t.Errorf("fields = %v, want the first at %s", f.Fields, c.where)
			}
		})
	}
}

func TestImportIsReadAsItsContentTypeSays(t *testing.T) {
	csv, list := []byte("username\na\n"), []byte(`[{"username":"a"}]`)
	for _, contentType := range []string{"text/csv", "text/csv; charset=utf-8; header=present", "TEXT/CSV"} {
		if rows, err := readImport(csv, contentType); err != nil || len(rows) != 1 {
			t.Errorf("%s: %v, %v", contentType, rows, err)
		}
	}
	if rows, err := readImport(list, "application/json"); err != nil || len(rows) != 1 {
		t.Errorf("JSON: %v, %v", rows, err)
	}
	for name, c := range map[string]struct {
		body        []byte
		contentType string
		kind        fault.Kind
	}{
		"CSV as JSON": {csv, "application/json", fault.Malformed},
		"JSON as CSV": {list, "text/csv", fault.Malformed},
		"a form":      {csv, "multipart/form-data; boundary=x", fault.UnsupportedMedia},
		"nothing":     {csv, "", fault.UnsupportedMedia},
		"too large":   {make([]byte, MaxImport+1), "text/csv", fault.TooLarge},
	} {
		if _, err := readImport(c.body, c.contentType); !fault.Is(err, c.kind) || fault.From(err).HintText == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
