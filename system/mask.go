package system

import (
	"regexp"
	"slices"
	"strings"
)

// masked stands for what is secret.
const masked = "«masked»"

// shortest is the length from which a known secret is looked for everywhere. Shorter ones would blacken words that only
// look alike.
const shortest = 6

// mask hides secrets in texts.
type mask struct {
	known    *strings.Replacer
	patterns []*regexp.Regexp
}

// newMask hides the known secrets, and whatever looks like one: hashes of passwords, our own API keys, private keys, and
// what stands before the @ of an address.
func newMask(known []string) mask {
	known = slices.DeleteFunc(slices.Clone(known), func(s string) bool { return len(s) < shortest })
	// Of two secrets one of which begins with the other, the longer one is looked for first.
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range known {
		pairs = append(pairs, secret, masked)
	}
	return mask{known: strings.NewReplacer(pairs...), patterns: []*regexp.Regexp{
		regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\z)`),
		regexp.MustCompile(`\$(argon2id?|6|7|2[aby]|pbkdf2[a-z0-9-]*)\$[^\s"']+`),
		regexp.MustCompile(`\bbkm_[A-Za-z0-9_-]+`),
		regexp.MustCompile(`(://)[^/\s"'@]+@`),
	}}
}

// text returns s without secrets.
func (m mask) text(s string) string {
	s = m.known.Replace(s)
	for i, pattern := range m.patterns {
		with := masked
		if i == len(m.patterns)-1 {
			with = "${1}" + masked + "@"
		}
		s = pattern.ReplaceAllString(s, with)
	}
	return s
}

// Configuration returns the text of a mosquitto.conf without the values of settings that may be secret. Comments are left
// out: people keep old passwords in them.
func Configuration(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		setting := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(setting, "#") {
			continue
		}
		if end := strings.IndexAny(setting, " \t"); end > 0 && secretSetting(setting[:end]) {
			line = setting[:end] + " " + masked
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// secretSetting reports whether the value of a setting of mosquitto.conf may be secret. Options of plugins are whatever
// the plugin's author made of them, so all are, but for the file of the dynamic security plugin.
func secretSetting(key string) bool {
	key = strings.ToLower(key)
	switch key {
	case "password_file", "psk_file", "plugin_opt_config_file", "plugin_opt_password_init_file":
		return false // names of files
	}
	for _, part := range []string{"password", "psk", "secret", "token", "identity", "plugin_opt_", "auth_opt_", "username"} {
		if strings.Contains(key, part) && !strings.HasPrefix(key, "use_") {
			return true
		}
	}
	return false
}
