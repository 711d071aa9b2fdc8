package clientlogs

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// plainlyMatches is the standard's text (MQTT 5.0, 4.7) put down without a thought of speed.
func plainlyMatches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	var levels func(f, t []string) bool
	levels = func(f, t []string) bool {
		switch {
		case len(f) == 0:
			return len(t) == 0
		case f[0] == "#":
			return true
		case len(t) == 0:
			return false
		default:
			return (f[0] == "+" || f[0] == t[0]) && levels(f[1:], t[1:])
		}
	}
	return levels(strings.Split(filter, "/"), strings.Split(topic, "/"))
}

func TestTraceFiltersMatchAsTheStandardSays(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"#", "a", true}, {"#", "/", true}, {"#", "$SYS/a", false}, {"+/a", "$SYS/a", false}, {"$SYS/#", "$SYS", true},
		{"a/#", "a", true}, {"a/#", "a/", true}, {"a/#", "ab", false}, {"a/+", "a", false}, {"a/+", "a/", true},
		{"+", "a/b", false}, {"+/+", "/", true}, {"/+", "/a", true}, {"a", "a/", false}, {"a/", "a", false}, {"a", "A", false},
		{"a/+/c", "a/b/c", true}, {"a/+/#", "a", false}, {"a/+/#", "a/b", true}, {"a", "", false},
	} {
		if plainlyMatches(c.filter, c.topic) != c.want {
			t.Errorf("the standard is read otherwise: %q, %q", c.filter, c.topic)
		}
		if topicfilter.Match(c.filter, []byte(c.topic)) != c.want {
			t.Errorf("%q matches %q: %v", c.filter, c.topic, !c.want)
		}
	}
}

func TestTraceFiltersMatchLikePlainOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(levels ...string) string {
		var s []string
		for range 1 + random.IntN(5) {
			s = append(s, levels[random.IntN(len(levels))])
		}
		return strings.Join(s, "/")
	}
	matched, valid := 0, 0
	for range 200_000 {
		filter, topic := text("a", "b", "", "$", "+", "+", "#"), text("a", "b", "", "$")
		if whyNoFilter(filter) != "" {
			continue
		}
		valid++
		want := plainlyMatches(filter, topic)
		if want {
			matched++
		}
		if topicfilter.Match(filter, []byte(topic)) != want {
			t.Fatalf("%q matches %q: %v", filter, topic, !want)
		}
	}
	if valid < 50_000 || matched < 5_000 || matched > valid/2 {
		t.Errorf("of %d filters %d matched: the test looks at too few", valid, matched)
	}
}

func FuzzTraceFilter(f *testing.F) {
	for _, seed := range [][2]string{
		{"#", "$SYS/a"}, {"a/+/#", "a/b"}, {"+/+", "/"}, {"", ""}, {"$share/g/a", "a"}, {"a#", "a"}, {"a/\x00", "a"}, {"\xff", "\xff"}, {"//", "//"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, filter, topic string) {
		if whyNoFilter(filter) != "" {
			return
		}
		if got := topicfilter.Match(filter, []byte(topic)); got != plainlyMatches(filter, topic) {
			t.Errorf("%q matches %q: %v", filter, topic, got)
		}
	})
}

func TestFiltersThatCannotBeTraced(t *testing.T) {
	for _, filter := range []string{
		"", "#/a", "a#", "a/b#", "+a", "a/b+/c", "##", "$share/g/a", "a\x00b", "\xff", strings.Repeat("a", 65536),
	} {
		if whyNoFilter(filter) == "" {
			t.Errorf("%.20q is taken", filter)
		}
	}
	for _, filter := range []string{"#", "+", "/", "a//b", "$SYS/#", "$share", "+/+/#", "a b", strings.Repeat("a", 65535)} {
		if why := whyNoFilter(filter); why != "" {
			t.Errorf("%.20q %s", filter, why)
		}
	}
}

func TestATraceEndsByItself(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.busy(10_000) // too busy for auto
		h.passes(10 * time.Second)
		trace, minutes := ModeTrace, 60
		begun := time.Now()
		is := h.set(PublishEventsFields{Mode: &trace, Trace: &TraceFields{ClientIDs: []string{"pump"}, Topics: []string{"plant/+/alarm", "$SYS/#"}}})
		if is.State != PublishesRecorded || is.Trace == nil || !is.Trace.Until.Equal(begun.Add(10*time.Minute)) {
			t.Fatalf("%+v, %+v", is, is.Trace)
		}
		for _, c := range []struct {
			client, topic string
			want          bool
		}{
			{"pump", "anything", true}, {"other", "plant/1/alarm", true}, {"other", "plant/1", false}, {"pum", "x", false}, {"", "$SYS/a", true}, {"", "", false},
		} {
			if h.levels.Wants([]byte(c.client), []byte(c.topic)) != c.want {
				t.Errorf("%s on %s is wanted: %v", c.client, c.topic, !c.want)
			}
		}
		h.passes(5 * time.Minute)
		// It survives us, and is lengthened by what is asked for alone.
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		h.start()
		h.want(PublishesRecorded, true)
		is = h.set(PublishEventsFields{Trace: &TraceFields{Minutes: &minutes}})
		if is.Trace == nil || !is.Trace.Until.Equal(begun.Add(65*time.Minute)) || len(is.Trace.ClientIDs) != 1 || len(is.Trace.Topics) != 2 {
			t.Fatalf("%+v, %+v", is, is.Trace)
		}
		h.passes(59*time.Minute + 59*time.Second)
		h.want(PublishesRecorded, true)
		h.passes(time.Second + lookEvery)
		if is := h.levels.Settings().PublishEvents; is.Mode != ModeAuto || is.Trace != nil {
			t.Errorf("%+v", is)
		}
		h.passes(2 * time.Second)
		h.want(PublishesPaused, false)
		if !h.levels.Wants([]byte("other"), []byte("plant/1")) {
			t.Error("what is not traced is not wanted when the trace is over")
		}
		if text := h.log.String(); strings.Count(text, "the trace of publish events has ended") != 1 {
			t.Error(text)
		}
	})
}

func TestATraceThatEndedWithoutUs(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		off, trace := ModeOff, ModeTrace
		h.set(PublishEventsFields{Mode: &off})
		h.set(PublishEventsFields{Mode: &trace, Trace: &TraceFields{Topics: []string{"#"}}})
		h.want(PublishesRecorded, true)
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		h.passes(time.Hour)
		h.start()
		if is := h.want(PublishesOff, false); is.Mode != ModeOff || is.Trace != nil {
			t.Errorf("%+v", is)
		}
		if h.levels.Wants([]byte("c"), []byte("t")) {
			t.Error("off wants publishes")
		}
		var stored storedSettings
		if _, err := h.db.Setting(h.t.Context(), settingName, &stored); err != nil || stored.Mode != ModeOff || !stored.Trace.Until.IsZero() {
			t.Errorf("stored is %+v, %v", stored, err)
		}
	})
}

func TestWantsAllocatesNothing(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		auto, trace := ModeAuto, ModeTrace
		client, topic := []byte("a client that is not among those"), []byte("plant/hall/machine/temperature")
		for _, p := range []PublishEventsFields{
			{Mode: &auto},
			{Mode: &trace, Trace: &TraceFields{ClientIDs: []string{"x", "y"}, Topics: []string{"a/#", "plant/+/+/pressure", "+/+", "plant/hall/#"}}},
		} {
			h.set(p)
			if n := testing.AllocsPerRun(1000, func() {
				if !h.levels.Wants(client, topic) {
					t.Error("it is not wanted")
				}
			}); n != 0 {
				t.Errorf("%s: %v allocations", *p.Mode, n)
			}
		}
	})
}
