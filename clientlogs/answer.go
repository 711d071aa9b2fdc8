package clientlogs

import "time"

// EventAnswer is an event as answers show it. What does not apply, or is not known, is absent.
type EventAnswer struct {
	ID     int64      `json:"id" doc:"Grows with every event; also the id of the event in the stream"`
	Time   time.Time  `json:"time" doc:"When it happened; where count is more than 1, the first of them"`
	Until  *time.Time `json:"until,omitempty" doc:"When the last one happened, where count is more than 1 or the event is about a time"`
	Event  string     `json:"event" enum:"connect,disconnect,subscribe,unsubscribe,publish,auth_failure,denied,takeover,expired,dropped,control,recording" doc:"What happened. recording is about BunkerM: from time to until less was recorded"`
	Client string     `json:"client_id,omitempty" doc:"Absent where the broker did not say"`
	User   *string    `json:"username,omitempty" doc:"Absent for anonymous clients and where it is not known; it may be empty"`

	Address   string `json:"address,omitempty" doc:"IP address, or the path of a unix socket"`
	Port      int    `json:"port,omitempty" doc:"The client's port"`
	Protocol  string `json:"protocol,omitempty" enum:"3.1,3.1.1,5.0" doc:"MQTT version"`
	Keepalive *int   `json:"keepalive_seconds,omitempty" doc:"Of a connect"`
	Clean     *bool  `json:"clean_start,omitempty" doc:"Of a connect"`
	Bridge    bool   `json:"bridge,omitempty" doc:"The client is another broker"`

	Reason  string `json:"reason,omitempty" doc:"Of a disconnect: client_disconnected, connection_lost, keepalive_timeout, kicked, protocol_error, not_authorized, oversize_packet, broker_stopped or unknown. Of denied: publish, receive, subscribe, too_large or quota. Others say why in a word"`
	Topic   string `json:"topic,omitempty" doc:"Topic or topic filter; of a control event the command with its fields"`
	QoS     *uint8 `json:"qos,omitempty" doc:"Of a publish, or asked for by a subscribe"`
	Retain  *bool  `json:"retain,omitempty" doc:"Of a publish"`
	Size    *int64 `json:"size_bytes,omitempty" doc:"Of the payload; where count is more than 1, of all together"`
	Granted *uint8 `json:"granted_qos,omitempty" doc:"Of a subscribe"`

	Count     int    `json:"count" doc:"How many equal events this one stands for"`
	Certainty string `json:"certainty" enum:"certain,paired" doc:"paired: the broker did not say whom it is about; concluded from the order of its log lines"`
	Raw       string `json:"raw,omitempty" doc:"The broker's own line, where it says more than the other fields: of auth_failure, dropped and recording, and of a disconnect that was neither polite, nor ordered, nor a timeout"`
	Own       bool   `json:"own,omitempty" doc:"By a session of BunkerM's own"`
}

// kindNames are the kinds by their number.
func kindNames() []string {
	return []string{
		"", "connect", "disconnect", "subscribe", "unsubscribe", "publish", "auth_failure", "denied", "takeover", "expired",
		"dropped", "control", "recording",
	}
}

// String is the kind's name in the API, empty for one that does not exist.
func (k Kind) String() string { return codeAt(kindNames(), int64(k)) }

// answerOf is an event for an answer.
func answerOf(e *Event) EventAnswer {
	a := EventAnswer{
		ID: e.ID, Time: e.Time, Event: e.Kind.String(), Client: e.ClientID, Address: e.Address, Port: e.Port,
		Protocol: e.Protocol, Bridge: e.Bridge, Reason: string(e.Reason), Topic: e.Topic,
		Count: e.Count, Certainty: "certain", Raw: e.Raw, Own: e.Own,
	}
	if !e.Until.IsZero() {
		a.Until = &e.Until
	}
	if e.HasUser || e.Username != "" {
		a.User = &e.Username
	}
	if e.Certainty == Paired {
		a.Certainty = "paired"
	}
	switch e.Kind {
	case Connect:
		a.Keepalive, a.Clean = &e.KeepaliveSeconds, &e.CleanStart
	case Subscribe:
		a.QoS, a.Granted = &e.QoS, &e.GrantedQoS
	case Publish:
		a.QoS, a.Retain, a.Size = &e.QoS, &e.Retain, &e.Size
	case Denied:
		a.QoS = &e.QoS
		if e.Reason != DeniedSubscribe {
			a.Retain, a.Size = &e.Retain, &e.Size
		}
	}
	return a
}

func answersOf(events []Event) []EventAnswer {
	answers := make([]EventAnswer, len(events))
	for i := range events {
		answers[i] = answerOf(&events[i])
	}
	return answers
}

// RecordingAnswer says whether events are being recorded.
type RecordingAnswer struct {
	State   string     `json:"state" enum:"recording,catching_up,paused,failing,off" doc:"catching_up: the log of the time when BunkerM did not run is being read. paused: the disk is too full. failing: the log cannot be read or the database not written; nothing is lost yet. off: there is no log"`
	Since   *time.Time `json:"since,omitempty" doc:"When the trouble began"`
	Detail  string     `json:"detail,omitempty" doc:"What is the matter"`
	Hint    string     `json:"hint,omitempty" doc:"What can be done about it"`
	Source  string     `json:"source,omitempty" enum:"keeper,file,topic" doc:"Where events come from: the log that BunkerM's keeper writes, the broker's log file, or the topics below $SYS/broker/log, which tell of no publish"`
	Written int64      `json:"written" doc:"Events stored since BunkerM started"`
	Queued  int64      `json:"queued" doc:"Events that wait for the database; lists and the stream have them already"`
	Dropped int64      `json:"dropped" doc:"Events thrown away since BunkerM started because the disk was too full"`
	Folded  int64      `json:"folded" doc:"Events beyond a client's or an address's quota since BunkerM started: counted in events with a count instead of told one by one"`
	Lag     float64    `json:"lag_seconds" doc:"How long ago the oldest event happened that is not stored yet; while catching up, how far in the past the log is being read"`
}

func recordingAnswer(s Status) RecordingAnswer {
	a := RecordingAnswer{
		State: string(s.State), Detail: s.Detail, Hint: s.Hint, Source: s.Source, Written: s.Written, Queued: s.Queued,
		Dropped: s.Dropped, Folded: s.Counts.Folded, Lag: float64(s.Lag.Milliseconds()) / 1000,
	}
	if !s.Since.IsZero() {
		since := s.Since.UTC().Truncate(time.Millisecond)
		a.Since = &since
	}
	return a
}

// PageAnswer is a part of the list.
type PageAnswer struct {
	Events    []EventAnswer   `json:"events" nullable:"false" doc:"The newest first"`
	Next      string          `json:"next_cursor,omitempty" doc:"Where the next page begins; absent where nothing is older. A page may be short, or empty, and have one: see scanned_to"`
	ScannedTo *time.Time      `json:"scanned_to,omitempty" doc:"The search took too long and has come to this time; next_cursor goes on there. Absent where the page is full or the list at its end"`
	Recording RecordingAnswer `json:"recording" doc:"Whether events are being recorded"`
}

func (s *Service) pageAnswer(p Page) PageAnswer {
	a := PageAnswer{Events: answersOf(p.Events), Next: p.Next, Recording: recordingAnswer(s.Status())}
	if !p.ScannedTo.IsZero() {
		a.ScannedTo = &p.ScannedTo
	}
	return a
}
