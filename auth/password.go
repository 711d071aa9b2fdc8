package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/bunkerm/bunkerm/fault"
)

// params are the costs of one argon2id hash (RFC 9106). They stand in every stored hash, so that they can be raised.
type params struct {
	memory uint32 // KiB
	time   uint32 // passes
	lanes  uint8
}

// present is what new hashes cost: the second choice of OWASP's Password Storage Cheat Sheet, 19 MiB and two passes.
// A small board that runs a broker can afford it.
func present() params { return params{memory: 19 << 10, time: 2, lanes: 1} }

const (
	saltBytes = 16
	hashBytes = 32

	// hashesAtOnce bounds memory: everybody on the network may ask for a hash by trying to sign in.
	hashesAtOnce = 2
	hashPatience = 5 * time.Second

	leastPassword = 12   // characters
	mostPassword  = 1024 // bytes
)

var errBusy = fault.New(fault.TooMany, "too many people sign in at this moment").
	Hint("try again in a few seconds").After(hashPatience)

// hasher makes and checks password hashes, a few at once.
type hasher struct {
	slots chan struct{}
	done  func() // told of each computation; for tests
}

func newHasher(done func()) *hasher {
	if done == nil {
		done = func() {}
	}
	return &hasher{slots: make(chan struct{}, hashesAtOnce), done: done}
}

// compute is argon2id, when its turn has come.
func (h *hasher) compute(ctx context.Context, password string, salt []byte, p params) ([]byte, error) {
	waiting, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
	case <-waiting.Done():
		return nil, errBusy
	}
	defer func() { <-h.slots }()
	h.done()
	return argon2.IDKey([]byte(password), salt, p.time, p.memory, p.lanes, hashBytes), nil
}

// hash returns a new hash of password in PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: the runtime ends the program instead
	p := present()
	sum, err := h.compute(ctx, password, salt, p)
	if err != nil {
		return "", err
	}
	return formatPHC(p, salt, sum), nil
}

// verify reports whether password is the one of a stored hash, and whether the hash should be made anew because its
// costs are not today's. An empty hash is that of nobody: it takes as long, and fits no password.
func (h *hasher) verify(ctx context.Context, password, stored string) (fits, old bool, err error) {
	p, salt, want := present(), make([]byte, saltBytes), make([]byte, hashBytes)
	if stored != "" {
		if p, salt, want, err = parsePHC(stored); err != nil {
			return false, false, err
		}
	}
	got, err := h.compute(ctx, password, salt, p)
	if err != nil {
		return false, false, err
	}
	fits = subtle.ConstantTimeCompare(got, want) == 1 && stored != ""
	return fits, fits && p != present(), nil
}

func formatPHC(p params, salt, sum []byte) string {
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.lanes, text(salt), text(sum))
}

var errNoHash = errors.New("not a hash of argon2id")

// Bounds of what a stored hash may ask for: a damaged row must not take all memory.
const (
	mostMemory = 1 << 20 // KiB
	mostPasses = 64
)

// parsePHC reads what formatPHC writes. What it accepts, it would write the same.
func parsePHC(stored string) (p params, salt, sum []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return p, nil, nil, errNoHash
	}
	var version int
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &p.memory, &p.time, &p.lanes); err != nil {
		return p, nil, nil, fmt.Errorf("%w: %w", errNoHash, err)
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	switch {
	case saltErr != nil || sumErr != nil:
		return p, nil, nil, errNoHash
	case version != argon2.Version || p.memory < 8 || p.memory > mostMemory || p.time < 1 || p.time > mostPasses || p.lanes < 1:
		return p, nil, nil, fmt.Errorf("%w: costs out of bounds", errNoHash)
	case len(salt) < 8 || len(salt) > 64 || len(sum) != hashBytes || formatPHC(p, salt, sum) != stored:
		return p, nil, nil, errNoHash
	}
	return p, salt, sum, nil
}

// checkPassword refuses what is too short, or among the first that anybody would try. location is where the request has it.
func checkPassword(password, username, location string) error {
	wrong := func(why string) error { return errNotAcceptable.At(location, why) }
	plain := strings.ToLower(password)
	switch {
	case len([]rune(password)) < leastPassword:
		return wrong(fmt.Sprintf("has %d characters at least", leastPassword))
	case len(password) > mostPassword:
		return wrong(fmt.Sprintf("has %d bytes at most", mostPassword))
	case strings.Contains(plain, strings.ToLower(username)) && len(password) < len(username)+leastPassword/2:
		return wrong("is hardly more than the username")
	case obvious(plain):
		return wrong("is one of the first that anybody would try")
	}
	return nil
}

// obvious recognises the long ones among the passwords that are tried first: words repeated, rows of keys, rows of
// digits, and the product's own name with something behind it.
func obvious(plain string) bool {
	for size := 1; size <= len(plain)/2; size++ {
		if len(plain)%size == 0 && strings.Repeat(plain[:size], len(plain)/size) == plain {
			return true
		}
	}
	const rows = "01234567890123456789 abcdefghijklmnopqrstuvwxyz qwertyuiopasdfghjklzxcvbnm qwertzuiopasdfghjklyxcvbnm " +
		"1qaz2wsx3edc4rfv5tgb 1q2w3e4r5t6y7u8i9o0p"
	if strings.Contains(rows, plain) {
		return true
	}
	rest := plain
	for _, word := range []string{"password", "passwort", "passw0rd", "bunkerm", "mosquitto", "administrator", "admin", "welcome",
		"changeme", "letmein", "iloveyou", "default", "secret", "mqtt"} {
		rest = strings.ReplaceAll(rest, word, "")
	}
	return len(strings.Trim(rest, "0123456789!?.-_#@$ ")) == 0
}

// newPassword returns a password for somebody else to be told: 20 letters and digits that cannot be mistaken for each
// other, 116 bits of randomness.
func newPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	var password strings.Builder
	random := make([]byte, 64)
	for password.Len() < 20 {
		rand.Read(random)
		for _, b := range random {
			// Only as many values of a byte count as are a multiple of the letters: each is equally likely.
			if int(b) < 256/len(letters)*len(letters) && password.Len() < 20 {
				password.WriteByte(letters[int(b)%len(letters)])
			}
		}
	}
	return password.String()
}
