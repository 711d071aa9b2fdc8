package clientlogs

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestSettingsBeforeAnybodySetThem(t *testing.T) {
	h := buildSettings(t, LevelOptions{
		Switch: &lever{}, Available: Available{PublishEvents: true, Denied: true, Subscriptions: true, Source: sourceKeeper},
	})
	eventually(t, "publishes are recorded", func() bool { return h.get().PublishEvents.State == PublishesRecorded })
	_, text := h.send(http.MethodGet, "")
	for _, part := range []string{
		`"publish_events":{"mode":"auto","state":"recording","since":"`, `"reason":"","threshold_per_second":500,"rate_per_second":0,"trace":null,"last_error":null}`,
		`"available":{"publish_events":true,"denied":true,"subscriptions":true,"source":"keeper"}`, `"retention":{"events_days":90,"publishes_days":7}`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
	if h.levels.EventsAge() != 90*24*time.Hour || h.levels.PublishesAge() != 7*24*time.Hour {
		t.Errorf("kept for %v and %v", h.levels.EventsAge(), h.levels.PublishesAge())
	}
}

func TestSettingsChangeWhatTheyName(t *testing.T) {
	db := storetest.Open(t)
	h := buildSettings(t, LevelOptions{Store: db, Switch: &lever{}})
	a := h.put(`{"publish_events":{"threshold_per_second":100000},"retention":{"events_days":3650}}`)
	if a.PublishEvents.Threshold != 100_000 || a.PublishEvents.Mode != ModeAuto || a.Retention != (RetentionAnswer{3650, 7}) {
		t.Errorf("%+v", a)
	}
	h.put(`{"retention":{"publishes_days":1}}`)
	h.put(`{"publish_events":{"mode":"full"}}`)
	h.put(`{}`)
	a = h.put(`{"publish_events":{"mode":"trace","trace":{"minutes":1440,"client_ids":["dach boden"],"topics":["a/+"]}}}`)
	p := a.PublishEvents
	if a.Retention != (RetentionAnswer{3650, 1}) || p.Threshold != 100_000 || p.Mode != ModeTrace || p.State != PublishesRecorded ||
		p.Trace == nil || !slices.Equal(p.Trace.ClientIDs, []string{"dach boden"}) || !slices.Equal(p.Trace.Topics, []string{"a/+"}) {
		t.Fatalf("%+v, %+v", a, p.Trace)
	}
	if left := time.Until(p.Trace.Until); left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("until %v", p.Trace.Until)
	}
	if again := h.put(`{"publish_events":{"mode":"trace"}}`); !again.PublishEvents.Trace.Until.Equal(p.Trace.Until) {
		t.Errorf("the trace was moved to %v", again.PublishEvents.Trace.Until)
	}
	if a := h.put(`{"publish_events":{"trace":{"client_ids":[]}}}`); len(a.PublishEvents.Trace.ClientIDs) != 0 || len(a.PublishEvents.Trace.Topics) != 1 {
		t.Errorf("%+v", a.PublishEvents.Trace)
	}
	if _, text := h.send(http.MethodGet, ""); !strings.Contains(text, `"client_ids":[],"topics":["a/+"]`) {
		t.Error(text)
	}
	if text := h.log.String(); strings.Count(text, "settings changed") != 7 || strings.Count(text, "actor=tester") != 7 || !strings.Contains(text, "publish_events=full") {
		t.Error(text)
	}
	if h.levels.EventsAge() != 3650*24*time.Hour || h.levels.PublishesAge() != 24*time.Hour {
		t.Errorf("kept for %v and %v", h.levels.EventsAge(), h.levels.PublishesAge())
	}

	again := buildSettings(t, LevelOptions{Store: db, Switch: &lever{}}).get()
	if again.Retention != (RetentionAnswer{3650, 1}) || again.PublishEvents.Mode != ModeTrace || !again.PublishEvents.Trace.Until.Equal(p.Trace.Until) {
		t.Errorf("after a start: %+v", again)
	}
	if a := h.put(`{"publish_events":{"mode":"off"}}`); a.PublishEvents.State != PublishesOff || a.PublishEvents.Trace != nil {
		t.Errorf("%+v", a.PublishEvents)
	}
}

func TestSettingsThatAreNotAcceptable(t *testing.T) {
	h := buildSettings(t, LevelOptions{Switch: &lever{}})
	for body, field := range map[string]string{
		`{"publish_events":{"mode":"all"}}`:                                    "body.publish_events.mode",
		`{"publish_events":{"threshold_per_second":0}}`:                        "body.publish_events.threshold_per_second",
		`{"publish_events":{"threshold_per_second":100001}}`:                   "body.publish_events.threshold_per_second",
		`{"retention":{"events_days":0}}`:                                      "body.retention.events_days",
		`{"retention":{"publishes_days":3651}}`:                                "body.retention.publishes_days",
		`{"publish_events":{"mode":"trace","trace":{"minutes":0}}}`:            "body.publish_events.trace.minutes",
		`{"publish_events":{"mode":"trace","trace":{"minutes":1441}}}`:         "body.publish_events.trace.minutes",
		`{"publish_events":{"mode":"trace","trace":{"client_ids":"a"}}}`:       "body.publish_events.trace.client_ids",
		`{"publish_events":{"mode":"full","until":"2026-11-25T00:00:00Z"}}`:    "body.publish_events.until",
		`{"retention":{"events_days":7.5}}`:                                    "body.retention.events_days",
		`{"publish_events":{"mode":"trace","trace":{"topics":["a"],"qos":1}}}`: "body.publish_events.trace.qos",
	} {
		if status, text := h.send(http.MethodPut, body); status != http.StatusUnprocessableEntity || !strings.Contains(text, `"location":"`+field+`"`) {
			t.Errorf("%s: status %d: %s", body, status, text)
		}
	}
	many := strings.Repeat(`"a",`, 20) + `"b"`
	for body, field := range map[string]string{
		`{"publish_events":{"mode":"trace"}}`:                                               "body.publish_events.trace",
		`{"publish_events":{"mode":"trace","trace":{"minutes":5}}}`:                         "body.publish_events.trace",
		`{"publish_events":{"mode":"trace","trace":{"client_ids":[` + many + `]}}}`:         "body.publish_events.trace",
		`{"publish_events":{"mode":"trace","trace":{"client_ids":["a",""]}}}`:               "body.publish_events.trace.client_ids[1]",
		`{"publish_events":{"mode":"trace","trace":{"topics":["a/b","a/#/b"]}}}`:            "body.publish_events.trace.topics[1]",
		`{"publish_events":{"mode":"full","trace":{"topics":["a"]}}}`:                       "body.publish_events.trace",
		`{"publish_events":{"trace":{"topics":["a"]}}}`:                                     "body.publish_events.trace",
		`{"retention":{"events_days":5},"publish_events":{"mode":"trace","trace":{}}}`:      "body.publish_events.trace",
		`{"publish_events":{"threshold_per_second":5,"mode":"auto","trace":{"minutes":1}}}`: "body.publish_events.trace",
	} {
		if f := h.refused(body); f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != field {
			t.Errorf("%s: %+v", body, f)
		}
	}
}

func TestSettingsWhereThereIsNoDebugLog(t *testing.T) {
	h := buildSettings(t, LevelOptions{Available: Available{Source: "topic", WhyNot: "the broker publishes no debug lines"}})
	if a := h.get(); a.PublishEvents.State != PublishesUnavailable || a.PublishEvents.Reason == "" || a.Available.WhyNot == "" || a.Available.PublishEvents {
		t.Errorf("%+v", a)
	}
	for _, body := range []string{
		`{"publish_events":{"mode":"auto"}}`, `{"publish_events":{"mode":"full"}}`, `{"publish_events":{"mode":"trace","trace":{"topics":["a"]}}}`,
	} {
		if f := h.refused(body); f.Kind != fault.Conflict || !strings.Contains(f.HintText, "log_type all") || !strings.Contains(f.HintText, "--broker-log") {
			t.Errorf("%s: %+v", body, f)
		}
	}
	if a := h.put(`{"publish_events":{"mode":"off","threshold_per_second":7},"retention":{"events_days":1}}`); a.PublishEvents.State != PublishesOff || a.Retention.EventsDays != 1 {
		t.Errorf("%+v", a)
	}
}

func TestSettingsWhereTheLogHasDebugLinesAnyway(t *testing.T) {
	h := buildSettings(t, LevelOptions{Available: Available{PublishEvents: true, Source: "file"}, Rate: func() float64 { return 1e6 }})
	wants := func(topic string) bool { return h.levels.Wants([]byte("c"), []byte(topic)) }
	if a := h.get(); a.PublishEvents.State != PublishesRecorded || !wants("b") {
		t.Errorf("%+v", a)
	}
	if a := h.put(`{"publish_events":{"mode":"trace","trace":{"topics":["a"]}}}`); a.PublishEvents.State != PublishesRecorded || wants("b") || !wants("a") {
		t.Errorf("%+v", a)
	}
	if a := h.put(`{"publish_events":{"mode":"off"}}`); a.PublishEvents.State != PublishesOff || wants("a") {
		t.Errorf("%+v", a)
	}
	if a := h.put(`{"publish_events":{"mode":"full"}}`); a.PublishEvents.State != PublishesRecorded || !wants("b") {
		t.Errorf("%+v", a)
	}
}

func TestSettingsNeedPermissions(t *testing.T) {
	h := buildSettings(t, LevelOptions{})
	path := h.api.OpenAPI().Paths["/settings/clientlogs"]
	if got := path.Get.Metadata["permission"]; got != "clientlogs:read" {
		t.Errorf("GET needs %v", got)
	}
	if got := path.Put.Metadata["permission"]; got != "settings:write" {
		t.Errorf("PUT needs %v", got)
	}
}

// TestSettingsOfAnotherVersion holds that what cannot be understood does not keep the program from starting.
func TestSettingsOfAnotherVersion(t *testing.T) {
	db := storetest.Open(t)
	for _, stored := range []map[string]any{
		{"mode": "sample", "threshold": -1, "events_days": 0, "publishes_days": 99_999, "before": "trace"},
		{"mode": "trace", "before": "sample", "trace": map[string]any{"until": time.Now().Add(time.Hour), "topics": []string{""}}},
		{"mode": "trace", "trace": map[string]any{}},
	} {
		if err := db.SetSetting(t.Context(), settingName, stored); err != nil {
			t.Fatal(err)
		}
		a := buildSettings(t, LevelOptions{Store: db, Switch: &lever{}}).get()
		if a.PublishEvents.Mode != ModeAuto || a.PublishEvents.Threshold != 500 || a.Retention != (RetentionAnswer{90, 7}) {
			t.Errorf("%v: %+v", stored, a)
		}
	}
}

// TestSettingsFromManySides changes settings from several sides at once, beside Run and the lines of a log.
func TestSettingsFromManySides(t *testing.T) {
	switched := &lever{}
	h := buildSettings(t, LevelOptions{Switch: switched, Rate: func() float64 { return 300 }})
	var sides sync.WaitGroup
	for side := range 4 {
		sides.Go(func() {
			modes := []Mode{ModeFull, ModeOff, ModeAuto, ModeTrace}
			for i := range 20 {
				in := PublishEventsFields{Mode: &modes[(side+i)%len(modes)]}
				if *in.Mode == ModeTrace {
					in.Trace = &TraceFields{Topics: []string{"a"}}
				}
				if _, err := h.levels.SetSettings(t.Context(), SettingsFields{PublishEvents: &in}); err != nil {
					t.Errorf("setting %s: %v", *in.Mode, err)
				}
				h.levels.Wants([]byte("c"), []byte("a"))
				h.levels.Settings()
			}
		})
	}
	sides.Wait()
	for mode, on := range map[string]bool{"full": true, "off": false} {
		a := h.put(`{"publish_events":{"mode":"` + mode + `"}}`)
		if string(a.PublishEvents.Mode) != mode || switched.DebugLog() != on {
			t.Errorf("%+v, debug log on: %v", a.PublishEvents, switched.DebugLog())
		}
	}
}

func TestSettingsThatCannotBeStoredChangeNothing(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{Path: t.TempDir() + "/bunkerm.db", Disk: storetest.Roomy})
	if err != nil {
		t.Fatal(err)
	}
	switched := &lever{}
	h := buildSettings(t, LevelOptions{Store: db, Switch: switched})
	h.put(`{"publish_events":{"mode":"full"}}`)
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	off := ModeOff
	if _, err := h.levels.SetSettings(t.Context(), SettingsFields{PublishEvents: &PublishEventsFields{Mode: &off}}); err == nil {
		t.Error("it is said to be stored")
	}
	if a := h.get(); a.PublishEvents.Mode != ModeFull || !switched.DebugLog() || !h.levels.Wants(nil, []byte("a")) {
		t.Errorf("%+v", a)
	}
}

func TestLevelsNeedAStore(t *testing.T) {
	if _, err := NewLevels(t.Context(), LevelOptions{}); err == nil {
		t.Error("there are levels without a store")
	}
}
