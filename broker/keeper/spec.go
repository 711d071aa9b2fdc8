package keeper

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Spec says what a keeper keeps. The main process writes it with Spec.Write and names the file to Spawn; the keeper
// reads it once. It holds no secrets.
type Spec struct {
	Mosquitto    string        `json:"mosquitto"`       // absolute path of the executable
	Dir          string        `json:"dir"`             // absolute; the broker's working directory, where relative names in its configuration start
	Config       string        `json:"config"`          // the configuration file, relative to Dir
	LogDir       string        `json:"log_dir"`         // absolute, ours: broker.log, broker.log.1, … and keeper.log
	ProvenDir    string        `json:"proven_dir"`      // absolute; the last proven copy of the configuration, readable by the broker's user
	Socket       string        `json:"socket"`          // absolute; the keeper's unix socket; .lock and .broker appear beside it
	UID          int           `json:"uid"`             // the broker's user, -1 for the keeper's own
	GID          int           `json:"gid"`             // the broker's group, -1 for the keeper's own
	LogFileBytes int64         `json:"log_file_bytes"`  // size at which broker.log is rotated, at least 4096
	LogFiles     int           `json:"log_files"`       // how many log files there are at most, broker.log included; at least 1
	StopTimeout  time.Duration `json:"stop_timeout_ns"` // from SIGTERM to SIGKILL; more than zero
	Guarded      []GuardedFile `json:"guarded"`         // looked at before every start, see PutBack
	LogConfig    string        `json:"log_config"`      // the included file, relative to Dir, that says what the broker logs, and that the keeper writes; empty: the debug log cannot be switched
	LogSettings  string        `json:"log_settings"`    // the content of that file with the debug log off; whole lines
}

// Write stores the spec at path with mode 0600, atomically.
func (s Spec) Write(path string) error {
	if err := s.check(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding keeper spec: %w", err)
	}
	if err := writeFile(path, append(data, '\n')); err != nil {
		return fmt.Errorf("writing keeper spec: %w", err)
	}
	return nil
}

// readSpec reads what Spec.Write wrote.
func readSpec(path string) (Spec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Spec{}, fmt.Errorf("reading keeper spec: %w", err)
	}
	var s Spec
	if err := json.Unmarshal(data, &s); err != nil {
		return Spec{}, fmt.Errorf("decoding keeper spec %s: %w", path, err)
	}
	return s, s.check()
}

// check refuses a spec that cannot be kept. The main process wrote it, so a refusal is a defect of ours.
func (s Spec) check() error {
	bad := func(field, message string) error {
		return fault.Newf(fault.Internal, "keeper spec: %s %s", field, message)
	}
	for field, path := range map[string]string{
		"mosquitto": s.Mosquitto, "dir": s.Dir, "log_dir": s.LogDir, "proven_dir": s.ProvenDir, "socket": s.Socket,
	} {
		if !filepath.IsAbs(path) {
			return bad(field, "is not an absolute path")
		}
	}
	switch {
	case s.Config == "" || !filepath.IsLocal(s.Config):
		return bad("config", "is not a path inside dir")
	case s.UID < -1 || s.GID < -1 || (s.UID == -1) != (s.GID == -1):
		return bad("uid and gid", "must both be given, or both be -1")
	case s.LogFileBytes < 4096:
		return bad("log_file_bytes", "is less than 4096")
	case s.LogFiles < 1:
		return bad("log_files", "is less than 1")
	case s.LogConfig != "" && !filepath.IsLocal(s.LogConfig):
		return bad("log_config", "is not a path inside dir")
	case s.StopTimeout <= 0:
		return bad("stop_timeout_ns", "is not more than zero")
	}
	for _, g := range s.Guarded {
		for _, name := range append([]string{g.File}, g.Copies...) {
			if name == "" || !filepath.IsLocal(name) {
				return bad("guarded", "names a file that is not inside dir")
			}
		}
	}
	return nil
}

// writeFile writes beside path, syncs and renames, so that path holds the old or the new content and nothing else. Its
// mode is 0600, which os.CreateTemp gives.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when the rename worked
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
