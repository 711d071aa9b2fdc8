package system

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// unpack returns the files of a bundle by name.
func unpack(t *testing.T, packed []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(f.Name, "bunkerm/")] = string(text)
	}
	return files
}

func TestBundleHoldsWhatCanBeHad(t *testing.T) {
	recorded := ""
	s, err := New(Options{
		Version: "1.2.3", Facts: func(context.Context) Facts { return Facts{Mode: "managed", Broker: BrokerFacts{Version: "the-secret"}} },
		Secrets: func() []string { return []string{"the-secret", ""} },
		Contents: []Content{
			{"broken.txt", func(_ context.Context, to io.Writer) error {
				_, _ = io.WriteString(to, "half of it")
				return errors.New("the disk says /home/jo/private: no")
			}},
			{"long.log", func(_ context.Context, to io.Writer) error {
				_, err := io.WriteString(to, strings.Repeat("0123456789abcdef", mostContent/16)+"the end, the-secret")
				return err
			}},
		},
		Record: func(_ context.Context, action, object string, _, _ any) { recorded = action + " " + object },
		Clock:  func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	packed, err := s.Bundle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, packed)
	for name, want := range map[string]string{
		"README.txt": "diagnostic bundle", "system.json": `"version": "1.2.3"`, "goroutines.txt": "TestBundleHoldsWhatCanBeHad",
		"broken.txt": "could not be read", "long.log": "the end, " + masked,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q: %.300s", name, want, files[name])
		}
	}
	for name, text := range files {
		if strings.Contains(text, "the-secret") || strings.Contains(text, "/home/jo") {
			t.Errorf("%s tells what it must not", name)
		}
	}
	if n := len(files["long.log"]); n > mostContent+100 {
		t.Errorf("a long file takes %d bytes", n)
	}
	if recorded != "system.bundle installation" {
		t.Errorf("recorded: %q", recorded)
	}
}

func TestOneBundleAtATime(t *testing.T) {
	var s *Service
	var inside error
	s, err := New(Options{
		Facts: func(context.Context) Facts { return Facts{} },
		Contents: []Content{{"x", func(ctx context.Context, _ io.Writer) error {
			_, inside = s.Bundle(ctx)
			return nil
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bundle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !fault.Is(inside, fault.TooMany) {
		t.Errorf("a second bundle meanwhile: %v", inside)
	}
}

func TestOwnProcessIsMeasured(t *testing.T) {
	p := ownProcess()
	if p.MemoryBytes < p.HeapBytes || p.HeapBytes == 0 || p.Goroutines == 0 {
		t.Errorf("%+v", p)
	}
}
