package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bunkerm/bunkerm/app"
)

// userArgs is what stands behind bunkerm user.
type userArgs struct {
	words    []string // what to do, and to whom
	generate bool     // make a password instead of asking for one
	settings []string
}

// parseUser parts words from settings, in whichever order they come. A setting always has a value.
func parseUser(args []string) userArgs {
	var parsed userArgs
	role := ""
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		flag := strings.TrimPrefix(name, "-")
		switch {
		case name == "--":
			parsed.words = append(parsed.words, args[1:]...)
			args = nil
			continue
		case flag == "-generate" && !joined:
			parsed.generate = true
		case flag == "-role" && joined:
			role = value
		case flag == "-role" && len(args) > 1:
			role, args = args[1], args[1:]
		case flag == name:
			parsed.words = append(parsed.words, args[0])
		case joined || len(args) == 1 || flag == "h" || flag == "-help":
			parsed.settings = append(parsed.settings, args[0])
		default:
			parsed.settings = append(parsed.settings, args[0], args[1])
			args = args[1:]
		}
		args = args[1:]
	}
	if role != "" {
		parsed.words = append(parsed.words, role)
	}
	return parsed
}

// user is the command about people.
func user(args []string) error {
	parsed := parseUser(args)
	o, err := options(parsed.settings, "user")
	if err != nil {
		return err
	}
	words := parsed.words
	want := map[string]int{"list": 1, "add": 3, "role": 3, "reset": 2, "remove": 2}
	if len(words) == 0 || want[words[0]] != len(words) || parsed.generate && words[0] != "add" {
		writeHelp(os.Stderr, "user")
		return errUsage
	}
	password := ""
	if words[0] == "add" && !parsed.generate {
		if password, err = readPassword(os.Stdin); err != nil {
			return err
		}
	}
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	made := ""
	switch words[0] {
	case "list":
		return listUsers(ctx, local)
	case "add":
		made, err = local.CreateUser(ctx, words[1], words[2], password)
	case "role":
		return local.SetUserRole(ctx, words[1], words[2])
	case "reset":
		made, err = local.ResetUser(ctx, words[1])
	default:
		return local.RemoveUser(ctx, words[1])
	}
	if err == nil && made != "" {
		fmt.Fprintln(os.Stdout, made)
	}
	return err
}

func listUsers(ctx context.Context, local *app.Local) error {
	users, err := local.Users(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tROLE\tSTATE\tLAST SIGN-IN")
	for _, u := range users {
		state, seen := "enabled", "never"
		if u.Disabled {
			state = "disabled"
		}
		if u.LastSignIn != nil {
			seen = u.LastSignIn.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", u.Username, u.Role, state, seen)
	}
	return table.Flush()
}

func setupToken(args []string) error {
	o, err := options(args, "setup-token")
	if err != nil {
		return err
	}
	ctx, stop := signalled()
	defer stop()
	address, err := app.NewLocal(o).SetupURL(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, address)
	return nil
}
