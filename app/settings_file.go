package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// settingsFile is the variable that names the file of settings.
const settingsFile = "BUNKERM_SETTINGS_FILE"

// fileName is what a setting is called in the file of settings: log_level for BUNKERM_LOG_LEVEL.
func (s Setting) fileName() string { return strings.ToLower(strings.TrimPrefix(s.Env, "BUNKERM_")) }

// withSettingsFile is lookup, and behind it the file of settings where there is one: a JSON object whose values are
// texts, numbers or booleans, as Home Assistant writes the options of an add-on. An empty text or null counts as left out.
func withSettingsFile(lookup func(string) (string, bool)) (func(string) (string, bool), error) {
	path, _ := lookup(settingsFile)
	if path == "" {
		return lookup, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "%s=%q: the file cannot be read", settingsFile, path).
			Hint("name a file that the user who runs BunkerM may read").Because(err)
	}
	refuse := func(text string, args ...any) error {
		return fault.Newf(fault.Invalid, "%s=%q: %s", settingsFile, path, fmt.Sprintf(text, args...)).
			Hint(`write an object of settings, as in {"log_level": "debug"}; bunkerm serve --help lists them all`)
	}
	var given map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // 7 stays 7
	if err := decoder.Decode(&given); err != nil || decoder.More() {
		return nil, refuse("it is no JSON object")
	}
	byName := map[string]string{}
	for _, s := range settings() {
		byName[s.fileName()] = s.Env
	}
	values := map[string]string{}
	for name, value := range given {
		env, known := byName[name]
		if !known || env == settingsFile {
			return nil, refuse("there is no setting %q", name)
		}
		switch v := value.(type) {
		case nil:
		case string, json.Number, bool:
			if text := fmt.Sprint(v); text != "" {
				values[env] = text
			}
		default:
			return nil, refuse("%s has to be a text, a number, true or false", name)
		}
	}
	return func(name string) (string, bool) {
		if value, set := lookup(name); set && value != "" {
			return value, true
		} else if text, inFile := values[name]; inFile {
			return text, true
		} else {
			return value, set
		}
	}, nil
}
