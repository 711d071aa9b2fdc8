package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/bunkerm/bunkerm/app"
)

// login is an account by which an adoption is proven.
type login struct{ username, password string }

// askLogins gets the passwords, before any broker is stopped.
func askLogins(all []login) error {
	lines := bufio.NewReader(os.Stdin)
	for i := range all {
		var err error
		if term.IsTerminal(int(os.Stdin.Fd())) {
			all[i].password, err = askPassword(os.Stdin, "Password of "+all[i].username+": ")
		} else if all[i].password, err = lines.ReadString('\n'); errors.Is(err, io.EOF) && all[i].password != "" {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("reading the password of %s: %w", all[i].username, err)
		}
		all[i].password = strings.TrimRight(all[i].password, "\r\n")
	}
	return nil
}

// proveLogins waits for the new broker, logs in as each, and says how that went.
func proveLogins(ctx context.Context, out io.Writer, port int, all []login) {
	const again, patience = 50 * time.Millisecond, 30 * time.Second
	until := time.Now().Add(patience)
	for _, l := range all {
		var r app.Diagnosis
		for {
			r = app.Doctor(ctx, app.DoctorOptions{Host: "localhost", Port: port, Username: l.username, Password: l.password})
			if len(r.Steps) > connectSteps || ctx.Err() != nil || time.Now().After(until) {
				break
			}
			<-time.After(again) // the broker is not there yet
		}
		last := r.Steps[len(r.Steps)-1]
		if r.Healthy {
			fmt.Fprintf(out, "proven: %s logs in.\n", l.username)
			continue
		}
		fmt.Fprintf(out, "NOT proven: %s: %s %s\nTo go back: stop this, then bunkerm adopt --undo\n", l.username, last.Said, last.Advice)
	}
}

// connectSteps are the steps up to the connection.
const connectSteps = 2
