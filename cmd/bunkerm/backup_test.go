package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// ran runs a command of bunkerm that must succeed, with text on its standard input.
func ran(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := bunkerm(brokerEnv(), args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("bunkerm %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// acknowledged writes clients until stop, one after the other, and says how many were acknowledged.
func (s *server) acknowledged(n *atomic.Int64, stop <-chan struct{}) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if status, text := s.do("POST", "/api/dynsec/clients", map[string]any{"username": "w" + strconv.Itoa(i), "password": "a-long-password"}); status/100 != 2 {
				s.t.Errorf("client %d: %d %s", i, status, text)
				return
			}
			n.Add(1)
		}
	}()
	return done
}

// TestBackupUnderWritesComesBack takes a backup while clients are made, kills everything, and restores elsewhere: what
// was acknowledged before the backup is there, and devices log in and get what the broker has kept for them.
func TestBackupUnderWritesComesBack(t *testing.T) {
	s := serveOn(t, filepath.Join(t.TempDir(), "first"))
	s.makeFlooder()
	publishRetained(t, s.MQTT, "kept", 50)
	s.must("POST", "/api/auth/users", map[string]any{"username": "ann", "role": "viewer", "password": "another long password"})

	var written atomic.Int64
	stop := make(chan struct{})
	done := s.acknowledged(&written, stop)
	eventually(t, "clients are made", func() bool { return written.Load() >= 5 })
	before := written.Load()
	file := filepath.Join(t.TempDir(), "all.tar.gz")
	if out := ran(t, "", "backup", "--to", file, "--data-dir", s.DataDir); strings.TrimSpace(out) != file {
		t.Errorf("it says %q", out)
	}
	close(stop)
	<-done
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	eventually(t, "it is recorded that somebody took a backup", func() bool {
		return strings.Contains(s.must("GET", "/api/audit?action=system.backup", nil), `"action":"system.backup"`)
	})
	refused(t, nil, []string{"restore", file, "--replace", "--data-dir", s.DataDir}, "a BunkerM runs on")
	s.Kill()
	s.endBroker()

	other := filepath.Join(t.TempDir(), "second")
	if out := ran(t, "", "restore", file, "--data-dir", other); !strings.Contains(out, "bunkerm serve --data-dir "+other) {
		t.Errorf("it says %q", out)
	}
	again := serveOn(t, other)
	if again.Key != s.Key {
		t.Error("the API key is another one")
	}
	for i := range before {
		again.must("GET", "/api/dynsec/clients/w"+strconv.FormatInt(i, 10), nil)
	}
	if users := again.must("GET", "/api/auth/users", nil); !strings.Contains(users, `"ann"`) {
		t.Errorf("accounts: %s", users)
	}
	conn := dialFlooder(t, again.MQTT, 0) // the account's password is the same
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	eventually(t, "the retained messages are seen", func() bool { return again.topicsSeen() == 50 })
	var report struct {
		Backup struct {
			Keep int
			Next *string
		}
	}
	eventually(t, "it is said when the next backup is due", func() bool {
		err := json.Unmarshal([]byte(again.must("GET", "/api/system", nil)), &report)
		return err == nil && report.Backup.Keep == 7 && report.Backup.Next != nil
	})
	if text := again.must("GET", "/metrics", nil); !strings.Contains(text, "bunkerm_backup_failed 0") {
		t.Error("the metrics do not tell of backups")
	}
}

// TestBackupOfFiles takes one where no BunkerM runs, sealed, and puts it in the place of something else.
func TestBackupOfFiles(t *testing.T) {
	s := serveOn(t, filepath.Join(t.TempDir(), "first"), "--on-exit", "keep")
	s.makeFlooder()
	publishRetained(t, s.MQTT, "kept", 3)
	s.Stop() // the broker goes on
	dir := t.TempDir()
	file := filepath.Join(dir, "all.tar.gz.age")
	ran(t, "correct horse\n", "backup", "--passphrase", "--to", file, "--data-dir", s.DataDir)
	refused(t, nil, []string{"restore", file, "--replace", "--data-dir", s.DataDir}, "the broker of BunkerM runs on", "kill ")
	s.endBroker()

	other := filepath.Join(dir, "second")
	wrong := bunkerm(nil, "restore", file, "--data-dir", other)
	wrong.Stdin = strings.NewReader("wrong horse\n")
	if out, err := wrong.CombinedOutput(); err == nil || !strings.Contains(string(out), "the passphrase is wrong") {
		t.Errorf("%v: %s", err, out)
	}
	if err := os.MkdirAll(filepath.Join(other, "broker"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, nil, []string{"restore", file, "--data-dir", other}, "something in "+other, "--replace")
	out := ran(t, "correct horse\n", "restore", "--replace", file, "--data-dir", other)
	if !strings.Contains(out, "kept in "+other+".before-") {
		t.Errorf("it says %q", out)
	}
	again := serveOn(t, other)
	eventually(t, "the retained messages are seen", func() bool { return again.topicsSeen() == 3 })
}

func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	refused(t, nil, []string{"backup", "--to", filepath.Join(dir, "x"), "--data-dir", filepath.Join(dir, "none")}, "there is no data directory")
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("it has left %v", entries)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("no backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, nil, []string{"restore", filepath.Join(dir, "file"), "--data-dir", filepath.Join(dir, "none")}, "the backup is damaged")
	half := filepath.Join(dir, "half")
	if err := os.MkdirAll(filepath.Join(half, ".restoring"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, nil, freshArgs(half), "a restore into "+half+" was cut off")

	s := serveOn(t, filepath.Join(dir, "data"))
	refused(t, nil, []string{"backup", "--to", "/dev/full", "--data-dir", s.DataDir}, "the backup cannot be written")
	s.must("GET", "/api/dynsec/clients", nil)
	eventually(t, "nothing of it is left", func() bool {
		entries, err := os.ReadDir(filepath.Join(s.DataDir, "backups"))
		return err == nil && len(entries) == 0
	})
}

// TestAFailedBackupIsAnAlert starts where none can be made, and again where one is due.
func TestAFailedBackupIsAnAlert(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "backups")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveOn(t, dir)
	eventually(t, "the alert", func() bool { return len(s.alerts("kind=backup_failed&status=open")) == 1 })
	s.Stop()
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	missed := filepath.Join(folder, "nightly-20200101T030000Z.tar.gz")
	if err := os.WriteFile(missed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again := serveOn(t, dir, "--backup-keep", "1")
	eventually(t, "another one is made, and the old one is gone", func() bool {
		entries, err := os.ReadDir(folder)
		return err == nil && len(entries) == 1 && entries[0].Name() != filepath.Base(missed)
	})
	eventually(t, "the alert is over", func() bool { return len(again.alerts("kind=backup_failed&status=open")) == 0 })
}

// TestBackupCutOff kills BunkerM while it sends: no file is there that could be taken for a backup.
func TestBackupCutOff(t *testing.T) {
	s := serveOn(t, t.TempDir())
	reader, writer := io.Pipe()
	cmd := bunkerm(nil, "backup", "--to", "-", "--data-dir", s.DataDir)
	cmd.Stdout = writer
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := os.WriteFile(filepath.Join(s.DataDir, "broker", "large"), noise(64<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(reader, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if err := cmd.Wait(); err == nil || !strings.Contains(errs.String(), "did not send the backup to its end") {
		t.Errorf("%v: %s", err, errs.String())
	}
	_ = writer.Close()
	again := serveOn(t, s.DataDir)
	entries, err := os.ReadDir(filepath.Join(again.DataDir, "backups"))
	if err != nil || len(entries) != 0 {
		t.Errorf("what the killed one has left is there: %v, %v", entries, err)
	}
	again.Signal(syscall.SIGTERM)
}

// endBroker ends what a BunkerM has left, and waits until it is gone.
func (s *server) endBroker() {
	s.t.Helper()
	endKeeper(s.DataDir)
	eventually(s.t, "the broker is gone", func() bool { return len(pidsWith(filepath.Join(s.DataDir, "run", "keeper.json"))) == 0 })
}

// noise is what cannot be compressed.
func noise(n int) []byte {
	all, state := make([]byte, n), uint64(1)
	for i := range all {
		state = state*6364136223846793005 + 1442695040888963407
		all[i] = byte(state >> 56)
	}
	return all
}
