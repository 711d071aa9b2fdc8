package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	o, err := parse([]string{"--listen", ":3"},
		env("BUNKERM_SETTINGS_FILE", path, "BUNKERM_LISTEN", ":2", "BUNKERM_LOG_LEVEL", "warn", "HOME", "/h"))
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != ":3" || o.LogLevel != "warn" || o.BackupKeep != "14" || o.AllowDangerous != "true" ||
		o.Observe != "auto" || o.MQTTCert != "" || o.APIKey != "not-one-of-the-short-keys" {
		t.Errorf("got %+v", o)
	}
}

// TestTheEnvironmentWinsWithEverythingItCanSay has a variable that is empty and means off, and a secret in a file.
func TestTheEnvironmentWinsWithEverythingItCanSay(t *testing.T) {
	path := settingsIn(t, `{"dynsec_listen": "127.0.0.1:3", "api_key": "the-key-of-the-settings-file"}`)
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte("the-key-of-the-environment\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parse(nil, env("BUNKERM_SETTINGS_FILE", path, "BUNKERM_DYNSEC_LISTEN", "", "API_KEY_FILE", secret, "HOME", "/h"))
	if err != nil || o.DynsecListen != "" || o.APIKey != "the-key-of-the-environment" {
		t.Errorf("%q %q, %v", o.DynsecListen, o.APIKey, err)
	}
}

func TestAFileOfSettingsThatSaysNothingUsefulIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"log_lvl": "debug"}`:         `there is no setting "log_lvl"`,
		`{"settings_file": "/other"}`:  "there is no setting",
		`{"log_level": ["debug"]}`:     "has to be a text",
		`["log_level"]`:                "no JSON object",
		`{"backup_keep": "many"}`:      `options.json: backup_keep="many": want a number`,
		`{"log_level": "deb`:           "no JSON object",
		`{"listen": ":1"} {"more": 1}`: "no JSON object",
	} {
		_, err := parse(nil, env("BUNKERM_SETTINGS_FILE", settingsIn(t, text), "HOME", "/h"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := parse(nil, env("BUNKERM_SETTINGS_FILE", "/nowhere/options.json", "HOME", "/h")); err == nil {
		t.Error("a file that is not there was not noticed")
	}
}
