package conf_test

import (
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

func loadDisk(t testing.TB, d disk) *conf.Config {
	t.Helper()
	c, err := conf.Load(main, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExamplesSurviveReadingAndWriting(t *testing.T) {
	for name, d := range examples(t) {
		c := loadDisk(t, d)
		for _, f := range c.Files() {
			if string(f.Bytes()) != d[f.Name] {
				t.Errorf("%s: %s is not written as it was read", name, f.Name)
			}
		}
	}
}

// TestExamplesHaveNothingWrong holds the checks against real configurations: none of them has an error that is none.
func TestExamplesHaveNothingWrong(t *testing.T) {
	for name, d := range examples(t) {
		v := version(t, "2.0.11")
		if name == "plugins-21" {
			v = version(t, "2.1.2")
		}
		for _, p := range loadDisk(t, d).Check(v) {
			if p.Severity == conf.Error && p.Key != "per_listener_settings" {
				t.Errorf("%s: %s:%d: %s", name, p.File, p.Line, p.Message)
			}
			if p.Message == "" || p.Severity == "" || p.File == "" {
				t.Errorf("%s: a problem without file, severity or message: %+v", name, p)
			}
		}
	}
}

// TestEverySettingOfTheExamplesIsEditedAlone edits each setting of each example once: nothing else changes by a byte.
func TestEverySettingOfTheExamplesIsEditedAlone(t *testing.T) {
	edits := 0
	for name, d := range examples(t) {
		c := loadDisk(t, d)
		for _, s := range c.Settings() {
			got, err := c.Edit([]conf.Change{{Op: conf.OpSet, Scope: string(s.Scope), Key: s.Key, Value: "edited-value", OldValue: s.Value, File: s.File}})
			if err != nil {
				t.Fatalf("%s: %s:%d: %v", name, s.File, s.Line, err)
			}
			edits++
			for _, f := range c.Files() {
				after := got.File(f.Name)
				if after == nil {
					if s.Key == "include_dir" {
						continue
					}
					t.Fatalf("%s: %s is gone", name, f.Name)
				}
				want := strings.SplitAfter(string(f.Bytes()), "\n")
				if f.Name == s.File {
					line := want[s.Line-1]
					at := strings.LastIndex(line, s.Value)
					want[s.Line-1] = line[:at] + "edited-value" + line[at+len(s.Value):]
				}
				if string(after.Bytes()) != strings.Join(want, "") {
					t.Errorf("%s: editing %s of %s:%d changes more of %s than that line", name, s.Key, s.File, s.Line, f.Name)
				}
			}
		}
	}
	if edits < 150 {
		t.Errorf("only %d settings were edited", edits)
	}
}

// TestAddingToTheExamples adds every setting of the whole broker to every example that does not have it: one line comes,
// all others stay.
func TestAddingToTheExamples(t *testing.T) {
	for name, d := range examples(t) {
		c := loadDisk(t, d)
		for _, def := range conf.Definitions() {
			if def.Scopes[0] != "global" || len(def.Scopes) > 1 {
				continue
			}
			got, err := c.Edit([]conf.Change{{Op: conf.OpAdd, Key: def.Key, Value: "added-value"}})
			if err != nil {
				continue // it has it
			}
			before, after := string(c.Files()[0].Bytes()), string(got.Files()[0].Bytes())
			line := def.Key + " added-value"
			if len(after)-len(before) > len(line)+2 || !strings.Contains(after, line) {
				t.Fatalf("%s: adding %s changes more than a line", name, def.Key)
			}
			for _, cut := range []string{line + "\n", line + "\r\n", "\n" + line, "\r\n" + line} {
				if strings.Replace(after, cut, "", 1) == before {
					after = before
				}
			}
			if after != before {
				t.Errorf("%s: adding %s changes other lines", name, def.Key)
			}
		}
	}
}
