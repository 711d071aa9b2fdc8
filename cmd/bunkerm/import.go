package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/bunkerm/bunkerm/app"
)

const importArgs = "[--password-file FILE] [--acl-file FILE] [--psk-file FILE] | --dynsec FILE [--from 2.0|2.1] [--existing skip|update] [--restart] [--dry-run]"

const importDetail = `Takes the access files of a Mosquitto, or a dynamic-security.json, into the BunkerM that runs on this data directory:
clients, roles and groups that give the same answers. What cannot be said there is named line by line. With --dry-run
nothing is done. --restart allows that the broker is restarted once, which is the only way to keep the hashes of
passwords; without it those clients need a new password. Clients that exist stay as they are, unless --existing update
gives them the rights and passwords of the files. --from is the version of the old broker, where it is another one.
Importing the same files again changes nothing.`

// importFiles is the command that takes another broker's access files.
func importFiles(args []string) error {
	var what app.ImportOptions
	var files app.AccessFiles
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	given := map[string]string{} // the names of files, by flag
	for _, name := range []string{"password-file", "acl-file", "psk-file", "dynsec"} {
		flags.Func(name, "", func(file string) error { given[name] = file; return nil })
	}
	flags.StringVar(&files.From, "from", "", "")
	flags.BoolVar(&what.DryRun, "dry-run", false, "")
	flags.BoolVar(&what.Restart, "restart", false, "")
	flags.Func("existing", "", func(value string) error {
		what.Update = value == "update"
		return oneOf(value, "skip", "update")
	})
	words, o, err := parse(flags, args)
	if err != nil {
		return err
	}
	if err := noWords("import", words); err != nil {
		return err
	}
	if len(given) == 0 {
		return misused("import", errors.New("name a file to import"))
	}
	if err := readAccessFiles(given, &files); err != nil {
		return err
	}
	ctx, stop := signalled()
	defer stop()
	local := app.NewLocal(o)
	dry := what
	dry.DryRun = true
	plan, err := local.Import(ctx, files, dry)
	if err != nil {
		return err
	}
	writePlan(os.Stdout, plan)
	switch {
	case what.DryRun:
		return nil
	case plan.Refused > 0:
		return errors.New("nothing was changed: mend the lines with which Mosquitto does not start")
	case plan.Effect == "none":
		return nil
	}
	done, err := local.Import(ctx, files, what)
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

// readAccessFiles reads the files with these names, by flag.
func readAccessFiles(names map[string]string, files *app.AccessFiles) error {
	for name, into := range map[string]**string{
		"password-file": &files.PasswordFile, "acl-file": &files.ACLFile, "psk-file": &files.PSKFile, "dynsec": &files.Dynsec,
	} {
		if file, named := names[name]; named {
			text, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("--%s: %w", name, err)
			}
			content := string(text)
			*into = &content
		}
	}
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
