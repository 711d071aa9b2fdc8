// Command bunkerm runs BunkerM and its few helpers on the command line. It turns arguments and environment into
// app.Options, signals into a context, and errors into a sentence and an exit code; everything else is app's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/bunkerm/bunkerm/app"
)

// version is set by the linker for releases; else it comes from the build information.
var version string

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	name := "help"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-v", "-version", "--version":
		name = "version"
	}
	for _, c := range commands() {
		if c.name == name {
			return report(c.run(args))
		}
	}
	return report(noCommand(name))
}

// misuse is a command line that is not understood, or a setting that is wrong: nothing was done.
type misuse struct{ error }

// Unwrap returns what is wrong.
func (m misuse) Unwrap() error { return m.error }

// report prints what went wrong and chooses the exit code: 0 done, 1 failed, 2 not understood.
func report(err error) int {
	_, misused := errors.AsType[misuse](err)
	switch {
	case err == nil, errors.Is(err, app.ErrHelp):
		return 0
	case errors.Is(err, errUnhealthy):
		return 1
	}
	fmt.Fprintln(os.Stderr, "bunkerm: "+app.Explain(err))
	if misused {
		return 2
	}
	return 1
}

// options parses what stands behind a command that has settings alone.
func options(args []string, command string) (app.Options, error) {
	words, o, err := parse(flag.NewFlagSet(command, flag.ContinueOnError), args)
	if err == nil {
		err = noWords(command, words)
	}
	return o, err
}

// parse parts words from settings and the command's own flags, which are declared in flags, and adds to the settings what
// only a process knows about its surroundings.
func parse(flags *flag.FlagSet, args []string) (words []string, o app.Options, err error) {
	words, o, err = app.ParseCommand(flags, args, os.LookupEnv)
	o.Console = os.Stderr
	o.Terminal = term.IsTerminal(int(os.Stderr.Fd()))
	o.Version = versionText()
	return words, o, understood(flags.Name(), err)
}

// parseFlags is parse for a command without settings.
func parseFlags(flags *flag.FlagSet, args []string) (words []string, err error) {
	words, err = app.ParseFlags(flags, args)
	return words, understood(flags.Name(), err)
}

// understood shows the help that the arguments ask for, and makes a misuse of what else is wrong with them.
func understood(command string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, app.ErrHelp):
		writeHelp(os.Stdout, command)
		return err
	default:
		return misuse{err}
	}
}

// misused says what is wrong with the words, and how they are right.
func misused(command string, err error) error {
	for _, c := range commands() {
		if c.name == command {
			return misuse{fmt.Errorf("%w\n  usage: %s\n  bunkerm %s --help says more", err, c.usage(), command)}
		}
	}
	return misuse{err}
}

// noWords refuses words behind a command that has none.
func noWords(command string, words []string) error {
	if len(words) == 0 {
		return nil
	}
	return misused(command, fmt.Errorf("%q belongs to nothing", words[0]))
}

func noCommand(name string) error {
	return misuse{fmt.Errorf("there is no command %q\n  bunkerm help lists them", name)}
}

// signalled ends with the first interrupt or termination, or when the terminal is closed. A second interrupt or termination ends
// the process at once, because a person who presses Ctrl-C twice means it. A terminal that is closed often says so several times,
// and somebody else asks as well: that is nobody who means it twice.
func signalled() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	asked, closed, done := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(closed, syscall.SIGHUP)
	}
	go func() {
		for {
			select {
			case <-asked:
				signal.Stop(asked)
			case <-closed:
			case <-done:
				return
			}
			cancel()
		}
	}()
	return ctx, sync.OnceFunc(func() {
		close(done)
		signal.Stop(asked)
		signal.Stop(closed)
		cancel()
	})
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

// oneOf is the check of a flag that takes one of few words.
func oneOf(value string, allowed ...string) error {
	if !slices.Contains(allowed, value) {
		return errors.New("it is " + strings.Join(allowed, " or "))
	}
	return nil
}
