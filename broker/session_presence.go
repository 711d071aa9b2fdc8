package broker

import (
	"context"
	"log/slog"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// What the session says of itself at SessionOptions.StatusTopic, retained and at QoS 1.
const (
	StatusOnline  = "online"
	StatusOffline = "offline"
)

// lastWill is what the broker is to publish when our connection ends without a goodbye; nil where there is no topic.
// Mosquitto takes the will of an account that may not publish it, and then keeps it to itself (seen with 2.0.11 and 2.1.2).
func (s *Session) lastWill() *paho.WillMessage {
	if s.options.StatusTopic == "" {
		return nil
	}
	return &paho.WillMessage{Topic: s.options.StatusTopic, Payload: []byte(StatusOffline), QoS: 1, Retain: true}
}

// refusesWill reports whether the broker turned a CONNECT down for its will: it is configured without retained messages, or
// without QoS 1.
func refusesWill(code byte) bool {
	return code == packets.ConnackRetainNotSupported || code == packets.ConnackQoSNotSupported
}

// appear has the broker keep that we are there. What it does not take is no reason to do without the connection.
func (l *link) appear(ctx context.Context) {
	s := l.session
	if !l.hasWill {
		return
	}
	ctx, cancel := s.within(ctx)
	defer cancel()
	l.claimed = true
	answer, err := l.say(ctx, StatusOnline)
	switch {
	case answer != nil && answer.ReasonCode >= 0x80:
		l.claimed = false
		s.presenceRefused(answer.ReasonCode)
	case err == nil:
		s.unheard.Store(false)
		l.appeared = true
	}
	// Any other error is the end of the connection, or of the patience with a broker that the probe will ask about.
}

// say publishes at the status topic and waits for the answer, which the library does for a connection that has ended, too.
func (l *link) say(ctx context.Context, what string) (*paho.PublishResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-l.client.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	return l.client.Publish(ctx, &paho.Publish{Topic: l.session.options.StatusTopic, Payload: []byte(what), QoS: 1, Retain: true})
}

// presenceRefused says so once, until the broker takes it again.
func (s *Session) presenceRefused(code byte) {
	if !s.unheard.CompareAndSwap(false, true) {
		return
	}
	s.log.LogAttrs(context.Background(), slog.LevelWarn, "the broker does not let BunkerM tell others whether it runs",
		slog.String("topic", s.options.StatusTopic), slog.String("reason", describeReason(code)),
		slog.String("hint", "let BunkerM's account publish retained messages to this topic, or set --status-topic= to do without"))
}

// overhear takes what others say at the status topic. When a connection of ours was cut by the network the broker notices
// only after the next one has been made, and publishes the will of the old one.
func (l *link) overhear(p *paho.Publish) {
	if p.Retain || string(p.Payload) != StatusOffline {
		return
	}
	// However often somebody says so, the answer comes once a second.
	if l.overheard.CompareAndSwap(false, true) {
		time.AfterFunc(time.Second, func() {
			l.overheard.Store(false)
			token(l.denied)
		})
	}
}

// farewellWithin is how long the broker may take to note that we go: everything is being stopped.
const farewellWithin = time.Second

// farewell says that we are gone before a session is closed. DISCONNECT has a reason code that asks the broker to publish the
// will (MQTT 5.0, 3.14.2.1), which mosquitto 2.0.11 does not heed.
func (l *link) farewell(ctx context.Context) {
	if !l.claimed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewellWithin)
	defer cancel()
	// What it does not take in time is for those to notice who wonder.
	_, _ = l.say(ctx, StatusOffline)
}
