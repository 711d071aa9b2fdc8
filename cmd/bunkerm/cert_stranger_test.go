package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// revokeOneWithoutAClient lets somebody in by a certificate whose username is no client, and revokes it: the session ends, and there is
// still no such client.
func (s *server) revokeOneWithoutAClient(mutual int) {
	s.t.Helper()
	var made struct{ Serial, Certificate, Key string }
	if err := json.Unmarshal([]byte(s.must("POST", "/api/certs/clients", map[string]any{"username": "nobody"})), &made); err != nil {
		s.t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(made.Certificate), []byte(made.Key))
	if err != nil {
		s.t.Fatal(err)
	}
	open, code, err := loginOver(mutual, s.trusting(&pair), "", "")
	if err != nil || code != 0 {
		s.t.Fatalf("with a certificate and without a client: %d %v", code, err)
	}
	defer open.Close()
	if text := s.must("POST", "/api/certs/clients/"+made.Serial+"/revoke", nil); !strings.Contains(text, `"sessions_ended":true`) {
		s.t.Errorf("of a username without a client: %s", text)
	}
	if _, err := open.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		s.t.Errorf("the session of a username without a client: %v", err)
	}
	if text := s.must("GET", "/api/dynsec/clients?q=nobody", nil); !strings.Contains(text, `"total":0`) {
		s.t.Errorf("a client is left: %s", text)
	}
}
