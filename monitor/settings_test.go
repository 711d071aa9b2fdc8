package monitor

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	var applied []ObservationSettings
	var records []string
	change := func(o *Options) {
		o.Defaults = ObservationSettings{Observed: []string{"#"}}
		o.Apply = func(s ObservationSettings) error { applied = append(applied, s); return nil }
		o.Record = func(_ context.Context, action, object string, before, after any) {
			records = append(records, action+" "+object+" "+shown(before)+" "+shown(after))
		}
	}
	s, server := sessionService(t, change)
	first := answerOf[ObservationSettings](t, server, "/settings/monitor")
	if !slices.Equal(first.Observed, []string{"#"}) || !slices.Equal(first.Redacted, DefaultRedacted()) ||
		first.Retention != (HistoryRetention{24, 14, 730}) || len(applied) != 1 {
		t.Fatalf("at first: %s, applied %d times", shown(first), len(applied))
	}

	put := func(body string) (int, string) {
		t.Helper()
		status, text := askServer(t, server, http.MethodPut, "/settings/monitor", body)
		return status, string(text)
	}
	status, text := put(`{"observed":["a/#","b/+"],"retention":{"minute_days":30}}`)
	var second ObservationSettings
	if err := json.Unmarshal([]byte(text), &second); err != nil || status != http.StatusOK {
		t.Fatal(status, text, err)
	}
	if !slices.Equal(second.Observed, []string{"a/#", "b/+"}) || !slices.Equal(second.Redacted, first.Redacted) ||
		second.Retention != (HistoryRetention{24, 30, 730}) {
		t.Errorf("%s", text)
	}
	if len(applied) != 2 || shown(applied[1]) != shown(second) || len(records) != 1 || !strings.HasPrefix(records[0], "settings.update settings/monitor ") {
		t.Errorf("applied %s, recorded %q", shown(applied), records)
	}

	for body, where := range map[string]string{
		`{"observed":["a","a/#/b"]}`:                            "body.observed[1]",
		`{"observed":["$share/g/a"]}`:                           "body.observed[0]",
		`{"observed":[""]}`:                                     "body.observed[0]",
		`{"redacted":["x","y+"]}`:                               "body.redacted[1]",
		`{"retention":{"raw_hours":700}}`:                       "", // longer than the minutes by a little less
		`{"retention":{"raw_hours":744}}`:                       "body.retention.raw_hours",
		`{"retention":{"quarter_days":7}}`:                      "body.retention.minute_days",
		`{"retention":{"quarter_days":0}}`:                      "body.retention.quarter_days",
		`{"retention":{"minute_days":1000000}}`:                 "body.retention.minute_days",
		`{"observed":"#"}`:                                      "body.observed",
		`{"observed":[` + strings.Repeat(`"a",`, 100) + `"b"]}`: "body.observed",
	} {
		status, text := put(body)
		if where == "" {
			continue
		}
		if status != http.StatusUnprocessableEntity {
			t.Errorf("%.60s: %d %s, want %s", body, status, text, where)
		}
	}
	if now := s.Settings(); !slices.Equal(now.Observed, second.Observed) || now.Retention.MinuteDays != 30 {
		t.Errorf("what was refused has changed something: %s", shown(now))
	}
	if status, text := put(`{"observed":[]}`); status != http.StatusOK || !strings.Contains(text, `"observed":[]`) {
		t.Errorf("observing nothing: %d %s", status, text)
	}

	// What was stored holds for the next one, whatever its defaults are.
	o := s.o
	o.Defaults = ObservationSettings{Observed: []string{"other"}}
	again, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if now := again.Settings(); len(now.Observed) != 0 || now.Retention.MinuteDays != 30 {
		t.Errorf("after a restart: %s", shown(now))
	}
}

func TestPlacesOfBadSettings(t *testing.T) {
	bad := ObservationSettings{Observed: []string{"a", "b#"}, Redacted: []string{"+x"}, Retention: HistoryRetention{100, 1, 1}}
	err := bad.Check("body")
	for _, place := range []string{"body.observed[1]", "body.redacted[0]", "body.retention.raw_hours"} {
		if !strings.Contains(shown(err), place) {
			t.Errorf("%s is not named in %s", place, shown(err))
		}
	}
}
