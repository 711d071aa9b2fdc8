package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestSecretsAreMasked(t *testing.T) {
	h := openHouse(t, "", "")
	e := Entry{Action: "x"}.With(map[string]any{
		"password": "canary1", "nested": []any{map[string]any{"Remote_Password": "canary2", "bridge_psk": "canary3", "plugin_opt_db-pass": "canary4", "salt": "canary5"}},
		"api_key": map[string]any{"deep": "canary6"}, "token": 12345, "username": "jo", "monkey": "banana", "size": 12345678901234567890.0,
		"PrimaryKey": "canary8", "db.pass": "canary9", "keyPassphrase": "canary10", "keys": []string{"canary11"},
		"keyfile": "/etc/key.pem", "passenger": "amy",
	}, map[string]any{"new_password": true, "password": "", "key": "canary7"})
	h.Add(t.Context(), e)
	e = h.list(Filter{})[0]
	text := string(e.Before) + string(e.After)
	for _, part := range []string{"canary", "12345,", "12345}"} {
		if strings.Contains(text, part) {
			t.Errorf("%s is in %s", part, text)
		}
	}
	for _, part := range []string{
		`"username":"jo"`, `"monkey":"banana"`, `"new_password":true`, `"password":""`, `"password":"«unchanged»"`, `"keyfile":"/etc/key.pem"`, `"passenger":"amy"`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
}

// hostile is JSON that wants out of its field, or to hide a secret in it.
func hostile() map[string]any {
	deep := any(map[string]any{"password": "canary"})
	for range 9_000 {
		deep = []any{deep}
	}
	tooDeep := deep
	for range 3_000 {
		tooDeep = []any{tooDeep}
	}
	return map[string]any{
		"markup": map[string]any{"<script>&\u2028": "</script>"}, "raw": json.RawMessage(`{"password":"canary","password":"canary"}`),
		"deep": deep, "too deep": tooDeep, "bytes": []byte{0, 255}, "not UTF-8": "a\xff\x00b", "a number": json.Number("1e400"),
		"no JSON": make(chan int), "bad raw": json.RawMessage(`{"password":"canary"`), "text": "password=x", "null": nil,
		"large": map[string]any{"a": strings.Repeat("\"\\\x01ü", 100<<10), "password": "canary"}, "secret": map[string]any{"secret": []any{"canary", 1}},
		"struct": struct {
			Password string `json:"pass-word"`
			secret   string
		}{"canary", "canary"},
	}
}

func TestHostileViewsAreMaskedAndStayJSON(t *testing.T) {
	for name, v := range hostile() {
		text := view(v)
		switch {
		case name == "null":
			if text != nil {
				t.Errorf("nothing becomes %s", text)
			}
		case !json.Valid(text), len(text) > mostView, bytes.Contains(text, []byte("canary")):
			t.Errorf("%s becomes %.200s (%d bytes)", name, text, len(text))
		}
		// What is in a file of JSON lines is what the hash covers.
		var back Entry
		if err := json.Unmarshal(encode(Entry{After: text}), &back); err != nil || !bytes.Equal(back.After, text) {
			t.Errorf("%s: %v: %.200s is read back as %.200s", name, err, text, back.After)
		}
	}
}

func TestWhatIsTooLargeIsCutWithANote(t *testing.T) {
	text := string(view(map[string]any{"a": strings.Repeat("x", 100<<10), "z": 1}))
	if !strings.Contains(text, "only the beginning") || !strings.Contains(text, `{\"a\":\"xxx`) || len(text) > mostView {
		t.Errorf("%.200s", text)
	}
	if text := string(view(make(chan int))); !strings.Contains(text, "note") {
		t.Errorf("what cannot be written leaves %q", text)
	}
}

func FuzzView(f *testing.F) {
	f.Add([]byte(`{"password":"canary","a":[{"Token":"canary"}]}`))
	f.Add([]byte(`{"api-key":{"password":1e9},"x":"\u2028\ud800"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		v := view(json.RawMessage(text))
		if v != nil && !json.Valid(v) || len(v) > mostView {
			t.Errorf("%q becomes %q", text, v)
		}
		if again := view(v); !bytes.Equal(again, v) && len(v) < keptView {
			t.Errorf("%q becomes %q, and that %q", text, v, again)
		}
	})
}
