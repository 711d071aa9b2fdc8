package host

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// SplitCommand takes a command line apart as a shell does, without doing anything else that a shell does: words end at
// white space; what stands between single quotes is as it is; between double quotes a backslash takes the meaning from
// the next quote or backslash, outside of quotes from the next character.
func SplitCommand(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, quote, escaped := false, rune(0), false
	for _, c := range line {
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			in, escaped = true, true
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				word.WriteRune(c)
			}
		case c == '\'' || c == '"':
			in, quote = true, c
		case strings.ContainsRune(" \t\r\n", c):
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		default:
			in = true
			word.WriteRune(c)
		}
	}
	switch {
	case quote != 0 || escaped:
		return nil, errors.New("a quote or a backslash at its end is not complete")
	case in:
		words = append(words, word.String())
	}
	if len(words) > 0 && words[0] == "" {
		return nil, errors.New("it names no program")
	}
	return words, nil
}

// commandOf is the command of a setting with its program found; nil where there is none.
func commandOf(flag, line string) ([]string, error) {
	words, err := SplitCommand(line)
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "%s is not a command: %v", flag, err).Hint("write it as for a shell, as in systemctl restart mosquitto")
	}
	if len(words) == 0 {
		return nil, nil
	}
	words[0], err = exec.LookPath(words[0])
	if err == nil {
		words[0], err = filepath.Abs(words[0])
	}
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "the program of %s cannot be run", flag).
			Hint("name a program by its path; shell words such as && and | mean nothing here, so put them into a script").Because(err)
	}
	return words, nil
}

const (
	commandWithin = 60 * time.Second
	// What a command has started may go on holding its output; it is not waited for.
	outputWithin  = 300 * time.Millisecond
	mostOfCommand = 4 << 10 // bytes of its output that are kept
)

// run runs a command to its end. Its fault has the command's last words.
func run(ctx context.Context, words []string) error {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	out := &lastWords{}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = outputWithin
	// Ctrl-C on our terminal must not end a restart in the middle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	message := "the command " + words[0] + " has failed (" + err.Error() + ")"
	if ctx.Err() != nil {
		message = "the command " + words[0] + " did not end in time"
	}
	if said := out.String(); said != "" {
		message += ": " + said
	}
	return fault.New(fault.Refused, message).Because(err)
}

// environment is ours without what is meant for us alone: a command needs none of our secrets.
func environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "BUNKERM_") || strings.HasPrefix(name, "API_KEY") || name == "CREDENTIALS_DIRECTORY" || name == "NOTIFY_SOCKET" {
			continue
		}
		env = append(env, pair)
	}
	return env
}

// lastWords keeps the end of what is written.
type lastWords struct{ text []byte }

func (w *lastWords) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	if over := len(w.text) - mostOfCommand; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	return len(p), nil
}

// String is the last line that says something, for people.
func (w *lastWords) String() string {
	text := bytes.TrimSpace(w.text)
	line := text[bytes.LastIndexByte(text, '\n')+1:]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, string(bytes.ToValidUTF8(line, []byte("\uFFFD"))))
}
