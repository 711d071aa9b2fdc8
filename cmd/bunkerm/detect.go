package main

import (
	"errors"
	"flag"
	"os"

	"github.com/bunkerm/bunkerm/app"
)

const detectArgs = "[--json] [--deep] [--budget N] FILE.csv"

const detectDetail = `Runs the detectors over a file as fast as it can be read, with the settings of a new installation. The first line names the
columns. The first column is the time: RFC 3339, 2006-01-02 15:04:05 in UTC, or seconds since the epoch (or milliseconds, as long
as they are). All others are values; they are looked at as the fields of one payload. Columns are separated by commas, or where the
first line has none by semicolons, with decimal commas, or tabs. A dash reads standard input.

Printed is CSV: time,column,value,score,low,high,alert, one row a value. score is -log10 of a false-alarm probability, lower
after many alarms and 0 for what repeats one; between low and high a value is no alarm; alert is medium, high or critical
where one begins, and empty otherwise. A column may alarm from its 200th value on.

  --json      one JSON object a value, with every finding in words
  --deep      also the matrix profile, and all columns together (about 10 µs a value)
  --budget N  false alarms per column and day that are acceptable, from 0.0001 to 10 (default 0.1)
`

// The budgets that the settings accept, too.
const (
	leastBudget   = 0.0001
	mostBudget    = 10
	defaultBudget = 0.1
)

// detect runs the detectors over a file of the user's own.
func detect(args []string) error {
	var o app.DetectOptions
	set := flag.NewFlagSet("detect", flag.ContinueOnError)
	set.BoolVar(&o.JSON, "json", false, "")
	set.BoolVar(&o.Deep, "deep", false, "")
	set.Float64Var(&o.Budget, "budget", defaultBudget, "")
	words, err := parseFlags(set, args)
	switch {
	case err != nil:
		return err
	case !(o.Budget >= leastBudget && o.Budget <= mostBudget): // not a number is neither
		return misused("detect", errors.New("a budget is from 0.0001 to 10"))
	case len(words) != 1:
		return misused("detect", errors.New("give one file"))
	}
	in := os.Stdin
	if name := words[0]; name != "-" {
		if in, err = os.Open(name); err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
	}
	return app.Detect(in, os.Stdout, o)
}
