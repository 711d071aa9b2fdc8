package app

import (
	"fmt"
	"io"
	"strings"
)

// WriteSettings prints every setting as --help shows it.
func WriteSettings(w io.Writer) {
	for _, s := range settings() {
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
