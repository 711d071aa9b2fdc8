package app

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteSettings prints settings as --help shows them: those of the named variables, or all.
func WriteSettings(w io.Writer, only ...string) {
	for _, s := range settings() {
		if len(only) > 0 && !slices.Contains(only, s.Env) {
			continue
		}
		name := "    (no flag)"
		if s.Flag != "" {
			name = "    --" + s.Flag
		}
		names := s.Env
		if s.secret {
			names += ", " + s.Env + "_FILE"
		}
		fmt.Fprintf(w, "%-24s %s\n", name, names)
		fmt.Fprintf(w, "        %s\n", s.Help)
		if s.Default != "" {
			fmt.Fprintf(w, "        default: %s\n", s.Default)
		}
	}
}

// SettingsTable is the table of all settings in Markdown, as the README carries it.
func SettingsTable() string {
	var b strings.Builder
	b.WriteString("| flag | environment | default | what it does |\n|---|---|---|---|\n")
	for _, s := range settings() {
		flag := "–"
		if s.Flag != "" {
			flag = "`--" + s.Flag + "`"
		}
		env := "`" + s.Env + "`"
		if s.secret {
			env += ", `" + s.Env + "_FILE`"
		}
		def := s.Default
		switch {
		case def == "":
			def = "–"
		case !s.computed:
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", flag, env, def, s.Help)
	}
	return b.String()
}
