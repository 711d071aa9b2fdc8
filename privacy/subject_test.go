package privacy

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

func subject(t testing.TB, kind Kind, value string) Subject {
	t.Helper()
	s, err := New(kind, value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWhatNamesTheSubject has a ? where a name is to be replaced.
func TestWhatNamesTheSubject(t *testing.T) {
	for _, c := range []struct {
		kind        Kind
		value, text string
	}{
		{Client, "kettle", "?"},
		{Client, "kettle", "client ? has left, and kettle-2, kettle_on and old.kettle are there"},
		{Client, "kettle", "? said so. It was ?. Was it ?? No: '?', \"?\" (?), [?]"},
		{Client, "a", "? b a1 ä ?"},
		{Client, "küche", "?, kücheneu, die ?"},
		{User, "jo", "jo@example.org is not ?, ?: is"},
		{Address, "10.0.0.1", "New client connected from ?:1883, not from 10.0.0.12, 110.0.0.1 or 10.0.0.1.7; from ?. Again ?"},
		{Address, "fe80::1", "from ? and [?]:1883 and not fe80::1:2"},
	} {
		s := subject(t, c.kind, c.value)
		text := strings.NewReplacer("??", c.value+"?", "?", c.value).Replace(c.text)
		want := strings.NewReplacer("??", s.Instead+"?", "?", s.Instead).Replace(c.text)
		if got := s.Text(text); got != want {
			t.Errorf("%q in\n%s\nbecomes\n%s", c.value, text, got)
		}
		if s.In(want) || !s.In(text) {
			t.Errorf("%q: whether %s names it is not seen", c.value, text)
		}
	}
}

func TestDocumentsStayDocuments(t *testing.T) {
	for value, document := range map[string]string{
		"kettle": `{"client":"?", "?":1.0,"topic":"house/kettle/c","list":["?",  "kettles","\u00e4 ?"],"n":null}`,
		"a\"b<c": `{"username":"?","before":"?\n?"}`,
		`""`:     `{"":"","x":"?"}`,
		"true":   `{"x":true,"y":"?"}`,
	} {
		s := subject(t, User, value)
		quoted, _ := json.Marshal(value)
		text := strings.ReplaceAll(document, "?", string(quoted[1:len(quoted)-1]))
		want := strings.ReplaceAll(document, "?", s.Instead)
		var got, wanted any
		if err := json.Unmarshal([]byte(s.JSON(text)), &got); err != nil {
			t.Errorf("%s becomes %s", text, s.JSON(text))
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s becomes %s, %v", text, s.JSON(text), err)
		}
		if untouched := s.JSON(want); untouched != want {
			t.Errorf("%s is changed to %s", want, untouched)
		}
	}
	s := subject(t, User, "x")
	for _, broken := range []string{"", `"x`, `{"x`, `"\`, `"\u12"`} {
		s.JSON(broken) // does not panic
	}
}

func TestPathsNameTheSubjectInTheirParts(t *testing.T) {
	s := subject(t, Client, "a b")
	for _, c := range [][2]string{
		{"client/kettle", "client/kettle"},
		{"PUT /dynsec/clients/a%20b/enable", "PUT /dynsec/clients/?/enable"},
	} {
		if got := s.Path(c[0]); got != strings.ReplaceAll(c[1], "?", s.Instead) {
			t.Errorf("%q becomes %q", c[0], got)
		}
	}
	s = subject(t, User, "jo")
	if got := s.Path("user/jo"); got != "user/"+s.Instead {
		t.Error(got)
	}
}

func TestBlurKeepsEveryPlace(t *testing.T) {
	s := subject(t, Address, "10.0.0.1")
	text := []byte("from 10.0.0.1:7, 10.0.0.12 and 10.0.0.1\n")
	if n := s.Blur(text); n != 2 || string(text) != "from ********:7, 10.0.0.12 and ********\n" {
		t.Errorf("%d: %s", n, text)
	}
}

func TestASubjectHasAName(t *testing.T) {
	for _, c := range [][2]string{{"client", ""}, {"address", "kettle"}, {"address", "10.0.0.0/8"}, {"user", strings.Repeat("x", longest+1)}} {
		if _, err := New(Kind(c[0]), c[1]); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if s := subject(t, Address, "::ffff:10.0.0.1"); s.Value != "10.0.0.1" {
		t.Error(s.Value)
	}
}

// FuzzText: what was replaced is not there any more, JSON stays JSON, and what does not name the subject stays as it is.
func FuzzText(f *testing.F) {
	f.Add("kettle", `{"client":"kettle"}`)
	f.Add("a", "a.a a-a a")
	f.Add("\xff", "\xff \xff")
	f.Add(`"`, `{"\"":"\""}`)
	f.Fuzz(func(t *testing.T, value, text string) {
		s, err := New(Client, value)
		if err != nil {
			t.Skip()
		}
		got := s.Text(text)
		if !s.In(text) && got != text {
			t.Fatalf("%q names nobody and becomes %q", text, got)
		}
		if after := s.JSON(text); json.Valid([]byte(text)) != json.Valid([]byte(after)) {
			t.Fatalf("%s becomes %s", text, after)
		}
		blurred := []byte(text)
		s.Blur(blurred)
		if len(blurred) != len(text) {
			t.Fatal("the text has another length")
		}
	})
}
