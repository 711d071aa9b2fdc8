package accessfile

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// maxString is the longest username, in bytes.
const maxString = topicfilter.MaxString

// Passwords is what a password_file says.
type Passwords struct {
	// Accounts has one for each username, in the order of their lines. Of several lines the last one counts.
	Accounts []Account
	Findings []Finding
}

// Account is one line of a password_file. At most one of Hash, SHA512 and Plain is there; with none of them Mosquitto
// lets nobody in.
type Account struct {
	Line     int
	Username string
	Hash     broker.PasswordHash // $7$: PBKDF2 with SHA-512, as dynamic security has it
	SHA512   string              // $6$salt$hash: one round of SHA-512, of before 2.0
	Plain    string              // no hash at all; Mosquitto wants mosquitto_passwd -U first
}

// HasPassword tells whether Mosquitto lets somebody in by the line.
func (a *Account) HasPassword() bool { return a.Hash.Hash != "" || a.SHA512 != "" }

// ReadPasswords reads a password_file as Mosquitto does. Lines that it passes over or takes for broken are named.
func ReadPasswords(text string) *Passwords {
	r := passwordReader{findings: findings{source: SourcePasswords}, at: map[string]int{}}
	if rest, found := strings.CutPrefix(text, bom); found {
		r.add(1, Note, "", "the file begins with a byte order mark, which Mosquitto takes for a part of the first username; it is left out here")
		text = rest
	}
	eachLine(text, r.line)
	return &Passwords{Accounts: r.accounts, Findings: r.all}
}

type passwordReader struct {
	findings
	accounts []Account
	at       map[string]int // where the account of a username is
}

func (r *passwordReader) line(number int, line string) {
	if strings.HasPrefix(line, "#") || strings.Trim(line, blanks) == "" {
		return
	}
	if strings.ContainsRune(line, 0) {
		r.add(number, Lost, "", "the line has a NUL character, at which Mosquitto loses its place; it is left out")
		return
	}
	if !strings.Contains(line, ":") {
		r.add(number, Lost, "", "the line has no colon, so Mosquitto passes over it")
		return
	}
	name, rest, _ := token(line, ":")
	name = strings.Trim(name, blanks)
	if message := unusableName(name); message != "" {
		r.add(number, Lost, "", "the username "+message+"; the line is left out")
		return
	}
	secret, _, _ := token(rest, ":")
	account := r.secret(Account{Line: number, Username: name}, strings.Trim(secret, blanks))
	if i, twice := r.at[name]; twice {
		r.add(r.accounts[i].Line, Note, name, "line "+strconv.Itoa(number)+" has the same username and counts; Mosquitto 2.1 does not start with both")
		r.accounts[i] = account
		return
	}
	r.at[name] = len(r.accounts)
	r.accounts = append(r.accounts, account)
}

// unusableName says why no client can ever come with a username, or we cannot name it.
func unusableName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case name == "." || name == "..":
		return "is . or .., which no URL can carry"
	}
	if message := topicfilter.StringProblem(name); message != "" {
		return message
	}
	return ""
}

// brokenHash is what is said of a hash that Mosquitto cannot use.
const brokenHash = "the hash is broken, so nobody can log in with it (2.0 passes over the line, 2.1 does not start); the client is made without a password"

// secret reads what stands behind the colon.
func (r *passwordReader) secret(a Account, text string) Account {
	kind, rest, _ := token(text, "$")
	switch {
	case text == "":
		r.add(a.Line, Manual, a.Username, "there is no password, so nobody can log in with it (2.0 passes over the line, 2.1 does not start); give the client one")
	case !strings.HasPrefix(text, "$"):
		a.Plain = text
		r.add(a.Line, Note, a.Username, "the password is not hashed, so Mosquitto lets nobody in with it before mosquitto_passwd -U; it is hashed now, and works from then on")
	case kind == "7":
		if hash, ok := readPBKDF2(rest); ok {
			a.Hash = hash
		} else {
			r.add(a.Line, Manual, a.Username, brokenHash)
		}
	case kind == "6":
		salt, rest, _ := token(rest, "$")
		hash, _, _ := token(rest, "$")
		if decodedLength(salt) > 0 && decodedLength(hash) == hashBytes {
			a.SHA512 = "$6$" + salt + "$" + hash
		} else {
			r.add(a.Line, Manual, a.Username, brokenHash)
		}
	default:
		r.add(a.Line, Manual, a.Username, "the hash is of a kind that Mosquitto's password_file does not know; the client is made without a password")
	}
	return a
}

const (
	hashBytes = 64
	// oldSalt is the length of a salt that 2.0 writes and the only one that it reads; 2.1 writes newSalt and reads both.
	oldSalt, newSalt = 12, 64
	// maxIterations bounds how long one login can hold the broker, which computes on its only thread: about a second.
	maxIterations = 1_000_000
)

// readPBKDF2 reads iterations$salt$hash. The number is read as atoi does, which stops at the first other character.
func readPBKDF2(text string) (broker.PasswordHash, bool) {
	number, rest, _ := token(text, "$")
	salt, rest, _ := token(rest, "$")
	hash, _, _ := token(rest, "$")
	digits := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	if digits >= 0 {
		number = number[:digits]
	}
	n, err := strconv.Atoi(number)
	length := decodedLength(salt)
	if err != nil || n < 1 || n > maxIterations || length != oldSalt && length != newSalt || decodedLength(hash) != hashBytes {
		return broker.PasswordHash{}, false
	}
	return broker.PasswordHash{Hash: hash, Salt: salt, Iterations: n}, true
}

// decodedLength is how many bytes a text in base64 stands for, -1 when it is none.
func decodedLength(text string) int {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return -1
	}
	return len(raw)
}
