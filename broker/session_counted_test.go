package broker_test

import (
	"strconv"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestWhatWePublishIsCountedAsTheBrokerDoes compares what a session says that it has published with the broker's own figure,
// whatever the kind of message.
func TestWhatWePublishIsCountedAsTheBrokerDoes(t *testing.T) {
	b := brokertest.Start(t)
	d, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Subscribe("$SYS/broker/publish/messages/received"); err != nil {
		t.Fatal(err)
	}
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint(), StatusTopic: statusTopic})
	ready(t, s)
	for qos := range byte(3) {
		for _, retain := range []bool{false, true} {
			for range 5 {
				if _, err := s.Publish(within(t), "x", []byte("y"), qos, retain); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var counted int
	eventually(t, "the broker counts as we do", func() bool {
		for len(d.Messages) > 0 {
			if counted, err = strconv.Atoi(string((<-d.Messages).Payload)); err != nil {
				t.Fatal(err)
			}
		}
		return counted > 10 && int64(counted) == s.Traffic().PublishesSent
	})
}
