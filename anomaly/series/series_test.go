package series_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/anomaly/extract"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// feed is a topic under a clock of its own.
type feed struct {
	c     series.Context
	topic *series.Topic
	x     extract.Extractor
	found []series.Finding
}

func newFeed() *feed {
	f := &feed{}
	f.c = series.Context{At: 1_772_539_200_000, Budget: 0.1, Week: func(ms int64) int {
		t := time.UnixMilli(ms).UTC()
		return int(t.Weekday())*24 + t.Hour()
	}}
	f.topic = series.NewTopic(&f.c, "t")
	return f
}

// takes lets time pass and a payload come.
func (f *feed) takes(after time.Duration, payload string) {
	f.c.At += after.Milliseconds()
	f.c.Hour = f.c.Week(f.c.At)
	f.c.Found = f.c.Found[:0]
	f.topic.Message(&f.c, f.x.Fields([]byte(payload)), len(payload))
	for _, found := range f.c.Found {
		if !found.Over && found.Score >= found.Threshold {
			f.found = append(f.found, found)
		}
	}
}

// kinds are the kinds that were found, each once, with their fields.
func (f *feed) kinds() []string {
	var all []string
	seen := map[string]bool{}
	for _, found := range f.found {
		name := string(found.Kind) + " " + found.Field
		if !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all
}

func TestWhatRealDataDoes(t *testing.T) {
	for name, c := range map[string]struct {
		value func(r *rand.Rand, i int) string
		want  []string
	}{
		"a meter grows": {func(r *rand.Rand, i int) string { return fmt.Sprintf(`{"kwh":%.3f}`, float64(i)*0.5+r.Float64()*0.3) }, nil},
		"a meter runs away": {func(r *rand.Rand, i int) string {
			x := float64(i)*0.5 + r.Float64()*0.3
			if i >= 2500 {
				x += float64(i-2499) * 200
			}
			return fmt.Sprintf(`{"kwh":%.3f}`, x)
		}, []string{"level kwh"}},
		"a value rests at night": {func(r *rand.Rand, i int) string {
			if i/600%2 == 1 {
				return "0"
			}
			return fmt.Sprintf("%.2f", 100+10*r.NormFloat64())
		}, []string{"level "}}, // the first night; that it stays there is nothing
		"a field goes missing": {func(r *rand.Rand, i int) string {
			if i >= 2500 {
				return fmt.Sprintf(`{"a":%.2f}`, r.NormFloat64())
			}
			return fmt.Sprintf(`{"a":%.2f,"b":%.2f}`, r.NormFloat64(), r.NormFloat64())
		}, []string{"missing b"}},
		"a field that is optional": {func(r *rand.Rand, i int) string {
			if r.IntN(3) == 0 {
				return fmt.Sprintf(`{"a":%.2f}`, r.NormFloat64())
			}
			return fmt.Sprintf(`{"a":%.2f,"b":%.2f}`, r.NormFloat64(), r.NormFloat64())
		}, nil},
		"a machine that fails": {func(_ *rand.Rand, i int) string {
			if i == 2999 {
				return `{"state":"fault"}`
			}
			return fmt.Sprintf(`{"state":%q}`, []string{"idle", "run", "cool"}[i/20%3])
		}, nil}, // three thousand messages are too few to be surprised once a minute
		"huge numbers":     {func(r *rand.Rand, i int) string { return fmt.Sprintf("%g", 1e300*(1+r.Float64())) }, nil},
		"nothing but text": {func(r *rand.Rand, i int) string { return fmt.Sprintf(`{"id":"x%d"}`, r.IntN(1e9)) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f, r := newFeed(), rand.New(rand.NewPCG(1, 1))
			for i := range 3000 {
				f.takes(time.Minute, c.value(r, i))
			}
			if diff := cmp.Diff(c.want, f.kinds()); diff != "" {
				t.Errorf("(-want +got)\n%s%+v", diff, f.found[:min(3, len(f.found))])
			}
		})
	}
}

// TestAPeakBetweenTwoSecondsIsSeen has twenty values a second, of which one is far off.
func TestAPeakBetweenTwoSecondsIsSeen(t *testing.T) {
	f, r := newFeed(), rand.New(rand.NewPCG(1, 1))
	for i := range 20 * 600 {
		x := 20 + r.NormFloat64()
		if i == 20*500+7 {
			x = 90
		}
		f.takes(50*time.Millisecond, fmt.Sprintf("%.2f", x))
	}
	if len(f.found) != 1 || f.found[0].Value != 90 {
		t.Errorf("%+v", f.found)
	}
}

// TestWhatWasSavedGoesOn compares a topic with the same one that was written down and read.
func TestWhatWasSavedGoesOn(t *testing.T) {
	f, r := newFeed(), rand.New(rand.NewPCG(1, 1))
	payload := func(i int) string {
		return fmt.Sprintf(`{"a":%.2f,"n":%d,"s":%q,"ok":%t}`, r.NormFloat64(), i*3, []string{"x", "y"}[i/9%2], i%7 > 2)
	}
	for i := range 700 {
		f.takes(10*time.Second, payload(i))
	}
	line, err := f.topic.Save(true)
	if err != nil {
		t.Fatal(err)
	}
	read, err := series.Load(line)
	if err != nil {
		t.Fatal(err)
	}
	again, err := read.Save(true)
	if err != nil || string(again) != string(line) {
		t.Fatalf("it is not what was written: %v", err)
	}
	other := &feed{c: f.c, topic: read}
	f.found = nil
	for i := range 300 {
		text := payload(700 + i)
		f.takes(10*time.Second, text)
		other.takes(10*time.Second, text)
		for _, field := range f.topic.Fields() {
			same := read.Field(field.Path)
			if a, b := fmt.Sprint(field.Summary()), fmt.Sprint(same.Summary()); a != b {
				t.Fatalf("value %d: %s and %s", i, a, b)
			}
			if a, b := fmt.Sprint(field.Points(0, f.c.At)), fmt.Sprint(same.Points(0, f.c.At)); a != b {
				t.Fatalf("value %d: courses %s and %s", i, a, b)
			}
		}
	}
}

// TestAPumpThatDriftsForAWeek goes away from where it was by little more than a mean deviation a day: no value of it is strange, and
// it is found all the same, with what was saved and read before it began. When it has not been seen for a day that is told, once.
func TestAPumpThatDriftsForAWeek(t *testing.T) {
	const perDay, begin, back, end = 1440, 14 * 1440, 21 * 1440, 25 * 1440
	f, r := newFeed(), rand.New(rand.NewPCG(4, 4))
	found, over := 0, 0
	for i := range end {
		off := 0.0
		if i >= begin && i < back {
			off = 1.5 * float64(i-begin) / perDay
		}
		f.takes(time.Minute, fmt.Sprintf(`{"bar":%.2f}`, 40+off+2*math.Sin(2*math.Pi*float64(i)/perDay)+0.5*r.NormFloat64()))
		for _, x := range f.c.Found {
			switch {
			case x.Kind == series.Trend && x.Over && over > 0:
				t.Errorf("it is over twice, after %d and %d hours", over/60, i/60)
			case x.Kind == series.Trend && x.Over:
				over = i
			case x.Kind == series.Trend && x.Score >= x.Threshold && found == 0:
				found = i
			}
		}
		if i == begin-100 {
			line, err := f.topic.Save(false)
			if err != nil {
				t.Fatal(err)
			}
			if f.topic, err = series.Load(line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found < begin || found > begin+5*perDay {
		t.Errorf("found after %d hours", (found-begin)/60)
	}
	if over < back || over > back+2*perDay {
		t.Errorf("over %d hours after it was back", (over-back)/60)
	}
	if got := f.kinds(); got[0] != "trend bar" {
		t.Errorf("found %v", got)
	}
}

// TestThreeValuesAtOnceHaveACourse: how often something comes is not known from them.
func TestThreeValuesAtOnceHaveACourse(t *testing.T) {
	f := newFeed()
	for range 5 {
		f.takes(0, "20")
	}
	if points := f.topic.Field("").Points(0, f.c.At); len(points) < 2 {
		t.Errorf("%d points are kept", len(points))
	}
}

func FuzzLoad(f *testing.F) {
	from := newFeed()
	for i := range 300 {
		from.takes(time.Second, fmt.Sprintf(`{"a":%d,"s":"x%d"}`, i%17, i%3))
	}
	line, err := from.topic.Save(true)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte(`{"name":"t","silence":"","fields":[{"path":"a","stuck":""}]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		topic, err := series.Load(line)
		if err != nil {
			return
		}
		g := newFeed()
		g.topic = topic
		for i := range 50 {
			g.takes(time.Second, fmt.Sprintf(`{"a":%d,"s":"x%d"}`, i, i%3))
		}
	})
}

// BenchmarkMessage is what one message costs: a payload of five fields, read and looked at.
func BenchmarkMessage(b *testing.B) {
	f := newFeed()
	payloads := make([]string, 512)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range payloads {
		payloads[i] = fmt.Sprintf(`{"temperature":%.2f,"humidity":%.1f,"battery":97,"linkquality":%d,"contact":true}`, 20+r.NormFloat64(), 48+r.NormFloat64(), 100+r.IntN(20))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		f.takes(time.Second, payloads[i%len(payloads)])
	}
}
