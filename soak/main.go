package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit code: 0 when every promise was kept, 1 when one was broken or the soak could not be done, 2 for wrong
// arguments, 130 after an interrupt.
func run(args []string) int {
	o := Options{Out: os.Stdout, Trouble: AllTroubles()}
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.StringVar(&o.Binary, "bunkerm", "bin/bunkerm", "the program")
	flags.DurationVar(&o.For, "for", 15*time.Minute, "how long")
	flags.IntVar(&o.Clients, "clients", 2000, "how many clients come and go")
	flags.DurationVar(&o.Stay, "stay", 40*time.Second, "how long a client stays on average")
	flags.DurationVar(&o.Every, "every", 4*time.Second, "how often a client that is there publishes, on average")
	flags.StringVar(&o.Page, "page", "ui", "folder of the page's source, from where a browser is let loose; empty for none")
	flags.StringVar(&o.Dir, "dir", "", "folder to work in, which must be empty; one of its own in the folder for temporary files otherwise")
	flags.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "what decides all that is random")
	flags.BoolVar(&o.Keep, "keep", false, "keep the folder even when all is well")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	report, err := Soak(ctx, o)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "soak: interrupted; everything it started has been ended")
		return 130
	case err != nil:
		fmt.Fprintf(os.Stderr, "soak: %v\n", err)
		return 1
	}
	report.Write(os.Stdout)
	if len(report.Broken) > 0 {
		return 1
	}
	return 0
}
