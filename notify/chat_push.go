package notify

import (
	"net/http"
	"net/url"
	"strings"
)

// ntfy reads ntfy://[user:password@]host/topic[?scheme=http]; with an access token, ntfy://:token@host/topic.
// Source: docs.ntfy.sh/publish, "Publish as JSON". A text is plain unless markdown is asked for.
func ntfy(u *url.URL) (chat, string) {
	topic := segments(u.Path)
	if len(topic) != 1 {
		return chat{}, "must have one topic behind the host"
	}
	plain := u.Query().Get("scheme") == "http" || yes(u, "disabletls")
	return chat{"ntfy", func(title, text string, m Message) (string, http.Header, any) {
		header := http.Header{}
		if u.User != nil {
			r := http.Request{Header: header}
			password, _ := u.User.Password()
			r.SetBasicAuth(u.User.Username(), password)
		}
		return web(u, plain), header, struct {
			Topic    string `json:"topic"`
			Title    string `json:"title"`
			Message  string `json:"message"`
			Priority int    `json:"priority"`
			Click    string `json:"click,omitempty"`
		}{topic[0], title, text, pick(m.Severity, 2, 3, 4, 5), m.URL}
	}}, ""
}

// gotify reads gotify://host[/path]/token[?disabletls=yes].
// Source: gotify.net/api-docs, POST /message. A text is plain unless client::display says otherwise.
func gotify(u *url.URL) (chat, string) {
	parts := segments(u.Path)
	if len(parts) < 1 {
		return chat{}, "must have the application's token behind the host"
	}
	token, folder := parts[len(parts)-1], parts[:len(parts)-1]
	return chat{"gotify", func(title, text string, m Message) (string, http.Header, any) {
		header := http.Header{}
		header.Set("X-Gotify-Key", token)
		return web(u, yes(u, "disabletls"), append(append([]string{}, folder...), "message")...), header, struct {
			Title    string `json:"title"`
			Message  string `json:"message"`
			Priority int    `json:"priority"`
		}{title, orTitle(text, title), pick(m.Severity, 2, 5, 7, 9)}
	}}, ""
}

// pushover reads pushover://shoutrrr:token@user[/?devices=a,b].
// Source: pushover.net/api. A text is plain unless html is asked for; the highest priority, which wants to be acknowledged,
// is not used.
func pushover(u *url.URL) (chat, string) {
	token, _ := u.User.Password()
	if token == "" {
		return chat{}, "must have the application's token before the @: pushover://shoutrrr:token@user"
	}
	return chat{"pushover", func(title, text string, m Message) (string, http.Header, any) {
		return "https://api.pushover.net/1/messages.json", nil, struct {
			Token    string `json:"token"`
			User     string `json:"user"`
			Device   string `json:"device,omitempty"`
			Title    string `json:"title"`
			Message  string `json:"message"`
			Priority int    `json:"priority"`
			URL      string `json:"url,omitempty"`
		}{token, u.Host, u.Query().Get("devices"), title, shorten(orTitle(text, title), 1024), pick(m.Severity, -1, 0, 1, 1), shortURL(m.URL, 512)}
	}}, ""
}

// telegram reads telegram://token@telegram?chats=id: one chat, because of several the first would get a message twice when
// another did not take it.
// Source: core.telegram.org/bots/api#sendmessage. A text without parse_mode is plain.
func telegram(u *url.URL) (chat, string) {
	id, secret := u.User.Username(), ""
	secret, _ = u.User.Password()
	place := u.Query().Get("chats")
	if place == "" {
		place = u.Query().Get("channels")
	}
	switch {
	case id == "" || secret == "" || strings.Trim(id, "0123456789") != "" || strings.ContainsAny(secret, "/?#%"):
		return chat{}, "must have the bot's token before the @, such as 123456:ABC-def"
	case place == "":
		return chat{}, "must end in ?chats= and the chat's id"
	case strings.Contains(place, ","):
		return chat{}, "must name one chat; make a channel for each"
	}
	return chat{"telegram", func(title, text string, m Message) (string, http.Header, any) {
		type preview struct {
			Off bool `json:"is_disabled"`
		}
		return "https://api.telegram.org/bot" + id + ":" + secret + "/sendMessage", nil, struct {
			Chat    string  `json:"chat_id"`
			Text    string  `json:"text"`
			Silent  bool    `json:"disable_notification,omitempty"`
			Preview preview `json:"link_preview_options"`
		}{place, shorten(both(title, text), 4096), m.Severity == Low, preview{true}}
	}}, ""
}

// pick is what a service calls a severity.
func pick(s Severity, low, medium, high, critical int) int {
	return []int{low, medium, high, critical}[max(s.rank(), 0)]
}

func orTitle(text, title string) string {
	if text == "" {
		return title
	}
	return text
}

// shorten cuts a text to so many UTF-16 units, which is how most services count.
func shorten(text string, most int) string {
	units, fits := 0, 0
	for i, r := range text {
		if units < most {
			fits = i // here there is still room for the ellipsis
		}
		units++
		if r > 0xffff {
			units++
		}
		if units > most {
			return text[:fits] + string(ellipsis)
		}
	}
	return text
}

func shortURL(address string, most int) string {
	if len(address) > most {
		return ""
	}
	return address
}
