package anomaly

import (
	"context"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/notify"
)

// AlertChannelTest says which channel is to be tried out.
type AlertChannelTest struct {
	ID      string          `json:"id,omitempty" maxLength:"64" doc:"A channel that is stored; either this or channel"`
	Channel *notify.Channel `json:"channel,omitempty" doc:"One that need not be stored. A secret that reads «unchanged» is that of the stored one with the same id"`
}

// AlertChannelTested is what came of it.
type AlertChannelTested struct {
	Answer string `json:"answer" doc:"What the receiver said"`
}

// AlertChannels is how channels are doing.
type AlertChannels struct {
	Channels []notify.ChannelStatus `json:"channels" nullable:"false" doc:"The channels"`
	Sent     Sent                   `json:"notifications" doc:"What was sent and what was held back"`
}

func (s *Service) notifier() (*notify.Service, error) {
	if s.o.Notify == nil {
		return nil, fault.New(fault.Unavailable, "there is no way to send anything")
	}
	return s.o.Notify, nil
}

// TestChannel sends a test message.
func (s *Service) TestChannel(ctx context.Context, t AlertChannelTest) (AlertChannelTested, error) {
	n, err := s.notifier()
	if err != nil {
		return AlertChannelTested{}, err
	}
	if (t.ID == "") == (t.Channel == nil) {
		return AlertChannelTested{}, notAcceptable("body", "needs either id or channel")
	}
	var answer string
	if t.Channel != nil {
		answer, err = n.Test(ctx, *t.Channel)
	} else {
		answer, err = n.TestStored(ctx, t.ID)
	}
	return AlertChannelTested{answer}, err
}

// Channels says how channels are doing.
func (s *Service) Channels(ctx context.Context) (AlertChannels, error) {
	n, err := s.notifier()
	if err != nil {
		return AlertChannels{}, err
	}
	all, err := n.Status(ctx)
	return AlertChannels{Channels: append([]notify.ChannelStatus{}, all...), Sent: s.Sent()}, err
}
