package app

import (
	"regexp"
	"slices"
	"strings"
)

// DoctorPassword is the variable from which bunkerm doctor takes a password, which would show in a list of processes as an
// argument. It is no setting.
const DoctorPassword = "BUNKERM_DOCTOR_PASSWORD"

// UnknownVariables are the names in an environment, as os.Environ has it, that look like settings and are none: somebody may have
// written them wrongly. Those that Kubernetes sets for a service of our name are left out, and those of our tests.
func UnknownVariables(environ []string) []string {
	known := map[string]bool{DoctorPassword: true}
	for _, s := range settings() {
		known[s.Env] = true
		known[s.Env+"_FILE"] = s.secret
	}
	others := regexp.MustCompile(`^BUNKERM_TEST_|_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP|SCTP)|=(tcp|udp|sctp)://`)
	var unknown []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "BUNKERM_") && !known[name] && !others.MatchString(entry) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// noticeUnknown tells of the variables that say nothing.
func (a *App) noticeUnknown() {
	for _, name := range a.opts.Unknown {
		a.notice(name + " is set, and there is no such setting: bunkerm serve --help lists them.")
	}
}
