package monitor

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/bunkerm/bunkerm/fault"
)

// Publication is a message that a person publishes.
type Publication struct {
	Topic    string `json:"topic" minLength:"1" maxLength:"65535" doc:"The topic: no wildcards, not beginning with $"`
	Payload  string `json:"payload" doc:"The payload, written as encoding says. Empty with retain makes the broker forget the message that it keeps"`
	Encoding string `json:"encoding,omitempty" enum:"utf8,base64" default:"utf8" doc:"utf8 sends payload as it is, base64 (standard alphabet, padded) sends the bytes"`
	QoS      *int   `json:"qos,omitempty" minimum:"0" maximum:"2" default:"1" doc:"At 0 the broker acknowledges nothing: a message that it turns down is lost without a word"`
	Retain   bool   `json:"retain,omitempty" doc:"Have the broker keep the message for those who subscribe later"`
}

// Published is what became of it.
type Published struct {
	Topic        string `json:"topic" doc:"The topic"`
	SizeBytes    int    `json:"size_bytes" doc:"Size of the payload"`
	QoS          int    `json:"qos" doc:"The QoS it was sent with"`
	Retain       bool   `json:"retain" doc:"Whether the broker was asked to keep it"`
	Acknowledged bool   `json:"acknowledged" doc:"Whether the broker said that it has taken the message; it never does at QoS 0"`
	Matched      *bool  `json:"matched" doc:"Whether anybody was subscribed to the topic; null where the broker does not tell, and where BunkerM's own observation covers the topic, which counts as a subscriber"`
}

// Sent is a publication as it is recorded, without its payload.
type Sent struct {
	Topic     string `json:"topic"`
	SizeBytes int    `json:"size_bytes"`
	SHA256    string `json:"sha256"` // of the payload, hexadecimal
	QoS       int    `json:"qos"`
	Retain    bool   `json:"retain"`
}

// Send publishes a message. Errors are faults: Invalid for what cannot be published, and those of TopicsOptions.Publish.
func (t *Topics) Send(ctx context.Context, p Publication) (Published, error) {
	payload := []byte(p.Payload)
	if err := CheckTopic(p.Topic); err != nil {
		return Published{}, notAcceptable("body.topic", err.Error())
	}
	qos := 1
	if p.QoS != nil {
		qos = *p.QoS
	}
	if qos < 0 || qos > 2 {
		return Published{}, notAcceptable("body.qos", "must be 0, 1 or 2")
	}
	if p.Encoding == encodingBase64 {
		var err error
		if payload, err = base64.StdEncoding.DecodeString(p.Payload); err != nil {
			return Published{}, notAcceptable("body.payload", "is not base64")
		}
	}
	matched, err := t.publish(ctx, "message.publish", p.Topic, payload, qos, p.Retain)
	if err != nil {
		return Published{}, err
	}
	return Published{
		Topic: p.Topic, SizeBytes: len(payload), QoS: qos, Retain: p.Retain, Acknowledged: qos > 0,
		Matched: matched,
	}, nil
}

// ClearRetained makes the broker forget the message that it keeps for a topic, if there is one. Errors are as of Send.
func (t *Topics) ClearRetained(ctx context.Context, topic string) error {
	if err := CheckTopic(topic); err != nil {
		return notAcceptable("query.topic", err.Error())
	}
	_, err := t.publish(ctx, "retained.clear", topic, nil, 1, true)
	return err
}

// publish sends a message and records it. matched is nil where it would tell of our own observation only.
func (t *Topics) publish(ctx context.Context, action, topic string, payload []byte, qos int, retain bool) (matched *bool, err error) {
	if t.o.Publish == nil {
		return nil, fault.New(fault.Unavailable, "there is no way to publish")
	}
	observed := coveredBy(t.o.Observed(), topic)
	matched, err = t.o.Publish(ctx, topic, payload, byte(qos), retain)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(payload)
	t.o.Record(ctx, action, "topic/"+topic, nil, Sent{
		Topic: topic, SizeBytes: len(payload), SHA256: hex.EncodeToString(hash[:]), QoS: qos, Retain: retain,
	})
	if matched != nil && *matched && observed {
		return nil, nil
	}
	return matched, nil
}
