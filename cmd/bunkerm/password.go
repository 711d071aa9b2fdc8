package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"
)

// readPassword asks twice where a person types, and takes one line where a program writes.
func readPassword(from *os.File) (string, error) {
	if !term.IsTerminal(int(from.Fd())) {
		return readLine(from)
	}
	defer echoAgain(from)()
	password, err := ask(from, "Password: ")
	if err != nil {
		return "", err
	}
	if password == "" {
		return "", errors.New("no password was typed")
	}
	again, err := ask(from, "Once more: ")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", errors.New("the passwords are not the same")
	}
	return password, nil
}

// askPassword asks once where a person types, and takes one line where a program writes. There may be none.
func askPassword(from *os.File, prompt string) (string, error) {
	if !term.IsTerminal(int(from.Fd())) {
		return readLine(from)
	}
	defer echoAgain(from)()
	return ask(from, prompt)
}

func readLine(from io.Reader) (string, error) {
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("no password came on standard input")
	}
	return line, nil
}

// ask reads a line that is not shown while it is typed.
func ask(from *os.File, prompt string) (string, error) {
	fmt.Fprint(os.Stderr, prompt)
	text, err := term.ReadPassword(int(from.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return string(text), nil
}

// echoAgain lets Ctrl-C give the terminal back as it was, until the returned function is called.
func echoAgain(terminal *os.File) (done func()) {
	before, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		return func() {}
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		if _, interrupted := <-interrupts; interrupted {
			_ = term.Restore(int(terminal.Fd()), before)
			fmt.Fprintln(os.Stderr)
			os.Exit(130) // as the shell says that a program was interrupted
		}
	}()
	return func() {
		signal.Stop(interrupts)
		close(interrupts)
	}
}
