package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/bunkerm/bunkerm/notify/reach"
)

// The kinds of encryption of a mail server.
const (
	tlsStart    = "starttls"
	tlsImplicit = "implicit"
	tlsNone     = "none"
)

// mostReply is how many bytes a mail server may say in one session. The library reads a line until it ends.
const mostReply = 256 << 10

// email sends the message as a plain text to all receivers of the channel at once.
func (s *Service) email(ctx context.Context, c Channel, m Message) (answer string, _ *failure) {
	letter, err := s.letter(c, m)
	if err != nil {
		return "", &failure{sentence: "the mail cannot be written", hint: "check the addresses of sender and receivers", final: true}
	}
	client, err := s.mailer(ctx, c)
	if err != nil {
		return "", &failure{sentence: "the settings of the mail server are not acceptable", final: true}
	}
	if err = client.DialAndSendWithContext(ctx, letter); err != nil && !letter.IsDelivered() {
		return "", unmailed(ctx, err, c.secrets())
	}
	return "the mail server has taken the mail", nil
}

// letter is the mail. The library encodes the subject and checks addresses; the texts have no line breaks to begin with.
func (s *Service) letter(c Channel, m Message) (*mail.Msg, error) {
	title, text := m.words(s.o.Location())
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := letter.From(c.Email.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := letter.To(c.Email.To...); err != nil {
		return nil, fmt.Errorf("receivers: %w", err)
	}
	_, domain, _ := strings.Cut(c.Email.From, "@")
	letter.Subject("[BunkerM] " + title)
	letter.SetDateWithValue(m.At.In(s.o.Location()))
	letter.SetMessageIDWithValue(inID(m.ID) + "." + inID(c.ID) + "@" + domain) // the same when it is sent again
	letter.SetGenHeader("Auto-Submitted", "auto-generated")                    // RFC 3834: nobody is away for it
	letter.SetGenHeader("X-BunkerM-Event", string(m.Event))
	if m.AlertID != 0 { // what belongs to one alert stands together in a mailbox
		letter.SetGenHeader("References", fmt.Sprintf("<alert-%d.%s@%s>", m.AlertID, inID(c.ID), domain))
	}
	if m.Severity == Critical {
		letter.SetImportance(mail.ImportanceHigh)
	}
	letter.SetBodyString(mail.TypeTextPlain, text)
	return letter, nil
}

// inID leaves of a text what may stand in a Message-ID.
func inID(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, text)
}

// mailer is the client for one mail. The connection is closed when ctx ends, because the library begins its own timeout
// anew with each step.
func (s *Service) mailer(ctx context.Context, c Channel) (*mail.Client, error) {
	e := c.Email
	security := &tls.Config{ServerName: e.Host, RootCAs: s.o.Roots, MinVersion: tls.VersionTLS12}
	dialer := reach.Dialer(c.AllowPrivate)
	options := []mail.Option{
		mail.WithPort(e.Port), mail.WithTimeout(sendTimeout), mail.WithTLSConfig(security), mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(dialing, network, address)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			bounded := &brief{Conn: conn, left: mostReply}
			if e.TLS == tlsImplicit {
				return tls.Client(bounded, security), nil
			}
			return bounded, nil
		}),
	}
	mechanisms := []mail.SMTPAuthType{
		mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1PLUS, mail.SMTPAuthSCRAMSHA1,
		mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5,
	}
	switch e.TLS {
	case tlsImplicit:
		options = append(options, mail.WithSSL())
	case tlsNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
		mechanisms = []mail.SMTPAuthType{
			mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5, mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc,
		}
	}
	if e.Username != "" {
		options = append(options, mail.WithUsername(e.Username), mail.WithPassword(e.Password),
			mail.WithOpportunisticSMTPAuth(mechanisms...))
	}
	return mail.NewClient(e.Host, options...)
}

// unmailed says why a mail was not taken: by the server's own answer where it gave one.
func unmailed(ctx context.Context, err error, secrets []string) *failure {
	if ctx.Err() != nil { // then the error is of the connection that we have closed
		return unreachable(ctx.Err(), secrets)
	}
	var refused *mail.SendError
	var reply *textproto.Error
	code, said := 0, err.Error()
	switch {
	case errors.As(err, &reply):
		code, said = reply.Code, reply.Error()
	case errors.As(err, &refused):
		code = refused.ErrorCode()
	}
	if code == 0 {
		if strings.Contains(said, "STARTTLS") {
			return &failure{sentence: "the mail server does not offer STARTTLS", hint: "choose implicit, or another port"}
		}
		return unreachable(err, secrets)
	}
	f := &failure{sentence: "the mail server says: " + clean(masked(said, secrets...), mostQuoted)}
	f.final = code >= 500 // RFC 5321, 4.2.1: 5yz is permanent, 4yz passes
	if code == 535 || code == 534 || code == 530 {
		f.hint = "check username and password"
	}
	return f
}

// brief is a connection that ends when the other side has said too much.
type brief struct {
	net.Conn

	left int
}

var errTooMuch = errors.New("the mail server says too much")

func (b *brief) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
