package clientlogs

// The numbers below are in databases: they are never changed, only added to. Kinds are stored as they are.

// reasonCodes gives each reason its number: its place. A reason that is not in the list is stored as a word, with the
// word's number negated.
func reasonCodes() []Reason {
	return []Reason{
		"", ClientDisconnected, ConnectionLost, KeepaliveTimeout, Kicked, ProtocolError, NotAuthorized, OversizePacket,
		BrokerStopped, UnknownReason, DeniedPublish, DeniedReceive, DeniedSubscribe, DeniedTooLarge, DeniedQuota,
	}
}

// protocolCodes gives each protocol its number: its place.
func protocolCodes() []string { return []string{"", "3.1", "3.1.1", "5.0"} }

// The bits of the column flags.
const (
	flagCleanStart = 1 << iota
	flagBridge
	flagRetain
	flagPaired
)

// codes translates between the words of events and stored numbers.
type codes struct {
	reasons   []Reason
	protocols []string
	reason    map[Reason]int64
	protocol  map[string]int64
}

func newCodes() *codes {
	c := &codes{
		reasons: reasonCodes(), protocols: protocolCodes(),
		reason: map[Reason]int64{}, protocol: map[string]int64{},
	}
	for i, r := range c.reasons {
		c.reason[r] = int64(i)
	}
	for i, p := range c.protocols {
		c.protocol[p] = int64(i)
	}
	return c
}

// codeAt is the i-th of the words, and the first, which means that nothing is known, where there is no i-th.
func codeAt[T any](words []T, i int64) T {
	if i < 0 || i >= int64(len(words)) {
		return words[0]
	}
	return words[i]
}

// flagsOf packs what is yes or no.
func flagsOf(e *Event) int64 {
	var flags int64
	if e.CleanStart {
		flags |= flagCleanStart
	}
	if e.Bridge {
		flags |= flagBridge
	}
	if e.Retain {
		flags |= flagRetain
	}
	if e.Certainty == Paired {
		flags |= flagPaired
	}
	return flags
}

// setFlags unpacks them.
func setFlags(e *Event, flags int64) {
	e.CleanStart = flags&flagCleanStart != 0
	e.Bridge = flags&flagBridge != 0
	e.Retain = flags&flagRetain != 0
	if flags&flagPaired != 0 {
		e.Certainty = Paired
	}
}
