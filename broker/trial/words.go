package trial

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// stamp is the time that the program puts before a line when nothing else is configured: epoch seconds.
var stamp = regexp.MustCompile(`^\d+: `)

// foundAt names a place: 2.1 puts it in quotes where the file was included.
var foundAt = regexp.MustCompile(`^Error found at '?(.+):(\d+)'?\.$`)

// problems makes problems of what the program said before it ended.
func (c copied) problems(said []string, settings []conf.Setting) []conf.Problem {
	var all []conf.Problem
	add := func(severity conf.Severity, text string) {
		all = append(all, c.at(conf.Problem{Severity: severity, Message: c.written(text)}, text, settings))
	}
	placed := false
	for _, line := range said {
		line = stamp.ReplaceAllString(line, "")
		switch found := foundAt.FindStringSubmatch(line); {
		case found != nil:
			// The first place is the one; those behind it are the lines that included the file.
			if n, err := strconv.Atoi(found[2]); err == nil && !placed && len(all) > 0 {
				last := &all[len(all)-1]
				last.File, last.Line, placed = c.names[found[1]], n, true
			}
		case strings.HasPrefix(line, "OpenSSL Error"), strings.HasPrefix(line, "Load error: "):
			if len(all) > 0 && strings.Count(all[len(all)-1].Message, "; ") == 0 {
				all[len(all)-1].Message += "; " + c.written(reason(line))
			}
		case strings.Contains(line, "Error"):
			add(conf.Error, line)
		case strings.HasPrefix(line, "Warning: ") && worthTelling(line):
			add(conf.Warning, strings.TrimPrefix(line, "Warning: "))
		}
	}
	for i := range all {
		all[i].Message = strings.TrimPrefix(all[i].Message, "Error: ")
		if all[i].Severity == conf.Error && all[i].Hint == "" {
			all[i].Hint = hint(all[i].Message)
		}
	}
	return all
}

// reason is the last part of an OpenSSL error, which is the one that people can read.
func reason(line string) string {
	if i := strings.LastIndex(line, ":"); strings.HasPrefix(line, "OpenSSL") && i >= 0 {
		return strings.TrimSpace(line[i+1:])
	}
	return strings.TrimPrefix(line, "Load error: ")
}

// worthTelling leaves out what our own checks say in better words, and what is about the copy.
func worthTelling(line string) bool {
	for _, part := range []string{"deprecated", "TCP_NODELAY", "run as root", "local only mode", "allow_anonymous", "world readable", "is not root", "persistence"} {
		if strings.Contains(line, part) {
			return false
		}
	}
	return true
}

// at finds the line that a sentence is about: the one whose value it names, or the one whose key.
func (c copied) at(p conf.Problem, text string, settings []conf.Setting) conf.Problem {
	tried := map[string]string{}
	for _, b := range c.back {
		tried[b.written] = b.tried
	}
	best := 0
	for _, s := range settings {
		for _, value := range []string{s.Value, tried[s.Value]} {
			if len(value) > max(best, 2) && (strings.Contains(text, `"`+value+`"`) || strings.Contains(text, `'`+value+`'`)) {
				best, p.File, p.Line, p.Key = len(value), s.File, s.Line, s.Key
			}
		}
	}
	if best > 0 {
		return p
	}
	for _, s := range slices.Backward(settings) {
		if len(s.Key) > 4 && strings.Contains(text, "'"+s.Key+"'") {
			p.File, p.Line, p.Key = s.File, s.Line, s.Key
			break
		}
	}
	return p
}

// written puts the user's values back into a sentence about the copy.
func (c copied) written(text string) string {
	back := slices.Clone(c.back)
	slices.SortStableFunc(back, func(a, b replacement) int { return len(b.tried) - len(a.tried) })
	for _, b := range back {
		if len(b.tried) > 4 {
			text = strings.ReplaceAll(text, `"`+b.tried+`"`, `"`+b.written+`"`)
			text = strings.ReplaceAll(text, `'`+b.tried+`'`, `'`+b.written+`'`)
		}
	}
	return text
}

// hint says what to do about what the program says often.
func hint(message string) string {
	switch {
	case strings.Contains(message, "key too small"):
		return "make a certificate with a larger key, of 2048 bits for RSA"
	case strings.Contains(message, "Unable to load server key file"):
		return "the key must fit the certificate, be readable for the broker's user, and have no passphrase"
	case strings.Contains(message, "Unable to load"), strings.Contains(message, "Unable to open"), strings.Contains(message, "Error opening"):
		return "the file must be there and readable for the broker's user"
	}
	return "mend the line, or leave it out"
}
