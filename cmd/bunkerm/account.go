package main

import (
	"errors"
	"flag"
	"os"

	"github.com/bunkerm/bunkerm/app"
)

const accountArgs = "[--username NAME] [--figures-only] [--publish] [--status-topic TOPIC]"

const accountDetail = `Prints the commands that make an account for BunkerM on a broker that somebody else runs (serve --broker), with the least
that it needs: a role that orders and a role that sees. Read them, then paste them into a shell, or run

  bunkerm account | sh

  --username NAME       of the account (default bunkerm)
  --figures-only        it sees the broker's own figures, and no messages
  --publish             the page may publish messages for people
  --status-topic TOPIC  where it tells that it runs (default bunkerm/status; empty: nowhere)
`

// account prints how to make the account on a broker that somebody else runs.
func account(args []string) error {
	o := app.AccountOptions{}
	figures := false
	set := flag.NewFlagSet("account", flag.ContinueOnError)
	set.StringVar(&o.Username, "username", "bunkerm", "")
	set.BoolVar(&figures, "figures-only", false, "")
	set.BoolVar(&o.Publish, "publish", false, "")
	set.StringVar(&o.StatusTopic, "status-topic", "bunkerm/status", "")
	words, err := parseFlags(set, args)
	if err == nil {
		err = noWords("account", words)
	}
	if err == nil && o.Username == "" {
		err = misused("account", errors.New("the account needs a name"))
	}
	if err != nil {
		return err
	}
	o.Observe = !figures
	return app.WriteAccount(os.Stdout, o)
}
