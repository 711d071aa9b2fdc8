package notify

import (
	"context"
	"crypto/rand"
	"strings"
)

// deliver has a channel send one message, once. answer is what the receiver said.
func (s *Service) deliver(ctx context.Context, c Channel, m Message) (answer string, _ *failure) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	// What an other version has stored may be something that this one would not have taken.
	var p problems
	c.check("channel", &p)
	if p.found != nil {
		first := p.found.Fields[0]
		return "", &failure{sentence: "the channel is not acceptable: " + first.Location + " " + first.Message, final: true}
	}
	switch c.Type {
	case TypeWebhook:
		return s.webhook(ctx, c, m)
	case TypeEmail:
		return s.email(ctx, c, m)
	case TypeMQTT:
		return s.mqtt(ctx, c, m)
	default:
		return s.chat(ctx, c, m)
	}
}

// Test sends a message through a channel at once, whether it is enabled, and whatever its severities and quiet hours. The
// channel need not be stored; secrets that read [Unchanged] are those of the stored channel of its id. answer is what the
// receiver said. The error is a fault: Invalid with the places that are not acceptable; Refused where the receiver does not
// want it; Unavailable where it could not be asked.
func (s *Service) Test(ctx context.Context, c Channel) (answer string, err error) {
	var p problems
	c = c.fill(find(s.current(), c.ID), "body.channel", &p)
	if c.check("body.channel", &p); p.found != nil {
		return "", p.err()
	}
	s.o.Record(ctx, "notify.test", c.Name, nil, c.shown())
	m := Message{
		ID: "test-" + strings.ToLower(rand.Text()), Event: Tested, Severity: Low, Title: "This channel works",
		Text: "Somebody tries out whether messages of BunkerM arrive here. Nothing is wrong.", At: s.o.Clock(),
	}
	answer, failed := s.deliver(ctx, c, m.cleaned())
	if failed != nil {
		return "", failed.fault()
	}
	return answer, nil
}

// TestStored is Test with the stored channel of an id. The fault is of kind NotFound where there is none.
func (s *Service) TestStored(ctx context.Context, id string) (answer string, err error) {
	c := find(s.current(), id)
	if c == nil {
		return "", errNoChannel()
	}
	return s.Test(ctx, *c)
}
