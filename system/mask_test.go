package system

import (
	"strings"
	"testing"
)

func TestMaskHidesWhatIsSecret(t *testing.T) {
	hide := newMask([]string{"swordfish", "swordfish-and-chips", "abc"})
	for text, want := range map[string]string{
		"it is swordfish-and-chips, not swordfish":                                 "it is " + masked + ", not " + masked,
		"abc is too short to look for":                                             "abc is too short to look for",
		"key=bkm_Ab-9_x.":                                                          "key=" + masked + ".",
		"hash $argon2id$v=19$m=19456,t=2,p=1$c2Fs$aGFzaA==":                        "hash " + masked,
		"jo:$7$101$c2Fs/dA==$aGFzaA==\nmo:$6$x$y":                                  "jo:" + masked + "\nmo:" + masked,
		"mqtts://jo:secret@plant.example:8883/x":                                   "mqtts://" + masked + "@plant.example:8883/x",
		"-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nafter": masked + "\nafter",
		"-----BEGIN PRIVATE KEY-----\ncut off":                                     masked,
		"costs $5 or $7":                                                           "costs $5 or $7",
	} {
		if got := hide.text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestConfigurationKeepsSettingsAndLosesSecrets(t *testing.T) {
	const canary = "kanarienvogel"
	got := Configuration(strings.Join([]string{
		"listener 1883",
		"# remote_password " + canary,
		"\t#" + canary,
		"remote_password " + canary,
		"  remote_password\t" + canary,
		"REMOTE_USERNAME " + canary,
		"bridge_psk " + canary,
		"bridge_identity " + canary,
		"plugin_opt_db_pass " + canary + " " + canary,
		"auth_opt_token " + canary + "\r",
		"plugin_opt_config_file dynamic-security.json",
		"use_username_as_clientid true",
		"password_file passwd",
		"",
		"allow_anonymous false",
	}, "\n"))
	if strings.Contains(got, canary) {
		t.Errorf("a secret is left:\n%s", got)
	}
	for _, line := range []string{"listener 1883\n", "remote_password " + masked + "\n", "plugin_opt_config_file dynamic-security.json\n",
		"use_username_as_clientid true\n", "password_file passwd\n", "\nallow_anonymous false\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is missing:\n%s", line, got)
		}
	}
}
