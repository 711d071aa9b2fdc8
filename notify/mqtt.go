package notify

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/bunkerm/bunkerm/fault"
)

// mqtt publishes the message as JSON, the same as the body of a webhook. It is taken when the broker has it.
func (s *Service) mqtt(ctx context.Context, c Channel, m Message) (answer string, _ *failure) {
	if s.o.Publish == nil {
		return "", &failure{sentence: "BunkerM publishes nothing on this broker", final: true}
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return "", &failure{sentence: "the message cannot be written as JSON", final: true}
	}
	if err = s.o.Publish(ctx, c.MQTT.Topic, payload, byte(c.MQTT.QoS), c.MQTT.Retain); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return "", &failure{sentence: "the broker did not take the message in time", hint: "is the broker running?"}
		}
		why := fault.From(err)
		return "", &failure{sentence: "the broker did not take the message: " + clean(why.Message, mostTitle), hint: why.HintText}
	}
	return "the broker has taken the message", nil
}
