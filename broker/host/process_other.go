//go:build !linux

package host

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// find asks ps for the process with a number; false where there is none.
func find(pid int) (process, bool) {
	cmd := exec.Command("ps", "-o", "lstart=,comm=", "-p", strconv.Itoa(pid))
	cmd.Env = []string{"LC_ALL=C", "PATH=/bin:/usr/bin"}
	out, err := cmd.Output()
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 6 { // a date of five words, and the program
		return process{}, false
	}
	return process{pid: pid, started: strings.Join(fields[:5], " "), name: filepath.Base(strings.Join(fields[5:], " "))}, true
}

// stands is not asked here.
func (process) stands() (string, bool) { return "", false }

// user is not asked here.
func (process) user() (uid, gid int, known bool) { return 0, 0, false }
