package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/bunkerm/bunkerm/app"
)

const importArgs = "[--password-file FILE] [--acl-file FILE] [--psk-file FILE] | --dynsec FILE [--from 2.0|2.1] [--existing skip|update] [--restart] [--dry-run] "

const importDetail = `Takes the access files of a Mosquitto, or a dynamic-security.json, into the BunkerM that runs on this data directory:
clients, roles and groups that give the same answers. What cannot be said there is named line by line. With --dry-run
nothing is done. --restart allows that the broker is restarted once, which is the only way to keep the hashes of
passwords; without it those clients need a new password. Clients that exist stay as they are, unless --existing update
gives them the rights and passwords of the files. --from is the version of the old broker, where it is another one.
Importing the same files again changes nothing.`

// importWords is what stands behind bunkerm import.
type importWords struct {
	files    map[string]string // a flag of a file, and its name
	from     string
	o        app.ImportOptions
	help     bool
	settings []string
}

// parseImport parts our own flags from settings, in whichever order they come.
func parseImport(args []string) (importWords, error) {
	w := importWords{files: map[string]string{}}
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		name = strings.TrimLeft(name, "-")
		flag := strings.HasPrefix(args[0], "-")
		args = args[1:]
		take := func() error {
			if !joined {
				if len(args) == 0 || strings.HasPrefix(args[0], "--") {
					return fmt.Errorf("--%s wants a value", name)
				}
				value, args = args[0], args[1:]
			}
			return nil
		}
		var err error
		switch {
		case !flag:
			err = fmt.Errorf("%q belongs to nothing", name)
		case name == "dry-run" && !joined:
			w.o.DryRun = true
		case name == "restart" && !joined:
			w.o.Restart = true
		case name == "password-file" || name == "acl-file" || name == "psk-file" || name == "dynsec":
			err = take()
			w.files[name] = value
		case name == "from":
			err = take()
			w.from = value
		case name == "existing":
			if err = take(); err == nil && value != "skip" && value != "update" {
				err = errors.New("--existing is skip or update")
			}
			w.o.Update = value == "update"
		case name == "h" || name == "help":
			w.help = true
			w.settings = append(w.settings, "--help")
		default:
			err = take()
			w.settings = append(w.settings, "--"+name+"="+value)
		}
		if err != nil {
			return w, err
		}
	}
	return w, nil
}

// importFiles is the command that takes another broker's access files.
func importFiles(args []string) error {
	words, err := parseImport(args)
	if err == nil && len(words.files) == 0 && !words.help {
		err = errors.New("name a file to import")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bunkerm: %s\n\n", err)
		writeHelp(os.Stderr, "import")
		return errUsage
	}
	o, err := options(words.settings, "import")
	if err != nil {
		return err
	}
	files := app.AccessFiles{From: words.from}
	for flag, into := range map[string]**string{
		"password-file": &files.PasswordFile, "acl-file": &files.ACLFile, "psk-file": &files.PSKFile, "dynsec": &files.Dynsec,
	} {
		name, given := words.files[flag]
		if !given {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		content := string(text)
		*into = &content
	}
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	dry := words.o
	dry.DryRun = true
	plan, err := local.Import(ctx, files, dry)
	if err != nil {
		return err
	}
	writePlan(os.Stdout, plan)
	switch {
	case words.o.DryRun:
		return nil
	case plan.Refused > 0:
		return errors.New("nothing was changed: mend the lines with which Mosquitto does not start")
	case plan.Effect == "none":
		return nil
	}
	done, err := local.Import(ctx, files, words.o)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "\nDone in %.1f s.", done.TookSeconds)
	if done.SessionsCut != nil && *done.SessionsCut > 0 {
		fmt.Fprintf(os.Stdout, " Sessions that were cut, and come back: %d.", *done.SessionsCut)
	}
	fmt.Fprintln(os.Stdout)
	return nil
}

// writePlan tells what an import does. Names are quoted, because they come from a file that anybody may have written.
func writePlan(w io.Writer, r app.ImportResult) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, list := range []struct {
		what  string
		names []string
		total int
	}{
		{"clients, new", r.Diff.Clients.Added, r.Diff.Clients.AddedTotal},
		{"clients, changed", names(r.Diff.Clients.Changed, func(i int) string { return r.Diff.Clients.Changed[i].Name }), r.Diff.Clients.ChangedTotal},
		{"clients, as they are", r.Skipped, r.SkippedTotal},
		{"roles, new", r.Diff.Roles.Added, r.Diff.Roles.AddedTotal},
		{"roles, changed", names(r.Diff.Roles.Changed, func(i int) string { return r.Diff.Roles.Changed[i].Name }), r.Diff.Roles.ChangedTotal},
		{"groups, new", r.Diff.Groups.Added, r.Diff.Groups.AddedTotal},
		{"groups, changed", names(r.Diff.Groups.Changed, func(i int) string { return r.Diff.Groups.Changed[i].Name }), r.Diff.Groups.ChangedTotal},
		{"need a password", r.NeedPassword, r.NeedPasswordTotal},
		{"are disconnected", r.Disconnects, r.DisconnectsTotal},
	} {
		if list.total > 0 {
			fmt.Fprintf(table, "%s\t%d\t%s\n", list.what, list.total, quoted(list.names, list.total))
		}
	}
	for _, f := range r.Diff.DefaultAccess {
		fmt.Fprintf(table, "default access\t\t%s: %s becomes %s\n", f.Field, f.Before, f.After)
	}
	if f := r.Diff.AnonymousGroup; f != nil {
		fmt.Fprintf(table, "anonymous group\t\t%q becomes %q\n", f.Before, f.After)
	}
	for _, reason := range r.Reasons {
		fmt.Fprintf(table, "restart\t\t%s\n", reason)
	}
	if r.Effect == "none" {
		fmt.Fprintln(table, "nothing changes")
	}
	_ = table.Flush()
	if len(r.Findings) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, f := range r.Findings {
		at := f.Source
		if f.Line > 0 {
			at = fmt.Sprintf("%s:%d", f.Source, f.Line)
		}
		fmt.Fprintf(w, "%s: %s: ", at, f.Kind)
		if f.Subject != "" {
			fmt.Fprintf(w, "%q: ", f.Subject)
		}
		fmt.Fprint(w, f.Message)
		if len(f.Users) > 0 {
			fmt.Fprintf(w, " (for %s)", quoted(f.Users, len(f.Users)))
		}
		fmt.Fprintln(w)
	}
	if total := r.Refused + r.Lost + r.Manual + r.Notes; total > len(r.Findings) {
		fmt.Fprintf(w, "and %d more\n", total-len(r.Findings))
	}
}

func names[T any](all []T, name func(i int) string) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = name(i)
	}
	return out
}

// quoted lists the first of many names.
func quoted(names []string, total int) string {
	const shown = 8
	var b strings.Builder
	for i, name := range names[:min(len(names), shown)] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
	}
	if total > shown {
		b.WriteString(", …")
	}
	return b.String()
}
