package observe_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// TestWhatTheBrokerKeepsIsCounted while a device goes on publishing, and after one of the messages was taken back.
func TestWhatTheBrokerKeepsIsCounted(t *testing.T) {
	b := brokertest.Start(t)
	device := dialPlain(t, b, "device")
	const kept = 3000
	for i := range kept {
		device.publish(fmt.Sprintf("kept/%d", i), []byte("21.5"), true)
	}
	device.publish("kept/0", nil, true)
	device.settle()
	speaking, hush := context.WithCancel(t.Context())
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		for speaking.Err() == nil {
			device.publish("live", []byte("1"), false)
			<-time.After(10 * time.Millisecond)
		}
	}()
	n, apart, err := observe.CountRetained(t.Context(), b.Endpoint(), "kept/1")
	hush()
	<-silent
	if err != nil || n != kept-2 || apart != 1 {
		t.Errorf("%d of %d messages, and %d apart, %v", n, kept-2, apart, err)
	}
}

// TestACountEndsWithItsContext where the broker is away.
func TestACountEndsWithItsContext(t *testing.T) {
	b := brokertest.Start(t)
	b.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if n, _, err := observe.CountRetained(ctx, b.Endpoint(), ""); err == nil || n != 0 {
		t.Errorf("%d messages of a broker that is not there, %v", n, err)
	}
}
