package app

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// FuzzSettings parses arguments and one variable. Whatever they are, the answer is options, or a fault that says what is wrong
// without repeating a secret.
func FuzzSettings(f *testing.F) {
	const secret = "a-secret-of-24-characters"
	f.Add("--listen :2000 --backup-at 03:00", "BUNKERM_LOG_LEVEL", "debug")
	f.Add("--trusted-proxies 10.0.0.0/8,x --backup-keep -1", "BUNKERM_BACKUP_AT", "25:61")
	f.Add("--broker mqtt://h --observe # -- a b", "API_KEY", "short")
	f.Add("--frame-ancestors 'none';x --public-url ftp://x --base-path ../", "BUNKERM_ADMIN_USER", "\x00")
	f.Add("--heartbeat-url http:// --status-topic +/# --tls-cert x", "BUNKERM_BROKER_PATHS", ",,/")
	f.Fuzz(func(t *testing.T, args, variable, value string) {
		_, _, err := ParseCommand(flag.NewFlagSet("serve", flag.ContinueOnError), strings.Split(args, " "), func(name string) (string, bool) {
			switch {
			case name == variable && !strings.HasSuffix(name, "_FILE"): // which would read any file
				return value, true
			case name == "BUNKERM_BROKER_PASSWORD":
				return secret, true
			}
			return "", false
		})
		if err == nil || errors.Is(err, ErrHelp) {
			return
		}
		if fault.From(err).Kind == fault.Internal {
			t.Errorf("%q %s=%q: %v", args, variable, value, err)
		}
		if strings.Contains(Explain(err), secret) {
			t.Errorf("the secret is told: %s", Explain(err))
		}
	})
}
