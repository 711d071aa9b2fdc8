package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// chat is a place in a chat service that a URL names.
//
// The URLs are those of shoutrrr, which people have in their notes for other programs. The library itself is not used:
// for Telegram and others it takes http.DefaultClient, which has no timeout, follows redirects and cannot be exchanged; its
// errors contain the token and no Retry-After; and it leaves markup and mentions in texts as they are, so that a client of
// the broker whose name is @everyone would ring at everybody's.
type chat struct {
	service string
	// request makes of title and text what the service takes, so that nothing in them is markup or calls somebody.
	request func(title, text string, m Message) (address string, header http.Header, body any)
}

// parseChat reads the URL of a chat. problem says what is wrong with it, and repeats nothing of it.
func parseChat(text string) (c chat, problem string) {
	if len(text) > mostURL {
		return chat{}, "must have at most 2,000 characters"
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return chat{}, "must be the address of a chat, such as ntfy://ntfy.sh/topic"
	}
	if u.Fragment != "" || !validHost(u) {
		return chat{}, "must name a host, a port from 1 to 65535 or none, and have no #fragment"
	}
	read, known := map[string]func(*url.URL) (chat, string){
		"ntfy": ntfy, "gotify": gotify, "telegram": telegram, "slack": slack, "discord": discord, "mattermost": mattermost,
		"pushover": pushover, "https": webhookOfChat,
	}[u.Scheme]
	if !known {
		return chat{}, "must begin with ntfy, gotify, telegram, slack, discord, mattermost or pushover; everything else takes a webhook"
	}
	return read(u)
}

// chat writes into a chat.
func (s *Service) chat(ctx context.Context, c Channel, m Message) (answer string, _ *failure) {
	target, problem := parseChat(c.Chat.URL)
	if problem != "" {
		return "", &failure{sentence: "the address of the chat " + problem, final: true}
	}
	title, text := m.words(s.o.Location())
	address, header, document := target.request(title, strings.TrimSpace(text), m)
	body, err := json.Marshal(document)
	if err != nil {
		return "", &failure{sentence: "the message cannot be written as JSON", final: true}
	}
	return s.post(ctx, c, request{url: address, header: header, body: body})
}

// web is the https address of a host, or the http one where that is asked for.
func web(u *url.URL, plain bool, path ...string) string {
	a := url.URL{Scheme: "https", Host: u.Host}
	if plain {
		a.Scheme = "http"
	}
	return a.JoinPath(path...).String()
}

// yes reports whether a parameter is switched on, in the words that shoutrrr takes.
func yes(u *url.URL, name string) bool {
	switch strings.ToLower(u.Query().Get(name)) {
	case "yes", "true", "1", "on":
		return true
	}
	return false
}

// segments are the parts of a path; one that is empty, or leads elsewhere, spoils them all.
func segments(path string) []string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return nil
		}
	}
	return parts
}

// both is title and text in one.
func both(title, text string) string { return strings.TrimSpace(title + "\n\n" + text) }
