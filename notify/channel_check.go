package notify

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// mostChannels bounds the rows of the outbox, and the connections of one alert.
const mostChannels = 16

// problems collects what is not acceptable, by its place.
type problems struct{ found *fault.Error }

func (p *problems) add(place, format string, args ...any) {
	if p.found == nil {
		p.found = fault.New(fault.Invalid, "the channel is not acceptable")
	}
	p.found = p.found.At(place, fmt.Sprintf(format, args...))
}

// err is the fault; nil where there was no problem.
func (p *problems) err() error {
	if p.found == nil {
		return nil
	}
	return p.found
}

// check finds what is wrong with a channel whose secrets are filled in. place is where it stands in the request.
func (c Channel) check(place string, p *problems) {
	if n := utf8.RuneCountInString(c.Name); n > 100 || strings.TrimSpace(c.Name) == "" || clean(c.Name, 100) != c.Name {
		p.add(place+".name", "must be 1 to 100 visible characters")
	}
	if c.MinSeverity.rank() < 0 {
		p.add(place+".min_severity", "must be low, medium, high or critical")
	}
	if q := c.QuietHours; q != nil {
		from, okFrom := minuteOfDay(q.From)
		to, okTo := minuteOfDay(q.To)
		switch {
		case !okFrom:
			p.add(place+".quiet_hours.from", "must be a time such as 22:00")
		case !okTo:
			p.add(place+".quiet_hours.to", "must be a time such as 07:00")
		case from == to:
			p.add(place+".quiet_hours.to", "must differ from the beginning; switch the channel off to have it quiet all day")
		}
	}
	there := map[Type]bool{
		TypeWebhook: c.Webhook != nil, TypeEmail: c.Email != nil, TypeMQTT: c.MQTT != nil, TypeChat: c.Chat != nil,
	}
	given, known := there[c.Type]
	if !known {
		p.add(place+".type", "must be webhook, email, mqtt or chat")
		return
	}
	for t, is := range there {
		if is && t != c.Type {
			p.add(place+"."+string(t), "does not belong to a channel of type %s", c.Type)
		}
	}
	if !given {
		p.add(place+"."+string(c.Type), "is missing")
		return
	}
	place += "." + string(c.Type)
	switch c.Type {
	case TypeWebhook:
		c.Webhook.check(place, p)
	case TypeEmail:
		c.Email.check(place, p)
	case TypeMQTT:
		c.MQTT.check(place, p)
	case TypeChat:
		if _, problem := parseChat(c.Chat.URL); problem != "" {
			p.add(place+".url", "%s", problem)
		}
	}
}

func (w *WebhookSettings) check(place string, p *problems) {
	u, err := url.Parse(w.URL)
	switch {
	case len(w.URL) > mostURL:
		p.add(place+".url", "must have at most %d characters", mostURL)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		p.add(place+".url", "must begin with https:// or http:// and a host")
	case u.User != nil:
		p.add(place+".url", "must not contain a username or password: sign the messages with a secret instead")
	case u.Fragment != "":
		p.add(place+".url", "must not contain a #fragment")
	case !validHost(u):
		p.add(place+".url", "must name a host, and a port from 1 to 65535 or none")
	}
	if len(w.Secret) > 200 {
		p.add(place+".secret", "must have at most 200 bytes")
	}
}

// validHost reports whether a URL names one host, and a port or none. url.Parse takes much that no host is called.
func validHost(u *url.URL) bool {
	host := u.Hostname()
	whole := host
	if _, err := netip.ParseAddr(host); err == nil {
		if strings.Contains(host, ":") {
			whole = "[" + host + "]"
		}
	} else if host == "" || len(host) > 253 || strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return false
	}
	if u.Port() != "" {
		n, err := strconv.Atoi(u.Port())
		if err != nil || n < 1 || n > 65535 {
			return false
		}
		whole += ":" + u.Port()
	}
	return whole == u.Host
}

func (e *EmailSettings) check(place string, p *problems) {
	if e.Host == "" || len(e.Host) > 253 || strings.ContainsAny(e.Host, "/:@ \t\r\n") && !strings.Contains(e.Host, "::") {
		p.add(place+".host", "must be the name or address of a mail server")
	}
	if e.Port < 1 || e.Port > 65535 {
		p.add(place+".port", "must be from 1 to 65535")
	}
	if !slices.Contains([]string{tlsStart, tlsImplicit, tlsNone}, e.TLS) {
		p.add(place+".tls", "must be starttls, implicit or none")
	}
	if strings.ContainsAny(e.Username+e.Password, "\r\n\x00") || len(e.Username) > 320 || len(e.Password) > 500 {
		p.add(place+".username", "and password must be one line each")
	}
	if e.Username == "" && e.Password != "" {
		p.add(place+".username", "is missing; a password alone logs nobody in")
	}
	if !mailAddress(e.From) {
		p.add(place+".from", "must be one e-mail address")
	}
	if len(e.To) < 1 || len(e.To) > 20 {
		p.add(place+".to", "must be 1 to 20 e-mail addresses")
	}
	for i, to := range e.To {
		if !mailAddress(to) {
			p.add(fmt.Sprintf("%s.to[%d]", place, i), "must be one e-mail address")
		}
	}
}

// mailAddress reports whether a text is an address and nothing else: no name, no list, nothing that ends a header line.
func mailAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= 320 && clean(text, 320) == text
}

func (m *MQTTSettings) check(place string, p *problems) {
	switch t := m.Topic; {
	case t == "" || len(t) > 1000 || !utf8.ValidString(t) || strings.ContainsRune(t, 0):
		p.add(place+".topic", "must have 1 to 1,000 bytes of UTF-8")
	case strings.ContainsAny(t, "+#"):
		p.add(place+".topic", "must not contain the wildcards + and #")
	case strings.HasPrefix(t, "$"):
		p.add(place+".topic", "must not begin with $: the broker keeps $SYS and $CONTROL for itself")
	case strings.ContainsFunc(t, func(r rune) bool { return r < ' ' || r == 0x7f }):
		p.add(place+".topic", "must not contain control characters")
	}
	if m.QoS < 0 || m.QoS > 2 {
		p.add(place+".qos", "must be 0, 1 or 2")
	}
}
