package keeper

import "testing"

func TestSilent(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                         false,
		"log_type error\n":                         true,
		"log_type error\nlog_type information\n":   false,
		"log_type all\nlog_type none\n":            true,
		"log_type none\n  log_type all\n":          false,
		"log_type none\r\nlog_type all\r\n":        false,
		"log_dest none\n":                          true,
		"log_dest file /x\n":                       true,
		"log_dest file /x\nlog_dest stdout\n":      false,
		"log_dest stdout\ninclude_dir d\n":         true,
		"include_dir d\nlog_type all\n":            false,
		"# log_type none\nlistener 1\nlog_types 1": false,
	} {
		s := snapshot{main: []byte(text)}
		for i, line := range []string{"include_dir d\n", "log_dest stdout\ninclude_dir d\n"} {
			if len(text) >= len(line) && text[:len(line)] == line {
				s.includes = []include{{line: i, files: []snapFile{{"a.conf", []byte("log_type none")}}}}
			}
		}
		if s.silent() != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
