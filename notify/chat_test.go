package notify

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/bunkerm/bunkerm/fault"
)

// asked is what parseChat makes of a URL for a message, and the body as JSON.
func asked(t *testing.T, address string, m Message) (string, http.Header, string) {
	t.Helper()
	c, problem := parseChat(address)
	if problem != "" {
		t.Fatalf("%s: %s", address, problem)
	}
	title, text := m.cleaned().words(time.UTC)
	to, header, body := c.request(title, text, m)
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return to, header, string(encoded)
}

// TestChats compares where each service is asked, and what of it, with its documentation.
func TestChats(t *testing.T) {
	m := Message{Event: Digest, Severity: High, Title: "Two <!channel> @everyone", Text: "*bold* `code` [x](http://e.org)"}
	for _, c := range []struct{ address, to, header, body string }{
		{"ntfy://ntfy.sh/my-topic", "https://ntfy.sh/", "", `"topic":"my-topic","title":"Two`},
		{"ntfy://:tk_abc@ntfy.example:8443/t?scheme=http", "http://ntfy.example:8443/", "Basic OnRrX2FiYw==", `"priority":4`},
		{"gotify://push.example/sub/AbCdEf", "https://push.example/sub/message", "AbCdEf", `"priority":7`},
		{"telegram://123456:ABC-def_1@telegram?chats=-1001", "https://api.telegram.org/bot123456:ABC-def_1/sendMessage", "", `"chat_id":"-1001"`},
		{"slack://hook:T1-B2-x3@webhook", "https://hooks.slack.com/services/T1/B2/x3", "", `Two \u0026lt;!channel\u0026gt;`},
		{"https://hooks.slack.com/services/T1/B2/x3", "https://hooks.slack.com/services/T1/B2/x3", "", `"mrkdwn":false`},
		{"discord://to_ken-1@99887766", "https://discord.com/api/webhooks/99887766/to_ken-1", "", `"allowed_mentions":{"parse":[]}`},
		{"https://discord.com/api/webhooks/99887766/to_ken-1", "https://discord.com/api/webhooks/99887766/to_ken-1", "", `\\@everyone`},
		{"mattermost://bot@chat.example/abc/town", "https://chat.example/hooks/abc", "", "\"text\":\"```\\nTwo"},
		{"pushover://shoutrrr:tok@user1/?devices=phone", "https://api.pushover.net/1/messages.json", "", `"device":"phone"`},
		{
			"https://prod-1.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?sig=b",
			"https://prod-1.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?sig=b", "", `"type":"RichTextBlock"`,
		},
	} {
		to, header, body := asked(t, c.address, m)
		if to != c.to || !strings.Contains(body, c.body) {
			t.Errorf("%s:\n%s\n%s", c.address, to, body)
		}
		if got := header.Get("Authorization") + header.Get("X-Gotify-Key"); got != c.header {
			t.Errorf("%s: header %q", c.address, got)
		}
		for _, key := range []string{"parse_mode", `"markdown"`, `"html"`, `"extras"`} {
			if strings.Contains(body, key) {
				t.Errorf("%s asks for markup: %s", c.address, body)
			}
		}
	}
}

func TestWhatIsNoChat(t *testing.T) {
	for _, address := range []string{
		"", "ntfy", "generic://example.org/x", "generic+https://example.org", "logger://", "logger://x", "script:///bin/sh", "file:///etc/passwd",
		"http://hooks.slack.com/services/a/b/c", "https://example.org/hook", "https://hooks.slack.com.evil.example/services/a/b/c",
		"https://evil.example/discord.com/api/webhooks/1/x", "https://u:p@hooks.slack.com/services/a/b/c", "https://logic.azure.com.evil.example/x",
		"ntfy://ntfy.sh/", "ntfy://ntfy.sh/a/b", "ntfy://ntfy.sh/..", "ntfy://ntfy.sh:99999/a", "gotify://push.example/", "gotify://push.example/../x",
		"telegram://token@telegram?chats=1", "telegram://1:a@telegram", "telegram://1:a@telegram?chats=1,2", "telegram://1:a%2f..@telegram?chats=1",
		"slack://xoxb:a-b-c@C1", "slack://hook:a-b@webhook", "slack://hook:a-..-c@webhook", "discord://token@example.org", "discord://1", "discord://a%2Fb@1",
		"mattermost://chat.example", "pushover://user", "ntfy://ntfy.sh/" + strings.Repeat("x", mostURL), "ntfy://ntfy.sh/a#b",
	} {
		if c, problem := parseChat(address); problem == "" {
			t.Errorf("%q is %s", address, c.service)
		} else if len(address) > 5 && strings.Contains(problem, address) {
			t.Errorf("the problem repeats the address: %s", problem)
		}
	}
}

// TestChatOverTheWire sends to a service of one's own, and holds the answer to the same rules as a webhook's.
func TestChatOverTheWire(t *testing.T) {
	r := newReceiver(t, true)
	h := open(t, Options{Roots: r.roots()})
	c := Channel{Name: "chat", Type: TypeChat, Enabled: true, MinSeverity: Low, AllowPrivate: true}
	c.Chat = &ChatSettings{URL: strings.Replace(r.URL, "https://", "gotify://", 1) + "/token-secret"}
	if _, err := h.Test(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if r.requests[0].URL.Path != "/message" || r.requests[0].Header.Get("X-Gotify-Key") != "token-secret" {
		t.Errorf("%s %v", r.requests[0].URL, r.requests[0].Header)
	}
	r.respond(func(w http.ResponseWriter, req *http.Request) {
		http.Error(w, "no such app: "+req.Header.Get("X-Gotify-Key"), http.StatusUnauthorized)
	})
	_, err := h.Test(t.Context(), c)
	if f := fault.From(err); f.Kind != fault.Refused || !strings.Contains(f.Message, "401") || strings.Contains(err.Error(), "token-secret") {
		t.Errorf("%v", err)
	}
	c.AllowPrivate = false
	if _, err = h.Test(t.Context(), c); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "private network") {
		t.Errorf("%v", err)
	}
	c.AllowPrivate = true
	r.Close()
	_, err = h.Test(t.Context(), c)
	if err == nil || strings.Contains(err.Error(), "token-secret") {
		t.Errorf("%v", err)
	}
}

func TestEscapedTextsFit(t *testing.T) {
	for _, text := range []string{strings.Repeat("*", 5000), strings.Repeat("🌡", 3000), strings.Repeat("a_", 1500), "short"} {
		got := unmarked(text, 2000)
		if n := len(utf16.Encode([]rune(got))); n > 2000 || n == 0 {
			t.Errorf("%d units", n)
		}
		if trailing := len(got) - len(strings.TrimRight(got, `\`)); trailing%2 == 1 {
			t.Errorf("half an escape: %q", got[len(got)-10:])
		}
	}
	if got := fenced("a ``` b ```` c"); got != "`````\na ``` b ```` c\n`````" {
		t.Errorf("%q", got)
	}
}

func FuzzParseChat(f *testing.F) {
	for _, s := range []string{
		"ntfy://u:p@ntfy.sh/topic?scheme=http", "gotify://h/a/b", "telegram://1:a@telegram?chats=1", "slack://hook:a-b-c@webhook",
		"discord://t@1?thread_id=2", "mattermost://h/t/c", "pushover://x:t@u", "https://hooks.slack.com/services/a/b/c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		c, problem := parseChat(address)
		if problem != "" {
			return
		}
		from, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		to, _, body := c.request("title", "text", Message{Severity: Low})
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			t.Fatalf("%q leads to %q, %v", address, to, err)
		}
		switch u.Host { // either the service's own host, or the one that was given
		case "api.telegram.org", "hooks.slack.com", "discord.com", "api.pushover.net", from.Host:
		default:
			t.Fatalf("%q leads to %q", address, to)
		}
		if _, err := json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	})
}
