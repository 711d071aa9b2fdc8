package dynsecfile

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
)

const (
	hashBytes = 64 // of SHA-512
	// saltBytes is the only length that mosquitto 2.0 takes; it drops a client with another one.
	saltBytes = 12
	// maxIterations bounds how long one login can hold the broker, which computes on its only thread: about a second.
	maxIterations = 1_000_000
)

// Masked is the file for people: each hash reads [Unchanged], without its salt and iterations. [Read] of it against
// the same file gives the file again.
func Masked(f *broker.DynsecFile) []byte {
	masked := *f
	masked.Clients = slices.Clone(f.Clients)
	for i := range masked.Clients {
		c := &masked.Clients[i]
		c.Password = broker.PasswordHash{}
		if f.Clients[i].Password.Hash != "" {
			c.Password.Hash = Unchanged
		}
		if c.EncodedPassword != "" {
			c.EncodedPassword = Unchanged
		}
	}
	return masked.Bytes()
}

// takeHashes gives every client without a hash of its own the one that is stored, and checks the others.
func takeHashes(wanted, current *broker.DynsecFile) error {
	stored := make(map[string]*broker.DynsecClient, len(current.Clients))
	for i := range current.Clients {
		stored[current.Clients[i].Username] = &current.Clients[i]
	}
	var p places
	for i := range wanted.Clients {
		c := &wanted.Clients[i]
		old := stored[c.Username]
		keep := c.Password.Hash == Unchanged || c.EncodedPassword == Unchanged
		none := c.Password == broker.PasswordHash{} && c.EncodedPassword == ""
		switch {
		case keep && (old == nil || !old.HasPassword()):
			key := "password"
			if c.EncodedPassword == Unchanged {
				key = "encoded_password"
			}
			p.add(fmt.Sprintf("clients[%d].%s", i, key), "is to stay as it is, and no hash is stored for a client of this name")
		case (keep || none) && old != nil:
			c.Password, c.EncodedPassword = old.Password, old.EncodedPassword
		case none || old != nil && old.Password == c.Password && old.EncodedPassword == c.EncodedPassword:
		default:
			p.hash(fmt.Sprintf("clients[%d]", i), c)
		}
	}
	return p.fault("a password hash cannot be used",
		"give "+Unchanged+" or no hash to keep the one that is stored; to set a password, PUT it to /dynsec/clients")
}

// hash checks a hash in either form.
func (p *places) hash(at string, c *broker.DynsecClient) {
	switch h := c.Password; {
	case h != broker.PasswordHash{} && c.EncodedPassword != "":
		p.add(at+".encoded_password", "is a second hash beside password: keep one of them")
	case c.EncodedPassword != "":
		p.encoded(at+".encoded_password", c.EncodedPassword)
	default:
		if h.Hash == "" {
			p.add(at+".password", "is missing, and there is a salt or a number of iterations")
		} else {
			p.pbkdf2(at+".password", at+".salt", at+".iterations", h)
		}
	}
}

// pbkdf2 checks the parts of a hash of mosquitto 2.0, or of the $7$ form of 2.1.
func (p *places) pbkdf2(hashAt, saltAt, iterationsAt string, h broker.PasswordHash) {
	if raw, err := base64.StdEncoding.DecodeString(h.Hash); err != nil || len(raw) != hashBytes {
		p.add(hashAt, "is not the base64 of a hash of 64 bytes: it is no password, but what the broker makes of one")
	}
	if raw, err := base64.StdEncoding.DecodeString(h.Salt); err != nil || len(raw) == 0 || len(raw) > hashBytes {
		p.add(saltAt, "is not the base64 of a salt of 1 to 64 bytes")
	}
	if h.Iterations < 1 || h.Iterations > maxIterations {
		p.add(iterationsAt, "must be between 1 and 1000000")
	}
}

func (p *places) encoded(at, encoded string) {
	switch parts := strings.Split(encoded, "$"); {
	case len(parts) == 5 && parts[0] == "" && parts[1] == "7":
		n, err := strconv.Atoi(parts[2])
		if err != nil {
			n = 0
		}
		p.pbkdf2(at, at, at, broker.PasswordHash{Hash: parts[4], Salt: parts[3], Iterations: n})
	case len(parts) == 6 && parts[0] == "" && parts[1] == "argon2id" && !slices.Contains(parts[2:], ""):
		// The PHC form. Whether a broker was built with it is known to nobody but the broker.
	default:
		p.add(at, "is neither of the form $7$iterations$salt$hash nor of the form $argon2id$…")
	}
}

// sameHash tells whether two clients have the same password, in whichever form: 2.1 rewrites the form of 2.0 as its
// own.
func sameHash(a, b *broker.DynsecClient) bool {
	if a.Password == b.Password && a.EncodedPassword == b.EncodedPassword {
		return true
	}
	return hashOf(a) == hashOf(b)
}

// hashOf is the hash in 2.1's form, empty where there is none.
func hashOf(c *broker.DynsecClient) string {
	switch {
	case c.EncodedPassword != "":
		return c.EncodedPassword
	case c.Password.Hash != "":
		return "$7$" + strconv.Itoa(c.Password.Iterations) + "$" + c.Password.Salt + "$" + c.Password.Hash
	}
	return ""
}

// canLogIn tells whether a broker of this version lets the account in with some password: 2.0 knows neither
// encoded_password nor salts of another length.
func canLogIn(c *broker.DynsecClient, version string) bool {
	if c.Disabled || !c.HasPassword() || c.ClientID != nil && *c.ClientID == "" {
		return false
	}
	return knows21(version) || c.EncodedPassword == "" && saltFits(c.Password)
}

func saltFits(h broker.PasswordHash) bool {
	raw, err := base64.StdEncoding.DecodeString(h.Salt)
	return err == nil && len(raw) == saltBytes
}
