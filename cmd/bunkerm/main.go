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
	if name == "-h" || name == "--help" {
		name = "help"
	}
	for _, c := range commands() {
		if c.name == name {
			return report(c.run(args))
		}
	}
	fmt.Fprintf(os.Stderr, "bunkerm: there is no command %q\n  bunkerm help lists them\n", name)
	return 2
}

// report prints what went wrong and chooses the exit code: 0 done, 1 failed.
func report(err error) int {
	switch {
	case err == nil, errors.Is(err, app.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errUnhealthy):
		return 1
	default:
		fmt.Fprintln(os.Stderr, "bunkerm: "+app.Explain(err))
		return 1
	}
}

// options parses what stands behind a command that has settings alone.
func options(args []string, command string) (app.Options, error) {
	words, o, err := parse(flag.NewFlagSet(command, flag.ContinueOnError), args)
	if err == nil && len(words) > 0 {
		err = misused(command, fmt.Errorf("unexpected argument %q", words[0]))
	}
	return o, err
}

// parse parts words from settings and the command's own flags, which are declared in flags, and adds to the settings what
// only a process knows about its surroundings.
func parse(flags *flag.FlagSet, args []string) (words []string, o app.Options, err error) {
	words, o, err = app.ParseCommand(flags, args, os.LookupEnv)
	if errors.Is(err, app.ErrHelp) {
		writeHelp(os.Stdout, flags.Name())
	}
	o.Console = os.Stderr
	o.Terminal = term.IsTerminal(int(os.Stderr.Fd()))
	o.Version = versionText()
	return words, o, err
}

// misused says what is wrong with the words, and how they are right.
func misused(command string, err error) error {
	fmt.Fprintf(os.Stderr, "bunkerm: %s\n", err)
	for _, c := range commands() {
		if c.name == command {
			fmt.Fprintf(os.Stderr, "usage: bunkerm %s %s[settings]\n  bunkerm %s --help says more\n", command, c.args, command)
		}
	}
	return errUsage
}

// signalled ends with the first interrupt or termination; a second one ends the process at once, because a
// person who presses Ctrl-C twice means it.
func signalled() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
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
