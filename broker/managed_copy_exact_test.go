package broker

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// OverwritesInPlace is for the tests with a broker.
var OverwritesInPlace = overwritesInPlace

func TestWhichBrokersOverwriteInPlace(t *testing.T) {
	for version, want := range map[string]bool{
		"1.6.9": true, "2.0.11": true, "2.0.15": true, "2.0.16": false, "2.0.22": false, "2.1.2": false, "3.0.0": false,
		"": true, "unknown": true,
	} {
		if overwritesInPlace(version) != want {
			t.Errorf("%q: %v", version, !want)
		}
	}
}

// copying is a Managed that can do nothing but copy a file.
func copying(t testing.TB, clients int) (m *Managed, dir string, data []byte) {
	t.Helper()
	dir = t.TempDir()
	files, err := openBrokerFiles(dir, -1, -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.close() })
	account := ownAccount{Username: OwnUsername, Password: "x"}
	f, err := newDynsecFile(account)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := HashPassword("pw")
	if err != nil {
		t.Fatal(err)
	}
	for i := range clients {
		f.Clients = append(f.Clients, DynsecClient{Username: fmt.Sprintf("device-%d", i), Password: hash})
	}
	data = f.Bytes()
	if err := os.WriteFile(filepath.Join(dir, dynsecName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	m = &Managed{
		files: files, o: ManageOptions{Logger: slog.New(slog.DiscardHandler)}, copyWanted: make(chan struct{}, 1),
		status: keeper.Status{Version: "2.0.11"},
	}
	t.Cleanup(m.exact.close)
	return m, dir, data
}

func TestExactCopyHoldsWhatWasWholeLast(t *testing.T) {
	m, dir, data := copying(t, 3)
	original, last := filepath.Join(dir, dynsecName), filepath.Join(dir, lastName)
	expect := func(when string, want []byte) {
		t.Helper()
		m.KeepCopy()
		if have, err := os.ReadFile(last); err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s: the copy has %d bytes, not %d; %v", when, len(have), len(want), err)
		}
	}
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(original, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect("at first", data)
	shorter := []byte("{\n\t\"clients\": []\n}")
	write(shorter)
	expect("shorter", shorter)
	same := bytes.ReplaceAll(shorter, []byte("clients"), []byte("CLIENTS"))
	write(same)
	expect("of the same size within one tick of the clock", same)
	write([]byte(`{"compact":{}}`))
	expect("not as the broker writes", []byte(`{"compact":{}}`))
	for _, torn := range []int{0, 1, len(data) / 2, len(data) - 2} {
		write(data)
		expect("whole", data)
		write(data[:torn])
		expect("torn", data)
	}
	write(shorter)
	if err := os.Remove(last); err != nil {
		t.Fatal(err)
	}
	expect("after somebody removed it", shorter)
	// A link that the broker's user put there is replaced and not followed.
	write(data)
	other := filepath.Join(dir, "other")
	for _, err := range []error{os.Remove(last), os.WriteFile(other, []byte("mine"), 0o600), os.Link(other, last)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("instead of a link", data)
	if mine, err := os.ReadFile(other); err != nil || string(mine) != "mine" {
		t.Errorf("the linked file holds %q, %v", mine, err)
	}
}

func TestExactCopyOfAnUnchangedFileIsNotMadeAgain(t *testing.T) {
	m, dir, _ := copying(t, 3)
	long := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(dir, dynsecName), long, long); err != nil {
		t.Fatal(err)
	}
	m.KeepCopy()
	last := filepath.Join(dir, lastName)
	if err := os.Chtimes(last, long, long); err != nil {
		t.Fatal(err)
	}
	m.KeepCopy()
	if info, err := os.Stat(last); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("it was written: %v %v", info, err)
	}
}

// BenchmarkExactCopy is what KeepCopy adds to each write to a broker before 2.0.16.
func BenchmarkExactCopy(b *testing.B) {
	for _, n := range []int{10, 2000, 20000} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			m, dir, data := copying(b, n)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				now := time.Now()
				if err := os.Chtimes(filepath.Join(dir, dynsecName), now, now); err != nil {
					b.Fatal(err)
				}
				m.KeepCopy()
			}
			if m.exact.failing {
				b.Fatal("there is no copy")
			}
		})
	}
}
