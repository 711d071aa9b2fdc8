package conf

import (
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// Unchanged stands in place of a secret that is not shown. Written back in its place, it means the secret that is there.
const Unchanged = "«unchanged»"

// Secret tells whether the values of a setting are kept from people without permission for secrets. A key that is no
// setting counts when it sounds like one: a typing error shows no password.
func Secret(key string) bool {
	if d := lookup(key); d != nil {
		return d.Secret
	}
	key = lower(key)
	if d := lookup(key); d != nil {
		return d.Secret
	}
	for _, sound := range []string{"pas", "pwd", "psk", "secret", "token", "_opt_"} {
		if strings.Contains(key, sound) {
			return true
		}
	}
	return false
}

// secretAt finds the secret in a line: where it begins and ends, and the key. Comments and lines that the broker cannot
// read count too: somebody may have taken a password out of use with a #.
func secretAt(line string) (from, to int, key string) {
	at := len(line) - len(strings.TrimLeft(line, "#"+blanks+"\ufeff"))
	n := strings.IndexAny(line[at:], blanks+"=:")
	if n < 0 {
		return 0, 0, ""
	}
	key = line[at : at+n]
	from = at + n + len(line[at+n:]) - len(strings.TrimLeft(line[at+n:], blanks+"=:"))
	to = len(strings.TrimRight(line, blanks))
	if from >= to || !Secret(key) {
		return 0, 0, ""
	}
	return from, to, key
}

// masked is a line without its ending and with Unchanged in place of a secret.
func (f *File) masked(n int) string {
	line := f.line(n)
	if from, to, _ := secretAt(line); to > 0 {
		return line[:from] + mask(line[from:to]) + line[to:]
	}
	return line
}

// mask is what stands in place of a secret. A NUL byte stays: it changes what the broker reads of the rest of the file.
func mask(secret string) string {
	if strings.Contains(secret, "\x00") {
		return Unchanged + "\x00"
	}
	return Unchanged
}

// MaskedFile is a file with Unchanged in place of its secrets.
type MaskedFile struct {
	Name string
	Text []byte
}

// Masked are the files with Unchanged in place of secrets, in the order of Files.
func (c *Config) Masked() []MaskedFile {
	masked := make([]MaskedFile, 0, len(c.files))
	for _, f := range c.files {
		masked = append(masked, MaskedFile{Name: f.Name, Text: []byte(f.replaceSecrets(func(_ int, _, value string) string { return mask(value) }))})
	}
	return masked
}

// replaceSecrets is the text with other values in the places of secrets.
func (f *File) replaceSecrets(replace func(line int, key, value string) string) string {
	var b strings.Builder
	done := 0
	for n := 1; n <= len(f.starts); n++ {
		line := f.line(n)
		from, to, key := secretAt(line)
		if to == 0 {
			continue
		}
		at := f.starts[n-1]
		b.WriteString(f.text[done : at+from])
		b.WriteString(replace(n, key, line[from:to]))
		done = at + to
	}
	if done == 0 {
		return f.text
	}
	b.WriteString(f.text[done:])
	return b.String()
}

// stored is where a secret is, apart from its line's number: in which scope, for which key, and the how manieth.
type stored struct {
	scope string // of a line that the broker does not read, its file
	key   string
	nth   int
}

// secrets walks over the secrets of all files and tells each one's place.
func (c *Config) secrets(visit func(f *File, line int, place stored, value string)) {
	scopes := map[*File]map[int]Scope{}
	for i := range c.entries {
		if e := &c.entries[i]; Secret(e.key) {
			if scopes[e.file] == nil {
				scopes[e.file] = map[int]Scope{}
			}
			scopes[e.file][e.Line] = e.Scope
		}
	}
	count := map[stored]int{}
	for _, f := range c.files {
		for n := 1; n <= len(f.starts); n++ {
			line := f.line(n)
			from, to, key := secretAt(line)
			if to == 0 {
				continue
			}
			place := stored{scope: "in " + f.Name, key: key}
			if scope, read := scopes[f][n]; read {
				place.scope = string(scope)
			}
			count[place]++
			nth := count[place]
			place.nth = nth
			visit(f, n, place, line[from:to])
		}
	}
}

// Unmask puts the secrets of before back wherever c says Unchanged, by scope, key and position. One that before does not
// have is a fault of kind Invalid with a field that names its line, as in mosquitto.conf:12.
func (c *Config) Unmask(before *Config) (*Config, error) {
	known := map[stored]string{}
	before.secrets(func(_ *File, _ int, place stored, value string) { known[place] = value })
	refused := fault.New(fault.Invalid, Unchanged+" stands in place of a secret that is not there").
		Hint("write the secret itself, or remove the line")
	wrong := 0
	values := map[*File]map[int]string{}
	c.secrets(func(f *File, line int, place stored, value string) {
		if !strings.Contains(value, Unchanged) {
			return
		}
		secret, ok := known[place]
		if !ok || value != mask(value) {
			if wrong++; wrong <= 50 {
				refused = refused.At(f.Name+":"+strconv.Itoa(line), "has no secret stored for "+place.key)
			}
			return
		}
		if values[f] == nil {
			values[f] = map[int]string{}
		}
		values[f][line] = secret
	})
	if wrong > 0 {
		return nil, refused
	}
	texts := map[string][]byte{}
	for f, lines := range values {
		texts[f.Name] = []byte(f.replaceSecrets(func(line int, _, value string) string {
			if secret, ok := lines[line]; ok {
				return secret
			}
			return value
		}))
	}
	return c.withTexts(texts)
}
