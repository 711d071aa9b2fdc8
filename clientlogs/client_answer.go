package clientlogs

import "time"

// ClientAnswer is the head of a client's timeline.
type ClientAnswer struct {
	ClientID   string         `json:"client_id" doc:"The client's id"`
	Connected  *bool          `json:"connected,omitempty" doc:"Absent where it is not known: while the log is being read after a start, after log lines went missing, and where there is no log"`
	FirstSeen  *time.Time     `json:"first_seen,omitempty" doc:"When the first event happened, also if that is not kept any more"`
	LastSeen   *time.Time     `json:"last_seen,omitempty" doc:"When the newest event happened"`
	Sessions   int64          `json:"sessions" doc:"How many sessions were seen to begin"`
	Reconnects int64          `json:"reconnects_per_hour" doc:"How many of them began within the last hour"`
	Addresses  []SeenAnswer   `json:"addresses" nullable:"false" doc:"Addresses from which it came or was refused, the last used first, at most 10"`
	Usernames  []SeenAnswer   `json:"usernames" nullable:"false" doc:"Usernames that it named, the last used first, at most 10"`
	Refusal    *RefusalAnswer `json:"last_refusal,omitempty" doc:"The last time it was not let in; absent where it always was"`
	Session    *SessionAnswer `json:"session,omitempty" doc:"The session that is open now"`
}

// SeenAnswer is a text with the time when it was last seen.
type SeenAnswer struct {
	Text     string    `json:"text" doc:"What was seen"`
	LastSeen time.Time `json:"last_seen" doc:"When that was"`
}

// RefusalAnswer is a login that was refused.
type RefusalAnswer struct {
	Time    time.Time `json:"time" doc:"When the broker refused"`
	Reason  string    `json:"reason,omitempty" doc:"Why, as far as the broker says it"`
	Address string    `json:"address,omitempty" doc:"From where the client came"`
}

// SessionAnswer is a session that is open.
type SessionAnswer struct {
	ConnectedAt   time.Time `json:"connected_at" doc:"When it began"`
	Username      *string   `json:"username,omitempty" doc:"Absent for anonymous clients; it may be empty"`
	Address       string    `json:"address,omitempty" doc:"IP address, or the path of a unix socket"`
	Port          int       `json:"port,omitempty" doc:"The client's port"`
	Protocol      string    `json:"protocol,omitempty" doc:"MQTT version"`
	CleanStart    bool      `json:"clean_start" doc:"It began without what an older session left"`
	Keepalive     int       `json:"keepalive_seconds" doc:"How long the client may be silent; 0: for ever"`
	Listener      int       `json:"listener,omitempty" doc:"The port of the broker that it uses, where known"`
	TLS           string    `json:"tls,omitempty" doc:"Version and cipher, where the broker says them"`
	Subscriptions *int      `json:"subscriptions,omitempty" doc:"How many topic filters it has subscribed to; absent where it is not known"`
	Bridge        bool      `json:"bridge,omitempty" doc:"The client is another broker"`
	Unsure        bool      `json:"unsure,omitempty" doc:"Log lines were missing since it began, so it may have ended"`
	Own           bool      `json:"own,omitempty" doc:"One of BunkerM's own"`
}

func clientAnswer(c Client) ClientAnswer {
	a := ClientAnswer{
		ClientID: c.ClientID, FirstSeen: orNull(c.FirstSeen), LastSeen: orNull(c.LastSeen), Sessions: c.Sessions,
		Reconnects: c.Reconnects, Addresses: seenAnswers(c.Addresses), Usernames: seenAnswers(c.Usernames),
	}
	if c.Known {
		connected := c.Session != nil
		a.Connected = &connected
	}
	if r := c.Refusal; r != nil {
		a.Refusal = &RefusalAnswer{Time: r.Time, Reason: r.Reason, Address: r.Address}
	}
	if s := c.Session; s != nil {
		a.Session = sessionAnswer(s)
	}
	return a
}

func sessionAnswer(s *Session) *SessionAnswer {
	a := &SessionAnswer{
		ConnectedAt: s.ConnectedAt.UTC().Truncate(time.Millisecond), Address: s.Address, Port: s.Port, Protocol: s.Protocol,
		CleanStart: s.CleanStart, Keepalive: s.KeepaliveSeconds, Listener: s.ListenerPort, TLS: s.TLS, Bridge: s.Bridge,
		Unsure: s.Unsure, Own: s.Own,
	}
	if s.HasUser {
		a.Username = &s.Username
	}
	if s.Subscriptions >= 0 {
		a.Subscriptions = &s.Subscriptions
	}
	return a
}

func seenAnswers(list []Seen) []SeenAnswer {
	answers := make([]SeenAnswer, len(list))
	for i, s := range list {
		answers[i] = SeenAnswer{Text: s.Text, LastSeen: s.At}
	}
	return answers
}

// orNull is a time, nil for the zero one.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
