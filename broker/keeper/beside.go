package keeper

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// mark tells whether a file beside the kept configuration, which the broker reads again at every SIGHUP, is still the
// one that it was.
type mark struct {
	setting string // that names it
	missing bool   // or out of the reach of the broker's user
	size    int64
	changed time.Time
	mode    os.FileMode
	owner   [2]uint32 // user and group
}

// rightsSettings name files without which, or with a fault in them, 2.1 ends at a SIGHUP; 2.0 goes on without the
// rights that were in them (seen with 2.1.2 and 2.0.11).
func rightsSettings() []string {
	return []string{"acl_file", "password_file", "psk_file", "plugin_opt_acl_file", "plugin_opt_password_file", "plugin_opt_psk_file"}
}

// tlsSettings name files that are read again too. When certificate and key do not belong together at that moment,
// because somebody is about to renew them, nobody gets in over TLS any more (seen with both).
func tlsSettings() []string { return []string{"certfile", "keyfile", "crlfile"} }

// beside is what a reload reads besides the kept configuration.
type beside struct {
	marks   map[string]mark // by the file's name as the configuration has it
	bridges bool            // there is a bridge that every reload connects anew
	trouble error           // why nothing is known
}

// readBeside looks at everything with the rights of the broker's user, because the configuration that names it can be
// written by that user. As for the broker, names are relative to the working directory.
func readBeside(spec Spec, snap snapshot) beside {
	b := beside{marks: map[string]mark{}}
	b.trouble = spec.AsBroker(func() {
		for _, text := range snap.texts() {
			b.look(text.data)
		}
		for line := range bytes.Lines(snap.main) {
			if dir, ok := outsideFolder(line, spec.Dir); ok {
				b.lookInto(dir)
			}
		}
	})
	return b
}

// outsideFolder is includedFolder for the folders that are left where they are.
func outsideFolder(line []byte, dir string) (string, bool) {
	key, value := setting(line)
	if _, inside := includedFolder(line, dir); key != "include_dir" || value == "" || inside {
		return "", false
	}
	return value, true
}

// setting splits a line as mosquitto does: at the first space.
func setting(line []byte) (key, value string) {
	key, value, _ = strings.Cut(strings.Trim(string(line), " \t\r\n"), " ")
	return key, strings.Trim(value, " \t")
}

// look marks the files that a piece of the configuration names.
func (b *beside) look(text []byte) {
	for line := range bytes.Lines(text) {
		key, value := setting(line)
		switch {
		case slices.Contains(rightsSettings(), key), slices.Contains(tlsSettings(), key):
			b.marks[value] = markOf(key, value)
		case key == "bridge_reload_type" && value == "immediate":
			b.bridges = true
		}
	}
}

// lookInto marks the configuration in a folder outside of Dir, and what it names.
func (b *beside) lookInto(dir string) {
	names, err := filepath.Glob(filepath.Join(literal(dir), "*.conf"))
	if err != nil || len(names) > maxConfigFiles {
		names = nil
	}
	b.marks[dir] = mark{setting: "include_dir", size: int64(len(names))}
	for _, name := range names {
		b.marks[name] = markOf("include_dir", name)
		if text, err := readOrdinary(name); err == nil {
			b.look(text)
		}
	}
}

// literal is a pattern that matches the name alone.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

func markOf(setting, name string) mark {
	info, err := os.Stat(name)
	if err != nil {
		return mark{setting: setting, missing: true}
	}
	return mark{setting: setting, size: info.Size(), changed: info.ModTime(), mode: info.Mode(), owner: ownerOf(info)}
}

// openOrdinary opens a file if it is one. Without O_NONBLOCK a named pipe would make us wait for ever.
func openOrdinary(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, os.ErrInvalid
	}
	return f, nil
}

func readOrdinary(name string) ([]byte, error) {
	f, err := openOrdinary(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxConfigBytes))
}

// changed names a file that is not what it was; empty when all are.
func (b beside) changed(was beside) string {
	for _, name := range slices.Sorted(maps.Keys(b.marks)) {
		if old, there := was.marks[name]; !there || old != b.marks[name] {
			return name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was.marks)) {
		if _, there := b.marks[name]; !there {
			return name
		}
	}
	return ""
}

// survives refuses a signal that a broker of this version would not survive as it is, although nothing has changed.
// version is empty where the broker has not told it.
func (b beside) survives(spec Spec, version string) error {
	if strings.HasPrefix(version, "2.0.") {
		return nil
	}
	if b.bridges {
		return fault.New(fault.Conflict, "a signal to the broker would connect its bridges anew").
			Hint("set bridge_reload_type lazy in the broker's configuration, and restart the broker")
	}
	var locked string
	err := spec.AsBroker(func() {
		for _, name := range slices.Sorted(maps.Keys(b.marks)) {
			if !slices.Contains(rightsSettings(), b.marks[name].setting) {
				continue
			}
			f, err := openOrdinary(name)
			if err != nil {
				locked = name
				return
			}
			_ = f.Close()
		}
	})
	if err != nil {
		return fmt.Errorf("looking at files beside the configuration: %w", err)
	}
	if locked != "" {
		return fault.Newf(fault.Conflict, "the %s %s cannot be read by the broker's user, and this broker ends at a signal then", b.marks[locked].setting, locked).
			Hint("let the broker's user read the file")
	}
	return nil
}
