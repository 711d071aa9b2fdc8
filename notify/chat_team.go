package notify

import (
	"net/http"
	"net/url"
	"strings"
)

// slack reads slack://hook:A-B-C@webhook, the three parts of the webhook's address.
// Source: docs.slack.dev, "Sending messages using incoming webhooks" and "Formatting message text": mrkdwn switches markup
// off, and only & < > are to be escaped, so that no mention can be written.
func slack(u *url.URL) (chat, string) {
	token, _ := u.User.Password()
	parts := strings.Split(token, "-")
	if u.User.Username() != "hook" || len(parts) != 3 || len(segments(strings.Join(parts, "/"))) != 3 {
		return chat{}, "must be slack://hook:A-B-C@webhook, with the three parts of the webhook's address"
	}
	return slackAt("https://hooks.slack.com/services/" + strings.Join(parts, "/")), ""
}

func slackAt(address string) chat {
	return chat{"slack", func(title, text string, _ Message) (string, http.Header, any) {
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(both(title, text))
		return address, nil, struct {
			Text   string `json:"text"`
			Markup bool   `json:"mrkdwn"`
			Links  bool   `json:"unfurl_links"`
			Media  bool   `json:"unfurl_media"`
		}{Text: escaped}
	}}
}

// discord reads discord://token@id[?thread_id=n].
// Source: discord.com/developers/docs/resources/webhook. Markup cannot be switched off, so it is escaped; allowed_mentions
// that allow none keep @everyone quiet, and flag 4 keeps links from being embedded.
func discord(u *url.URL) (chat, string) {
	token := u.User.Username()
	if len(segments(token)) != 1 || strings.Trim(u.Host, "0123456789") != "" {
		return chat{}, "must be discord://token@id, with the two parts of the webhook's address"
	}
	address := url.URL{Scheme: "https", Host: "discord.com"}
	whole := address.JoinPath("api", "webhooks", u.Host, token)
	if thread := u.Query().Get("thread_id"); thread != "" {
		whole.RawQuery = url.Values{"thread_id": {thread}}.Encode()
	}
	return discordAt(whole.String()), ""
}

func discordAt(address string) chat {
	return chat{"discord", func(title, text string, _ Message) (string, http.Header, any) {
		type mentions struct {
			Parse []string `json:"parse"`
		}
		return address, nil, struct {
			Content  string   `json:"content"`
			Mentions mentions `json:"allowed_mentions"`
			Flags    int      `json:"flags"`
		}{unmarked(both(title, text), 2000), mentions{[]string{}}, 4}
	}}
}

// unmarked escapes what Discord's markup is made of, in a text of at most so many UTF-16 units afterwards.
func unmarked(text string, most int) string {
	const markup = "\\*_~`|<>#-+[](){}@:.!"
	for room := most; ; room = room * 3 / 4 {
		var b strings.Builder
		for _, r := range shorten(text, room) {
			if strings.ContainsRune(markup, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		if escaped := b.String(); shorten(escaped, most) == escaped {
			return escaped
		}
	}
}

// mattermost reads mattermost://[name@]host/token[/channel][?disabletls=yes].
// Source: developers.mattermost.com, "Incoming webhooks". The text stands in a code block, in which nothing is markup and
// no mention calls.
func mattermost(u *url.URL) (chat, string) {
	parts := segments(u.Path)
	if len(parts) < 1 || len(parts) > 2 {
		return chat{}, "must have the webhook's token behind the host"
	}
	return chat{"mattermost", func(title, text string, _ Message) (string, http.Header, any) {
		body := struct {
			Text    string `json:"text"`
			Name    string `json:"username,omitempty"`
			Channel string `json:"channel,omitempty"`
		}{Text: fenced(both(title, text)), Name: u.User.Username()}
		if len(parts) == 2 {
			body.Channel = parts[1]
		}
		return web(u, yes(u, "disabletls"), "hooks", parts[0]), nil, body
	}}, ""
}

// fenced is a code block of Markdown whose fence is longer than any in the text.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence
}

// webhookOfChat takes the addresses that Slack, Discord and Teams give people to copy.
func webhookOfChat(u *url.URL) (chat, string) {
	host, path := strings.ToLower(u.Host), segments(u.Path)
	switch {
	case u.User != nil || path == nil:
	case host == "hooks.slack.com" || host == "hooks.slack-gov.com":
		return slackAt(u.String()), ""
	case (host == "discord.com" || host == "discordapp.com") && len(path) == 4 && path[0] == "api" && path[1] == "webhooks":
		return discordAt(u.String()), ""
	case strings.HasSuffix(host, ".logic.azure.com") || strings.HasSuffix(host, ".api.powerplatform.com") ||
		strings.HasSuffix(host, ".logic.azure.com:443") || strings.HasSuffix(host, ".api.powerplatform.com:443"):
		return teamsAt(u.String()), ""
	}
	return chat{}, "is the webhook of no chat that is known here; Slack, Discord and Microsoft Teams are. Everything else takes a channel of type webhook"
}

// teamsAt writes to a workflow of Microsoft Teams, "Send webhook alerts to a channel", as an adaptive card. A TextRun of a
// RichTextBlock has no markup.
// Source: adaptivecards.microsoft.com, RichTextBlock.
func teamsAt(address string) chat {
	return chat{"teams", func(title, text string, _ Message) (string, http.Header, any) {
		type object = map[string]any
		block := func(text string, bold bool) object {
			run := object{"type": "TextRun", "text": text}
			if bold {
				run["weight"] = "Bolder"
			}
			return object{"type": "RichTextBlock", "inlines": []object{run}}
		}
		body := []object{block(title, true)}
		for line := range strings.SplitSeq(text, "\n") {
			if line != "" {
				body = append(body, block(line, false))
			}
		}
		return address, nil, object{"type": "message", "attachments": []object{{
			"contentType": "application/vnd.microsoft.card.adaptive",
			"content":     object{"type": "AdaptiveCard", "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "version": "1.4", "body": body},
		}}}
	}}
}
