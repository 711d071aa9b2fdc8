package notify

import (
	"net/url"
	"slices"
	"strings"
)

// clone is the channel with settings of its own.
func (c Channel) clone() Channel {
	c.QuietHours = copied(c.QuietHours)
	c.Webhook, c.Email, c.MQTT, c.Chat = copied(c.Webhook), copied(c.Email), copied(c.MQTT), copied(c.Chat)
	if c.Email != nil {
		c.Email.To = slices.Clone(c.Email.To)
	}
	return c
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// shown is the channel without its secrets.
func (c Channel) shown() Channel {
	c = c.clone()
	if w := c.Webhook; w != nil {
		w.URL = shownURL(w.URL)
		w.Secret = shownSecret(w.Secret)
	}
	if c.Email != nil {
		c.Email.Password = shownSecret(c.Email.Password)
	}
	if c.Chat != nil {
		scheme, _, _ := strings.Cut(c.Chat.URL, ":")
		if target, problem := parseChat(c.Chat.URL); problem == "" {
			scheme = target.service
		}
		c.Chat.URL = scheme + "://" + Unchanged
	}
	return c
}

func shownSecret(secret string) string {
	if secret == "" {
		return ""
	}
	return Unchanged
}

// shownURL is an address up to its host: the tokens of many services stand in the path.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return Unchanged
	}
	if (u.Path == "" || u.Path == "/") && u.RawQuery == "" {
		return text
	}
	return u.Scheme + "://" + u.Host + "/" + Unchanged
}

// fill replaces what stands for a secret by the stored one. A secret does not move to another server: who may set a
// channel up, but does not know the password, must not have it sent to a server of their own.
func (c Channel) fill(stored *Channel, place string, p *problems) Channel {
	c = c.clone()
	shown := Channel{}
	if stored != nil {
		shown = stored.shown()
	}
	if w := c.Webhook; w != nil {
		if stored != nil && stored.Webhook != nil {
			keep(&w.URL, shown.Webhook.URL, stored.Webhook.URL)
			keep(&w.Secret, Unchanged, stored.Webhook.Secret)
		}
		stillMasked(w.URL, place+".webhook.url", p)
		stillMasked(w.Secret, place+".webhook.secret", p)
	}
	if e := c.Email; e != nil {
		if stored != nil && stored.Email != nil && e.sameServer(stored.Email) {
			keep(&e.Password, Unchanged, stored.Email.Password)
		}
		stillMasked(e.Password, place+".email.password", p)
	}
	if c.Chat != nil {
		if stored != nil && stored.Chat != nil {
			keep(&c.Chat.URL, shown.Chat.URL, stored.Chat.URL)
			keep(&c.Chat.URL, Unchanged, stored.Chat.URL)
		}
		stillMasked(c.Chat.URL, place+".chat.url", p)
	}
	return c
}

// keep sets a field that reads as it was shown to what is stored.
func keep(field *string, shown, stored string) {
	if *field == shown {
		*field = stored
	}
}

func stillMasked(value, place string, p *problems) {
	if strings.Contains(value, Unchanged) || strings.Contains(value, url.PathEscape(Unchanged)) {
		p.add(place, "must be given: there is none stored that belongs to this server")
	}
}

// sameServer reports whether a password would go where it goes already, and as well protected.
func (e *EmailSettings) sameServer(stored *EmailSettings) bool {
	return strings.EqualFold(e.Host, stored.Host) && e.Port == stored.Port && e.Username == stored.Username &&
		(e.TLS == stored.TLS || stored.TLS == tlsNone)
}

// secrets are the texts of a channel that stand in no error.
func (c Channel) secrets() (all []string) {
	if c.Webhook != nil {
		all = append(all, c.Webhook.Secret, c.Webhook.URL)
		all = append(all, urlSecrets(c.Webhook.URL)...)
	}
	if c.Email != nil {
		all = append(all, c.Email.Password)
	}
	if c.Chat != nil {
		all = append(all, c.Chat.URL)
		all = append(all, urlSecrets(c.Chat.URL)...)
	}
	return all
}

// urlSecrets are the parts of an address that may be tokens: all but scheme and host, the longest first, so that what is
// part of another does not spoil it.
func urlSecrets(text string) (parts []string) {
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	parts = append(parts, strings.TrimPrefix(u.EscapedPath(), "/"), u.RawQuery)
	parts = append(parts, strings.Split(strings.Trim(u.Path, "/"), "/")...)
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		parts = append(parts, u.User.String(), u.User.Username(), password)
		parts = append(parts, strings.Split(password, "-")...)
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return parts
}
