package certs

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// FuzzNames reads the names that people want in a certificate. What is taken is written again to the same, and nothing of it
// could stand for more than it says.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"mqtt.example.org 192.168.1.10", "*.local ::1", "A. -b c_d *", "::ffff:1.2.3.4 fe80::1%eth0", "xn--bcher-kva.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, err := ParseNames(strings.Split(text, " "))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, name := range names.DNS {
			if strings.Contains(strings.TrimPrefix(name, "*."), "*") || strings.ToLower(name) != name || strings.ContainsAny(name, "/:@ \x00") {
				t.Errorf("%q gives %q", text, name)
			}
		}
		again, err := ParseNames(names.Strings())
		if err != nil || !slices.Equal(again.Strings(), names.Strings()) {
			t.Errorf("%q is read again as %q, %v", names.Strings(), again.Strings(), err)
		}
	})
}

// FuzzPairs reads a file of keys with their certificates. What is taken is written and read again.
func FuzzPairs(f *testing.F) {
	a, err := newAuthority("here", Names{DNS: []string{"here"}}, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	text, err := encodePairs([]authority{a})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(append(text, text...))
	f.Add(text[:len(text)/2])
	f.Fuzz(func(t *testing.T, text []byte) {
		pairs, err := decodePairs(text)
		if err != nil {
			return
		}
		written, err := encodePairs(pairs)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodePairs(written)
		if err != nil || len(again) != len(pairs) {
			t.Fatalf("%d pairs are read again as %d: %v", len(pairs), len(again), err)
		}
		for i := range again {
			if !bytes.Equal(again[i].cert.Raw, pairs[i].cert.Raw) || !again[i].key.Equal(pairs[i].key) {
				t.Errorf("pair %d is another one", i)
			}
		}
	})
}
