package broker_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

// withClients starts a broker that has n clients whose verbose list is about 320 bytes each.
func withClients(t testing.TB, n int) *brokertest.Broker {
	t.Helper()
	b := brokertest.Start(t)
	b.Stop()
	name := filepath.Join(b.Dir, "dynamic-security.json")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := broker.ParseDynsecFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		file.Clients = append(file.Clients, broker.DynsecClient{
			Username: fmt.Sprintf("client-%06d", i), Textdescription: strings.Repeat("description ", 20)})
	}
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Start()
	return b
}

func TestAnswerOfManyMegabytes(t *testing.T) {
	const n = 30_000
	b := withClients(t, n)
	for _, endpoint := range []broker.Endpoint{b.UnixEndpoint(), b.Endpoint()} {
		s, _ := startSession(t, broker.SessionOptions{Endpoint: endpoint, Timeout: patience})
		ready(t, s)
		answers := must(t, s, command("listClients", "verbose", true), command("getDefaultACLAccess"))
		var list struct{ TotalCount int }
		if err := json.Unmarshal(answers[0].Data, &list); err != nil {
			t.Fatal(err)
		}
		if list.TotalCount != n+1 || len(answers[0].Data) < 8_000_000 {
			t.Errorf("%d clients in %d bytes", list.TotalCount, len(answers[0].Data))
		}
		if err := s.Close(within(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMessageThatIsTooLarge(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint()})
	ready(t, s)
	long := strings.Repeat("x", 1_800_000)
	answers, err := s.Do(within(t), command("createRole", "rolename", "r", "textdescription", long))
	if err != nil || answers[0].Error != "" {
		t.Errorf("a message just below the limit: %v", err)
	}
	_, err = s.Do(within(t), command("createRole", "rolename", "s", "textdescription", long+long))
	if f := fault.From(err); f.Kind != fault.TooLarge || f.HintText == "" {
		t.Errorf("a message beyond the limit: %+v", f)
	}
	must(t, s, command("getRole", "rolename", "r"))
}

// BenchmarkListClients reads the verbose list of n clients; the time per client must not grow with their number.
func BenchmarkListClients(b *testing.B) {
	for _, n := range []int{10_000, 40_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			server := withClients(b, n)
			s, _ := startSession(b, broker.SessionOptions{Endpoint: server.UnixEndpoint(), Timeout: patience})
			ready(b, s)
			size := 0
			for b.Loop() {
				size = len(must(b, s, command("listClients", "verbose", true))[0].Data)
			}
			b.SetBytes(int64(size))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/client")
		})
	}
}

func TestMessageThatThePluginCannotRead(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint(), Timeout: patience})
	ready(t, s)
	// The plugin's JSON reader gives up at a depth of 1,000, and its complaint does not say whose message it was.
	deep := any("bottom")
	for range 2000 {
		deep = []any{deep}
	}
	_, err := s.Do(within(t), command("createClient", "username", "deep", "roles", deep))
	if f := fault.From(err); f.Kind != fault.Refused || !strings.Contains(f.HintText, "Payload not valid JSON") {
		t.Errorf("a message of which the plugin says that it cannot read it: %+v", f)
	}
	must(t, s, command("listClients"))
}

func TestCloseWhileTheBrokerTakesNothing(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint(), Timeout: 2 * time.Second})
	ready(t, s)
	b.Pause()
	// More than the socket holds, so that the writing stops in the middle of a packet.
	long := strings.Repeat("x", 1_800_000)
	var wg sync.WaitGroup
	kinds := make(chan fault.Kind, 4)
	for range cap(kinds) {
		wg.Go(func() {
			_, err := s.Do(within(t), command("createRole", "rolename", "r", "textdescription", long))
			kinds <- fault.From(err).Kind
		})
	}
	wg.Wait()
	close(kinds)
	count := map[fault.Kind]int{}
	for kind := range kinds {
		count[kind]++
	}
	// The one in the middle of the socket may have been carried out, for all we know; the others were not sent.
	if count[fault.Uncertain] != 1 || count[fault.Unavailable] != 3 {
		t.Errorf("calls ended as %v", count)
	}
	if err := s.Close(within(t)); err != nil {
		t.Error(err)
	}
}
