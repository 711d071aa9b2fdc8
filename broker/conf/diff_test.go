package conf_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// unified writes a diff as people know it.
func unified(diff []conf.FileDiff) string {
	var b strings.Builder
	for _, f := range diff {
		fmt.Fprintf(&b, "%s %s\n", f.Status, f.File)
		for _, h := range f.Hunks {
			b.WriteString("@@\n")
			for _, l := range h.Lines {
				fmt.Fprintf(&b, "%s %d %d %s\n", map[conf.LineOp]string{conf.LineSame: " ", conf.LineAdded: "+", conf.LineRemoved: "-"}[l.Op], l.Old, l.New, l.Text)
			}
		}
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	before := "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n"
	after := "a\nb\nc\nD\ne\nf\ng\nh\ni\nj\nk\nl\nm\n"
	want := `changed mosquitto.conf
@@
  1 1 a
  2 2 b
  3 3 c
- 4 0 d
+ 0 4 D
  5 5 e
  6 6 f
  7 7 g
@@
  10 10 j
  11 11 k
  12 12 l
+ 0 13 m
`
	if got := unified(conf.Diff(load(t, before), load(t, after))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := conf.Diff(load(t, before), load(t, before)); len(got) != 0 {
		t.Errorf("the same differs: %+v", got)
	}
}

func TestDiffOfFilesThatComeAndGo(t *testing.T) {
	got := unified(conf.Diff(load(t, "include_dir d\n", "d/a.conf", "user x\n"), load(t, "include_dir d\n", "d/b.conf", "user y\n")))
	want := "added d/b.conf\n@@\n+ 0 1 user y\nremoved d/a.conf\n@@\n- 1 0 user x\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDiffsTellTheWholeChange applies diffs of random texts: what they leave out has to be the same on both sides.
func TestDiffsTellTheWholeChange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() []string {
		lines := make([]string, r.IntN(60))
		for i := range lines {
			lines[i] = string(rune('a' + r.IntN(1+r.IntN(26))))
		}
		return lines
	}
	for range 3000 {
		before, after := random(), random()
		got := map[int]string{}
		gone := map[int]bool{}
		for _, d := range conf.Diff(load(t, strings.Join(before, "\n")), load(t, strings.Join(after, "\n"))) {
			for _, h := range d.Hunks {
				for _, l := range h.Lines {
					switch l.Op {
					case conf.LineAdded:
						got[l.New] = l.Text
					case conf.LineRemoved:
						gone[l.Old] = true
						if before[l.Old-1] != l.Text {
							t.Fatalf("line %d of %q is not %q", l.Old, before, l.Text)
						}
					case conf.LineSame:
						if before[l.Old-1] != l.Text || after[l.New-1] != l.Text {
							t.Fatalf("%+v is not in both of %q and %q", l, before, after)
						}
					}
				}
			}
		}
		var applied []string
		for i := 0; ; {
			if line, ok := got[len(applied)+1]; ok {
				applied = append(applied, line)
				continue
			}
			for i < len(before) && gone[i+1] {
				i++
			}
			if i >= len(before) {
				break
			}
			applied = append(applied, before[i])
			i++
		}
		if strings.Join(applied, "\n") != strings.Join(after, "\n") {
			t.Fatalf("the diff of %q and %q leads to %q", before, after, applied)
		}
	}
}

func TestDiffsOfFiveMegabytesEndSoon(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	lines := func(kinds int) string {
		var b strings.Builder
		for b.Len() < 5<<20 {
			b.WriteString("# a line of some length ")
			b.WriteString(strconv.Itoa(r.IntN(kinds)))
			b.WriteByte('\n')
		}
		return b.String()
	}
	for _, kinds := range []int{1, 3, 1000, 1 << 30} {
		before, after := load(t, lines(kinds)), load(t, lines(kinds)+"x\n")
		start := time.Now()
		got := conf.Diff(before, after)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d kinds of lines take %v", kinds, took)
		}
		n := 0
		for _, d := range got {
			for _, h := range d.Hunks {
				n += len(h.Lines)
			}
		}
		if n > 200_000 {
			t.Errorf("%d kinds of lines: the diff has %d lines", kinds, n)
		}
	}
}
