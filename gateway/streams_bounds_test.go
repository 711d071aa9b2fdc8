package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/gateway"
	"github.com/bunkerm/bunkerm/stream"
)

// TestANameThatIsTakenAgain changes what a busy channel follows: once something of the new path has come, nothing of the
// old one does.
func TestANameThatIsTakenAgain(t *testing.T) {
	h, _ := startTicking(t)
	jo := cookie("jo")
	l := follow(t, h, jo[2:]...)
	for n := range 20 {
		last := strconv.Itoa((n + 1) * 10_000_000)
		want(t, h.send("PUT", "/api/stream/"+l.id, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks?count=" + last, LastEventID: last}), jo...),
			http.StatusNoContent)
		mine := func(c channelSeen) bool {
			return c.Event == "tick" && len(c.ID) == len(last) && c.ID[:len(last)-7] == last[:len(last)-7]
		}
		c := l.channel()
		for !mine(c) {
			c = l.channel()
		}
		for range 200 {
			if c = l.channel(); !mine(c) {
				t.Fatalf("after the first event behind %s came %+v", last, c)
			}
		}
	}
}

// TestABrowserThatReadsNothing is one whose tab sleeps: its channels wait, and everybody else goes on.
func TestABrowserThatReadsNothing(t *testing.T) {
	h, k := startTicking(t)
	jo := cookie("jo")
	asleep := follow(t, h, jo[2:]...)
	want(t, h.send("PUT", "/api/stream/"+asleep.id, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks"}), jo...), http.StatusNoContent)
	var before int64
	eventually(t, "the channel to stand still", func() bool {
		now := k.sent.Load()
		defer func() { before = now }()
		return now > 0 && now == before
	})
	awake := follow(t, h, jo[2:]...)
	want(t, h.send("PUT", "/api/stream/"+awake.id, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks?count=3"}), jo...), http.StatusNoContent)
	for range 3 {
		awake.channel()
	}
	want(t, h.send("PUT", "/api/stream/"+asleep.id, channels(t), jo...), http.StatusNoContent)
	eventually(t, "the channel that waited to end", func() bool { return k.open.Load() == 1 })
}

func TestChannelsOfOneAreBounded(t *testing.T) {
	h, _ := startTicking(t)
	jo := cookie("jo")
	var many []gateway.StreamChannel
	for i := range 65 {
		many = append(many, gateway.StreamChannel{Name: "c" + strconv.Itoa(i), Path: "/ticks?count=1"})
	}
	choose := func(l *follower, list ...gateway.StreamChannel) answer {
		return h.send("PUT", "/api/stream/"+l.id, channels(t, list...), jo...)
	}
	first := follow(t, h, jo[2:]...)
	want(t, choose(first, many...), http.StatusUnprocessableEntity)
	want(t, choose(first, many[:64]...), http.StatusNoContent)
	for range 3 {
		want(t, choose(follow(t, h, jo[2:]...), many[:64]...), http.StatusNoContent)
	}
	last := follow(t, h, jo[2:]...)
	want(t, choose(last, many[0]), http.StatusTooManyRequests)
	want(t, choose(first, many[:63]...), http.StatusNoContent)
	want(t, choose(last, many[0]), http.StatusNoContent)
}

func TestStreamsOfOneAreBounded(t *testing.T) {
	h, _ := startTicking(t)
	jo := cookie("jo")
	for range 16 {
		follow(t, h, jo[2:]...)
	}
	a := h.send("GET", "/api/stream", "", jo...)
	want(t, a, http.StatusTooManyRequests)
	a.problem(t)
	follow(t, h, cookie("vi")[2:]...)
}

// TestTheHeadOfAStreamEnds asks twice over one connection: the second answer comes when the first has ended.
func TestTheHeadOfAStreamEnds(t *testing.T) {
	h, _ := startTicking(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	for _, path := range []string{"/api/stream", "/api/ticks?count=1", "/api/stream"} {
		if _, err := fmt.Fprintf(conn, "HEAD %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n\r\n", path, adminKey); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(answers, &http.Request{Method: http.MethodHead})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != stream.ContentType {
			t.Errorf("%s: %d %v", path, response.StatusCode, response.Header)
		}
	}
}
