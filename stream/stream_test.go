package stream_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers at /stream with what run sends, over a real connection.
func serve(t *testing.T, g *stream.Group, run func(context.Context, *stream.Sender)) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	api := humago.New(mux, huma.DefaultConfig("test", "1"))
	huma.Get(api, "/stream", func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		return g.Open(ctx, run)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/stream"
}

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	client := &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestEventsArriveOneByOneAndEndTogether(t *testing.T) {
	var group stream.Group
	next := make(chan struct{})
	url := serve(t, &group, func(ctx context.Context, s *stream.Sender) {
		for n := 1; s.Wait(ctx, next, nil); n++ {
			event := stream.Event{ID: "a\nb", Name: "thing", Data: map[string]any{"n": n, "text": "two\nlines"}}
			if s.Send(event, stream.Event{Data: n}) != nil {
				return
			}
		}
	})
	answer := get(t, url) //nolint:bodyclose // get closes it at the end of the test
	if got := answer.Header.Get("Content-Type"); got != stream.ContentType {
		t.Errorf("content type is %q", got)
	}
	lines := bufio.NewScanner(answer.Body)
	for n := range 3 {
		if n > 0 {
			next <- struct{}{}
		}
		want := []string{": connected", ""}
		if n > 0 {
			digit := string(rune('0' + n))
			want = []string{"id: a b", "event: thing", `data: {"n":` + digit + `,"text":"two\nlines"}`, "", "data: " + digit, ""}
		}
		for _, line := range want {
			if !lines.Scan() || lines.Text() != line {
				t.Fatalf("got %q, want %q", lines.Text(), line)
			}
		}
	}
	if group.Len() != 1 {
		t.Errorf("%d streams are open", group.Len())
	}
	group.Close()
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("the stream did not end with its group: %q, %v", lines.Text(), lines.Err())
	}
	if _, err := group.Open(t.Context(), nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a stream begins after the end: %v", err)
	}
}

func TestStreamEndsWhenItsClientGoes(t *testing.T) {
	var group stream.Group
	ended := make(chan struct{})
	url := serve(t, &group, func(ctx context.Context, s *stream.Sender) {
		defer close(ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for s.Wait(ctx, nil, tick.C) {
			_ = s.Send(stream.Event{Data: strings.Repeat("x", 1000)}) // its context ends with the client
		}
	})
	get(t, url).Body.Close()
	<-ended
}

func TestSilentStreamsAreKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group stream.Group
		var text strings.Builder
		done := make(chan struct{})
		response, err := group.Open(t.Context(), func(ctx context.Context, s *stream.Sender) {
			defer close(done)
			s.Wait(ctx, nil, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		go response.Body(humago.NewContext(&huma.Operation{}, httptest.NewRequest(http.MethodGet, "/", nil), &recorder{&text}))
		time.Sleep(46 * time.Second) //nolint:forbidigo // the clock of synctest
		group.Close()
		<-done
		if got := strings.Count(text.String(), ":\n\n"); got != 3 {
			t.Errorf("%d signs of life within 46 s", got)
		}
	})
}

func TestStreamsAreBounded(t *testing.T) {
	var group stream.Group
	var err error
	for n := 0; err == nil; n++ {
		if n > 10_000 {
			t.Fatal("any number of streams may be open")
		}
		_, err = group.Open(t.Context(), nil)
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("one more stream: %v", err)
	}
	group.Close()
}

// recorder is a response that can be flushed.
type recorder struct{ text *strings.Builder }

func (r *recorder) Header() http.Header         { return http.Header{} }
func (r *recorder) Write(p []byte) (int, error) { return r.text.Write(p) }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Flush()                      {}
