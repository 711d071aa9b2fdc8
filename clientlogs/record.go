package clientlogs

// RecordKind says what a line of the log tells.
type RecordKind uint8

// The kinds of records. The comment names the fields that are set besides the kind.
const (
	NothingKnown      RecordKind = iota // a line that tells nothing about clients: Level only
	NewConnection                       // "New connection from": Address, Port, ListenerPort
	ClientConnected                     // "New client connected", "New bridge connected": Address, Port, ClientID, Protocol, CleanStart, Keepalive, Username, HasUser, Bridge
	ClientLeft                          // every way of leaving: ClientID or Unknown, Address and Port on 2.1, Reason, Text (the broker's words)
	TakenOver                           // "already connected, closing old connection", "session taken over": ClientID, Address and Port on 2.1
	ConnackSent                         // "Sending CONNACK to": ClientID, or an address in its place; SessionPresent, Code
	SessionExpired                      // "Expiring client": ClientID
	MessagesDropped                     // "Outgoing messages are being dropped for client", "exceeded its receive-maximum quota": ClientID
	Subscribing                         // "Received SUBSCRIBE from": ClientID; ContinuationLine records follow
	Unsubscribing                       // "Received UNSUBSCRIBE from": ClientID; ContinuationLine records follow
	WillSpecified                       // "Will message specified": Size, Retain, QoS; a ContinuationLine with the topic follows
	ContinuationLine                    // a line that begins with a tab: Topic; QoS where there is one; DeniedFilter
	Subscribed                          // log_type subscribe: ClientID, GrantedQoS, Topic
	Unsubscribed                        // log_type unsubscribe: ClientID, Topic
	PublishReceived                     // "Received PUBLISH from": ClientID, Dup, QoS, Retain, MessageID, Topic, Size
	PublishSent                         // "Sending PUBLISH to": the same
	PublishDenied                       // "Denied PUBLISH from", "Denied PUBLISH to" (ToClient), "Dropped too large PUBLISH from", "Rejected PUBLISH": the same, Reason
	ControlCommand                      // "dynsec: id/user | command | …": ClientID, Username, Command, Text (all behind the command)
	ConnectionRefused                   // "Client connection from … denied", "… failed", "Connection from … rejected", "Invalid protocol …": Address, Port where told, Text
	TLSNegotiated                       // 2.1 "negotiated": ClientID, Text
	ProtocolTrouble                     // "Protocol error from", "Bad client", "Invalid … from": ClientID or Address and Port, Text
	BrokerStarting                      // "mosquitto version X starting": Text is the version
	BrokerRunning                       // "mosquitto version X running": Text is the version
	BrokerEnding                        // "mosquitto version X terminating"
	BrokerReloading                     // "Reloading config."
	Listening                           // "Opening … listen socket": Text is the kind (ipv4, ipv6, websockets, unix, http api), ListenerPort
)

// Record is what one line tells. Texts share memory with the line.
type Record struct {
	Kind  RecordKind
	Level byte // E W N I D S U, as mosquitto would have named it; concluded from the text where the source does not tell it

	// Doubtful says that a connected client's id begins the line and that the source does not tell the line's type, so
	// that the line may be about a subscription of that client's instead.
	Doubtful bool

	ClientID []byte
	IDCut    bool // the line was cut inside the client id
	Unknown  bool // the broker printed <unknown> for the client id
	Username []byte
	HasUser  bool
	Address  []byte // without brackets; a unix socket's path for local clients
	Port     int

	ListenerPort int
	Protocol     uint8 // 3, 4, 5: the level in CONNECT, whatever the dialect prints
	CleanStart   bool
	Keepalive    int // seconds
	Bridge       bool

	Reason         Reason // of ClientLeft and PublishDenied
	Code           int    // CONNACK's return or reason code
	SessionPresent bool

	Topic        []byte
	TopicCut     bool // the line was cut inside the topic or after it
	QoS          uint8
	HasQoS       bool // of a ContinuationLine: it ends with (QoS n)
	GrantedQoS   uint8
	Retain, Dup  bool
	MessageID    int
	Size         int64 // bytes
	DeniedFilter bool  // 2.1: "(denied)"
	ToClient     bool

	Command []byte
	Text    []byte
}
