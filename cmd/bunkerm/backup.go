package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/app"
)

const backupArgs = "[--to FILE|-] [--passphrase] "

const backupDetail = `Puts everything of an installation into one file: the database, the broker's folder with retained messages and
accounts, certificates and keys. A BunkerM that runs on this data directory goes on meanwhile; where none runs its
files are read. Without --to the file is made in the working directory. With --passphrase it is sealed; the passphrase is read
from the terminal, or a line of standard input. Whoever has a file that is not sealed has everything that is in it.`

const restoreArgs = "FILE [--replace] "

const restoreDetail = `Brings a backup back into an empty data directory. FILE is - for standard input. With --replace there may be
something: it is kept beside it under another name. Nothing is changed before all of the backup has been compared with
what it says of itself. No BunkerM and no broker of it may run there. The passphrase of a sealed backup is read
from the terminal, or a line of standard input.`

// backupWords is what stands behind bunkerm backup and bunkerm restore.
type backupWords struct {
	files    []string
	to       string
	on       map[string]bool // switches that are set
	settings []string
}

// parseBackup parts our own flags from settings, in whichever order they come.
func parseBackup(args []string, switches ...string) (backupWords, error) {
	w := backupWords{on: map[string]bool{}}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		name, value, joined := strings.Cut(strings.TrimLeft(word, "-"), "=")
		flag := strings.HasPrefix(word, "-") && word != "-"
		isSwitch := false
		for _, s := range switches {
			isSwitch = isSwitch || s == name && !joined
		}
		switch {
		case !flag:
			w.files = append(w.files, word)
			continue
		case isSwitch:
			w.on[name] = true
			continue
		case name == "h" || name == "help":
			w.settings = append(w.settings, "--help")
			continue
		case !joined && len(args) == 0:
			return w, fmt.Errorf("--%s wants a value", name)
		case !joined:
			value, args = args[0], args[1:]
		}
		if name == "to" {
			w.to = value
		} else {
			w.settings = append(w.settings, "--"+name+"="+value)
		}
	}
	return w, nil
}

// backup is the command that puts everything into a file.
func backup(args []string) error {
	w, err := parseBackup(args, "passphrase")
	if err == nil && len(w.files) > 0 {
		err = fmt.Errorf("%q belongs to nothing: the file is named with --to", w.files[0])
	}
	if err != nil {
		return misused("backup", err)
	}
	o, err := options(w.settings, "backup")
	if err != nil {
		return err
	}
	b := app.BackupOptions{To: w.to, Stdout: os.Stdout}
	if w.on["passphrase"] {
		if b.Passphrase, err = readPassword(os.Stdin); err != nil {
			return err
		}
	}
	ctx, stop := signalled()
	defer stop()
	name, err := app.Backup(ctx, o, b)
	if err != nil || name == "-" {
		return err
	}
	fmt.Println(name)
	return nil
}

// restore is the command that brings it back.
func restore(args []string) error {
	w, err := parseBackup(args, "replace")
	if err == nil && len(w.files) != 1 && len(w.settings) == 0 || err == nil && w.to != "" {
		err = errors.New("name the one file to restore")
	}
	if err != nil {
		return misused("restore", err)
	}
	o, err := options(w.settings, "restore")
	if err != nil {
		return err
	}
	if len(w.files) != 1 {
		return misused("restore", errors.New("name the one file to restore"))
	}
	from := os.Stdin
	if w.files[0] != "-" {
		if from, err = os.Open(w.files[0]); err != nil {
			return err
		}
		defer func() { _ = from.Close() }() // only read
	}
	ctx, stop := signalled()
	defer stop()
	done, err := app.Restore(ctx, o, app.RestoreOptions{From: from, Replace: w.on["replace"], Passphrase: func() (string, error) {
		if from == os.Stdin {
			return "", errors.New("a sealed backup cannot come over standard input, which the passphrase is read from: name a file")
		}
		return askPassword(os.Stdin, "Passphrase: ")
	}})
	if err != nil {
		return err
	}
	return writeRestored(os.Stdout, o, done)
}

func writeRestored(out io.Writer, o app.Options, done app.Restored) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Restored %d files, %d KiB, as they were at %s with BunkerM %s.\n",
		done.Files, (done.Bytes+1023)/1024, done.Created.Local().Format(time.DateTime), done.Version)
	if done.Kept != "" {
		fmt.Fprintf(&text, "What was there before is kept in %s.\n", done.Kept)
	}
	fmt.Fprintf(&text, "Start it:\n  bunkerm serve --data-dir %s\n", o.DataDir)
	_, err := io.WriteString(out, text.String())
	return err
}

// misused says what is wrong with the words, and how they are right.
func misused(command string, err error) error {
	fmt.Fprintf(os.Stderr, "bunkerm: %s\n\n", err)
	writeHelp(os.Stderr, command)
	return errUsage
}
