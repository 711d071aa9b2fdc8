package clientlogs

import "time"

// Kind is what an event is about.
type Kind uint8

// The kinds of events, as the API names them.
const (
	Connect     Kind = iota + 1 // a session began
	Disconnect                  // a session ended; Reason says why
	Subscribe                   // a filter was granted; GrantedQoS
	Unsubscribe                 // a filter was given up
	Publish                     // a client published; Count of them within a second are one event
	AuthFailure                 // a login was refused
	Denied                      // a publish or a subscription was refused; Reason says which
	Takeover                    // the old session ended because another connection uses its client id
	Expired                     // a persistent session was thrown away by the broker
	Dropped                     // the broker threw messages away because the client takes them too slowly
	Control                     // a command to the dynamic security plugin
	Recording                   // we recorded less, or again everything: Reason says what and why, Time and Until from when to when
)

// Reason is why something ended or was refused: one of a closed list of words.
type Reason string

// The reasons of a Disconnect.
const (
	ClientDisconnected Reason = "client_disconnected" // a DISCONNECT packet
	ConnectionLost     Reason = "connection_lost"     // the connection ended without one
	KeepaliveTimeout   Reason = "keepalive_timeout"
	Kicked             Reason = "kicked" // administrative action
	ProtocolError      Reason = "protocol_error"
	NotAuthorized      Reason = "not_authorized"
	OversizePacket     Reason = "oversize_packet"
	BrokerStopped      Reason = "broker_stopped"
	UnknownReason      Reason = "unknown" // we were not there, or the broker's words are not known
)

// The reasons of a Denied.
const (
	DeniedPublish   Reason = "publish"
	DeniedReceive   Reason = "receive" // a message was not delivered to the client
	DeniedSubscribe Reason = "subscribe"
	DeniedTooLarge  Reason = "too_large"
	DeniedQuota     Reason = "quota"
)

// The reasons of a Recording.
const (
	RecordingPaused  Reason = "paused"
	RecordingResumed Reason = "resumed"
	RecordingGap     Reason = "lines_missing" // of the log; Topic says why
)

// Certainty says how an event's client is known.
type Certainty uint8

// The certainties.
const (
	Certain Certainty = iota // the broker's line says it
	Paired                   // concluded from the order of lines: probably so
)

// Event is something that a client did or that happened to it. Texts are the broker's, so devices chose them.
type Event struct {
	ID       int64     // grows with every event; 0 until it is given one
	Time     time.Time // when it happened, UTC, milliseconds
	Until    time.Time // of the last one where Count > 1; else zero
	Kind     Kind
	ClientID string // empty where the broker did not say
	Username string // empty for anonymous clients and where it is not known
	HasUser  bool   // the client named a user, who may be called ""
	Address  string // IP address as the broker printed it; empty where unknown. A unix socket's path for local clients
	Port     int    // the client's; 0 where unknown

	Protocol         string // 3.1, 3.1.1, 5.0; empty where unknown
	KeepaliveSeconds int
	CleanStart       bool
	Bridge           bool

	Reason     Reason
	Topic      string // or topic filter; for Control the command with its fields
	QoS        uint8  // of a publish, or asked for
	GrantedQoS uint8
	Retain     bool
	Size       int64 // of a payload in bytes, of all Count together
	Count      int   // how many events this one stands for; at least 1

	Certainty Certainty
	Raw       string // the broker's line, cut at 1024 bytes; empty for a folded event
	Own       bool   // by BunkerM's own sessions
}
