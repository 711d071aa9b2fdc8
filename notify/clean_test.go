package notify

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", "Pump 3 is silent", "Pump 3 is silent"},
		{"letters of all kinds", "Päivää 温度 температура 🌡️", "Päivää 温度 температура 🌡️"},
		{"a header", "x\r\nBcc: a@example.org", `x\u{d}\u{a}Bcc: a@example.org`},
		{"direction", "abc\u202edef\u2066", `abc\u{202e}def\u{2066}`},
		{"zero width", "ad\u200bmin\ufeff\u2060", `ad\u{200b}min\u{feff}\u{2060}`},
		{"terminal", "\x1b[31m\x07\x00", `\u{1b}[31m\u{7}\u{0}`},
		{"C1", "a\u0085b", `a\u{85}b`},
		{"separators", "a\u2028b\u2029", `a\u{2028}b\u{2029}`},
		{"wide spaces", "a\u00a0b\u3000c", "a b c"},
		{"fillers", "a\u3164\u2800\u034f", `a\u{3164}\u{2800}\u{34f}`},
		{"tags", "a\U000e0041", `a\u{e0041}`},
		{"private use", "\ue000", `\u{e000}`},
		{"no UTF-8", "a\xff\xc0b", `a\xff\xc0b`},
	} {
		if got := clean(c.text, 100); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := cleanLines("a\r\nb\rc\n\td", 100); got != "a\nb\nc\n    d" {
		t.Errorf("lines: %q", got)
	}
}

func TestCleanCuts(t *testing.T) {
	if got := clean(strings.Repeat("ä", 300), mostTitle); utf8.RuneCountInString(got) != mostTitle || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%q", got)
	}
	if got := clean(strings.Repeat("x", mostTitle), mostTitle); got != strings.Repeat("x", mostTitle) {
		t.Error("what just fits is cut")
	}
	if got := clean("abcdefg\u202ehi", 12); got != "abcdefg…" { // no half of an escape
		t.Errorf("%q", got)
	}
}

func TestCleanURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://bunkerm.example/alerts/1?x=y": "https://bunkerm.example/alerts/1?x=y",
		"http://10.0.0.1:2000/":                "http://10.0.0.1:2000/",
		"javascript:alert(1)":                  "",
		"https://u:p@example.org/":             "",
		"//example.org":                        "",
		"https://example.org/a\nb":             "",
	} {
		if got := cleanURL(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Pump 3", "a\r\nb", "\u202e\u200b", "\xff\xfe", strings.Repeat("🌡️", 30), `\u{202e}`, "a\tb"} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = 1 + max(most, -most, 0)%300
		for lines, cleaner := range map[bool]func(string, int) string{false: clean, true: cleanLines} {
			got := cleaner(text, most)
			if n := utf8.RuneCountInString(got); n > most {
				t.Fatalf("%d characters of %d: %q", n, most, got)
			}
			if !utf8.ValidString(got) {
				t.Fatalf("no UTF-8: %q", got)
			}
			for _, r := range got {
				if (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r)) && (r != '\n' || !lines) {
					t.Fatalf("%U is left in %q", r, got)
				}
			}
			if again := cleaner(got, most); again != got {
				t.Fatalf("cleaned again: %q, %q", got, again)
			}
		}
	})
}
