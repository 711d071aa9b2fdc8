package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bunkerm/bunkerm/app"
)

const forgetArgs = "--client ID | --user NAME | --address IP [--backups]"

const forgetDetail = `Takes a client id, a username or an IP address out of everything that BunkerM has recorded: events, incidents, messages
that wait, the audit, versions of dynamic-security.json, and the lines of the broker's log that were read. A pseudonym
stands there instead, made at random, so that what one client did still belongs together. BunkerM must not run on
this data directory; its broker may. --backups deletes the nightly backups and copies, which are from before.
What is left to do is named.`

// forget is the command that takes a name out of what is recorded.
func forget(args []string) error {
	var f app.ForgetOptions
	flags := flag.NewFlagSet("forget", flag.ContinueOnError)
	for _, kind := range []string{"client", "user", "address"} {
		flags.Func(kind, "", func(value string) error {
			if f.Kind != "" {
				return errors.New("one at a time")
			}
			f.Kind, f.Value = kind, value
			return nil
		})
	}
	flags.BoolVar(&f.Backups, "backups", false, "")
	words, o, err := parse(flags, args)
	if err != nil {
		return err
	}
	if f.Kind == "" || len(words) > 0 {
		return misused("forget", errors.New("say whom or what to forget"))
	}
	ctx, stop := signalled()
	defer stop()
	done, err := app.Forget(ctx, o, f)
	if err != nil {
		return err
	}
	return writeForgotten(os.Stdout, done)
}

func writeForgotten(out io.Writer, done app.Forgotten) error {
	var text strings.Builder
	fmt.Fprintf(&text, "It is called %s now.\n", done.Pseudonym)
	for _, line := range []struct {
		n    int64
		what string
	}{
		{done.Events, "events"},
		{done.Incidents, "incidents, findings and messages"},
		{done.Audit, "entries of the audit, which was sealed anew"},
		{int64(done.LogPlaces), "places in the broker's log"},
		{done.Versions, "versions of dynamic-security.json, deleted"},
		{int64(done.Backups), "backups and copies, deleted"},
	} {
		fmt.Fprintf(&text, "%8d %s\n", line.n, line.what)
	}
	text.WriteString("Left to do, or not BunkerM's:\n")
	for _, sentence := range done.Remains {
		fmt.Fprintf(&text, "  %s\n", sentence)
	}
	_, err := io.WriteString(out, text.String())
	return err
}
