package notify

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// letterTo is a channel of type email for a server.
func letterTo(m *mailServer, security string) Channel {
	port := m.Addr().(*net.TCPAddr).Port
	return Channel{Name: "mail", Type: TypeEmail, Enabled: true, MinSeverity: Low, AllowPrivate: true, Email: &EmailSettings{
		Host: "127.0.0.1", Port: port, TLS: security, Username: "me", Password: "mail-secret",
		From: "bunkerm@example.org", To: []string{"a@example.org", "b@example.org"},
	}}
}

func (m *mailServer) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	cert, err := x509.ParseCertificate(m.security.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

// TestMail sends a message whose texts try to be headers, over each kind of encryption.
func TestMail(t *testing.T) {
	for _, security := range []string{tlsStart, tlsImplicit, tlsNone} {
		t.Run(security, func(t *testing.T) {
			server := newMailServer(t, &mailServer{starttls: security == tlsStart, implicit: security == tlsImplicit})
			h := open(t, Options{Roots: server.roots(t)})
			h.set(letterTo(server, security))
			h.run()
			m := opened(17, Critical)
			m.ID = "alert-17-opened\r\nX-Evil: 1"
			m.Title = "Pümp\r\nBcc: evil@example.org\r\n\r\n<b>body</b>"
			m.Text = "line one\r\n.\r\nRSET\r\n" + strings.Repeat("x", 1500) + "\u202e"
			m.Entity = "plant/\r\nSubject: other"
			h.send(m)
			h.until("the mail is taken", func() bool { return h.status(0).Sent == 1 })
			h.stop()

			if server.auth != "\x00me\x00mail-secret" {
				t.Errorf("logged in as %q", server.auth)
			}
			if len(server.rcpts) != 2 || len(server.mails) != 1 {
				t.Fatalf("%d mails to %q", len(server.mails), server.rcpts)
			}
			got, err := mail.ReadMessage(strings.NewReader(server.mails[0]))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"Bcc", "X-Evil"} {
				if got.Header.Get(name) != "" {
					t.Errorf("there is a header %s", name)
				}
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			if err != nil || subject != `[BunkerM] Pümp\u{d}\u{a}Bcc: evil@example.org\u{d}\u{a}\u{d}\u{a}<b>body</b>` {
				t.Errorf("subject %q, %v", subject, err)
			}
			if len(got.Header["Subject"]) != 1 || got.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
				t.Errorf("headers %+v", got.Header)
			}
			if id := got.Header.Get("Message-ID"); !strings.HasPrefix(id, "<alert-17-opened") || strings.ContainsAny(id, "\r\n ") {
				t.Errorf("Message-ID %q", id)
			}
			body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
			if err != nil || !bytes.Contains(body, []byte("RSET")) || !bytes.Contains(body, []byte(`\u{202e}`)) || !bytes.Contains(body, []byte("Severity: critical")) {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}

func TestMailIsRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		server   *mailServer
		security string
		change   func(c *Channel)
		kind     fault.Kind
		says     string
	}{
		{"wrong password", &mailServer{starttls: true, reply: map[string]string{"AUTH": "535 5.7.8 no, not mail-secret \u202e"}}, tlsStart, nil, fault.Refused, "535"},
		{"for nobody here", &mailServer{starttls: true, reply: map[string]string{"RCPT": "550 5.1.1 unknown"}}, tlsStart, nil, fault.Refused, "mail server says"},
		{"grey list", &mailServer{starttls: true, reply: map[string]string{"RCPT": "451 4.7.1 later"}}, tlsStart, nil, fault.Unavailable, "mail server says"},
		{"a downgrade", &mailServer{}, tlsStart, nil, fault.Unavailable, "STARTTLS"},
		{"no TLS", &mailServer{}, tlsImplicit, nil, fault.Unavailable, "does not speak TLS"},
		{"another name", &mailServer{starttls: true}, tlsStart, func(c *Channel) { c.Email.Host = "localhost" }, fault.Unavailable, "another name"},
		{"a private address", &mailServer{starttls: true}, tlsStart, func(c *Channel) { c.AllowPrivate = false }, fault.Refused, "private network"},
		{"a name for one", &mailServer{starttls: true}, tlsStart, func(c *Channel) { c.AllowPrivate, c.Email.Host = false, "localhost" }, fault.Refused, "private network"},
		{"closes at once", &mailServer{greeting: func(net.Conn) {}}, tlsStart, nil, fault.Unavailable, "closed the connection without an answer"},
		{"endless words", &mailServer{greeting: func(c net.Conn) {
			for {
				if _, err := fmt.Fprint(c, "220-", strings.Repeat("x", 4000)); err != nil {
					return
				}
			}
		}}, tlsStart, nil, fault.Unavailable, "says too much"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newMailServer(t, c.server)
			h := open(t, Options{Roots: server.roots(t)})
			channel := letterTo(server, c.security)
			if c.change != nil {
				c.change(&channel)
			}
			_, err := h.Test(t.Context(), channel)
			f := fault.From(err)
			if f.Kind != c.kind || !strings.Contains(f.Message, c.says) {
				t.Errorf("%v (%+v)", err, f)
			}
			if strings.Contains(f.Message, "mail-secret") || strings.ContainsRune(f.Message, '\u202e') {
				t.Errorf("the error shows too much: %q", f.Message)
			}
			if len(server.mails) != 0 {
				t.Error("a mail was taken")
			}
		})
	}
}

// TestSilentMailServerEnds holds that the deadline is for everything, not for each step.
func TestSilentMailServerEnds(t *testing.T) {
	server := newMailServer(t, &mailServer{greeting: func(c net.Conn) { io.Copy(io.Discard, c) }})
	h := open(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := h.Test(ctx, letterTo(server, tlsStart))
	if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, "did not answer") {
		t.Errorf("%v", err)
	}
}
