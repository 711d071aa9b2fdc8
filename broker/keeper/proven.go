package keeper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// provenIndex is the file in ProvenDir that names the copy; replacing it is what makes a copy the proven one.
const provenIndex = "proven.json"

// provenConfig is the name of the configuration file in a copy.
const provenConfig = "mosquitto.conf"

// proven is the content of provenIndex.
type proven struct {
	Hash   string `json:"hash"`   // of the live files that were copied
	Folder string `json:"folder"` // in ProvenDir
}

// readProven returns the proven copy; it is empty when there is none that can be used.
func readProven(spec Spec) (proven, error) {
	data, err := os.ReadFile(filepath.Join(spec.ProvenDir, provenIndex))
	if errors.Is(err, fs.ErrNotExist) {
		return proven{}, nil
	}
	if err != nil {
		return proven{}, fmt.Errorf("reading proven configuration: %w", err)
	}
	var p proven
	if err := json.Unmarshal(data, &p); err != nil {
		return proven{}, fmt.Errorf("decoding %s: %w", provenIndex, err)
	}
	if !filepath.IsLocal(p.Folder) {
		return proven{}, fmt.Errorf("decoding %s: folder is not inside the directory of proven copies", provenIndex)
	}
	if _, err := os.Stat(filepath.Join(spec.ProvenDir, p.Folder, provenConfig)); err != nil {
		return proven{}, fmt.Errorf("reading proven configuration: %w", err)
	}
	return p, nil
}

// ProvenConfig is the path of the configuration file that a broker with ConfigProven runs with; the names in it are
// relative to Spec.Dir. It is empty when nothing in provenDir can be used.
func ProvenConfig(provenDir string) (string, error) {
	p, err := readProven(Spec{ProvenDir: provenDir})
	if err != nil || p.Folder == "" {
		return "", err
	}
	return filepath.Join(provenDir, p.Folder, provenConfig), nil
}

// writeProven makes snap the proven copy. A crash in between leaves the former one.
func writeProven(spec Spec, snap snapshot) error {
	hash := snap.hash()
	if have, err := readProven(spec); err == nil && have.Hash == hash {
		return nil
	}
	if err := os.MkdirAll(spec.ProvenDir, 0o700); err != nil {
		return fmt.Errorf("making directory of proven copies: %w", err)
	}
	if err := spec.letBrokerRead(spec.ProvenDir, 0o700); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(spec.ProvenDir, "copy-")
	if err != nil {
		return fmt.Errorf("making proven copy: %w", err)
	}
	if err := spec.fillCopy(folder, snap); err != nil {
		return errors.Join(err, os.RemoveAll(folder))
	}
	index, err := json.Marshal(proven{Hash: hash, Folder: filepath.Base(folder)})
	if err != nil {
		return fmt.Errorf("encoding %s: %w", provenIndex, err)
	}
	if err := writeFile(filepath.Join(spec.ProvenDir, provenIndex), append(index, '\n')); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", provenIndex, err), os.RemoveAll(folder))
	}
	return removeOldCopies(spec.ProvenDir, filepath.Base(folder))
}

// fillCopy writes snap into folder, its include_dir lines leading to the copies.
func (s Spec) fillCopy(folder string, snap snapshot) error {
	if err := s.letBrokerRead(folder, 0o700); err != nil {
		return err
	}
	rel, err := s.fromDir(folder)
	if err != nil {
		return err
	}
	lines := bytes.Split(snap.main, []byte("\n"))
	for i, inc := range snap.includes {
		sub := filepath.Join(folder, strconv.Itoa(i))
		if err := os.Mkdir(sub, 0o700); err != nil {
			return fmt.Errorf("making proven copy: %w", err)
		}
		if err := s.letBrokerRead(sub, 0o700); err != nil {
			return err
		}
		for _, f := range inc.files {
			if err := s.copyForBroker(filepath.Join(sub, f.name), f.data); err != nil {
				return err
			}
		}
		lines[inc.line] = []byte("include_dir " + filepath.Join(rel, strconv.Itoa(i)))
	}
	return s.copyForBroker(filepath.Join(folder, provenConfig), bytes.Join(lines, []byte("\n")))
}

func (s Spec) copyForBroker(path string, data []byte) error {
	if err := writeFile(path, data); err != nil {
		return fmt.Errorf("writing proven copy: %w", err)
	}
	return s.letBrokerRead(path, 0o600)
}

// letBrokerRead opens a file or folder of ours to the broker's group, for reading only. Where the broker runs as
// ourselves the mode stays as it is, because configurations hold passwords of bridges.
func (s Spec) letBrokerRead(path string, mode os.FileMode) error {
	if !s.otherUser() {
		return nil
	}
	if err := os.Chown(path, -1, s.GID); err != nil {
		return fmt.Errorf("giving proven copy to the broker's group: %w", err)
	}
	if err := os.Chmod(path, mode|mode>>3&0o050); err != nil {
		return fmt.Errorf("giving proven copy to the broker's group: %w", err)
	}
	return nil
}

// otherUser reports whether the broker runs with other credentials than the keeper.
func (s Spec) otherUser() bool {
	return s.UID != -1 && (s.UID != os.Geteuid() || s.GID != os.Getegid())
}

// fromDir is the way from the broker's working directory to path. A relative way works where a directory above both
// is closed to the broker's user, because nobody has to pass it.
func (s Spec) fromDir(path string) (string, error) {
	dir, err := filepath.EvalSymlinks(s.Dir)
	if err != nil {
		return "", fmt.Errorf("finding broker directory: %w", err)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("finding proven copy: %w", err)
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return "", fmt.Errorf("finding proven copy: %w", err)
	}
	return rel, nil
}

// removeOldCopies keeps only the copy named keep, and what does not look like a copy.
func removeOldCopies(dir, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("removing old proven copies: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "copy-") && e.Name() != keep {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("removing old proven copies: %w", err)
			}
		}
	}
	return nil
}

// choice is the configuration that a start uses.
type choice struct {
	config string // ConfigLive or ConfigProven
	path   string // for mosquitto's -c, relative to Dir
	live   *loaded
	note   string // for the log: why it is not what one would expect
}

// choose decides with which files the broker starts: an ordered start takes the live ones; the keeper's own takes
// the proven copy unless the live files equal it.
func choose(spec Spec, ordered bool) choice {
	live := choice{config: ConfigLive, path: spec.Config}
	snap, liveErr := readSnapshot(spec)
	if liveErr == nil {
		live.live = newLoaded(spec, snap)
	} else {
		live.note = "no copy of the live configuration can be kept: " + liveErr.Error()
	}
	if ordered {
		return live
	}
	p, err := readProven(spec)
	if err != nil {
		live.note = "the proven configuration cannot be used: " + err.Error()
		return live
	}
	if p.Hash == "" || liveErr == nil && snap.quiet(spec).hash() == p.Hash {
		return live
	}
	path, err := spec.fromDir(filepath.Join(spec.ProvenDir, p.Folder, provenConfig))
	if err != nil {
		live.note = "the proven configuration cannot be used: " + err.Error()
		return live
	}
	return choice{
		config: ConfigProven, path: path,
		note: "the live configuration has been changed since it was last proven, so the proven copy is used; a restart applies the live files",
	}
}

// prove makes the configuration with which the broker runs the proven one, if the files still say the same.
func prove(spec Spec, running *loaded) error {
	if running == nil {
		return fault.New(fault.Conflict, "no copy can be kept of the configuration that the broker runs with").
			Hint("see the keeper's lines in the broker's log for the reason, mend it and restart the broker")
	}
	now, err := readSnapshot(spec)
	if err != nil {
		return fault.New(fault.Conflict, "no copy can be kept of the broker's configuration").
			Hint("its files must be ordinary ones inside the broker's directory; " + keeperLogName + " names the one that is not").
			Because(err)
	}
	if now = now.quiet(spec); now.hash() != running.quiet(spec).hash() {
		return fault.New(fault.Conflict, "the configuration has been changed since the broker read it").
			Hint("restart the broker to try the files as they are now")
	}
	return writeProven(spec, now)
}
