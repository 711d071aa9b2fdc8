package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/app"
)

// command is one word behind bunkerm.
type command struct {
	name     string
	args     string   // what stands between the name and the settings
	help     string   // one line; empty hides the command
	detail   string   // what --help says before the settings
	settings []string // the variables of the settings that it heeds; allSettings stands for all of them, nil for none
	run      func(args []string) error
}

const allSettings = "*"

// usage is how the command is written.
func (c command) usage() string {
	words := "bunkerm " + c.name
	if c.args != "" {
		words += " " + strings.TrimSpace(c.args)
	}
	if c.settings != nil {
		words += " [settings]"
	}
	return words
}

// commands lists what bunkerm can do, in the order of help.
func commands() []command {
	all, dataDir := []string{allSettings}, []string{"BUNKERM_DATA_DIR"}
	return []command{
		{name: "serve", help: "run BunkerM",
			detail:   "Runs the page, the API and, unless --broker names another one, a Mosquitto of its own.",
			settings: all, run: serve},
		{name: "apikey", args: "show|rotate", help: "show or rotate the primary API key: apikey show, apikey rotate",
			detail: "apikey show prints the primary API key. apikey rotate replaces it; a running BunkerM takes the\n" +
				"new one within a second.",
			settings: []string{"BUNKERM_DATA_DIR", "API_KEY"}, run: apikey},
		{name: "user", args: "list | add NAME --role ROLE [--generate] | role NAME ROLE | reset NAME | remove NAME",
			help: "people who sign in on the page: user list, add, role, reset, remove",
			detail: "Speaks with the BunkerM that runs on this data directory. ROLE is viewer, operator or admin. user add reads the\n" +
				"password from the terminal, or a line of standard input; with --generate it makes one and prints it. user reset\n" +
				"makes a new password and prints it, for whoever has forgotten theirs.",
			settings: dataDir, run: user},
		{name: "setup-token", help: "print the address at which the first account is made",
			detail: "Makes a new set-up token for the BunkerM that runs on this data directory, as long as there is no account. It\n" +
				"is good for an hour, and once. From another machine it is opened with this host's name in the place of 127.0.0.1.",
			settings: []string{"BUNKERM_DATA_DIR", "BUNKERM_PUBLIC_URL"}, run: setupToken},
		{name: "repair", help: "give BunkerM its own account on the managed broker back",
			detail: "Puts BunkerM's own account and role back into the managed broker's dynamic-security.json, in case\n" +
				"somebody removed or changed them. The broker is restarted, and connected clients have to reconnect.",
			settings: dataDir, run: repair},
		{name: "adopt", args: adoptArgs, help: "take over a Mosquitto that runs here, or give it back: adopt, adopt --undo",
			detail: adoptDetail, settings: all, run: adopt},
		{name: "import", args: importArgs, help: "take clients and rights over from a Mosquitto: import --acl-file FILE, and more",
			detail: importDetail, settings: dataDir, run: importFiles},
		{name: "cert", args: "create [--name NAME]... | create --client USERNAME | renew-authority [--name NAME]... | drop-authority [--out FOLDER]",
			help: "make certificates for TLS: cert create, cert create --client USERNAME, cert renew-authority",
			detail: "Speaks with the BunkerM that runs on this data directory. cert create makes the broker's certificate for the names\n" +
				"and addresses of this host and those of --name, with an authority of your own, and writes the authority for\n" +
				"devices to ca.pem. With --client it makes a client's certificate and key, which the folder of --out gets.\n" +
				"cert renew-authority makes another authority, which may sign for the names of --name as well, and writes ca.pem\n" +
				"for devices with both: the former one counts on until cert drop-authority.",
			settings: dataDir, run: cert},
		{name: "backup", args: backupArgs, help: "put everything into one file: backup --to FILE",
			detail: backupDetail, settings: dataDir, run: backup},
		{name: "restore", args: restoreArgs, help: "bring it back: restore FILE", detail: restoreDetail, settings: dataDir, run: restore},
		{name: "forget", args: forgetArgs, help: "take a client, a user or an address out of what is recorded",
			detail: forgetDetail, settings: dataDir, run: forget},
		{name: "detect", args: detectArgs, help: "run the detectors over a CSV file of your own: detect FILE.csv",
			detail: detectDetail, run: detect},
		{name: "account", args: accountArgs, help: "print how to make an account for BunkerM on somebody else's broker",
			detail: accountDetail, run: account},
		{name: "doctor", args: doctorArgs, help: "connect as a device would, and say what fails: doctor HOST[:PORT]",
			detail: doctorDetail, run: doctor},
		{name: "healthcheck", help: "exit 0 when BunkerM on this host is ready, else 1",
			detail:   "Asks the BunkerM that runs on this data directory whether it is ready.",
			settings: dataDir, run: healthcheck},
		{name: "version", help: "print the version", detail: "Prints the version of BunkerM, that of Go, and the platform.", run: printVersion},
		{name: "help", args: "[COMMAND]", help: "show this, or help on one command", run: help},
		// The keeper is started by serve and by nobody else.
		{name: "keeper", args: "FILE", run: func(args []string) error {
			if len(args) != 1 {
				return misused("keeper", errors.New("it is started by serve, and by nobody else"))
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
	o.Unknown = app.UnknownVariables(os.Environ())
	if os.Getenv("GOMEMLIMIT") == "" {
		o.MemoryLimit = memoryLimit
	}
	// Where nobody reads the log any more, as behind a tee that Ctrl-C has ended too, writing it fails; it must not end us in the
	// middle of what we do. A signal that is ignored would be so for the programs that we start, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
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
	return app.Repair(ctx, o, func(sentence string) { fmt.Println(sentence) })
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

func printVersion(args []string) error {
	words, err := parseFlags(flag.NewFlagSet("version", flag.ContinueOnError), args)
	if err == nil {
		err = noWords("version", words)
	}
	if err != nil {
		return err
	}
	fmt.Printf("bunkerm %s %s %s/%s\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func help(args []string) error {
	words, err := parseFlags(flag.NewFlagSet("help", flag.ContinueOnError), args)
	switch {
	case err != nil:
		return err
	case len(words) > 1:
		return noWords("help", words[1:])
	case len(words) == 0 || words[0] == "help":
		writeHelp(os.Stdout, "help")
		return nil
	}
	for _, c := range commands() {
		if c.name != words[0] || c.help == "" {
			continue
		}
		writeHelp(os.Stdout, c.name)
		return nil
	}
	return noCommand(words[0])
}

// writeHelp shows one command, or all of them.
func writeHelp(w io.Writer, topic string) {
	for _, c := range commands() {
		if c.name != topic || c.detail == "" {
			continue
		}
		fmt.Fprintf(w, "usage: %s\n\n%s\n", c.usage(), strings.TrimSpace(c.detail))
		switch {
		case c.settings == nil:
		case c.settings[0] == allSettings:
			fmt.Fprint(w, "\nsettings (flag, environment):\n")
			app.WriteSettings(w)
		default:
			fmt.Fprint(w, "\nsettings (flag, environment):\n")
			app.WriteSettings(w, c.settings...)
			fmt.Fprint(w, "\nThe other settings of bunkerm serve may stand there too, and change nothing.\n")
		}
		return
	}
	fmt.Fprint(w, "BunkerM runs, secures, watches and explains an Eclipse Mosquitto broker.\n\nusage: bunkerm COMMAND [settings]\n\n")
	for _, c := range commands() {
		if c.help != "" {
			fmt.Fprintf(w, "  %-12s %s\n", c.name, c.help)
		}
	}
	fmt.Fprint(w, "\nbunkerm COMMAND --help says more. The exit code is 0 when it is done, 1 when it failed, and 2 when the command\n"+
		"line or a setting is wrong and nothing was done.\n")
}
