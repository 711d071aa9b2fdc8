package monitor

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

func registerPublish(api huma.API, t *Topics) {
	publish := publishing("publish", http.MethodPost, "/monitor/publish", "Publish a message",
		"Sends a message over BunkerM's own session, whose account must be allowed to publish there. At QoS 1 and 2, 202 means that the broker has taken it.")
	publish.DefaultStatus = http.StatusAccepted
	publish.Errors = append(publish.Errors, http.StatusRequestEntityTooLarge)
	huma.Register(api, publish, func(ctx context.Context, in *struct{ Body Publication }) (*body[Published], error) {
		sent, err := t.Send(ctx, in.Body)
		if err != nil {
			return nil, err
		}
		return &body[Published]{Body: sent}, nil
	})
	clearing := publishing("clear-retained", http.MethodDelete, "/monitor/topics/retained", "Clear a retained message",
		"Makes the broker forget the message that it keeps for a topic, by publishing an empty one, which those who are subscribed receive. "+
			"It is no error when there was none.")
	clearing.DefaultStatus = http.StatusNoContent
	huma.Register(api, clearing, func(ctx context.Context, in *struct {
		Topic string `query:"topic" required:"true" minLength:"1" maxLength:"65535" doc:"The topic"`
	}) (*struct{}, error) {
		return nil, t.ClearRetained(ctx, in.Topic)
	})
}

// publishing describes a route that sends something to the broker.
func publishing(id, method, path, summary, description string) huma.Operation {
	op := operation(id, method, path, permissionPublish, summary, description)
	op.Errors = []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	return op
}
