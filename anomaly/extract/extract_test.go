package extract_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/anomaly/extract"
)

// said writes fields as a person would.
func said(fields []extract.Field) string {
	var all []string
	for _, f := range fields {
		value := ""
		switch f.Kind {
		case extract.Number:
			value = fmt.Sprint(f.Number)
		case extract.Bool:
			value = fmt.Sprint(f.Number == 1)
		case extract.Text:
			value = fmt.Sprintf("%q", f.Text)
		case extract.Null:
			value = "null"
		}
		all = append(all, string(f.Path)+"="+value)
	}
	return strings.Join(all, " ")
}

func TestWhatIsFoundInAPayload(t *testing.T) {
	for payload, want := range map[string]string{
		"":                             "",
		" \n":                          "",
		"21.5":                         "=21.5",
		" -3e2\r\n":                    "=-300",
		"+7":                           "=7",
		"ON":                           "=true",
		"false":                        "=false",
		"open":                         `="open"`,
		`"42"`:                         "=42",
		"unavailable":                  "=null",
		"1e999":                        `="1e999"`,
		"0x1F":                         `="0x1F"`,
		`{"t":21.5,"ok":true}`:         "t=21.5 ok=true",
		`{"a":{"b":[1,{"c":"x"}]}}`:    `a.b.0=1 a.b.1.c="x"`,
		`[1,2]`:                        "0=1 1=2",
		`{"t":"21.5"}`:                 "t=21.5",
		`{"t":null,"u":1e999,"v":NaN}`: "t=null u=null v=null",
		`{"t":1,"t":2}`:                "t=2",
		`{"t":1} x`:                    "",
		`{"t":1`:                       "",
		`{"t":1,}`:                     "",
		`{"t":tru}`:                    "",
		`{"t" 1}`:                      "",
		`{}`:                           "",
		`[]`:                           "",
		`{"":1}`:                       "",
		`{"a\"b":1}`:                   `a\"b=1`,
		"\xff\xfe":                     "",
		strings.Repeat("a", 65):        "",
		strings.Repeat("[", 1_000_000): "",
		strings.Repeat(`{"a":`, 10):    "",
		`{"a":"` + strings.Repeat("x", 65) + `","b":1}`: "a=null b=1",
	} {
		var e extract.Extractor
		if got := said(e.Fields([]byte(payload))); got != want {
			t.Errorf("%.40q: got %s, want %s", payload, got, want)
		}
	}
}

func TestWhatIsTooMuchIsLeftOut(t *testing.T) {
	var e extract.Extractor
	many := make(map[string]int)
	for i := range 1000 {
		many[fmt.Sprintf("f%04d", i)] = i
	}
	text, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(e.Fields(text)); n != extract.MostFields {
		t.Errorf("%d fields of 1000", n)
	}
	if got := e.Fields([]byte("[" + strings.Repeat("1,", 99) + "1]")); len(got) != extract.MostItems {
		t.Errorf("%d items of 100", len(got))
	}
	long := strings.Repeat("n", 200)
	if got := said(e.Fields([]byte(`{"` + long + `":1,"b":{"` + long + `":2},"c":3}`))); got != "c=3" {
		t.Errorf("with long names: %s", got)
	}
	if got := e.Fields([]byte(`{"a":1,"b":"` + strings.Repeat("x", extract.MostBytes) + `"}`)); got != nil {
		t.Errorf("of a large payload: %s", said(got))
	}
}

// FuzzFields holds extraction against the standard library: a document that is JSON yields its numbers, and what is found
// in any text is within the bounds.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":[true,"x",{"c":null}]}`, "21.5", `{"a":1e5,"a":2}`, "[[[[1]]]]", `{"\u0000":"\"`, "on"} {
		f.Add([]byte(seed))
	}
	var e extract.Extractor
	f.Fuzz(func(t *testing.T, payload []byte) {
		fields := e.Fields(payload)
		seen := map[string]bool{}
		for _, field := range fields {
			if len(field.Path) > extract.MostPath || len(field.Text) > extract.MostText || seen[string(field.Path)] ||
				math.IsNaN(field.Number) || math.IsInf(field.Number, 0) || field.Kind == 0 {
				t.Fatalf("%q yields %+v", payload, field)
			}
			seen[string(field.Path)] = true
		}
		var flat map[string]float64
		if len(fields) < extract.MostFields && utf8.Valid(payload) && json.Unmarshal(payload, &flat) == nil {
			got := map[string]float64{}
			for _, field := range fields {
				if field.Kind == extract.Number {
					got[string(field.Path)] = field.Number
				}
			}
			for name, x := range flat {
				quoted, _ := json.Marshal(name)
				if len(name) == 0 || len(name) > extract.MostPath || len(quoted) != len(name)+2 {
					delete(flat, name) // escapes are kept as they are written
					delete(got, name)
				} else if _, null := got[name]; !null && x == 0 {
					delete(flat, name) // null, which the library takes for 0
				}
			}
			for name := range got {
				if _, there := flat[name]; !there {
					delete(got, name)
				}
			}
			if diff := cmp.Diff(flat, got); diff != "" {
				t.Fatalf("%q (-json +extract)\n%s", payload, diff)
			}
		}
	})
}

func BenchmarkFields(b *testing.B) {
	for name, payload := range map[string]string{
		"number": "21.53",
		"sensor": `{"temperature":21.53,"humidity":48.2,"battery":97,"linkquality":112,"contact":true}`,
	} {
		b.Run(name, func(b *testing.B) {
			var e extract.Extractor
			text := []byte(payload)
			b.ReportAllocs()
			for range b.N {
				e.Fields(text)
			}
		})
	}
}
