package clientlogs

import (
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// TrackerOptions are what a Tracker needs. All functions are called on the goroutine that calls the Tracker and may be
// nil.
type TrackerOptions struct {
	// Own tells BunkerM's own sessions: their connects and disconnects are marked, what they subscribe to, publish and
	// read is left out.
	Own func(clientID, username string) bool
	// Wants tells whether a publish is to be recorded; it must not call the Tracker. nil wants every one.
	Wants func(clientID, topic []byte) bool
	// Emit gets every event, in order, without an ID.
	Emit func(Event)
	// Session gets every change of a session that must be saved so that Restore can bring it back: at once when one
	// begins or ends, at the next Settle for the rest.
	Session func(SessionChange)
	// Managed says that the log is one of a keeper's, whose own lines alone tell when the broker starts and ends. It is
	// concluded from the first such line otherwise.
	Managed bool
	Limits  Limits
}

// Tracker turns lines into events and sessions. One goroutine calls Line, Tick, Gap, Settle, Flush, Held, Confirm and
// Restore; any goroutine may call Sessions, Session and Counts.
//
// Its texts are the log's. Events and sessions carry valid UTF-8: bytes that are none become U+FFFD, so that two
// clients whose ids differ in such bytes alone look the same, although their sessions are kept apart. The broker cuts
// its lines at about 1000 bytes. A client whose id alone is longer is known by the part that the line of its connect
// holds, about 950 bytes, and whatever other client begins the same is taken for it.
type Tracker struct {
	options TrackerOptions
	limits  Limits
	parser  Parser
	record  Record
	now     time.Time // of the present line
	raw     []byte    // the present line

	mu       sync.Mutex // guards everything that Sessions, Session and Counts read
	clients  clients
	arrivals arrivals
	counting counting
	folds    folds
	sources  sources
	doubts   int64

	asking  asking
	latest  *client // whose connect was the last line but for those about its will
	refused refusedLogin
	managed bool // the keeper alone tells when the broker starts and ends
	whole   bool // every session that is open was seen when it began
	debug   bool // debug lines are being written, so that no subscription comes unannounced
	granted bool // lines of log_type subscribe are being written

	doubtedEnd time.Time // when a line about the broker's end was doubted last

	tls map[int]bool // ports of listeners on which 2.1 has negotiated TLS

	events  []Event // to be handed over
	changes []SessionChange
	dirty   []*client
}

// NewTracker begins without any session.
func NewTracker(options TrackerOptions) *Tracker {
	l := options.Limits.withDefaults()
	t := &Tracker{
		options: options, limits: l, managed: options.Managed,
		clients:  clients{limits: l, byKey: map[string]*client{}, cut: map[string]*client{}},
		arrivals: arrivals{limit: l.Arrivals, byAddress: map[arrivalKey]*queued[arrival]{}},
		counting: counting{limit: l.Publishes, byKey: map[countingKey]*queued[aggregate]{}},
		folds:    folds{limit: l.Folds, byKey: map[foldKey]*queued[Event]{}},
		sources:  sources{limit: l.Addresses, byKey: map[string]*queued[source]{}},
		tls:      map[int]bool{},
	}
	t.parser.Known = func(id []byte) bool { return t.clients.connected(id) != nil }
	t.clients.removed = func(c *client) { t.change(SessionChange{Removed: true, Saved: SavedSession{Key: []byte(c.key)}}) }
	return t
}

// Line takes the next line of the log.
func (t *Tracker) Line(line broker.LogLine) {
	t.mu.Lock()
	t.at(line.Time)
	t.raw = line.Text
	if line.Own {
		t.keeperSays(line.Text)
	} else if !t.answered(line.Text) {
		t.read(line)
	}
	t.raw = nil
	t.mu.Unlock()
	t.deliver()
}

// at sets the time of what follows. A line without one happened when the line before did.
func (t *Tracker) at(now time.Time) {
	if !now.IsZero() {
		t.now = now.UTC().Truncate(time.Millisecond)
	}
}

// read parses a line and does what it says.
func (t *Tracker) read(line broker.LogLine) {
	r := &t.record
	t.parser.Parse(line.Text, line.Level, r)
	if r.Doubtful && r.Kind != Subscribed && r.Kind != Unsubscribed {
		// Whoever subscribes is announced by a line of debug, so without that the line is the broker's own.
		if r.Doubtful = !t.debug; r.Doubtful && !t.doubt(line.Text) {
			return
		}
	}
	if r.Level == 'D' && !r.Doubtful && (line.Text[0] == 'R' || line.Text[0] == 'S') {
		t.debug = true // Received, Sending: a packet
	}
	t.obey(r)
	switch {
	case r.Kind == ClientConnected, r.Kind == WillSpecified, r.Kind == ContinuationLine, string(line.Text) == noWill:
	default:
		t.latest = nil
	}
}

// obey does what a line says. A kind that has no case changes nothing.
func (t *Tracker) obey(r *Record) {
	switch r.Kind {
	case PublishReceived:
		t.published(r)
	case PublishDenied:
		t.publishDenied(r)
	case ContinuationLine:
		t.continued(r)
	case NewConnection:
		t.asking.kind = NothingKnown
		t.arrivals.add(r, t.now)
	case ClientConnected:
		t.connected(r)
	case ClientLeft:
		t.left(r)
	case TakenOver:
		t.takenOver(r)
	case ConnackSent:
		t.acknowledged(r)
	case TLSNegotiated:
		t.negotiated(r)
	case ConnectionRefused:
		t.connectionRefused(r)
	case Subscribing, Unsubscribing:
		t.ask(r)
	case Subscribed:
		t.subscribed(r.ClientID, r.Topic, r.GrantedQoS, r.GrantedQoS, certainty(r))
	case Unsubscribed:
		t.unsubscribed(r.ClientID, r.Topic, certainty(r))
	case SessionExpired:
		t.expired(r)
	case MessagesDropped:
		t.tell(t.about(Dropped, r.ClientID, certainty(r)))
	case ControlCommand:
		t.commanded(r)
	case BrokerStarting, BrokerEnding:
		t.brokerSays(r)
	case BrokerReloading:
		t.debug = false
	}
}

// doubt decides what becomes of a line that the broker or a suspect may have caused. What it says of the broker and of
// clients that are not there is the suspect's doing. The rest is believed, as probable; see connected and left for what
// that means. It reports false when everything has been done.
func (t *Tracker) doubt(text []byte) bool {
	t.doubts++
	r := &t.record
	theirs := false
	switch r.Kind {
	case BrokerStarting, BrokerEnding:
		t.mayHaveEnded()
		theirs = true
	case BrokerReloading, Listening, BrokerRunning, ConnackSent, TLSNegotiated:
		theirs = true
	case ClientConnected:
		// Nobody can know from which port the next client will come.
		a := t.arrivals.byAddress[arrivalKey{string(r.Address), r.Port}]
		theirs = a == nil
		r.Doubtful = theirs || a.value.doubtful
	case ControlCommand, ClientLeft, TakenOver, SessionExpired, MessagesDropped, PublishReceived, PublishDenied:
		theirs = !r.Unknown && t.clients.connected(r.ClientID) == nil
	}
	if theirs {
		t.parser.Subscription(text, 0, r)
		t.obey(r)
	}
	return !theirs
}

// certainty is Paired for a line that may say something else.
func certainty(r *Record) Certainty {
	if r.Doubtful {
		return Paired
	}
	return Certain
}

// Tick lets time pass: it emits what has been counted together for long enough. Call it about every second; now is the
// clock's, whatever the lines' times are.
func (t *Tracker) Tick(now time.Time) {
	t.mu.Lock()
	now = now.UTC()
	t.counting.due(now, t.counted)
	if t.folds.due(now) {
		t.folds.end(t.emit)
	}
	t.arrivals.expire(now)
	t.clients.expire(now)
	t.mu.Unlock()
	t.deliver()
}

// Flush emits everything that is still being counted together, for a shutdown, and settles.
func (t *Tracker) Flush() {
	t.mu.Lock()
	t.counting.all(t.counted)
	t.folds.end(t.emit)
	t.mu.Unlock()
	t.Settle()
}

// deliver hands over what has come of the last call, without holding the lock.
func (t *Tracker) deliver() {
	for i := range t.events {
		if t.options.Emit != nil {
			t.options.Emit(t.events[i])
		}
		t.events[i] = Event{}
	}
	for i := range t.changes {
		if t.options.Session != nil {
			t.options.Session(t.changes[i])
		}
		t.changes[i] = SessionChange{}
	}
	t.events, t.changes = t.events[:0], t.changes[:0]
}

// Sessions returns a copy of every session, in no order.
func (t *Tracker) Sessions() []Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Session, 0, t.clients.live)
	for _, c := range t.clients.byKey {
		if c.live {
			all = append(all, c.session)
		}
	}
	return all
}

// Session returns the session of one client, by its id, which must be UTF-8.
func (t *Tracker) Session(clientID string) (Session, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.clients.byKey[clientID]; c != nil && c.live {
		return c.session, true
	}
	return Session{}, false
}

// Counts returns how much the Tracker holds and what it had to let go.
func (t *Tracker) Counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := Counts{
		Sessions: t.clients.live, Away: t.clients.away.n, Arrivals: t.arrivals.order.n, Publishes: t.counting.order.n,
		Evicted: t.clients.evicted + t.arrivals.evicted, Folded: t.folds.total, Doubts: t.doubts,
	}
	for _, c := range t.clients.byKey {
		if c.live && c.session.Unsure {
			n.Unsure++
		}
	}
	return n
}
