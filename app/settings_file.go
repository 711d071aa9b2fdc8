package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// settingsFileEnv is the variable that names the file of settings.
const settingsFileEnv = "BUNKERM_SETTINGS_FILE"

// settingsFile is what the file of settings says. The zero value is that of no file.
type settingsFile struct {
	path   string
	values map[string]string // by variable; none is empty
}

// fileName is what a setting is called in the file of settings: log_level for BUNKERM_LOG_LEVEL.
func (s Setting) fileName() string { return strings.ToLower(strings.TrimPrefix(s.Env, "BUNKERM_")) }

// readSettingsFile reads the file of settings where there is one: a JSON object whose values are texts, numbers or booleans, as
// Home Assistant writes the options of an add-on. An empty text or null counts as left out.
func readSettingsFile(lookup func(string) (string, bool)) (settingsFile, error) {
	path, _ := lookup(settingsFileEnv)
	f := settingsFile{path: path, values: map[string]string{}}
	if path == "" {
		return f, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return f, fault.Newf(fault.Invalid, "%s=%q: the file cannot be read", settingsFileEnv, path).
			Hint("name a file that the user who runs BunkerM may read").Because(err)
	}
	refuse := func(text string, args ...any) error {
		return fault.Newf(fault.Invalid, "%s=%q: %s", settingsFileEnv, path, fmt.Sprintf(text, args...)).
			Hint(`write an object of settings, as in {"log_level": "debug"}; bunkerm serve --help lists them all`)
	}
	var given map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // 7 stays 7
	if err := decoder.Decode(&given); err != nil || decoder.More() {
		return f, refuse("it is no JSON object")
	}
	byName := map[string]string{}
	for _, s := range settings() {
		byName[s.fileName()] = s.Env
	}
	for name, value := range given {
		env, known := byName[name]
		if !known || env == settingsFileEnv {
			return f, refuse("there is no setting %q", name)
		}
		switch v := value.(type) {
		case nil:
		case string, json.Number, bool:
			if text := fmt.Sprint(v); text != "" {
				f.values[env] = text
			}
		default:
			return f, refuse("%s has to be a text, a number, true or false", name)
		}
	}
	return f, nil
}
