package auth

import (
	"context"
	"strings"
	"testing"
)

func TestHashes(t *testing.T) {
	n := 0
	h := newHasher(func() { n++ })
	hash, err := h.hash(context.Background(), "seven blue kettles")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(hash, err)
	}
	other, err := h.hash(context.Background(), "seven blue kettles")
	if err != nil || other == hash {
		t.Fatal("two hashes of one password are the same")
	}
	for password, want := range map[string]bool{"seven blue kettles": true, "seven blue kettle": false, "": false} {
		if fits, old, err := h.verify(context.Background(), password, hash); fits != want || old || err != nil {
			t.Errorf("%q: %v %v %v", password, fits, old, err)
		}
	}
	if fits, _, err := h.verify(context.Background(), "", ""); fits || err != nil {
		t.Error("nobody's hash fits")
	}
	// RFC 9106 has no vector for one lane and these costs; this one is from the reference implementation's command,
	// echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32.
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if fits, old, err := h.verify(context.Background(), "password", known); !fits || !old || err != nil {
		t.Errorf("a hash of other costs: %v %v %v", fits, old, err)
	}
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		p, salt, sum, err := parsePHC(text)
		if err != nil {
			return
		}
		if formatPHC(p, salt, sum) != text || p.memory > mostMemory || p.time > mostPasses {
			t.Errorf("%q is read as %+v %x %x", text, p, salt, sum)
		}
	})
}

func FuzzUsernames(f *testing.F) {
	f.Add("jo")
	f.Add("J\u00f6rg\u202e")
	f.Fuzz(func(t *testing.T, name string) {
		if checkUsername(name, "x") != nil {
			return
		}
		if strings.ContainsAny(name, "\x00\n\r/\\\u202e\u200b") || len([]rune(name)) > mostUsername || fold(fold(name)) != fold(name) {
			t.Errorf("%q is accepted", name)
		}
	})
}
