package observe

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// book plays a broker's part against subscriptions.
type book struct {
	t *testing.T
	s *subscriptions
}

// request takes what is sent apart: "+a" is the first SUBSCRIBE of a, "~a" one without identifier and "~a!" with one
// that changes it, "-a" is an UNSUBSCRIBE. Answers are given by answer.
func (b *book) request(wanted ...string) (sent []string) {
	b.t.Helper()
	for packets := b.s.request(wanted); len(packets) > 0; {
		length, head, err := frameHead(packets)
		if err != nil || head == 0 || head+length > len(packets) {
			b.t.Fatalf("a bad packet is sent: % x", packets)
		}
		body := packets[head+2 : head+length]
		properties, n := varint(body)
		identifier, err := subscriptionOf(body[n : n+properties])
		if err != nil {
			b.t.Fatal(err)
		}
		topic := body[n+properties:]
		filter := string(topic[2 : 2+int(topic[1])])
		switch {
		case packets[0] == firstUnsubscribe:
			sent = append(sent, "-"+filter)
		case topic[len(topic)-1] == storedAlways:
			sent = append(sent, "+"+filter)
		case identifier != 0:
			sent = append(sent, "~"+filter+"!")
		default:
			sent = append(sent, "~"+filter)
		}
		packets = packets[head+length:]
	}
	return sent
}

// answer answers everything that waits, the filters named with a refusal.
func (b *book) answer(refused ...string) error {
	b.t.Helper()
	var packets []uint16
	for packet := range b.s.pending {
		packets = append(packets, packet)
	}
	slices.Sort(packets)
	for _, packet := range packets {
		code := byte(0)
		if slices.Contains(refused, b.s.pending[packet].to.filter) {
			code = 0x87
		}
		if err := b.s.answered(packet, code); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) expect(wanted []string, sent ...string) {
	b.t.Helper()
	if got := b.request(wanted...); !slices.Equal(got, sent) {
		b.t.Errorf("for %q %q is sent, want %q", wanted, got, sent)
	}
}

func (b *book) agree(refused ...string) {
	b.t.Helper()
	if err := b.answer(refused...); err != nil {
		b.t.Error(err)
	}
}

func TestOnlyWhatIsNeededIsAskedFor(t *testing.T) {
	b := &book{t, newSubscriptions()}
	b.expect([]string{"a/b", "#", "$SYS/#", "bad#"}, "+#", "~#", "+$SYS/#", "~$SYS/#")
	b.expect([]string{"a/b", "#", "$SYS/#"}) // nothing twice
	b.agree()
	b.expect([]string{"#", "$SYS/#"})
	b.expect([]string{"$SYS/#"}, "-#")
	b.expect([]string{"#"}, "+#", "~#!", "-$SYS/#") // the broker has not let go of the first # yet
	b.agree()
	b.expect([]string{"#"}, "~#")
}

func TestWhatARefusedFilterCoversIsAskedFor(t *testing.T) {
	b := &book{t, newSubscriptions()}
	wanted := []string{"#", "a/#", "a/b"}
	b.expect(wanted, "+#", "~#")
	b.agree("#")
	b.expect(wanted, "+a/#", "~a/#")
	b.agree()
	for filter, want := range map[string]FilterState{"#": FilterRefused, "a/#": FilterGranted, "a/b": FilterCovered} {
		if got := b.s.state(filter, wanted); got != want {
			t.Errorf("%s is %s, want %s", filter, got, want)
		}
	}
	if !b.s.retry() {
		t.Error("there is nothing to ask for again")
	}
	// It overlaps with what is there, which is kept until it is certain.
	b.expect(wanted, "+#", "~#!")
	b.agree()
	b.expect(wanted, "-a/#")
	b.agree()
	b.expect(wanted, "~#") // the identifier is of no more use
	b.agree()
	b.expect(wanted)
}

func TestACopyCountsOnce(t *testing.T) {
	b := &book{t, newSubscriptions()}
	check := func(identifier int, topic string, stored, double bool) {
		t.Helper()
		if s, d := b.s.identify(identifier, []byte(topic)); s != stored || d != double {
			t.Errorf("%d on %s: stored %t, double %t", identifier, topic, s, d)
		}
	}
	b.expect([]string{"a/+", "+/b"}, "+a/+", "~a/+", "++/b", "~+/b!")
	check(5, "a/b", false, false) // the broker may still refuse the first
	b.agree()
	check(2, "a/b", true, false)
	check(4, "a/b", true, true)
	check(4, "x/b", true, false)
	check(5, "a/b", false, true)
	check(5, "x/b", false, false)
	b.expect([]string{"+/b"}, "-a/+")
	check(5, "a/b", false, true) // until the broker says that it is done
	b.agree()
	check(5, "a/b", false, false)
}

func TestARefusedGoodbyeEndsTheConnection(t *testing.T) {
	b := &book{t, newSubscriptions()}
	b.request("a")
	b.agree()
	b.expect(nil, "-a")
	if _, ok := errors.AsType[*refusal](b.answer("a")); !ok {
		t.Error("the broker goes on delivering what nobody wants")
	}
}

func TestPacketIdentifiersAreNotUsedTwiceAtOnce(t *testing.T) {
	b := &book{t, newSubscriptions()}
	b.s.packet = 65530
	var wanted []string
	for i := range 10 {
		wanted = append(wanted, fmt.Sprint("t", i))
	}
	b.request(wanted...)
	if len(b.s.pending) != 20 {
		t.Errorf("%d answers are expected, want 20", len(b.s.pending))
	}
	if _, zero := b.s.pending[0]; zero {
		t.Error("0 is no packet identifier")
	}
	b.agree()
}
