package notify

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// mailServer is as much of SMTP as a client needs, after RFC 5321.
type mailServer struct {
	net.Listener
	security *tls.Config

	starttls, implicit bool
	reply              map[string]string // by verb, instead of the usual answer
	greeting           func(net.Conn)    // instead of everything

	mu    sync.Mutex
	mails []string
	rcpts []string
	auth  string
}

// newMailServer starts one with the certificate of httptest, which is for 127.0.0.1 and example.com.
func newMailServer(t *testing.T, m *mailServer) *mailServer {
	t.Helper()
	pages := httptest.NewUnstartedServer(nil)
	pages.StartTLS()
	pages.Close()
	m.security = &tls.Config{Certificates: pages.TLS.Certificates, MinVersion: tls.VersionTLS12}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.Listener = listener
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { m.serve(conn) })
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return m
}

func (m *mailServer) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	if m.greeting != nil {
		m.greeting(conn)
		return
	}
	if m.implicit {
		conn = tls.Server(conn, m.security)
	}
	in, encrypted := bufio.NewReader(conn), m.implicit
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	say("220 mail.example.com ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		verb = strings.ToUpper(verb)
		if reply := m.reply[verb]; reply != "" {
			say("%s", reply)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-mail.example.com")
			if m.starttls && !encrypted {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN LOGIN")
		case "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, m.security)
			in, encrypted = bufio.NewReader(conn), true
		case "AUTH":
			_, coded, _ := strings.Cut(rest, " ")
			plain, _ := base64.StdEncoding.DecodeString(coded)
			m.mu.Lock()
			m.auth = string(plain)
			m.mu.Unlock()
			say("235 welcome")
		case "RCPT":
			m.mu.Lock()
			m.rcpts = append(m.rcpts, rest)
			m.mu.Unlock()
			say("250 ok")
		case "DATA":
			say("354 go on")
			var mail strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				io.WriteString(&mail, line)
			}
			m.mu.Lock()
			m.mails = append(m.mails, mail.String())
			m.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
