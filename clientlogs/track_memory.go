package clientlogs

import (
	"slices"
	"time"
)

// Memory is what a Tracker knows besides its sessions and what it counts: where it stands between two lines.
type Memory struct {
	Whole    bool            `json:"whole,omitempty"`
	Managed  bool            `json:"managed,omitempty"`
	Debug    bool            `json:"debug,omitempty"`
	Granted  bool            `json:"granted,omitempty"`
	Dialect  uint8           `json:"dialect,omitempty"`
	Arrivals []MemoryArrival `json:"arrivals,omitempty"`
	Refused  *MemoryRefused  `json:"refused,omitempty"`
	Asking   *MemoryAsking   `json:"asking,omitempty"`
}

// MemoryArrival is a connection that has not logged in yet.
type MemoryArrival struct {
	Address  []byte    `json:"address"`
	Port     int       `json:"port"`
	Listener int       `json:"listener"`
	At       time.Time `json:"at"`
	Doubtful bool      `json:"doubtful,omitempty"`
}

// MemoryRefused is a CONNACK that said no, whose client has not left yet.
type MemoryRefused struct {
	Who  []byte    `json:"who"`
	Code int       `json:"code"`
	At   time.Time `json:"at"`
}

// MemoryAsking is a SUBSCRIBE or UNSUBSCRIBE whose lines are being read.
type MemoryAsking struct {
	Unsubscribe bool   `json:"unsubscribe,omitempty"`
	ID          []byte `json:"id"`
	Open        bool   `json:"open,omitempty"`
	Filter      []byte `json:"filter,omitempty"`
	Cut         bool   `json:"cut,omitempty"`
	QoS         uint8  `json:"qos,omitempty"`
	Raw         []byte `json:"raw,omitempty"`
}

// rememberedArrivals is how many connections that have not logged in are remembered over a restart of ours: the newest.
const rememberedArrivals = 1000

// Remember returns what Recall needs, besides the sessions and what Held returns, so that reading can go on as if the
// program had not ended, but for the quotas, which begin full. Save it with the place in the log; as JSON it has at
// most about 100 KiB.
func (t *Tracker) Remember() Memory {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := Memory{Whole: t.whole, Managed: t.managed, Debug: t.debug, Granted: t.granted, Dialect: uint8(t.parser.dialect)}
	for e := t.arrivals.order.newest; e != nil && len(m.Arrivals) < rememberedArrivals; e = e.older {
		a := e.value
		m.Arrivals = append(m.Arrivals, MemoryArrival{[]byte(a.key.address), a.key.port, a.listener, a.at, a.doubtful})
	}
	if r := t.refused; r.who != "" {
		m.Refused = &MemoryRefused{[]byte(r.who), r.code, r.at}
	}
	if a := t.asking; a.kind != NothingKnown {
		m.Asking = &MemoryAsking{
			a.kind == Unsubscribing, slices.Clone(a.id), a.open, slices.Clone(a.filter), a.cut, a.qos, slices.Clone(a.raw),
		}
	}
	return m
}

// Recall brings back what Remember returned, after Restore and before the first Line.
func (t *Tracker) Recall(m Memory) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.whole, t.debug, t.granted = m.Whole, m.Debug, m.Granted
	t.managed = t.managed || m.Managed
	if m.Dialect <= uint8(dialect21) {
		t.parser.dialect = dialect(m.Dialect)
	}
	for _, a := range slices.Backward(m.Arrivals) {
		t.arrivals.add(&Record{Address: a.Address, Port: a.Port, ListenerPort: a.Listener, Doubtful: a.Doubtful}, a.At)
	}
	if r := m.Refused; r != nil {
		t.refused = refusedLogin{string(r.Who), r.Code, r.At}
	}
	if a := m.Asking; a != nil {
		t.asking = asking{Subscribing, a.ID, a.Open, a.Filter, a.Cut, a.QoS, a.Raw}
		if a.Unsubscribe {
			t.asking.kind = Unsubscribing
		}
	}
}
