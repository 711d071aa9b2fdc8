// Command bench measures BunkerM beside what it is compared with, and tells in one table which marks are reached and by how
// much the others are missed. `make bench` runs it.
//
// It does not measure by itself. Every figure comes from a benchmark of the package that it is about, which runs the real
// program with a real Mosquitto and takes its reference in the same run and in turns. Here is only what is run (measurements.go),
// what is read from it (the rows), and how it is told. A figure that a row wants and no benchmark gave is an error.
//
// It may import none of our rooms.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the program's flags.
type options struct {
	quick    bool
	only     *regexp.Regexp
	kept     string // the file that keeps what the benchmarks said
	from     string // a file as kept; nothing is run then
	document string
}

func parseOptions(args []string, errs io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.BoolVar(&o.quick, "quick", false, "fewer rounds and smaller heaps; the document is not written")
	only := flags.String("only", "", "run what matches this `expression`, as in cmd/bunkerm.CreateClient; the document is not written")
	flags.StringVar(&o.kept, "keep", filepath.Join("bin", "bench", "last.txt"), "keep what the benchmarks say in this `file`, which benchstat reads")
	flags.StringVar(&o.from, "from", "", "run nothing and tell what such a `file` says")
	flags.StringVar(&o.document, "write", "", "put the table into this `document`, where its marks are")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q: nothing is expected behind the flags", flags.Arg(0))
	}
	if *only != "" {
		var err error
		if o.only, err = regexp.Compile(*only); err != nil {
			return nil, fmt.Errorf("-only: %w", err)
		}
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parseOptions(args, progress)
	if err != nil {
		return err
	}
	chosen := chosenOf(measurements(), o.only)
	if len(chosen) == 0 {
		return fmt.Errorf("-only %s matches no benchmark", o.only)
	}
	writes := o.document != "" && !o.quick && o.only == nil
	found := figures{}
	var broken error
	var began time.Time
	var machine setting
	if o.from != "" {
		text, err := os.ReadFile(o.from)
		if err != nil {
			return err
		}
		machine = settingOf(text)
		broken = found.read(o.from, text)
	} else {
		began = time.Now()
		if machine, err = look(ctx); err != nil {
			return err
		}
		if writes {
			// Better now than in 25 minutes.
			if err := takes(o.document, machine.series()); err != nil {
				return err
			}
		}
		keep, err := keeper(o.kept)
		if err != nil {
			return err
		}
		defer keep.Close()
		fmt.Fprint(keep, machine.lines())
		broken = measureAll(ctx, chosen, o.quick, found, keep, progress)
	}
	lines, missing := fill(rowsOf(rows(), chosen), found)
	title := machine.sentence()
	if o.quick {
		title += " Quick: fewer rounds, smaller heaps."
	}
	fmt.Fprintf(out, "%s\n\n%s\n", title, terminal(lines))
	if !began.IsZero() {
		fmt.Fprintf(progress, "bench: %s in all\n", time.Since(began).Round(time.Second))
	}
	if err := errors.Join(broken, missing); err != nil {
		return err
	}
	if !writes {
		return nil
	}
	return place(o.document, machine.series(), title+"\n\n"+markdown(lines))
}

// keeper opens the file for what the benchmarks say. What was in it stays beside it, to be compared with.
func keeper(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := os.Rename(path, path+".before"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return os.Create(path)
}
