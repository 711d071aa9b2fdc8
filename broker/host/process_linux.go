package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// find returns the process with a number; false where there is none, or only its remains.
func find(pid int) (process, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, false
	}
	// proc(5): the second field, the name in brackets, may hold anything; state is the third, starttime the 22nd.
	open, shut := strings.IndexByte(string(stat), '('), strings.LastIndexByte(string(stat), ')')
	if open < 0 || shut < open {
		return process{}, false
	}
	fields := strings.Fields(string(stat[shut+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return process{}, false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return process{}, false
	}
	p := process{pid: pid, started: fields[19] + "/" + strings.TrimSpace(string(boot)), name: string(stat[open+1 : shut])}
	p.lookThroughLoader()
	return p, true
}

// lookThroughLoader names the program of a process that was started through the dynamic loader, as a mosquitto that
// brings its own libraries may be.
func (p *process) lookThroughLoader() {
	if !strings.HasPrefix(p.name, "ld-") {
		return
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
	if err != nil {
		return
	}
	for word := range strings.SplitSeq(string(line), "\x00") {
		if program := (process{name: filepath.Base(word)}); program.isBroker() {
			p.name = program.name
			return
		}
	}
}

// stands is the folder in which the process stands; false where we may not ask.
func (p process) stands() (string, bool) {
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", p.pid))
	return dir, err == nil && strings.HasPrefix(dir, "/") && !strings.HasSuffix(dir, " (deleted)")
}

// user is whom the process runs as.
func (p process) user() (uid, gid int, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0, 0, false
	}
	effective := func(key string) (int, error) {
		_, rest, _ := strings.Cut(string(status), "\n"+key+":")
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			return 0, os.ErrNotExist
		}
		return strconv.Atoi(fields[1])
	}
	uid, uidErr := effective("Uid")
	gid, gidErr := effective("Gid")
	return uid, gid, uidErr == nil && gidErr == nil
}
