package broker

import (
	"testing"

	"github.com/eclipse/paho.golang/paho"
)

// usableLink returns a link without a connection whose session believes in it, and the events that it causes.
func usableLink() (*link, *[]Event) {
	s := NewSession(SessionOptions{})
	events := new([]Event)
	s.OnEvent(func(e Event) { *events = append(*events, e) })
	l := &link{session: s, answered: make(chan struct{}, 1), pending: make(map[uint64]*request)}
	s.status.State, s.usable = StateConnected, l
	return l, events
}

func (l *link) got(payload []byte) {
	// receive has no error to return.
	_, _ = l.receive(paho.PublishReceived{Packet: &paho.Publish{Topic: ResponseTopic, Payload: payload}})
}

func TestWhatOthersAnswerIsNeverOurs(t *testing.T) {
	for payload, want := range map[string]Event{
		`{"responses":[{"command":"createRole","correlationData":""}]}`:           {Command: "createRole", Changes: true},
		`{"responses":[{"command":"deleteRole","correlationData":"1.0"}]}`:        {Command: "deleteRole", Changes: true},
		`{"responses":[{"command":"getRole","correlationData":{"a":1}}]}`:         {Command: "getRole"},
		`{"responses":[{"command":"GETrole","error":"x"}]}`:                       {Command: "GETrole", Failed: true},
		`{"responses":[{"command":"Unknown command","error":"Unknown command"}]}`: {Command: "Unknown command", Failed: true},
		`{"responses":[{"command":7}]}`:                                           {Changes: true},
		`{"responses":[`:                                                          {Changes: true},
		`nonsense`:                                                                {Changes: true},
	} {
		l, events := usableLink()
		want.Kind = ForeignAnswer
		l.got([]byte(payload))
		if len(*events) != 1 || (*events)[0] != want {
			t.Errorf("%s causes %+v, want %+v", payload, *events, want)
		}
	}
	for _, payload := range []string{`null`, `{}`, `[]`, `{"responses":null}`, `{"error":"endpoint not available"}`} {
		l, events := usableLink()
		l.got([]byte(payload))
		if len(*events) > 1 {
			t.Errorf("%s causes %+v", payload, *events)
		}
	}
}

func TestLaterAnswerSettlesWhatWasPassedOver(t *testing.T) {
	l, _ := usableLink()
	var requests []*request
	for range 3 {
		r, err := l.session.newRequest([]Command{{"command": "listRoles"}})
		if err != nil {
			t.Fatal(err)
		}
		if !l.add(r) || !l.send(r) {
			t.Fatal("a request is not taken")
		}
		requests = append(requests, r)
	}
	answer := func(r string) []byte {
		return []byte(`{"responses":[{"command":"listRoles","correlationData":"` + l.session.prefix + r + `"}]}`)
	}
	l.got(answer("2.0"))
	<-requests[0].done
	<-requests[1].done
	if requests[0].err == nil || requests[1].err != nil {
		t.Errorf("the first ends with %v, the second with %v", requests[0].err, requests[1].err)
	}
	l.got(answer("2.0")) // twice
	l.got(answer("3.1")) // there is no such command
	l.got(answer("3.-1"))
	l.got(answer("x"))
	select {
	case <-requests[2].done:
		t.Error("the third was settled by an answer that is not for it")
	default:
	}
	l.got(answer("3.0"))
	<-requests[2].done
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"responses":[{"command":"createRole","error":"x","correlationData":"bunkerm-0-1.0","data":{}}]}`))
	f.Add([]byte(`{"responses":[{"command":7}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		l, events := usableLink()
		l.got(payload)
		for _, e := range *events {
			if e.Kind != ForeignAnswer {
				t.Errorf("an answer of somebody else is taken for %v", e.Kind)
			}
		}
	})
}
