package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/bunkerm/bunkerm/app"
)

// user is the command about people. Words come before settings, as in user add jo admin --data-dir ./data.
func user(args []string) error {
	var words []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		words, args = append(words, args[0]), args[1:]
	}
	want := map[string]int{"list": 1, "add": 3, "role": 3, "reset": 2, "remove": 2}
	if len(words) > 0 && want[words[0]] != len(words) || len(words) == 0 && len(args) == 0 {
		writeHelp(os.Stderr, "user")
		return errUsage
	}
	o, err := options(args, "user")
	if err != nil {
		return err
	}
	if len(words) == 0 {
		writeHelp(os.Stderr, "user")
		return errUsage
	}
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	switch words[0] {
	case "list":
		return listUsers(ctx, local)
	case "add":
		password, err := readPassword()
		if err != nil {
			return err
		}
		_, err = local.CreateUser(ctx, words[1], words[2], password)
		return err
	case "role":
		return local.SetUserRole(ctx, words[1], words[2])
	case "reset":
		password, err := local.ResetUser(ctx, words[1])
		if err == nil {
			fmt.Fprintln(os.Stdout, password)
		}
		return err
	default:
		return local.RemoveUser(ctx, words[1])
	}
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
		fmt.Fprintf(table, "%q\t%s\t%s\t%s\n", u.Username, u.Role, state, seen)
	}
	return table.Flush()
}

// readPassword asks twice where a person types, and takes one line where a program does.
func readPassword() (string, error) {
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("no password came on standard input")
		}
		return line, nil
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(os.Stderr, prompt)
		text, err := term.ReadPassword(stdin)
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		return string(text), nil
	}
	password, err := ask("Password: ")
	if err != nil {
		return "", err
	}
	again, err := ask("Once more: ")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", errors.New("the passwords are not the same")
	}
	return password, nil
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
