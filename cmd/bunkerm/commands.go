package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"github.com/bunkerm/bunkerm/app"
)

// errUsage is returned when the usage has been printed already.
var errUsage = errors.New("usage")

// command is one word behind bunkerm.
type command struct {
	name   string
	args   string // what stands between the name and the settings
	help   string // one line; empty hides the command
	detail string // what --help says before the settings
	run    func(args []string) error
}

// commands lists what bunkerm can do, in the order of help.
func commands() []command {
	return []command{
		{name: "serve", help: "run BunkerM",
			detail: "Runs the page, the API and, unless --broker names another one, a Mosquitto of its own.",
			run:    serve},
		{name: "apikey", args: "show|rotate ", help: "show or rotate the primary API key: apikey show, apikey rotate",
			detail: "apikey show prints the primary API key. apikey rotate replaces it; a running BunkerM takes the\n" +
				"new one within a second.",
			run: apikey},
		{name: "user", args: "list | add NAME --role ROLE [--generate] | role NAME ROLE | reset NAME | remove NAME ",
			help: "people who sign in on the page: user list, add, role, reset, remove",
			detail: "Speaks with the BunkerM that runs on this data directory. ROLE is viewer, operator or admin. user add reads the\n" +
				"password from the terminal, or a line of standard input; with --generate it makes one and prints it. user reset\n" +
				"makes a new password and prints it, for whoever has forgotten theirs.",
			run: user},
		{name: "setup-token", help: "print the address at which the first account is made",
			detail: "Makes a new set-up token for the BunkerM that runs on this data directory, as long as there is no account. It\n" +
				"is good for an hour, and once.",
			run: setupToken},
		{name: "repair", help: "give BunkerM its own account on the managed broker back",
			detail: "Puts BunkerM's own account and role back into the managed broker's dynamic-security.json, in case\n" +
				"somebody removed or changed them. The broker is restarted, and connected clients have to reconnect.",
			run: repair},
		{name: "adopt", args: adoptArgs, help: "take over a Mosquitto that runs here, or give it back: adopt, adopt --undo",
			detail: adoptDetail, run: adopt},
		{name: "import", args: importArgs, help: "take clients and rights over from a Mosquitto: import --acl-file FILE, and more",
			detail: importDetail, run: importFiles},
		{name: "cert", args: "create [--name NAME]... | create --client USERNAME [--out FOLDER] ",
			help: "make certificates for TLS: cert create, cert create --client USERNAME",
			detail: "Speaks with the BunkerM that runs on this data directory. cert create makes the broker's certificate for the names\n" +
				"and addresses of this host and those of --name, with an authority of your own, and writes the authority for\n" +
				"devices to ca.pem. With --client it makes a client's certificate and key, which the folder of --out gets.",
			run: cert},
		{name: "backup", args: backupArgs, help: "put everything into one file: backup --to FILE",
			detail: backupDetail, run: backup},
		{name: "restore", args: restoreArgs, help: "bring it back: restore FILE", detail: restoreDetail, run: restore},
		{name: "forget", args: forgetArgs, help: "take a client, a user or an address out of what is recorded",
			detail: forgetDetail, run: forget},
		{name: "detect", help: "run the detectors over a CSV file of your own: detect FILE.csv", run: detect},
		{name: "account", help: "print how to make an account for BunkerM on somebody else's broker", run: account},
		{name: "doctor", help: "connect as a device would, and say what fails: doctor HOST[:PORT]", run: doctor},
		{name: "healthcheck", help: "exit 0 when BunkerM on this host is ready, else 1",
			detail: "Asks the BunkerM that runs on this data directory whether it is ready.",
			run:    healthcheck},
		{name: "version", help: "print the version", run: func([]string) error {
			fmt.Printf("bunkerm %s %s %s/%s\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		}},
		{name: "help", help: "show this, or help on one command", run: help},
		// The keeper is started by serve and by nobody else.
		{name: "keeper", run: func(args []string) error {
			if len(args) != 1 {
				return errUsage
			}
			return app.Keeper(context.Background(), args[0])
		}},
	}
}

// memoryLimit is what the garbage collector tries to keep serve below, in bytes. An import of 20,000 clients would
// otherwise leave 110 MB behind; what is in use all the time is 30 MB then. The limit is soft: more is taken when more
// is needed, and what the detectors have learned comes on top.
const memoryLimit = 72 << 20

func serve(args []string) error {
	o, err := options(args, "serve")
	if err != nil {
		return err
	}
	ctx, stop := signalled()
	defer stop()
	return runServe(ctx, o)
}

func runServe(ctx context.Context, o app.Options) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		o.MemoryLimit = memoryLimit
	}
	return app.Run(ctx, o)
}

func apikey(args []string) error {
	words, o, err := parse(flag.NewFlagSet("apikey", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	var act func(app.Options) (string, error)
	switch {
	case slices.Equal(words, []string{"show"}):
		act = app.ShowKey
	case slices.Equal(words, []string{"rotate"}):
		act = app.RotateKey
	default:
		return misused("apikey", errors.New("say what to do: apikey show, apikey rotate"))
	}
	key, err := act(o)
	if err != nil {
		return err
	}
	fmt.Println(key)
	return nil
}

func repair(args []string) error {
	o, err := options(args, "repair")
	if err != nil {
		return err
	}
	ctx, stop := signalled()
	defer stop()
	return app.Repair(ctx, o)
}

func healthcheck(args []string) error {
	o, err := options(args, "healthcheck")
	if err != nil {
		return err
	}
	ctx, stop := signalled()
	defer stop()
	return app.Healthcheck(ctx, o)
}

func help(args []string) error {
	topic := ""
	if len(args) > 0 {
		topic = args[0]
	}
	for _, c := range commands() {
		if c.name == topic && c.help != "" && c.detail == "" && topic != "help" && topic != "version" {
			return c.run([]string{"--help"}) // it has no settings, and writes its own
		}
	}
	writeHelp(os.Stdout, topic)
	return nil
}

// writeHelp shows one command, or all of them.
func writeHelp(w io.Writer, topic string) {
	for _, c := range commands() {
		if c.name != topic || c.detail == "" {
			continue
		}
		fmt.Fprintf(w, "usage: bunkerm %s %s[settings]\n\n%s\n\nsettings (flag, environment):\n", c.name, c.args, c.detail)
		app.WriteSettings(w)
		return
	}
	fmt.Fprint(w, "BunkerM runs, secures, watches and explains an Eclipse Mosquitto broker.\n\nusage: bunkerm COMMAND [settings]\n\n")
	for _, c := range commands() {
		if c.help != "" {
			fmt.Fprintf(w, "  %-12s %s\n", c.name, c.help)
		}
	}
	fmt.Fprint(w, "\nbunkerm COMMAND --help shows the settings.\n")
}
