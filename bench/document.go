package main

import (
	"fmt"
	"os"
	"strings"
)

// marks are the lines of a document between which the table of a series of Mosquitto stands.
func marks(series string) (begin, end string) {
	return "<!-- make bench, Mosquitto " + series + ": begin -->", "<!-- make bench, Mosquitto " + series + ": end -->"
}

// place puts a text between the marks of a document and leaves everything else as it is.
func place(path, series, text string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := placed(string(document), series, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

// takes reports why a document has no place for the table of a series; nil if it has.
func takes(path, series string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := placed(string(document), series, ""); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func placed(document, series, text string) (string, error) {
	begin, end := marks(series)
	if strings.Count(document, begin) != 1 || strings.Count(document, end) != 1 {
		return "", fmt.Errorf("wants one line %q and one %q", begin, end)
	}
	before, rest, _ := strings.Cut(document, begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		return "", fmt.Errorf("%q stands behind %q", begin, end)
	}
	return before + begin + "\n" + strings.TrimSpace(text) + "\n" + end + after, nil
}
