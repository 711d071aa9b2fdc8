package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/app"
)

// settingsIn writes a file of settings.
func settingsIn(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "options.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileOfSettingsStandsBehindTheEnvironment(t *testing.T) {
	path := settingsIn(t, `{"listen": ":1", "log_level": "debug", "backup_keep": 14, "allow_dangerous_settings": true,
		"observe": "", "mqtt_cert": null, "api_key": "not-one-of-the-short-keys"}`)
	o, err := app.ParseOptions([]string{"--listen", ":3"},
		env("BUNKERM_SETTINGS_FILE", path, "BUNKERM_LISTEN", ":2", "BUNKERM_LOG_LEVEL", "warn", "HOME", "/h"))
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != ":3" || o.LogLevel != "warn" || o.BackupKeep != "14" || o.AllowDangerous != "true" ||
		o.Observe != "auto" || o.MQTTCert != "" || o.APIKey != "not-one-of-the-short-keys" {
		t.Errorf("got %+v", o)
	}
}

func TestAFileOfSettingsThatSaysNothingUsefulIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"log_lvl": "debug"}`:         `there is no setting "log_lvl"`,
		`{"settings_file": "/other"}`:  "there is no setting",
		`{"log_level": ["debug"]}`:     "has to be a text",
		`["log_level"]`:                "no JSON object",
		`{"backup_keep": "many"}`:      "BUNKERM_BACKUP_KEEP",
		`{"log_level": "deb`:           "no JSON object",
		`{"listen": ":1"} {"more": 1}`: "no JSON object",
	} {
		_, err := app.ParseOptions(nil, env("BUNKERM_SETTINGS_FILE", settingsIn(t, text), "HOME", "/h"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := app.ParseOptions(nil, env("BUNKERM_SETTINGS_FILE", "/nowhere/options.json", "HOME", "/h")); err == nil {
		t.Error("a file that is not there was not noticed")
	}
}
