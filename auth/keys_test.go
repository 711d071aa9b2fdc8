package auth_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_000_000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t *testing.T, o auth.Options) *auth.Keys {
	t.Helper()
	k, err := auth.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func key(t *testing.T, k *auth.Keys) string {
	t.Helper()
	s, err := k.Key()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func knows(k *auth.Keys, presented string) bool {
	_, ok := k.Authenticate(presented)
	return ok
}

func TestFirstStartMakesAKeyThatStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-key")
	first := key(t, open(t, auth.Options{Path: path}))
	if len(first) < 40 || !strings.HasPrefix(first, "bkm_") {
		t.Errorf("the key has %d characters", len(first))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again := open(t, auth.Options{Path: path})
	if key(t, again) != first {
		t.Error("the second start made another key")
	}
	if p, ok := again.Authenticate(first); !ok || p.Role != auth.Admin || p.Name == "" {
		t.Errorf("the key is not known: %+v", p)
	}
	for _, wrong := range []string{"", " ", first[1:], first + "x", strings.ToUpper(first), "bkm_"} {
		if knows(again, wrong) {
			t.Errorf("a wrong key of %d characters is accepted", len(wrong))
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestFirstStartsAtOnceAgreeOnOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-key")
	keys := make([]string, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := auth.Open(auth.Options{Path: path})
			if err != nil {
				t.Error(err)
				return
			}
			keys[i], _ = k.Key()
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k == "" || k != keys[0] {
			t.Fatal("two first starts made different keys")
		}
	}
}

func TestReadKeyMakesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-key")
	if _, err := auth.ReadKey(path); !fault.Is(err, fault.NotFound) || fault.From(err).HintText == "" {
		t.Errorf("without a file: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a key was made")
	}
	want := key(t, open(t, auth.Options{Path: path}))
	if got, err := auth.ReadKey(path); err != nil || got != want {
		t.Errorf("another key, or %v", err)
	}
}

func TestEnvironmentWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-key")
	k := open(t, auth.Options{Path: path, Environment: "a-key-of-the-environment-000"})
	if !knows(k, "a-key-of-the-environment-000") {
		t.Error("the key of the environment is not known")
	}
	if k.Path() != "" || k.Warning() != "" {
		t.Errorf("path %q, warning %q", k.Path(), k.Warning())
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written although the environment has a key")
	}
	if _, err := k.Rotate(); !fault.Is(err, fault.Conflict) || fault.From(err).HintText == "" {
		t.Errorf("rotate: %v", err)
	}
}

func TestShortKeysAreAcceptedWithAWarning(t *testing.T) {
	var log bytes.Buffer
	const short = "tiny-4711"
	k := open(t, auth.Options{Environment: short, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if k.Warning() == "" || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("warning %q, log %q", k.Warning(), log.String())
	}
	if strings.Contains(log.String()+k.Warning(), short) {
		t.Error("the warning shows the key")
	}
}

func TestKeysThatAnybodyKnowsAreRefused(t *testing.T) {
	for _, known := range []string{
		"default_api_key_replace_in_production", "DEFAULT-API-KEY-REPLACE-IN-PRODUCTION", "changeme", "<your-api-key>",
		"your_api_key_here", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "000000", "--------", "secret",
	} {
		_, err := auth.Open(auth.Options{Environment: known})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", known, err)
			continue
		}
		if strings.Contains(err.Error()+fault.From(err).HintText, known) && known != "secret" {
			t.Errorf("the refusal shows the key: %v", err)
		}
	}
	for _, impossible := range []string{"with a space in it, and so on", "tab\tin-the-middle-of-the-key", "schlüssel-mit-umlaut-000000"} {
		if _, err := auth.Open(auth.Options{Environment: impossible}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", impossible, err)
		}
	}
}

func TestAnUnusableFileIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-key")
	for _, text := range []string{"", "\n", "changeme\n", "two\nlines-of-a-key-000000000000\n", strings.Repeat("k", 5000)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Open(auth.Options{Path: path}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", text, err)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%.20q was overwritten", text)
		}
	}
}

func TestRotationReachesARunningServer(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "api-key"), newClock()
	server := open(t, auth.Options{Path: path, Clock: now.Now})
	old := key(t, server)

	fresh, err := open(t, auth.Options{Path: path}).Rotate()
	if err != nil || fresh == old {
		t.Fatalf("rotate: %v, changed %v", err, fresh != old)
	}
	now.Advance(time.Second)
	if !knows(server, fresh) || knows(server, old) {
		t.Error("a second later the server does not live by the new key alone")
	}
}

// TestRotationEndsWhatGoesOn is about who follows a stream with the old key and sends no other request.
func TestRotationEndsWhatGoesOn(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "api-key"), newClock()
	server := open(t, auth.Options{Path: path, Clock: now.Now})
	before, _ := server.Authenticate(key(t, server))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil { // the same key
		t.Fatal(err)
	}
	now.Advance(time.Second)
	server.Refresh()
	if closed(before.Ended) {
		t.Error("a file that was written again ends what goes on with its key")
	}
	if _, err := open(t, auth.Options{Path: path}).Rotate(); err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Second)
	server.Refresh()
	after, known := server.Authenticate(key(t, server))
	if !closed(before.Ended) || !known || closed(after.Ended) {
		t.Errorf("ended: what came with the old key %v, with the new one %v", closed(before.Ended), closed(after.Ended))
	}
	if _, err := server.Rotate(); err != nil || !closed(after.Ended) {
		t.Errorf("a rotation by the server itself: %v, ended %v", err, closed(after.Ended))
	}
}

func TestTheFileIsNotLookedAtForEachRequest(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "api-key"), newClock()
	server := open(t, auth.Options{Path: path, Clock: now.Now})
	old := key(t, server)
	if _, err := open(t, auth.Options{Path: path}).Rotate(); err != nil {
		t.Fatal(err)
	}
	if !knows(server, old) {
		t.Error("the file was looked at although no time has passed")
	}
}

func TestAKeyStaysInForceWhenItsFileIsGoneOrBad(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "api-key"), newClock()
	var log bytes.Buffer
	server := open(t, auth.Options{Path: path, Clock: now.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	old := key(t, server)
	for name, spoil := range map[string]func() error{
		"gone": func() error { return os.Remove(path) },
		"bad":  func() error { return os.WriteFile(path, nil, 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			now.Advance(time.Second)
			if !knows(server, old) || knows(server, "") {
				t.Errorf("%s: the key no longer counts, or none does", name)
			}
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors in the log, want one", n)
	}
	const mended = "a-mended-key-of-enough-length"
	if err := os.WriteFile(path, []byte(mended), 0o600); err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Second)
	if !knows(server, mended) || knows(server, old) {
		t.Error("the mended file is not noticed")
	}
	if strings.Contains(log.String(), mended) || strings.Contains(log.String(), old) {
		t.Error("the log shows a key")
	}
}

func TestRotationKeepsModeAndOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-key")
	k := open(t, auth.Options{Path: path})
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	owner := os.Geteuid()
	if owner == 0 {
		owner = 65534
		if err := os.Chown(path, owner, 65534); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if got := info.Sys().(*syscall.Stat_t).Uid; int(got) != owner {
		t.Errorf("owner %d, want %d", got, owner)
	}
}
