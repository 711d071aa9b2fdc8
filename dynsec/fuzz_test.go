package dynsec

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// FuzzCSV looks for a file that makes the parser panic, or that gives rows which make no sense.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"username,password\na,b\n", "\xef\xbb\xbfusername\r\n\"a\"\"b\"\r\n", "username,roles\na,x;y@5;z@@-3;@\n",
		"username\n\n\na,b,c", "username,disabled\na,true\nb,no\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parseCSV(data)
		if err != nil {
			return
		}
		last := 1
		for _, r := range rows {
			if r.line <= last && r.line != 1 || r.line > strings.Count(string(data), "\n")+1 {
				t.Fatalf("line %d after line %d", r.line, last)
			}
			last = r.line
			if !utf8.ValidString(r.username) {
				t.Fatalf("username %q is not valid UTF-8", r.username)
			}
		}
	})
}

// FuzzJSON looks for a body that makes the parser panic or run for ever.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"username":"a","roles":[{"rolename":"r","priority":1}]}]`, `[[[{}]],{"username":{"a":[]}},null]`,
		`[{"groups":[5,{"groupname":null,"priority":1e9}]}]`, `{}`, `"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parseJSON(data)
		if err != nil && len(rows) > 0 {
			t.Fatal("rows and an error")
		}
		for i, r := range rows {
			if r.line != i+1 {
				t.Fatalf("row %d has line %d", i, r.line)
			}
		}
	})
}

// FuzzMatch compares the matching with a naive one that splits both sides into levels.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"a/+/#", "a/b"}, {"#", "$SYS/a"}, {"/#", "#"}, {"+/+", "/"}, {"%c/a", "cid/a"}, {"$x/#", "$x"}, {"a#", "a"}} {
		f.Add(seed[0], seed[1])
	}
	who := identity{username: "user", clientid: "cid"}
	f.Fuzz(func(t *testing.T, acl, asked string) {
		valid := topicfilter.Problem(acl) == "" && topicfilter.Problem(asked) == ""
		for _, d := range []dialect{{}, {modern: true}} {
			topic, covered := d.matchesTopic(acl, asked, who), d.covers(acl, asked, who)
			if !valid {
				continue
			}
			if want := naiveMatch(d, acl, asked, who); !strings.ContainsAny(asked, "+#") && topic != want {
				t.Errorf("modern %v: %q matches topic %q: %v, want %v", d.modern, acl, asked, topic, want)
			}
			if want := naiveMatch(d, acl, asked, who); d.modern && covered != want {
				t.Errorf("%q covers %q: %v, want %v", acl, asked, covered, want)
			}
			if want := naiveCovers(acl, asked); !d.modern && covered != want {
				t.Errorf("2.0: %q covers %q: %v, want %v", acl, asked, covered, want)
			}
		}
	})
}

// naiveMatch is MQTT's matching in the plainest words.
func naiveMatch(d dialect, acl, asked string, who identity) bool {
	if strings.HasPrefix(acl, "$") != strings.HasPrefix(asked, "$") {
		return false
	}
	want, have := strings.Split(acl, "/"), strings.Split(asked, "/")
	for i, level := range want {
		switch {
		case d.modern && level == "%c":
			level = who.clientid
		case d.modern && level == "%u":
			level = who.username
		}
		switch {
		case level == "#":
			return true
		case i >= len(have):
			return false
		case level == "+" && have[i] != "#":
		case level != have[i]:
			return false
		}
	}
	return len(have) == len(want)
}

// naiveCovers is 2.0's covering in the plainest words: a trailing # is taken off before the levels are compared.
func naiveCovers(acl, asked string) bool {
	if acl == "#" {
		return true
	}
	split := func(filter string) ([]string, bool) {
		levels := strings.Split(filter, "/")
		if levels[len(levels)-1] != "#" {
			return levels, false
		}
		if len(levels) == 1 {
			return []string{""}, true
		}
		return levels[:len(levels)-1], true
	}
	want, open := split(acl)
	have, wide := split(asked)
	if wide && !open || len(want) > len(have) || len(want) < len(have) && !open {
		return false
	}
	for i, level := range want {
		if level != "+" && level != have[i] {
			return false
		}
	}
	return true
}

// FuzzValidate looks for names and filters that pass although MQTT cannot carry them.
func FuzzValidate(f *testing.F) {
	for _, seed := range []string{"", ".", "a", "a/+/#", "a\x00", "\xff", "a#", "\ufffe", strings.Repeat("/", 201)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p problems
		p.name("body.username", s)
		p.acls("body.acls", []ACL{{Acltype: SubscribePattern, Topic: s, Priority: len(s)}})
		for _, field := range p.fields {
			if len(s) > 20 && strings.Contains(field.Message, s) {
				t.Fatalf("the message repeats the value: %q", field.Message)
			}
		}
		if topicfilter.Problem(s) == "" && (s == "" || len(s) > MaxString || !utf8.ValidString(s) || filterShapeBroken(s)) {
			t.Fatalf("%q passes as a filter", s)
		}
		if publishTopicProblem(s) == "" && strings.ContainsAny(s, "+#") {
			t.Fatalf("%q passes as a topic", s)
		}
	})
}
