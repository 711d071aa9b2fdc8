package nab_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/nab"
)

// plain is a series of 1,000 points with one window in it. Its probation ends at 150.
func plain() nab.Series {
	return nab.Series{Values: make([]float64, 1000), Windows: []nab.Window{{From: 500, To: 599}}}
}

func best(t *testing.T, s nab.Series, hits ...int) nab.Score {
	t.Helper()
	scores := make([]float64, len(s.Values))
	for _, i := range hits {
		scores[i] = 1
	}
	return nab.Best([]nab.Series{s}, [][]float64{scores}, nab.Profiles()[0])
}

func TestTheRulesOfTheBenchmark(t *testing.T) {
	for name, c := range map[string]struct {
		hits     []int
		from, to float64
	}{
		"nothing found":                     {nil, 0, 0},
		"found at once":                     {[]int{500}, 100, 100},
		"found late":                        {[]int{598}, 51, 53},
		"found twice counts once":           {[]int{500, 520, 540}, 100, 100},
		"found, and a false alarm":          {[]int{500, 700}, 94, 95},
		"a false alarm right behind":        {[]int{500, 600}, 98, 99.99},
		"false alarms alone are left alone": {[]int{300, 900}, 0, 0}, // the threshold is chosen so that nothing is said
		"in the probation nothing counts":   {[]int{10, 149, 500}, 100, 100},
	} {
		if got := best(t, plain(), c.hits...).Value; got < c.from-1e-9 || got > c.to+1e-9 {
			t.Errorf("%s: %.2f, not %v to %v", name, got, c.from, c.to)
		}
	}
}

func TestTheProfilesWeighOtherwise(t *testing.T) {
	s := plain()
	scores := make([]float64, len(s.Values))
	scores[500], scores[800] = 1, 1
	var values []float64
	for _, p := range nab.Profiles() {
		values = append(values, nab.Best([]nab.Series{s}, [][]float64{scores}, p).Value)
	}
	// A hit and a false alarm far behind: 100·(1 - 0.11/2), 100·(1 - 0.22/2), 100·(1 - 0.11/3).
	for i, want := range []float64{94.5, 89, 96.333} {
		if math.Abs(values[i]-want) > 0.01 {
			t.Errorf("%s: %.3f, not %.3f", nab.Profiles()[i].Name, values[i], want)
		}
	}
}

func TestTheThresholdIsOneForAllSeries(t *testing.T) {
	a, b := plain(), plain()
	first, second := make([]float64, 1000), make([]float64, 1000)
	first[500], first[200] = 5, 3
	second[500], second[200] = 4, 2
	got := nab.Best([]nab.Series{a, b}, [][]float64{first, second}, nab.Profiles()[0])
	if got.Threshold != 4 || got.Hits != 2 || got.False != 0 || got.Value != 100 {
		t.Errorf("%+v", got)
	}
}

// TestAThresholdOfItsOwn has two series alarm at scores that only their own thresholds tell apart, and one that is worse than
// silence.
func TestAThresholdOfItsOwn(t *testing.T) {
	a, b := plain(), plain()
	first, second := make([]float64, 1000), make([]float64, 1000)
	first[500], first[200] = 5, 4
	second[500], second[200] = 3, 2
	all, scores, p := []nab.Series{a, b}, [][]float64{first, second}, nab.Profiles()[0]
	got := nab.At(all, scores, []float64{5, 3}, p)
	if got.Value != 100 || got.Hits != 2 || got.False != 0 || !math.IsNaN(got.Threshold) {
		t.Errorf("%+v", got)
	}
	// A false alarm before the first window costs 0.11 of two windows, whose distance is 4: 5.5/2.
	if got := nab.At(all, scores, []float64{4, 3}, p); math.Abs(got.Value-97.25) > 1e-9 || got.False != 1 {
		t.Errorf("%+v", got)
	}
	for i := range first {
		first[i] = 1
	}
	if got := nab.At(all, scores, []float64{1, 9}, p); got.Value > -500 {
		t.Errorf("%d false alarms are worth %v", got.False, got.Value)
	}
}

func TestPointsADay(t *testing.T) {
	s := nab.Series{Times: []int64{0, 300, 600, 4000, 4300, 4301}, Values: make([]float64, 6)}
	if got := s.PerDay(); got != 288 {
		t.Errorf("%v", got)
	}
}

func TestReadingAFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("combined_windows.json", `{"a/b.csv": [["2014-04-01 00:05:00.000000", "2014-04-01 00:10:00.000000"]], "a/c.csv": []}`)
	write("a/b.csv", "timestamp,value\n2014-04-01 00:00:00,1.5\n2014-04-01 00:05:00,2\n2014-04-01 00:10:00,-3e2\n2014-04-01 00:15:00,4\n")
	write("a/c.csv", "timestamp,value\n2014-04-01 00:00:00,1\n")
	all, err := nab.Read(dir)
	if err != nil || len(all) != 2 || all[0].Name != "a/b.csv" || all[0].Values[2] != -300 || all[0].Windows[0] != (nab.Window{From: 1, To: 2}) {
		t.Fatalf("%+v %v", all, err)
	}
	write("a/c.csv", "timestamp,value\n2014-04-01 00:00:00,one\n")
	if _, err := nab.Read(dir); err == nil || !strings.Contains(err.Error(), "a/c.csv") {
		t.Errorf("%v", err)
	}
}
