package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestASlowBodyIsCutOffAndASlowHandlerIsNot(t *testing.T) {
	const short = 200 * time.Millisecond
	rules := &bodyRules{limit: bodyBytes, time: short, required: true, types: []string{"application/json"}}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := rules.take(w, r); f != nil {
			http.Error(w, f.Message, f.GetStatus())
			return
		}
		// The deadline of the body has passed by then, and must not have ended the request.
		timer := time.NewTimer(2 * short)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			http.Error(w, "the context ended", http.StatusInternalServerError)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 30 * time.Second}
	go func() { _ = server.Serve(ln) }()
	defer server.Close()

	for body, status := range map[string]int{"{": http.StatusBadRequest, "{}": http.StatusOK} {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n%s", body)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != status || (status != http.StatusOK && !strings.Contains(string(text), "did not arrive within")) {
			t.Errorf("%q: status %d, want %d: %s", body, response.StatusCode, status, text)
		}
	}
}
