package privacy

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// Kind is what a name is the name of.
type Kind string

// The kinds.
const (
	Client  Kind = "client"  // an MQTT client id
	User    Kind = "user"    // a username, of a device or of a person who signs in
	Address Kind = "address" // an IP address
)

// Subject is whom or what to forget.
type Subject struct {
	Kind  Kind
	Value string
	// Instead is the pseudonym that stands where Value stood. It is made at random and kept nowhere else, so that what one
	// client did still belongs together and nobody can tell any more whose it was.
	Instead string
}

// longest is the most bytes that MQTT lets a client id or a username have.
const longest = 65_535

// New returns a subject with a new pseudonym. The fault is Invalid where the value cannot be one of its kind.
func New(kind Kind, value string) (Subject, error) {
	switch {
	case value == "":
		return Subject{}, fault.Newf(fault.Invalid, "a %s has a name", kind)
	case len(value) > longest:
		return Subject{}, fault.Newf(fault.Invalid, "a %s has at most %d bytes", kind, longest)
	}
	if kind == Address {
		address, err := netip.ParseAddr(value)
		if err != nil {
			return Subject{}, fault.Newf(fault.Invalid, "%q is no IP address", value).Because(err)
		}
		value = address.Unmap().WithZone("").String()
	}
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	return Subject{Kind: kind, Value: value, Instead: "forgotten-" + hex.EncodeToString(random)}, nil
}

// In reports whether a text names the subject.
func (s Subject) In(text string) bool {
	at, _ := s.find(text)
	return at >= 0
}

// Text puts the pseudonym wherever a text names the subject. Part of a longer name is not it: neither kettle in kettle-2 nor in
// the topic house/kettle.
func (s Subject) Text(text string) string {
	at, rest := s.find(text)
	if at < 0 {
		return text
	}
	var b strings.Builder
	for ; at >= 0; at, rest = s.find(text) {
		b.WriteString(text[:at])
		b.WriteString(s.Instead)
		text = rest
	}
	b.WriteString(text)
	return b.String()
}

// JSON is Text for the strings of a document, the names of its members included. Everything else stays byte by byte.
func (s Subject) JSON(document string) string {
	var b strings.Builder
	for {
		begin := strings.IndexByte(document, '"')
		if begin < 0 {
			break
		}
		end := begin + 1
		for end < len(document) && document[end] != '"' {
			if document[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(document) {
			break // it is no JSON
		}
		literal := document[begin : end+1]
		b.WriteString(document[:begin])
		document = document[end+1:]
		var text string
		if json.Unmarshal([]byte(literal), &text) == nil {
			if after := s.Text(text); after != text {
				quoted, err := json.Marshal(after)
				if err == nil {
					literal = string(quoted)
				}
			}
		}
		b.WriteString(literal)
	}
	b.WriteString(document)
	return b.String()
}

// Path is Text for a path of names, as in client/kettle or PUT /dynsec/clients/kettle: a part of it that is the name.
func (s Subject) Path(path string) string {
	words := strings.Split(path, " ")
	for i, word := range words {
		parts := strings.Split(word, "/")
		for j, part := range parts {
			if part == s.Value || part == url.PathEscape(s.Value) {
				parts[j] = s.Instead
			}
		}
		words[i] = strings.Join(parts, "/")
	}
	return s.Text(strings.Join(words, " "))
}

// Blur overwrites the subject with as many asterisks as it has bytes, where a text names it, and returns how often. It is for files
// in which everything has its place.
func (s Subject) Blur(text []byte) (n int) {
	for {
		at, _ := s.find(string(text))
		if at < 0 {
			return n
		}
		for i := range s.Value {
			text[at+i] = '*'
		}
		text = text[at+len(s.Value):]
		n++
	}
}

// find returns where a text first names the subject, -1 where it does not, and what comes behind.
func (s Subject) find(text string) (at int, rest string) {
	for from := 0; ; {
		i := strings.Index(text[from:], s.Value)
		if i < 0 {
			return -1, ""
		}
		i += from
		end := i + len(s.Value)
		if !s.joinsLeft(text[:i]) && !s.joinsRight(text[end:]) {
			return i, text[end:]
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		from = i + size
	}
}

func (s Subject) joinsLeft(before string) bool {
	r, size := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeLastRuneInString(before[:len(before)-size])
	return s.joins(r, next)
}

func (s Subject) joinsRight(behind string) bool {
	r, size := utf8.DecodeRuneInString(behind)
	next, _ := utf8.DecodeRuneInString(behind[size:])
	return s.joins(r, next)
}

// joins reports whether a name goes on with r, behind which next stands. A full stop goes on only before more of a name; a colon
// is part of an address of version 6, and ends any other name.
func (s Subject) joins(r, next rune) bool {
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	switch r {
	case '_', '-', '/', '@', '+', '$':
		return true
	case '.':
		return part(next)
	case ':':
		return s.Kind == Address && strings.Contains(s.Value, ":") && part(next)
	}
	return r != utf8.RuneError && part(r)
}
