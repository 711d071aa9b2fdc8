package monitor

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// manySessions are devices of a few users, in no order, and two sessions of ours.
func manySessions(n int) []Session {
	sessions := make([]Session, 0, n+2)
	for i := range n {
		k := i * 7919 % n
		sessions = append(sessions, Session{
			ClientID: fmt.Sprintf("device-%05d", k), Username: fmt.Sprintf("user%d", k%7), HasUser: true,
			Address: fmt.Sprintf("10.0.%d.%d", k/250, k%250), Port: 1024 + k, Protocol: "3.1.1", KeepaliveSeconds: 60,
			ConnectedAt: start().Add(time.Duration(k) * time.Millisecond), Subscriptions: k%3 - 1,
		})
	}
	return append(sessions,
		Session{ClientID: "bunkerm-1", Own: true, ConnectedAt: start()}, Session{ClientID: "bunkerm-2", Own: true, ConnectedAt: start()})
}

// sessionService serves sessions that come from nowhere.
func sessionService(t testing.TB, change func(*Options)) (*Service, *httptest.Server) {
	t.Helper()
	o := Options{Store: monitorDB(t), Clock: start}
	change(&o)
	s, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	Register(humago.New(mux, huma.DefaultConfig("test", "1")), s)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		s.o.Streams.Close()
		server.Close()
	})
	return s, server
}

func answerOf[T any](t testing.TB, server *httptest.Server, path string) T {
	t.Helper()
	return get[T](&statsHouse{t: t, server: server}, path)
}

func TestPagesOfSessions(t *testing.T) {
	all := manySessions(1000)
	_, server := sessionService(t, func(o *Options) { o.Sessions = func() ([]Session, bool) { return slices.Clone(all), true } })
	for _, limit := range []int{1000, 300, 7} {
		var ids []string
		path := fmt.Sprintf("/monitor/clients?limit=%d", limit)
		for next := path; next != ""; {
			page := answerOf[SessionPage](t, server, next)
			if len(page.Clients) > limit || page.Total == nil || *page.Total != 1000 || !page.Known {
				t.Fatalf("limit %d: %d sessions of %v", limit, len(page.Clients), page.Total)
			}
			for _, c := range page.Clients {
				ids = append(ids, c.ClientID)
				if c.Own != strings.HasPrefix(c.ClientID, "bunkerm") {
					t.Errorf("%+v", c)
				}
			}
			next = ""
			if page.NextCursor != "" {
				next = path + "&cursor=" + page.NextCursor
			}
		}
		if len(ids) != 1002 || !slices.IsSorted(ids[:1000]) || !slices.Equal(ids[1000:], []string{"bunkerm-1", "bunkerm-2"}) {
			t.Errorf("limit %d: %d sessions, the last ones %q", limit, len(ids), ids[max(0, len(ids)-3):])
		}
	}
}

func TestPagesWhileSessionsComeAndGo(t *testing.T) {
	all := manySessions(100)
	s, _ := sessionService(t, func(o *Options) { o.Sessions = func() ([]Session, bool) { return all, true } })
	seen := map[string]int{}
	q := SessionQuery{Limit: 10}
	for round := 0; ; round++ {
		page, err := s.Sessions(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Clients {
			seen[c.ClientID]++
		}
		if page.NextCursor == "" {
			break
		}
		q.Cursor = page.NextCursor
		all = slices.DeleteFunc(all, func(s Session) bool { return s.ClientID == page.Clients[9].ClientID }) // the cursor's own
		all = append(all, Session{ClientID: fmt.Sprintf("another-%d", round), ConnectedAt: start()})
	}
	for k := range 100 {
		if id := fmt.Sprintf("device-%05d", k); seen[id] != 1 {
			t.Errorf("%s is shown %d times", id, seen[id])
		}
	}
}

func TestSessionsAreFound(t *testing.T) {
	sessions := []Session{
		{ClientID: "Küche", Username: "Anna", HasUser: true, Address: "::1", Port: 5, Protocol: "5.0", ListenerPort: 8883, TLS: "TLSv1.3 x", Subscriptions: 2, ConnectedAt: start()},
		{ClientID: "same", Username: "anna", HasUser: true, ConnectedAt: start(), Subscriptions: -1},
		{ClientID: "same", Username: "anna", HasUser: true, ConnectedAt: start().Add(time.Second), Subscriptions: -1},
		{ClientID: "nobody", ConnectedAt: start(), Unsure: true},
	}
	_, server := sessionService(t, func(o *Options) { o.Sessions = func() ([]Session, bool) { return slices.Clone(sessions), true } })
	for query, want := range map[string]string{
		"":                      "Küche nobody same same",
		"?q=K%C3%9CCHE":         "Küche",
		"?q=anna":               "Küche same same",
		"?q=%3A%3A":             "Küche",
		"?username=anna":        "same same",
		"?username=anna&q=xyz":  "",
		"?username=Anna&q=che":  "Küche",
		"?username=an":          "",
		"?q=SAME&username=anna": "same same",
	} {
		page := answerOf[SessionPage](t, server, "/monitor/clients"+query)
		var ids []string
		for _, c := range page.Clients {
			ids = append(ids, c.ClientID)
		}
		if got := strings.Join(ids, " "); got != want || *page.Total != len(ids) {
			t.Errorf("%s: %q of %d, want %q", query, got, *page.Total, want)
		}
	}
	rows := answerOf[SessionPage](t, server, "/monitor/clients").Clients
	if k := rows[0]; *k.Username != "Anna" || *k.Address != "::1" || *k.Port != 5 || *k.Listener != 8883 || *k.TLS != "TLSv1.3 x" || *k.Subscriptions != 2 {
		t.Errorf("%s", shown(k))
	}
	if n := rows[1]; n.Username != nil || n.Address != nil || n.Port != nil || n.Listener != nil || n.TLS != nil || !n.Unsure {
		t.Errorf("%s", shown(n))
	}
	if rows[2].Subscriptions != nil || !rows[2].ConnectedAt.Before(rows[3].ConnectedAt) {
		t.Errorf("%s %s", shown(rows[2]), shown(rows[3]))
	}
}

func TestSessionsThatAreNotKnown(t *testing.T) {
	_, server := sessionService(t, func(*Options) {})
	page := answerOf[SessionPage](t, server, "/monitor/clients")
	if page.Known || page.Total != nil || page.Clients == nil || page.Hint == "" {
		t.Errorf("%s", shown(page))
	}
	for _, cursor := range []string{"x", "%21", "MSAyIDM", "dHJ1ZSB4IDMgYQ"} {
		if status, text := askServer(t, server, http.MethodGet, "/monitor/clients?cursor="+cursor, ""); status != http.StatusUnprocessableEntity {
			t.Errorf("cursor %s: %d %s", cursor, status, text)
		}
	}
}

func TestBrokerCountsOtherwise(t *testing.T) {
	sessions := []Session{
		{ClientID: "a", Username: "anna", HasUser: true}, {ClientID: "b", Username: "berta", HasUser: true},
		{ClientID: "c", Username: "berta", HasUser: true},
	}
	counted := map[string]int{"anna": 1, "berta": 1, "clara": 0}
	s, _ := sessionService(t, func(o *Options) {
		o.Sessions = func() ([]Session, bool) { return sessions, true }
		o.Check = func(context.Context) (map[string]int, bool) { return counted, true }
	})
	doubted := func() (ids []string) {
		t.Helper()
		page, err := s.Sessions(SessionQuery{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Clients {
			if c.Unsure {
				ids = append(ids, c.ClientID)
			}
		}
		return ids
	}
	s.check.compare(t.Context(), s)
	if got := doubted(); got != nil {
		t.Errorf("after one look: %q", got)
	}
	s.check.compare(t.Context(), s)
	if got := doubted(); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("after two looks: %q", got)
	}
	counted["berta"] = 2
	s.check.compare(t.Context(), s)
	if got := doubted(); got != nil {
		t.Errorf("when they agree: %q", got)
	}
	if page, err := s.Sessions(SessionQuery{Limit: 1}); err != nil || page.CheckedAt == nil {
		t.Errorf("%+v, %v", page, err)
	}
}

func BenchmarkPageOfTenThousandSessions(b *testing.B) {
	all := manySessions(10_000)
	s, _ := sessionService(b, func(o *Options) { o.Sessions = func() ([]Session, bool) { return slices.Clone(all), true } })
	middle := placeOf(&Session{ClientID: "device-05000"}).cursor()
	for name, q := range map[string]SessionQuery{
		"first": {Limit: 50}, "middle": {Limit: 50, Cursor: middle}, "search": {Limit: 50, Q: "NOWHERE"}, "user": {Limit: 50, Username: "user3"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Sessions(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
