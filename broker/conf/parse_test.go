package conf_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

func TestLinesAreSplitAsTheBrokerDoes(t *testing.T) {
	for _, c := range []struct{ line, key, value string }{
		{"persistence true", "persistence", "true"},
		{"   persistence   true  ", "persistence", "true"},
		{"persistence\ttrue", "persistence", "true"},
		{"persistence=true x", "persistence", "true x"},
		{"\tpersistence true", "persistence", "true"},
		{"persistence", "persistence", ""},
		{" # persistence true", "#", "persistence true"},
		{"user a # b", "user", "a # b"},
		{"persistence true\r", "persistence", "true"},
		{"Persistence true", "Persistence", "true"},
		{"\ufefflistener 1883", "\ufefflistener", "1883"},
		{"# persistence true", "", ""},
		{"#", "", ""},
		{"", "", ""},
		{"   ", "", ""},
		{"\r", "", ""},
		{"\rpersistence true", "", ""},
	} {
		for _, ending := range []string{"", "\n", "\r\n"} {
			settings := load(t, c.line+ending).Settings()
			switch {
			case c.key == "" && len(settings) > 0:
				t.Errorf("%q: got %+v, want nothing", c.line+ending, settings)
			case c.key != "" && (len(settings) != 1 || settings[0].Key != c.key || settings[0].Value != c.value || settings[0].Line != 1):
				t.Errorf("%q: got %+v, want %q %q", c.line+ending, settings, c.key, c.value)
			}
		}
	}
}

func TestNULBytesEndTheFileAsForTheBroker(t *testing.T) {
	for text, want := range map[string]string{
		"port 1\x00 x\npersistence true\n": "",
		"\x00port 1\npersistence true\n":   "persistence",
		"user a\npersistence true\x00x":    "user persistence",
	} {
		var keys []string
		for _, s := range load(t, text).Settings() {
			keys = append(keys, s.Key)
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%q: got settings %q, want %q", text, got, want)
		}
	}
}

func FuzzParseAndWrite(f *testing.F) {
	for _, d := range examples(f) {
		f.Add([]byte(d[main]))
	}
	for _, s := range []string{
		"", "\n", "\r\n", "\r", "a", "a\r\nb\n", "\x00", "a\x00b\nc", "\xff\xfe\n", "\ufeffport 1", "port\t1\n", "listener", "include_dir  x \n",
		"listener 1\nlistener 1\n", "remote_password x\n#remote_password  y \n", "plugin_opt_ x", strings.Repeat("x ", 5000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := conf.Parse(main, text).Bytes(); !bytes.Equal(got, text) {
			t.Fatalf("%q is written as %q", text, got)
		}
		c := load(t, string(text))
		for _, v := range []conf.Version{{Major: 2, Patch: 11}, {Major: 2, Minor: 1, Patch: 2}} {
			c.Check(v)
			if e := conf.Compare(c, c, v); e.Kind != conf.EffectNone {
				t.Fatalf("comparing %q with itself: %+v", text, e)
			}
		}
		c.Paths()
		if d := conf.Diff(c, c); len(d) != 0 {
			t.Fatalf("%q differs from itself: %+v", text, d)
		}
		if bytes.Contains(text, []byte(conf.Unchanged)) {
			return
		}
		masked := load(t, string(c.Masked()[0].Text))
		back, err := masked.Unmask(c)
		if err != nil {
			t.Fatalf("%q masked and unmasked: %v", text, err)
		}
		if got := back.Files()[0].Bytes(); !bytes.Equal(got, text) {
			t.Fatalf("%q masked and unmasked is %q", text, got)
		}
	})
}
