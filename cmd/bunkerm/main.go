// Command bunkerm runs BunkerM and its few helpers on the command line. It turns arguments and environment into
// app.Options, signals into a context, and errors into a sentence and an exit code; everything else is app's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
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

// options parses the settings and adds what only a process knows about its surroundings.
func options(args []string, command string) (app.Options, error) {
	o, err := app.ParseOptions(args, os.LookupEnv)
	if errors.Is(err, app.ErrHelp) {
		writeHelp(os.Stdout, command)
	}
	o.Console = os.Stderr
	o.Terminal = term.IsTerminal(int(os.Stderr.Fd()))
	o.Version = versionText()
	return o, err
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
