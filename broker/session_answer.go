package broker

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/eclipse/paho.golang/paho"

	"github.com/bunkerm/bunkerm/fault"
)

// answer is one entry of a message of the plugin.
type answer struct {
	Response
	// CorrelationData is kept as it came: other managers may send what they like, and ours is plain text that JSON
	// does not escape.
	CorrelationData json.RawMessage `json:"correlationData"`
}

// receive takes every message that the broker sends. The library calls it with one message at a time, in the order
// of their arrival, on a goroutine that nothing else runs on.
func (l *link) receive(p paho.PublishReceived) (bool, error) {
	if p.Packet.Topic == l.session.options.StatusTopic {
		l.overhear(p.Packet)
		return true, nil
	}
	if p.Packet.Topic != ResponseTopic {
		l.session.sys.set(p.Packet.Topic, p.Packet.Payload)
		if version := l.session.sys.version(); version != "" {
			l.session.forgets.Store(forgetsSome(version))
		}
		return true, nil
	}
	var envelope struct {
		Responses []answer `json:"responses"`
	}
	if err := json.Unmarshal(p.Packet.Payload, &envelope); err != nil {
		// It cannot be told whose answer this was. Those who wait run into their deadline; the others must know that
		// something may have changed.
		l.session.log.Warn("the plugin's answer cannot be read", "bytes", len(p.Packet.Payload), "error", err)
		l.session.announce(Event{Kind: ForeignAnswer, Changes: true})
		return true, nil
	}
	for i := range envelope.Responses {
		l.take(&envelope.Responses[i])
	}
	return true, nil
}

// take hands one answer to whoever waits for it, or makes an event of it.
func (l *link) take(a *answer) {
	own, isOwn := strings.CutPrefix(string(a.CorrelationData), `"`+l.session.prefix)
	if !isOwn {
		if len(a.CorrelationData) == 0 && a.Command == unknownCommand {
			l.complain(a.Error)
		}
		l.session.announce(answerEvent(ForeignAnswer, a))
		return
	}
	// Whatever the plugin answers to us proves that it is there and that we may use it.
	l.alive()
	own = strings.TrimSuffix(own, `"`)
	if own == "probe" {
		return
	}
	if !l.settle(own, a) {
		l.session.announce(answerEvent(LateAnswer, a))
	}
}

// alive notes that the plugin answered us.
func (l *link) alive() {
	select {
	case l.answered <- struct{}{}:
	default:
	}
	if usable, _, _ := l.session.now(); usable != l {
		l.session.become(l, &condition{Trouble: Trouble{State: StateConnected}})
	}
}

// announce emits an event about an answer. Before the session is usable nobody knows anything that could change.
func (s *Session) announce(e Event) {
	s.emitMu.Lock()
	defer s.emitMu.Unlock()
	if usable, _, _ := s.now(); usable != nil {
		s.emit(e)
	}
}

// complain keeps the plugin's words about a message that it could not read. They carry no correlation data, so it
// takes a gap in the answers to tell that the message was ours: when somebody waits, a barrier shows whether they wait
// in vain.
func (l *link) complain(text string) {
	l.mu.Lock()
	l.complaint = text
	waiting := len(l.pending) > 0
	l.mu.Unlock()
	if waiting {
		// Nobody needs the round itself; it cannot be had only when the session is being closed.
		_, _ = l.session.joinRound()
	}
}

// settle stores an answer to command i of message n, named "n.i". It returns false when nobody waits for it.
func (l *link) settle(name string, a *answer) bool {
	first, second, _ := strings.Cut(name, ".")
	number, err1 := strconv.ParseUint(first, 10, 64)
	i, err2 := strconv.Atoi(second)
	if err1 != nil || err2 != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.pending[number]
	if r == nil || i < 0 || i >= len(r.answers) || r.filled[i] {
		return false
	}
	r.answers[i], r.filled[i] = a.Response, true
	r.missing--
	if r.missing == 0 {
		l.finish(r, nil)
	}
	l.passOver(r)
	return true
}

// finish ends the waiting for a request. The caller holds the lock.
func (l *link) finish(r *request, err error) {
	r.err = err
	delete(l.pending, r.number)
	close(r.done)
}

// passOver settles the requests that were sent before r. The broker answers in the order in which it was asked, so
// they will not be answered any more. The caller holds the lock.
func (l *link) passOver(r *request) {
	for len(l.order) > 0 && l.order[0] != r {
		earlier := l.order[0]
		l.order = l.order[1:]
		if l.pending[earlier.number] != earlier {
			continue // answered, or given up
		}
		if l.complaint != "" {
			l.finish(earlier, fault.New(fault.Refused, "the broker could not read the command").
				Hint("the plugin's words: "+l.complaint))
			l.complaint = ""
			continue
		}
		l.finish(earlier, uncertain("the broker answered a later command and not this one", nil))
	}
}
