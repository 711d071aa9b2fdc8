package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// requester sends requests over one connection, written by hand like the references: Go's own client hands every
// request to two goroutines and back, which is not BunkerM's time.
type requester struct {
	t    testing.TB
	host string
	key  string
	conn net.Conn
	in   *bufio.Reader
}

func (s *server) requester() *requester {
	s.t.Helper()
	host := strings.TrimPrefix(s.URL, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &requester{t: s.t, host: host, key: s.Key, conn: conn, in: bufio.NewReader(conn)}
}

// createClient is the request that is measured; role may be empty.
func (r *requester) createClient(name, role string) {
	r.t.Helper()
	client := map[string]any{"username": name, "password": "pw-" + name}
	if role != "" {
		client["roles"] = []map[string]any{{"rolename": role}}
	}
	body, err := json.Marshal(client)
	if err != nil {
		r.t.Fatal(err)
	}
	if status, answer := r.send("POST", "/api/dynsec/clients", string(body)); status != http.StatusCreated {
		r.t.Fatalf("%d %s", status, answer)
	}
}

func (r *requester) send(method, path, body string) (int, string) {
	r.t.Helper()
	_, err := fmt.Fprintf(r.conn, "%s %s HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, r.host, r.key, len(body), body)
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := http.ReadResponse(r.in, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
