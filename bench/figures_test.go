package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadsWhatBenchmarksPrint(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want figures
	}{
		"go test": {`goos: linux
goarch: amd64
pkg: github.com/bunkerm/bunkerm/config
cpu: AMD EPYC
BenchmarkApply/checked,_tried_and_proven
    bench_test.go:80: something that was logged
BenchmarkApply/checked,_tried_and_proven-2         	      15	        60.06 ms/bare_restart	       98.43 ms/restart
BenchmarkParseAndCheck10k-2   	     100	   7812345 ns/op	     512 B/op	       0 allocs/op
PASS
ok  	github.com/bunkerm/bunkerm/config	12.3s
`, figures{
			{"config", "Apply/checked,_tried_and_proven", "ms/bare_restart"}: {60.06},
			{"config", "Apply/checked,_tried_and_proven", "ms/restart"}:      {98.43},
			{"config", "ParseAndCheck10k", "ns/op"}:                          {7812345},
			{"config", "ParseAndCheck10k", "B/op"}:                           {512},
			{"config", "ParseAndCheck10k", "allocs/op"}:                      {0},
		}},
		"a browser's tests": {`pkg: ui

Running 1 test using 1 worker
[1/1] [paint] › e2e/paint.spec.ts:33:1 › the first paint of the overview

BenchmarkPaint/cold 15 240.1 ms/paint 235.0 ms/figures 61.9 ms/plain

  1 passed (17.3s)
`, figures{
			{"ui", "Paint/cold", "ms/paint"}:   {240.1},
			{"ui", "Paint/cold", "ms/figures"}: {235},
			{"ui", "Paint/cold", "ms/plain"}:   {61.9},
		}},
		"nothing": {"PASS\n", figures{}},
	} {
		found := figures{}
		if err := found.read(name, []byte(c.text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, found); diff != "" {
			t.Errorf("%s (- wanted):\n%s", name, diff)
		}
	}
}

func TestTheMedianCounts(t *testing.T) {
	found := figures{}
	if err := found.read("three", []byte("pkg: ui\nBenchmarkA-2 1 9 KB\nBenchmarkA-2 1 1 KB\nBenchmarkA-2 1 2 KB\n")); err != nil {
		t.Fatal(err)
	}
	if got, ok := found.median(metric{"ui", "A", "KB"}); got != 2 || !ok {
		t.Error(got, ok)
	}
	if _, ok := found.median(metric{"ui", "A", "MB"}); ok {
		t.Error("a figure that nobody gave is found")
	}
}

func TestWhatNobodyCouldReadIsAnError(t *testing.T) {
	if err := (figures{}).read("no number", []byte("BenchmarkBundle-2 1 many KB/gzip\n")); err == nil {
		t.Error("a figure that is no number passes")
	}
}
