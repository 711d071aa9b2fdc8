package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

// TestWebhookIsSignedAndDocumented holds the body to the example that people read, and the signature to what they check.
func TestWebhookIsSignedAndDocumented(t *testing.T) {
	r := newReceiver(t, true)
	h := open(t, Options{Roots: r.roots()})
	c := hook(r.URL + "/in")
	c.Webhook.Secret, c.Values = "hush-hush", true
	h.set(c)
	h.run()
	value := 0.25
	h.send(Message{
		ID: "alert-17-opened", Event: Opened, AlertID: 17, Severity: High, Kind: "silence", Entity: "plant/pump3",
		Title: "Pump 3 is silent", Text: "Silent for 4 min; usually it speaks every 60 s.",
		OpenedAt: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), At: time.Date(2026, 3, 1, 9, 34, 0, 0, time.UTC),
		Value: &value, URL: "https://bunkerm.example/anomaly/alerts/17",
	})
	h.until("a request", func() bool { return h.status(0).Sent == 1 })

	const documented = `{
	  "id": "alert-17-opened",
	  "event": "opened",
	  "alert_id": 17,
	  "severity": "high",
	  "kind": "silence",
	  "entity": "plant/pump3",
	  "title": "Pump 3 is silent",
	  "text": "Silent for 4 min; usually it speaks every 60 s.",
	  "opened_at": "2026-03-01T09:30:00Z",
	  "at": "2026-03-01T09:34:00Z",
	  "value": 0.25,
	  "url": "https://bunkerm.example/anomaly/alerts/17"
	}`
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(documented)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(r.bodies[0])); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	header := r.requests[0].Header
	stamp := header.Get("X-BunkerM-Timestamp")
	mac := hmac.New(sha256.New, []byte("hush-hush"))
	io.WriteString(mac, stamp+"."+string(r.bodies[0]))
	if got, want := header.Get("X-BunkerM-Signature"), "sha256="+hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	if stamp != strconv.FormatInt(noon.Unix(), 10) {
		t.Errorf("timestamp %q", stamp)
	}
	for name, want := range map[string]string{
		"X-BunkerM-Event": "opened", "X-BunkerM-Id": "alert-17-opened", "Idempotency-Key": "alert-17-opened", "Content-Type": "application/json",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestAnswers says for each answer of a receiver whether it is success, tried again or final.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		kind   fault.Kind
		says   string
	}{
		{"redirect", http.RedirectHandler("http://169.254.169.254/latest", http.StatusFound).ServeHTTP, fault.Refused, "not followed"},
		{"redirect with the body", http.RedirectHandler("http://127.0.0.1:1/", http.StatusPermanentRedirect).ServeHTTP, fault.Refused, "not followed"},
		{"not found", status(404), fault.Refused, "404 Not Found"},
		{"gone", status(410), fault.Refused, "410"},
		{"too slow", status(408), fault.Unavailable, "408"},
		{"too many", status(429), fault.Unavailable, "429"},
		{"broken", status(500), fault.Unavailable, "500"},
		{"odd", status(599), fault.Unavailable, "599"},
		{"closes at once", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault.Unavailable, "closed the connection without an answer"},
		{"speaks something else", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
				_ = conn.Close()
			}
		}, fault.Unavailable, "does not speak HTTP"},
		{"hostile words", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, "bad \u202etoken "+r.URL.Query().Get("token")+"\r\n"+strings.Repeat("x", 1000))
		}, fault.Refused, `bad \u{202e}token …`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(t, false)
			r.Config.ErrorLog = log.New(io.Discard, "", 0)
			h := open(t, Options{})
			r.respond(c.answer)
			_, err := h.Test(t.Context(), hook(r.URL+"/x?token=tok-secret-1"))
			f := fault.From(err)
			if err == nil || f.Kind != c.kind || !strings.Contains(f.Message, c.says) {
				t.Errorf("%v (%+v)", err, f)
			}
			if strings.Contains(err.Error()+f.HintText, "tok-secret-1") || len([]rune(f.Message)) > 300 {
				t.Errorf("the error shows too much: %q", err.Error()+f.HintText)
			}
			if r.count() != 1 {
				t.Errorf("%d requests", r.count())
			}
		})
	}
}

func TestEndlessAnswerEnds(t *testing.T) {
	r := newReceiver(t, false)
	h := open(t, Options{})
	r.respond(func(w http.ResponseWriter, _ *http.Request) {
		for line := bytes.Repeat([]byte("x"), 4096); ; {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	answer, err := h.Test(t.Context(), hook(r.URL))
	if err != nil || len(answer) > 1000 {
		t.Errorf("%q, %v", answer, err)
	}
}

func TestNoAnswerEnds(t *testing.T) {
	asked, gone := make(chan struct{}), make(chan struct{})
	r := newReceiver(t, false)
	h := open(t, Options{})
	r.respond(func(_ http.ResponseWriter, req *http.Request) { close(asked); <-req.Context().Done(); close(gone) })
	_, err := h.Test(overOnce{t.Context(), asked}, hook(r.URL)) // nobody waits for 10 s in a test
	if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, "did not answer") {
		t.Errorf("%v", err)
	}
	<-gone
}

// overOnce is a context whose time is over when something has happened, however long that takes.
type overOnce struct {
	context.Context
	over <-chan struct{}
}

func (p overOnce) Done() <-chan struct{} { return p.over }

func (p overOnce) Err() error {
	select {
	case <-p.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// TestPrivateAddressesAreRefused holds the check for names, however they are written, and that nothing is sent.
func TestPrivateAddressesAreRefused(t *testing.T) {
	r := newReceiver(t, false)
	h := open(t, Options{})
	_, port, _ := strings.Cut(strings.TrimPrefix(r.URL, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::1]"} {
		c := hook("http://" + host + ":" + port + "/")
		c.AllowPrivate = false
		_, err := h.Test(t.Context(), c)
		if f := fault.From(err); f.Kind != fault.Refused || !strings.Contains(f.Message, "private network") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if r.count() != 0 {
		t.Error("something was sent")
	}
}

func TestUntrustedCertificate(t *testing.T) {
	r := newReceiver(t, true)
	h := open(t, Options{})
	_, err := h.Test(t.Context(), hook(r.URL))
	if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, "certificate") {
		t.Errorf("%v", err)
	}
}

func TestPatience(t *testing.T) {
	for _, c := range []struct {
		header, body string
		want         time.Duration
	}{
		{"7", "", 7 * time.Second},
		{"0.5", "", 500 * time.Millisecond},
		{"86400", "", time.Hour},
		{"-5", "", 0},
		{"NaN", "", 0},
		{"1e300", "", time.Hour},
		{noon.Add(90 * time.Second).Format(http.TimeFormat), "", 90 * time.Second},
		{noon.Add(-time.Hour).Format(http.TimeFormat), "", 0},
		{"", `{"ok":false,"parameters":{"retry_after":35}}`, 35 * time.Second},
		{"", `{"retry_after":0.25}`, 250 * time.Millisecond},
		{"", "nothing", 0},
	} {
		if got := patience(c.header, []byte(c.body), noon); got != c.want {
			t.Errorf("%q %q: %v, want %v", c.header, c.body, got, c.want)
		}
	}
}
