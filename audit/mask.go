package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Masked stands where a secret is left out.
const Masked = "«unchanged»"

const (
	mostView = 64 << 10 // how large what was before and after may be, in bytes each
	keptView = 28 << 10 // how much of a larger one is kept; as a text within JSON it takes at most twice of that
)

// view encodes what was before or after: secrets masked, and cut where it is too large. What cannot be encoded leaves a
// note, because the act itself is recorded in any case.
func view(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return encode(map[string]string{"note": "what it was cannot be written as JSON"})
	}
	if string(text) == "null" {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers stay as they are written
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return encode(map[string]string{"note": "what it was is nested too deep to be kept"})
	}
	text = encode(mask(plain))
	if len(text) > mostView {
		return encode(map[string]string{
			"note":   fmt.Sprintf("of %d bytes only the beginning is kept", len(text)),
			"begins": strings.ToValidUTF8(string(text[:keptView]), ""),
		})
	}
	return text
}

// encode writes JSON without the escapes that Go adds for the sake of HTML, so that writing what was read gives the same
// bytes: the hashes cover them.
func encode(v any) json.RawMessage {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil // what we hand in was decoded from JSON, or is ours
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// mask replaces the values of fields that hold secrets by their names, however deep.
func mask(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if isSecret(name) && couldBeSecret(value) {
				v[name] = Masked
				continue
			}
			v[name] = mask(value)
		}
	case []any:
		for i, value := range v {
			v[i] = mask(value)
		}
	}
	return v
}

// isSecret recognises names of fields: those of our API, of dynamic-security.json and of mosquitto.conf.
func isSecret(name string) bool {
	words := wordsOf(name)
	plain := strings.Join(words, "")
	for _, part := range []string{
		"password", "passwd", "passphrase", "secret", "token", "hash", "salt", "psk", "privatekey", "apikey", "credential", "pluginopt", "authopt",
	} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	// Short ones only as words of their own: a monkey, a key file and a pinned version are none.
	return len(words) > 0 && slices.Contains([]string{"key", "keys", "pin", "pass"}, words[len(words)-1])
}

// wordsOf takes api_key, api-key and apiKey apart, in small letters.
func wordsOf(name string) []string {
	var spaced strings.Builder
	lower := false // what came before is a small letter
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case lower && unicode.IsUpper(r):
			spaced.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		spaced.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(spaced.String())
}

// couldBeSecret reports whether a value could be one: flags such as new_password: true are not, nor is an empty text.
func couldBeSecret(v any) bool {
	switch v := v.(type) {
	case string:
		return v != ""
	case bool, nil:
		return false
	default:
		return true
	}
}
