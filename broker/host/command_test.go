package host

import (
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

func TestSplitCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"":                              nil,
		"  \t ":                         nil,
		"systemctl restart mosquitto":   {"systemctl", "restart", "mosquitto"},
		" a  b\tc\n":                    {"a", "b", "c"},
		`sh -c 'kill -HUP "$(cat x)"'`:  {"sh", "-c", `kill -HUP "$(cat x)"`},
		`"a b"c 'd e'`:                  {"a bc", "d e"},
		`a\ b "c\"d\\e\f" '\'`:          {"a b", `c"d\e\f`, `\`},
		`a "" ''`:                       {"a", "", ""},
		`rm -rf $HOME && true; x | y`:   {"rm", "-rf", "$HOME", "&&", "true;", "x", "|", "y"},
		"sudo systemctl restart ümlaut": {"sudo", "systemctl", "restart", "ümlaut"},
	} {
		if words, err := SplitCommand(line); err != nil || !slices.Equal(words, want) {
			t.Errorf("%q: %q, %v", line, words, err)
		}
	}
	for _, line := range []string{`a "b`, `a 'b`, `a\`, `'' a`, `"\`} {
		if words, err := SplitCommand(line); err == nil {
			t.Errorf("%q: %q", line, words)
		}
	}
}

func FuzzSplitCommand(f *testing.F) {
	for _, seed := range []string{"a b", `'a b' "c\"d"`, `\`, `"`, "a\x00b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := SplitCommand(line)
		if err != nil {
			return
		}
		// Written with single quotes around each word they are the same words again.
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
		}
		if again, err := SplitCommand(strings.Join(quoted, " ")); err != nil || !slices.Equal(again, words) {
			t.Fatalf("%q: %q, then %q, %v", line, words, again, err)
		}
	})
}

func TestACommandGetsNoneOfOurSecrets(t *testing.T) {
	for name, value := range map[string]string{
		"BUNKERM_BROKER_PASSWORD": "secret", "API_KEY": "secret", "API_KEY_FILE": "secret", "CREDENTIALS_DIRECTORY": "secret", "FOR_EVERYBODY": "open",
	} {
		t.Setenv(name, value)
	}
	words, err := commandOf("--broker-restart-command", `sh -c 'env | grep -E "secret|open" | tr "\n" " "; exit 1'`)
	if err != nil {
		t.Fatal(err)
	}
	f := fault.From(run(t.Context(), words))
	if strings.Contains(f.Message, "secret") || !strings.HasSuffix(f.Message, "FOR_EVERYBODY=open ") && !strings.HasSuffix(f.Message, "FOR_EVERYBODY=open") {
		t.Errorf("it gets %q", f.Message)
	}
}
