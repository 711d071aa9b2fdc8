package keeper

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what is kept of a broker's words.
const (
	wordsKept    = 10
	wordBytes    = 500
	maxLineBytes = 128 << 10 // a client id may have 64 KiB, and mosquitto itself cuts at about 1000 characters
)

// versionLine begins the lines in which it says that it starts and that it runs.
const versionLine = "mosquitto version "

// cutMark ends a line that was longer than maxLineBytes.
const cutMark = " [cut by the keeper]"

// voice listens to one broker process: it splits what it prints into lines, hands them on, and notices the few
// that say how the process is. Only the draining goroutine calls hear.
type voice struct {
	line  func(t time.Time, text []byte)
	heard chan struct{} // has an element when something below changed since somebody last looked

	part     []byte // a line that is not complete yet
	skipping bool   // the rest of a line that was cut

	mu       sync.Mutex
	running  bool
	starting bool   // it has said that it starts, so its log is not turned off
	version  string // from the line that says that it runs
	reloads  int    // how often it said that it reads its configuration again
	rejected int    // how often it has refused a configuration file
	troubles int    // how many errors and warnings there were
	trouble  []string
	latest   []string
}

// newVoice passes every line on to line, which must not block.
func newVoice(line func(t time.Time, text []byte)) *voice {
	return &voice{line: line, heard: make(chan struct{}, 1)}
}

// hear takes the next piece of output, cut anywhere.
func (v *voice) hear(piece []byte) {
	now := time.Now()
	for len(piece) > 0 {
		i := bytes.IndexByte(piece, '\n')
		if i < 0 {
			v.keep(now, piece)
			return
		}
		switch {
		case v.skipping:
			v.skipping = false
		case len(v.part) > 0:
			v.keep(now, piece[:i])
			if !v.skipping {
				v.take(now, v.part)
			}
			v.skipping = false
			v.part = v.part[:0]
		case i > maxLineBytes:
			v.take(now, append(slices.Clone(piece[:maxLineBytes]), cutMark...))
		default:
			v.take(now, piece[:i])
		}
		piece = piece[i+1:]
	}
}

// end takes a last line without a newline.
func (v *voice) end() {
	if len(v.part) > 0 {
		v.take(time.Now(), v.part)
		v.part = nil
	}
}

// keep adds to the incomplete line, or hands it on cut when it grows too long.
func (v *voice) keep(now time.Time, piece []byte) {
	if v.skipping {
		return
	}
	if len(v.part)+len(piece) <= maxLineBytes {
		v.part = append(v.part, piece...)
		return
	}
	v.part = append(v.part, piece[:maxLineBytes-len(v.part)]...)
	v.take(now, append(v.part, cutMark...))
	v.part, v.skipping = nil, true
}

// take is called with each line.
func (v *voice) take(now time.Time, text []byte) {
	v.line(now, text)
	bare := withoutEpoch(text)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.latest = remember(v.latest, text)
	switch {
	// Before it runs no device can have a say in what it prints, so this line is its own.
	case !v.running && bytes.HasPrefix(bare, []byte(versionLine)):
		version, what, _ := strings.Cut(string(bare[len(versionLine):]), " ")
		v.starting = v.starting || what == "starting"
		if v.running = what == "running"; v.running {
			v.version = version
			nudge(v.heard)
		}
	case string(bare) == "Reloading config.":
		v.reloads++
		nudge(v.heard)
	case isTrouble(bare):
		v.trouble = remember(v.trouble, text)
		v.troubles++
		if bytes.HasPrefix(bare, []byte("Error found at ")) {
			v.rejected++
		}
		nudge(v.heard)
	}
}

// words is what it last complained about; when it ended without a complaint, whatever it said last.
func (v *voice) words(ended bool) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.trouble) == 0 && ended {
		return slices.Clone(v.latest)
	}
	return slices.Clone(v.trouble)
}

// progress is a copy of what the supervisor decides by.
type progress struct {
	running, starting bool
	version           string
	reloads, rejected int
	troubles          int
}

func (v *voice) progress() progress {
	v.mu.Lock()
	defer v.mu.Unlock()
	return progress{v.running, v.starting, v.version, v.reloads, v.rejected, v.troubles}
}

// isTrouble recognises errors and warnings, which carry no level in mosquitto's text; some are told only by their
// beginning, and those of the dynamic loader by their middle.
func isTrouble(text []byte) bool {
	for _, prefix := range []string{"Error", "Warning", "Unable to ", "Load error", "Invalid "} {
		if bytes.HasPrefix(text, []byte(prefix)) {
			return true
		}
	}
	return bytes.Contains(text, []byte(": error while loading shared libraries: ")) || bytes.Contains(text, []byte(": Assertion `"))
}

// withoutEpoch removes the time that mosquitto puts before a line until it has read that it should not.
func withoutEpoch(text []byte) []byte {
	i := bytes.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if i > 0 && bytes.HasPrefix(text[i:], []byte(": ")) {
		return text[i+2:]
	}
	return text
}

// remember keeps the last few lines, each cut to a size that can be shown.
func remember(words []string, text []byte) []string {
	if len(text) > wordBytes {
		text = text[:wordBytes]
	}
	words = append(words, strings.ToValidUTF8(string(text), "\uFFFD"))
	if len(words) > wordsKept {
		words = slices.Delete(words, 0, 1)
	}
	return words
}
