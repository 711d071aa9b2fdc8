package observe_test

import (
	"fmt"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestOnlyWhatIsPublishedNowIsLive counts neither what the broker had kept, nor its own figures, nor a message twice that
// matches two filters.
func TestOnlyWhatIsPublishedNowIsLive(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("sys_interval 1"))
	device := dialPlain(t, b, "device")
	const kept = 200
	for i := range kept {
		device.publish(fmt.Sprintf("kept/%d", i), []byte("21.5"), true)
	}
	device.settle()
	s, w := watch(t, b.Endpoint(), "#", "live/+", "$SYS/broker/#")
	const live = 30
	for i := range live {
		device.publish(fmt.Sprintf("live/%d", i%10), make([]byte, 1+i*20_000), i%2 == 0)
	}
	device.publish("end", nil, false)
	w.until("end")
	// Consumers have a message a moment before it is counted.
	eventually(t, "the last message is counted", func() bool { return s.Status().Live >= live+1 })
	if status := s.Status(); status.Live != live+1 || status.Messages < kept+live {
		t.Errorf("%d of %d messages are live, want %d of at least %d", status.Live, status.Messages, live+1, kept+live)
	}
}
