package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/bunkerm/bunkerm/app"
)

// userWords is what stands behind bunkerm user.
type userWords struct {
	words    []string // what to do, to whom, and the role last
	generate bool     // make a password instead of asking for one
}

// parseUser takes a role as a word or as the flag that its documentation has always had.
func parseUser(args []string) (userWords, app.Options, error) {
	var u userWords
	flags := flag.NewFlagSet("user", flag.ContinueOnError)
	flags.BoolVar(&u.generate, "generate", false, "")
	role := flags.String("role", "", "")
	words, o, err := parse(flags, args)
	u.words = words
	if *role != "" {
		u.words = append(u.words, *role)
	}
	return u, o, err
}

// user is the command about people.
func user(args []string) error {
	u, o, err := parseUser(args)
	if err != nil {
		return err
	}
	words := u.words
	want := map[string]int{"list": 1, "add": 3, "role": 3, "reset": 2, "remove": 2}
	if len(words) == 0 || want[words[0]] != len(words) || u.generate && words[0] != "add" {
		return misused("user", errors.New("say what to do, and to whom"))
	}
	password := ""
	if words[0] == "add" && !u.generate {
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
