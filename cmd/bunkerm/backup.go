package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/app"
)

const backupArgs = "[--to FILE|-] [--passphrase]"

const backupDetail = `Puts everything of an installation into one file: the database, the broker's folder with retained messages and
accounts, certificates and keys. A BunkerM that runs on this data directory goes on meanwhile; where none runs its
files are read. Without --to the file is made in the working directory. With --passphrase it is sealed; the passphrase is read
from the terminal, or a line of standard input. Whoever has a file that is not sealed has everything that is in it.`

const restoreArgs = "FILE [--replace]"

const restoreDetail = `Brings a backup back into an empty data directory. FILE is - for standard input. With --replace there may be
something: it is kept beside it under another name. Nothing is changed before all of the backup has been compared with
what it says of itself. No BunkerM and no broker of it may run there. The passphrase of a sealed backup is read
from the terminal, or a line of standard input.`

// backup is the command that puts everything into a file.
func backup(args []string) error {
	b := app.BackupOptions{Stdout: os.Stdout}
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags.StringVar(&b.To, "to", "", "")
	sealed := flags.Bool("passphrase", false, "")
	words, o, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return misused("backup", fmt.Errorf("%q belongs to nothing: the file is named with --to", words[0]))
	}
	if *sealed {
		if b.Passphrase, err = readPassword(os.Stdin); err != nil {
			return err
		}
	}
	ctx, stop := signalled()
	defer stop()
	name, err := app.Backup(ctx, o, b)
	if err != nil {
		return err
	}
	for _, file := range app.OutsideBackups(o) {
		fmt.Fprintf(os.Stderr, "bunkerm: not in it, because it is not in the data directory: %s\n", file)
	}
	if name == "-" {
		return nil
	}
	fmt.Println(name)
	return nil
}

// restore is the command that brings it back.
func restore(args []string) error {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	replace := flags.Bool("replace", false, "")
	words, o, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return misused("restore", errors.New("name the one file to restore"))
	}
	from := os.Stdin
	if words[0] != "-" {
		if from, err = os.Open(words[0]); err != nil {
			return err
		}
		defer func() { _ = from.Close() }() // only read
	}
	ctx, stop := signalled()
	defer stop()
	done, err := app.Restore(ctx, o, app.RestoreOptions{From: from, Replace: *replace, Passphrase: func() (string, error) {
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
	for _, file := range done.Outside {
		fmt.Fprintf(&text, "Its broker needs %s, which was not in it.\n", file)
	}
	fmt.Fprintf(&text, "Start it:\n  bunkerm serve --data-dir %s\n", o.DataDir)
	_, err := io.WriteString(out, text.String())
	return err
}
