package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatIsLostOrDoubledIsFound(t *testing.T) {
	now := time.Now()
	l := newLedger()
	for port := range 6 {
		l.came(visit{"crowd-0001", port}, now, port != 4)
	}
	l.arrivals[visit{"crowd-0001", 5}][0].answered = now.Add(-time.Hour)
	l.arrivals[visit{"crowd-0001", 5}][0].asked = now.Add(-time.Hour)
	l.blindFor(window{now.Add(-2 * time.Hour), now.Add(-time.Minute), "nobody looked"})
	at := func(ports ...int) (events []event) {
		for _, port := range ports {
			events = append(events, event{ClientID: "crowd-0001", Port: port})
		}
		return append(events, event{ClientID: "somebody else", Port: 1})
	}
	// 1 is told twice, 2 never came back, 3 never came, 4 may be told or not, and when 5 came nobody looked.
	r := l.audit(append(at(0, 1, 1, 2), event{ClientID: "crowd-0002", Port: 1}), at(0, 1, 3, 5))
	if r.Connections != 5 || r.Maybe != 1 || r.Excused["nobody looked"] != 1 {
		t.Errorf("%+v", r)
	}
	if all := strings.Join(r.Missing, "\n"); len(r.Missing) != 2 || !strings.Contains(all, "port 2 went") || !strings.Contains(all, "port 3 came") {
		t.Errorf("missing: %s", all)
	}
	if all := strings.Join(r.Double, "\n"); len(r.Double) != 2 || !strings.Contains(all, "port 1 came 1 times and is told 2") || !strings.Contains(all, "crowd-0002") {
		t.Errorf("double: %s", all)
	}
}

func TestWhatStreamsLoseOrDoubleIsFound(t *testing.T) {
	stored := []event{{ID: 7, Event: "connect", ClientID: "crowd-1", Port: 1}, {ID: 9, Event: "disconnect", ClientID: "crowd-1", Port: 1}}
	connect, disconnect := `{"id":7,"event":"connect","client_id":"crowd-1","port":1}`, `{"id":9,"event":"disconnect","client_id":"crowd-1","port":1}`
	for name, c := range map[string]struct {
		told            [][2]string // id and data
		missing, double int
	}{
		"all":                 {[][2]string{{"7", connect}, {"9", disconnect}}, 0, 0},
		"one too few":         {[][2]string{{"7", connect}}, 1, 0},
		"one twice":           {[][2]string{{"7", connect}, {"7", connect}, {"9", disconnect}}, 0, 2}, // counted, and out of order
		"in the wrong order":  {[][2]string{{"9", disconnect}, {"7", connect}}, 0, 1},
		"under another's id":  {[][2]string{{"7", connect}, {"8", disconnect}}, 0, 1},
		"what is no event":    {[][2]string{{"7", connect}, {"9", disconnect}, {"x", "{"}}, 0, 1},
		"what was not stored": {[][2]string{{"7", connect}, {"9", disconnect}, {"11", `{"id":11,"event":"connect","client_id":"crowd-2","port":1}`}}, 0, 1},
	} {
		r := newReaders()[0]
		for _, e := range c.told {
			r.hear(e[0], "event", e[1])
		}
		missing, double := r.hold(stored, 0)
		if len(missing) != c.missing || len(double) != c.double {
			t.Errorf("%s: missing %q, double %q", name, missing, double)
		}
	}
}

func TestAnAcknowledgedChangeThatIsGoneIsFound(t *testing.T) {
	away := answer{err: errors.New("the connection was reset")}
	for name, c := range map[string]struct {
		changes []answer // the first makes it "1", the next "2", and so on
		is      string
		broken  bool
	}{
		"made and there":              {[]answer{{status: 201}}, "1", false},
		"made and gone":               {[]answer{{status: 201}}, absent, true},
		"perhaps made, and there":     {[]answer{away}, "1", false},
		"perhaps made, and not there": {[]answer{{status: 503}}, absent, false},
		"changed back":                {[]answer{{status: 201}, {status: 200}}, "1", true},
		"perhaps changed":             {[]answer{{status: 201}, away}, "1", false},
		"perhaps changed and gone":    {[]answer{{status: 201}, away}, absent, true},
		"refused and done":            {[]answer{{status: 201}, {status: 422}}, "2", true},
		"not found":                   {[]answer{{status: 201}, {status: 404}}, "1", true},
		"there before it was made":    {[]answer{{status: 409}}, absent, true},
	} {
		j := newJournal()
		j.know("it", absent, func(context.Context) (string, error) { return c.is, nil })
		for i, a := range c.changes {
			j.wrote("it", fmt.Sprint(i+1), a)
		}
		if err := j.compareAll(t.Context(), "now"); err != nil {
			t.Fatal(err)
		}
		if (len(j.broken) > 0) != c.broken {
			t.Errorf("%s: %q", name, j.broken)
		}
	}
}

func TestWhatGrowsIsFound(t *testing.T) {
	const mib = 1 << 20
	began := time.Now()
	flat := func(i int) sample {
		return sample{
			at: began.Add(time.Duration(i) * 5 * time.Second), pid: 1, bunkerm: 60*mib + int64(i%7)*mib, keeper: 20 * mib, broker: 9 * mib,
			files: map[string]int64{"database": mib, "write-ahead log": 4 * mib, "log": mib, "rest": mib},
		}
	}
	for word, change := range map[string]func(i int, s *sample){
		"":                    func(int, *sample) {},
		"BunkerM's memory":    func(i int, s *sample) { s.bunkerm += int64(i) * mib },
		"the broker's memory": func(i int, s *sample) { s.broker += int64(i) * mib },
		"write-ahead log":     func(i int, s *sample) { s.files["write-ahead log"] += int64(i) * mib },
		"the logs":            func(i int, s *sample) { s.files["log"] += int64(i) * 2 * mib },
		"other files":         func(i int, s *sample) { s.files["rest"] += int64(i) * mib },
		"the database":        func(i int, s *sample) { s.files["database"] += int64(i) * mib },
	} {
		var m measures
		for i := range 180 {
			s := flat(i)
			change(i, &s)
			m.all = append(m.all, s)
		}
		var broken []string
		m.judge(began.Add(450*time.Second), 1000, 80*mib, func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) })
		if (word == "") != (len(broken) == 0) || !strings.Contains(strings.Join(broken, " "), word) {
			t.Errorf("%q: %q", word, broken)
		}
	}
}
