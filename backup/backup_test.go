package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// installation is what a data directory holds that comes back.
func installation() map[string]string {
	return map[string]string{
		"bunkerm.db": strings.Repeat("rows ", 40_000), "api-key": "secret\n", "broker-account.json": `{"password":"p"}`,
		"anomaly.snapshot": "learned", "broker/mosquitto.conf": "include_dir bunkerm.d\n", "broker/mosquitto.db": "retained",
		"broker/dynamic-security.json": `{"clients":[]}`, "broker/conf.d/more.conf": "listener 1884\n",
		"certs/authority.pem": "PEM", "certs/clients/a.pem": "PEM",
	}
}

// lay writes an installation, and beside it what does not belong to one.
func lay(t *testing.T) backup.Source {
	t.Helper()
	dir := t.TempDir()
	files := installation()
	maps.Copy(files, map[string]string{
		"broker/bunkerm.d/10-bunkerm.conf": "x", "broker/.bunkerm-ABC": "x", "broker/mosquitto.db.new": "x", "log/broker.log": "x",
		"run/keeper.json": "{}", "lock": "1", "bunkerm.db-wal": "x", "setup-token": "x",
	})
	for name, text := range files {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "broker", "link")); err != nil {
		t.Fatal(err)
	}
	return backup.Source{DataDir: dir, Version: "1.2.3", Snapshot: func(_ context.Context, to string) error {
		text, err := os.ReadFile(filepath.Join(dir, "bunkerm.db"))
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	}}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// found reads a folder.
func found(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		relative, _ := filepath.Rel(dir, name)
		all[filepath.ToSlash(relative)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// packed is an archive of an installation.
func packed(t *testing.T) []byte {
	t.Helper()
	p, err := lay(t).Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := p.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func restore(t *testing.T, archive []byte, dir string) (backup.Restored, error) {
	t.Helper()
	return backup.Restore{From: bytes.NewReader(archive), DataDir: dir}.Run(t.Context())
}

func TestWhatWasBackedUpComesBack(t *testing.T) {
	s := lay(t)
	name, m, err := s.Keep(t.Context(), "bunkerm")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(name)); len(entries) != 1 {
		t.Errorf("something else is left: %v", entries)
	}
	archive, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, dir := range map[string]string{"absent": filepath.Join(t.TempDir(), "data"), "empty": t.TempDir()} {
		done, err := restore(t, archive, dir)
		if err != nil {
			t.Fatal(what, err)
		}
		if diff := cmp.Diff(m, done.Manifest); diff != "" || done.Kept != "" {
			t.Error(what, diff, done.Kept)
		}
		if diff := cmp.Diff(installation(), found(t, dir)); diff != "" {
			t.Error(what, diff)
		}
	}
}

func TestRestoreOverSomething(t *testing.T) {
	archive := packed(t)
	dir := filepath.Join(t.TempDir(), "data")
	put(t, filepath.Join(dir, "bunkerm.db"), "old")
	if _, err := restore(t, archive, dir); !fault.Is(err, fault.Conflict) {
		t.Errorf("over something: %v", err)
	}
	done, err := backup.Restore{From: bytes.NewReader(archive), DataDir: dir, Replace: true}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(installation(), found(t, dir)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"bunkerm.db": "old"}, found(t, done.Kept)); diff != "" {
		t.Error(diff)
	}
}

func TestRestoreThatWasCutOffIsRepeated(t *testing.T) {
	archive, dir := packed(t), t.TempDir()
	put(t, filepath.Join(dir, backup.Restoring, "api-key"), "half")
	put(t, filepath.Join(dir, "bunkerm.db"), "moved already")
	if _, err := restore(t, archive, dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(installation(), found(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestSealed(t *testing.T) {
	var sealed bytes.Buffer
	to, err := backup.Seal(&sealed, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Write(packed(t)); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	for passphrase, kind := range map[string]fault.Kind{"correct horse": fault.Internal, "wrong": fault.Forbidden, "": fault.Invalid} {
		dir := filepath.Join(t.TempDir(), "data")
		_, err := backup.Restore{From: bytes.NewReader(sealed.Bytes()), DataDir: dir, Passphrase: func() (string, error) { return passphrase, nil }}.Run(t.Context())
		if kind == fault.Internal {
			if diff := cmp.Diff(installation(), found(t, dir)); diff != "" || err != nil {
				t.Error(diff, err)
			}
			continue
		}
		if !fault.Is(err, kind) {
			t.Errorf("%q: %v", passphrase, err)
		}
		nothingIsThere(t, dir)
	}
	for at := 0; at < sealed.Len(); at += sealed.Len() / 3 {
		damaged := bytes.Clone(sealed.Bytes())
		damaged[at] ^= 0x20
		dir := filepath.Join(t.TempDir(), "data")
		_, err := backup.Restore{From: bytes.NewReader(damaged), DataDir: dir, Passphrase: func() (string, error) { return "correct horse", nil }}.Run(t.Context())
		if err == nil {
			t.Errorf("byte %d of %d: it is restored", at, sealed.Len())
		}
		nothingIsThere(t, dir)
	}
}

// nothingIsThere holds that a restore that failed has left nothing.
func nothingIsThere(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 0 {
		t.Errorf("it has left %v, %v", entries, err)
	}
}

// TestDamaged flips bytes all over an archive: it is refused, or nothing that is restored is another than before (as with the
// name of the operating system in gzip's header).
func TestDamaged(t *testing.T) {
	archive := packed(t)
	refused := 0
	for at := range archive {
		if at > 60 && at < len(archive)-60 && at%11 != 0 {
			continue
		}
		damaged := bytes.Clone(archive)
		damaged[at] ^= 0x10
		dir := filepath.Join(t.TempDir(), "data")
		if _, err := restore(t, damaged, dir); err != nil {
			refused++
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("byte %d: %v", at, err)
			}
			nothingIsThere(t, dir)
			continue
		}
		if diff := cmp.Diff(installation(), found(t, dir)); diff != "" {
			t.Errorf("byte %d of %d: it is restored: %s", at, len(archive), diff)
		}
	}
	if refused < 200 {
		t.Errorf("%d were refused", refused)
	}
	for _, n := range []int{0, 1, 10, 11, 100, len(archive) / 2, len(archive) - 9, len(archive) - 8, len(archive) - 1} {
		dir := filepath.Join(t.TempDir(), "data")
		if _, err := restore(t, archive[:n], dir); !fault.Is(err, fault.Invalid) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
		nothingIsThere(t, dir)
	}
	if _, err := restore(t, append(bytes.Clone(archive), 0), filepath.Join(t.TempDir(), "data")); !fault.Is(err, fault.Invalid) {
		t.Errorf("with something behind: %v", err)
	}
}

// entry is one of an archive that somebody has made.
type entry struct {
	tar.Header
	text string
}

// forged makes an archive of entries.
func forged(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for _, e := range entries {
		e.Size = int64(len(e.text))
		if err := archive.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func header(t testing.TB, h backup.Header) entry {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return entry{tar.Header{Name: "bunkerm-backup.json"}, string(text)}
}

func TestAnotherFormat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	_, err := restore(t, forged(t, header(t, backup.Header{Format: 2, Version: "9.0"}), entry{tar.Header{Name: "unheard/of"}, "x"}), dir)
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "format 2, of BunkerM 9.0") {
		t.Errorf("a newer one: %v", err)
	}
	nothingIsThere(t, dir)
	if _, err := restore(t, forged(t, entry{tar.Header{Name: "etc/passwd"}, "x"}), dir); !fault.Is(err, fault.Invalid) {
		t.Errorf("another archive: %v", err)
	}
}

func TestNamesThatDoNotBelong(t *testing.T) {
	for _, e := range []entry{
		{tar.Header{Name: "/etc/passwd"}, "x"},
		{tar.Header{Name: "broker/../../x"}, "x"},
		{tar.Header{Name: "../x"}, "x"},
		{tar.Header{Name: "run/keeper.json"}, "{}"},
		{tar.Header{Name: "lock"}, "1"},
		{tar.Header{Name: "broker/bunkerm.d/10-bunkerm.conf"}, "plugin x"},
		{tar.Header{Name: "broker/x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, ""},
		{tar.Header{Name: "broker/x", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}, ""},
		{tar.Header{Name: "broker/x", Typeflag: tar.TypeFifo}, ""},
		{tar.Header{Name: "broker/", Typeflag: tar.TypeDir}, ""},
		{tar.Header{Name: `broker/a\b`}, "x"},
		{tar.Header{Name: "api-key"}, "twice"},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		archive := forged(t, header(t, backup.Header{Format: 1}), entry{tar.Header{Name: "api-key"}, "x"}, e)
		if _, err := restore(t, archive, dir); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "does not belong") {
			t.Errorf("%q: %v", e.Name, err)
		}
		nothingIsThere(t, dir)
	}
}

func TestDiskFull(t *testing.T) {
	p, err := lay(t).Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	err = backup.ToFile("/dev/full", func(to io.Writer) error {
		_, err := p.Write(t.Context(), to)
		return err
	})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.From(err).HintText, "full") {
		t.Errorf("%v, %s", err, fault.From(err).HintText)
	}
}

// TestTornAccounts backs up while the broker writes its file in place, as old ones do.
func TestTornAccounts(t *testing.T) {
	s := lay(t)
	name := filepath.Join(s.DataDir, "broker", "dynamic-security.json")
	put(t, name, `{"clients":[{"username"`)
	s.Flush = func(context.Context) error { // what comes before the files are read
		time.AfterFunc(100*time.Millisecond, func() { _ = os.WriteFile(name, []byte(`{"clients":[1]}`), 0o600) })
		return nil
	}
	kept, _, err := s.Keep(t.Context(), "bunkerm")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := restore(t, archive, dir); err != nil {
		t.Fatal(err)
	}
	if text := found(t, dir)["broker/dynamic-security.json"]; text != `{"clients":[1]}` {
		t.Error(text)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(forged(f, header(f, backup.Header{Format: 1}), entry{tar.Header{Name: "broker/a"}, "x"}, entry{tar.Header{Name: "manifest.json"}, `{"format":1,"files":[]}`}))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, archive []byte) {
		top := t.TempDir()
		if err := os.Mkdir(filepath.Join(top, "in"), 0o700); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(filepath.Join(top, "in"))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		m, err := backup.Unpack(t.Context(), bytes.NewReader(archive), root)
		if entries, _ := os.ReadDir(top); len(entries) != 1 {
			t.Errorf("it has left its folder: %v", entries)
		}
		if err == nil && len(m.Files) != len(found(t, filepath.Join(top, "in"))) {
			t.Errorf("%v", slices.Collect(maps.Keys(found(t, top))))
		}
	})
}
