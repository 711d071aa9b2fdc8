package nab_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/nab"
)

// drawn are the constants of detect.Standard that are drawn, by the file in which they stand. Those without a decimal point
// are rounded. Left alone is what is structure (tailBins, perOctave, unit, hoursOfWeek), what only bounds (leastRarity,
// widest), and alarms: when a series may alarm is promised to people.
func drawn() map[string][]string {
	return map[string][]string{
		"core.go": {
			"warmUp", "levelMemory", "clip", "fastMemory", "slowMemory", "recordFrom", "recordScore", "recordSlope",
			"outsideScore", "outsideSlope",
		},
		"tail.go":              {"halfLife", "lowerEvery", "tailPart", "tailPoints", "priorShape", "priorCount", "common"},
		"hush.go":              {"tiring", "apart", "fatigue", "fatigueHalf"},
		"detector_standard.go": {"weekMemory", "weekFrom", "skillOver"},
	}
}

// derived are the constants that follow from drawn ones.
func derived() map[string]map[string]func(of func(string) float64) float64 {
	return map[string]map[string]func(func(string) float64) float64{
		"tail.go": {"remains": func(of func(string) float64) float64 { return math.Exp2(-of("lowerEvery") / of("halfLife")) }},
		"hush.go": {"fatigueKept": func(of func(string) float64) float64 { return math.Exp2(-1 / of("fatigueHalf")) }},
	}
}

// draws is how often constants are drawn.
const draws = 16

// BenchmarkRobustness draws all constants of detect.Standard anew, each by a factor between a half and two whose logarithm is
// evenly distributed, and scores what comes out. The constants stay constants: go test builds each draw from copies of
// the sources, in a process of its own. First all of them are drawn; then, with the same factors, all but those of
// the record rule, whose score is set and not learned.
//
//	mean, sd, least, most  of the standard profile's scores, over all draws
//	low_false_…            the other profiles' means
//	nominal                the score without any draw, built in the same way
func BenchmarkRobustness(b *testing.B) {
	read(b) // tells early that the benchmark is not there
	here := score(b, nil)
	if overlaid := score(b, func(_ string, value float64) float64 { return value }); overlaid["standard"] != here["standard"] {
		b.Fatalf("the sources reach %v, and copies of them %v", here, overlaid)
	}
	for _, c := range []struct {
		name string
		kept []string
	}{
		{"all", nil}, {"all but the record rule's", []string{"recordScore", "recordSlope", "outsideScore", "outsideSlope"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				draw(b, c.kept)
			}
			b.ReportMetric(here["standard"], "nominal")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// draw draws all constants that are not to be kept, as often as is wanted, and reports what comes out.
func draw(b *testing.B, kept []string) {
	b.Helper()
	reached := map[string][]float64{}
	for n := range draws {
		r := rand.New(rand.NewPCG(uint64(n), 6))
		for name, value := range score(b, func(constant string, value float64) float64 {
			if factor := math.Exp2(2*r.Float64() - 1); !slices.Contains(kept, constant) {
				value *= factor
			}
			return value
		}) {
			reached[name] = append(reached[name], value)
		}
	}
	all := reached["standard"]
	b.ReportMetric(mean(all), "mean")
	b.ReportMetric(deviation(all), "sd")
	b.ReportMetric(slices.Min(all), "least")
	b.ReportMetric(slices.Max(all), "most")
	for _, name := range []string{"low_false_positives", "low_false_negatives"} {
		b.ReportMetric(mean(reached[name]), name)
	}
}

// BenchmarkSensitivity halves and doubles each constant alone, and reports by how much the standard profile's score changes.
func BenchmarkSensitivity(b *testing.B) {
	read(b)
	nominal := score(b, nil)["standard"]
	b.ResetTimer()
	for range b.N {
		for _, constants := range drawn() {
			for _, constant := range constants {
				for name, times := range map[string]float64{"_half": 0.5, "_twice": 2} {
					reached := score(b, func(other string, value float64) float64 {
						if other == constant {
							return value * times
						}
						return value
					})
					b.ReportMetric(reached["standard"]-nominal, constant+name)
				}
			}
		}
	}
	b.ReportMetric(nominal, "nominal")
	b.ReportMetric(0, "ns/op")
}

// score is what detect.Standard reaches in each profile, with each constant as change makes it; nil leaves the sources.
func score(b *testing.B, change func(constant string, value float64) float64) map[string]float64 {
	b.Helper()
	args := []string{"test", "-run", "^$", "-bench", "^BenchmarkNAB$/^standard$", "-benchtime", "1x"}
	if change != nil {
		args = append(args, "-overlay", overlay(b, change))
	}
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		b.Fatalf("go test of other constants: %v\n%s", err, out)
	}
	reached := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) == 0 || !strings.HasPrefix(words[0], "BenchmarkNAB/standard") {
			continue
		}
		for i := 3; i < len(words); i += 2 {
			if reached[words[i]], err = strconv.ParseFloat(words[i-1], 64); err != nil {
				b.Fatalf("%v in %q", err, line)
			}
		}
	}
	for _, p := range nab.Profiles() {
		if _, ok := reached[strings.ReplaceAll(p.Name, " ", "_")]; !ok {
			b.Fatalf("go test of other constants says nothing of %s:\n%s", p.Name, out)
		}
	}
	return reached
}

// overlay writes copies of the sources with other constants, and the file that has go build them in place of their originals.
func overlay(b *testing.B, change func(constant string, value float64) float64) string {
	b.Helper()
	sources, err := filepath.Abs(filepath.Join("..", "detect"))
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	replaced := map[string]string{}
	constants := drawn()
	for _, name := range slices.Sorted(maps.Keys(constants)) {
		text, err := os.ReadFile(filepath.Join(sources, name))
		if err != nil {
			b.Fatal(err)
		}
		values := map[string]float64{}
		for _, constant := range constants[name] {
			old := constantIn(b, name, text, constant)
			value, err := strconv.ParseFloat(old, 64)
			if err != nil {
				b.Fatal(err)
			}
			value = change(constant, value)
			if !strings.Contains(old, ".") {
				value = math.Round(value)
			}
			values[constant] = value
		}
		for constant, of := range derived()[name] {
			values[constant] = of(func(other string) float64 { return values[other] })
		}
		for constant, value := range values {
			constantIn(b, name, text, constant)
			text = declaration(constant).ReplaceAll(text, fmt.Appendf(nil, "${1}%s", strconv.FormatFloat(value, 'f', -1, 64)))
		}
		copied := filepath.Join(dir, name)
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			b.Fatal(err)
		}
		replaced[filepath.Join(sources, name)] = copied
	}
	file, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// declaration is how a constant stands in a source: its name at the beginning of a line, and a number.
func declaration(constant string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^((?:const|\t)?\s*` + constant + `\s*=\s*)([0-9.]+)`)
}

// constantIn is a constant's value as the source has it.
func constantIn(b *testing.B, name string, text []byte, constant string) string {
	b.Helper()
	found := declaration(constant).FindAllSubmatch(text, -1)
	if len(found) != 1 {
		b.Fatalf("%s declares %s %d times as a number", name, constant, len(found))
	}
	return string(found[0][2])
}

func mean(all []float64) float64 {
	sum := 0.
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}

// deviation is the standard deviation of a sample.
func deviation(all []float64) float64 {
	m, squares := mean(all), 0.
	for _, x := range all {
		squares += (x - m) * (x - m)
	}
	return math.Sqrt(squares / float64(len(all)-1))
}
