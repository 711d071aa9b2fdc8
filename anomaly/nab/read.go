package nab

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Read reads all series and their windows from a folder.
func Read(dir string) ([]Series, error) {
	text, err := os.ReadFile(filepath.Join(dir, "combined_windows.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the benchmark's windows: %w", err)
	}
	var windows map[string][][2]string
	if err := json.Unmarshal(text, &windows); err != nil {
		return nil, fmt.Errorf("reading the benchmark's windows: %w", err)
	}
	var all []Series
	for name, labelled := range windows {
		s, err := readSeries(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		s.Name = name
		for _, w := range labelled {
			from, err := moment(w[0])
			if err != nil {
				return nil, fmt.Errorf("reading the windows of %s: %w", name, err)
			}
			to, err := moment(w[1])
			if err != nil {
				return nil, fmt.Errorf("reading the windows of %s: %w", name, err)
			}
			s.Windows = append(s.Windows, s.window(from, to))
		}
		slices.SortFunc(s.Windows, func(a, b Window) int { return a.From - b.From })
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Series) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// window is the points from one moment to another, both included.
func (s Series) window(from, to int64) Window {
	w := Window{From: len(s.Times), To: -1}
	for i, at := range s.Times {
		if at >= from && at <= to {
			w.From, w.To = min(w.From, i), i
		}
	}
	return w
}

func moment(text string) (int64, error) {
	at, err := time.Parse("2006-01-02 15:04:05.999999", text)
	return at.Unix(), err
}

func readSeries(path string) (Series, error) {
	var s Series
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }() // only read
	rows := csv.NewReader(f)
	if _, err := rows.Read(); err != nil {
		return s, err
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if len(row) != 2 {
			return s, fmt.Errorf("a row has %d columns", len(row))
		}
		at, err := moment(row[0])
		if err != nil {
			return s, err
		}
		value, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			return s, err
		}
		s.Times, s.Values = append(s.Times, at), append(s.Values, value)
	}
}
