// Package accessfile understands the access files that Mosquitto itself reads, password_file, acl_file and psk_file: what
// stands in them, what the broker answers by them, and which clients, roles and groups of dynamic security give the same
// answers. What has no counterpart is named, line by line.
//
// The facts are those of mosquitto 2.0 (src/security_default.c) and 2.1 (plugins/acl-file, plugins/password-file,
// libcommon/topic_common.c), and tests put the same questions to both.
//
// It may import broker, its own topic filters, and fault.
package accessfile

import "strings"

// Source is the file that something stands in.
type Source string

// The sources.
const (
	SourcePasswords Source = "password_file"
	SourceRules     Source = "acl_file"
	SourcePSK       Source = "psk_file"
)

// Kind says what a finding asks of people.
type Kind string

// The kinds, from the gravest on.
const (
	// Refused is a line with which Mosquitto does not start. Nothing can be imported before it is mended, because nobody
	// knows what it was meant to say.
	Refused Kind = "refused"
	// Lost is what dynamic security cannot say; it is left out.
	Lost Kind = "lost"
	// Manual is what somebody has to do after the import, such as giving a new password.
	Manual Kind = "manual"
	// Note is worth knowing and asks for nothing.
	Note Kind = "note"
)

// Finding is something to be said about a line. It holds no password and no hash.
type Finding struct {
	Source  Source
	Line    int // from 1; 0 for what concerns the whole file
	Kind    Kind
	Subject string // the username or topic that it is about, as it stands in the file; may be empty
	Message string
	// Users are those whom it is about; empty: all whom the line concerns, or Subject.
	Users []string
}

// findings gathers what is to be said about one file.
type findings struct {
	source Source
	all    []Finding
}

func (f *findings) add(line int, kind Kind, subject, message string) {
	f.all = append(f.all, Finding{Source: f.source, Line: line, Kind: kind, Subject: subject, Message: message})
}

// bom is what some editors put in front of a text. Mosquitto takes it for a part of the first line.
const bom = "\ufeff"

// blanks are what C's isspace holds for blank.
const blanks = " \t\n\v\f\r"

// eachLine calls fn for each line as fgets reads it, without its newline, counted from 1.
func eachLine(text string, fn func(number int, line string)) {
	for number := 1; text != ""; number++ {
		line, rest, _ := strings.Cut(text, "\n")
		fn(number, line)
		text = rest
	}
}

// token is strtok: it passes over separators, and answers what stands before the next one. There is none when ok is
// false.
func token(text, separator string) (found, rest string, ok bool) {
	text = strings.TrimLeft(text, separator)
	if text == "" {
		return "", "", false
	}
	found, rest, _ = strings.Cut(text, separator)
	return found, rest, true
}
