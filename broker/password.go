package broker

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// HashIterations is the number of PBKDF2 rounds for passwords that we hash ourselves. It is what mosquitto 2.1
// uses; 2.0 uses 101 for its own and reads any number from the file. The broker repeats them at every login on
// its only thread, about a millisecond, so more would slow down a storm of reconnecting devices.
const HashIterations = 1000

const (
	// saltBytes is fixed: mosquitto 2.0 drops a client whose salt has another length.
	saltBytes = 12
	hashBytes = 64
)

// PasswordHash is a password as the dynamic security plugin of mosquitto 2.0 keeps it: PBKDF2 with SHA-512,
// salt and hash in standard base64. 2.1 reads this form and rewrites it as its own.
type PasswordHash struct {
	Hash       string
	Salt       string
	Iterations int
}

// HashPassword hashes with a fresh salt. It takes about a millisecond of one processor and is safe to call from
// many goroutines at once. The password is not kept.
func HashPassword(password string) (PasswordHash, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: the program ends where the system has no randomness
	hash, err := pbkdf2.Key(sha512.New, password, salt, HashIterations, hashBytes)
	if err != nil {
		return PasswordHash{}, fmt.Errorf("hashing a password: %w", err)
	}
	return PasswordHash{
		Hash:       base64.StdEncoding.EncodeToString(hash),
		Salt:       base64.StdEncoding.EncodeToString(salt),
		Iterations: HashIterations,
	}, nil
}

// Matches tells whether password gives this hash. A damaged hash matches nothing.
func (h PasswordHash) Matches(password string) bool {
	want, err := base64.StdEncoding.DecodeString(h.Hash)
	if err != nil || len(want) == 0 {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(h.Salt)
	if err != nil || h.Iterations < 1 {
		return false
	}
	got, err := pbkdf2.Key(sha512.New, password, salt, h.Iterations, len(want))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1
}

// decodeEncoded reads mosquitto 2.1's encoded_password, $7$iterations$salt$hash. Its other form, argon2id, is
// kept as it is and cannot be checked here: ok is false.
func decodeEncoded(encoded string) (h PasswordHash, ok bool) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "7" {
		return PasswordHash{}, false
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil {
		return PasswordHash{}, false
	}
	return PasswordHash{Hash: parts[4], Salt: parts[3], Iterations: n}, true
}

// newPassword returns 32 random bytes as text that needs no quoting anywhere.
func newPassword() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
