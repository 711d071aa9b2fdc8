package keeper

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Protocol is the version of the language between main process and keeper. Any version may ask for the status and
// order the shutdown; everything else needs the same version on both sides. Adding a field or an order does not
// change it: a keeper answers that it does not know an order (Malformed), and Status says what it can do where that
// has to be known before, as Status.Debug does.
const Protocol = 1

// maxMessage bounds one JSON line, in bytes. The longest message is a status with ten last words.
const maxMessage = 64 << 10

// The orders of the protocol.
const (
	opStatus   = "status"
	opShutdown = "shutdown"
	opStart    = "start"
	opStop     = "stop"
	opRestart  = "restart"
	opReload   = "reload"
	opProve    = "prove"
	opAccept   = "accept"
	opWatch    = "watch" // answered by one message for each change, until the connection ends

	opDebugOn   = "debug-on"   // with a lease
	opDebugHold = "debug-hold" // with a lease
	opDebugOff  = "debug-off"
)

// request is one line from a client.
type request struct {
	Protocol int           `json:"protocol"`
	ID       uint64        `json:"id"` // repeated in the response
	Op       string        `json:"op"`
	Lease    time.Duration `json:"lease_ns,omitempty"` // how long the order holds, for those that say so above
}

// response is one line from the keeper.
type response struct {
	Protocol int        `json:"protocol"`
	ID       uint64     `json:"id"`
	Status   Status     `json:"status"`
	Fault    *wireFault `json:"fault,omitempty"`
}

// wireFault is a fault on its way from the keeper to its client. Kinds travel as words, because their numbers may
// change between versions.
type wireFault struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// kindWord names the kinds that the keeper uses; every other one travels as internal.
func kindWord(k fault.Kind) string {
	switch k {
	case fault.Refused:
		return "refused"
	case fault.Conflict:
		return "conflict"
	case fault.Unavailable:
		return "unavailable"
	case fault.Malformed:
		return "malformed"
	case fault.Uncertain:
		return "uncertain"
	default:
		return "internal"
	}
}

// wordKind is the reverse of kindWord.
func wordKind(word string) fault.Kind {
	for _, k := range []fault.Kind{fault.Refused, fault.Conflict, fault.Unavailable, fault.Malformed, fault.Uncertain} {
		if kindWord(k) == word {
			return k
		}
	}
	return fault.Internal
}

// toWire prepares an error for the client; nil stays nil.
func toWire(err error) *wireFault {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		f = fault.New(fault.Internal, "the broker's keeper could not do that").
			Hint(keeperLogName + " in the log folder of the data directory says why")
	}
	return &wireFault{Kind: kindWord(f.Kind), Message: f.Message, Hint: f.HintText}
}

// err is the fault that the keeper meant; nil stays nil.
func (w *wireFault) err() error {
	if w == nil {
		return nil
	}
	return fault.New(wordKind(w.Kind), w.Message).Hint(w.Hint)
}

// These end a connection whose other side does not speak our language.
var (
	errTooLong    = errors.New("message is longer than the protocol allows")
	errNotMessage = errors.New("message is not what the protocol expects")
)

// readMessage reads one JSON line into v. The reader's buffer must hold maxMessage bytes.
func readMessage(r *bufio.Reader, v any) error {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return errTooLong
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(bytes.TrimSpace(line), v); err != nil {
		return fmt.Errorf("%w: %w", errNotMessage, err)
	}
	return nil
}

// encodeMessage is v as one line.
func encodeMessage(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding message: %w", err)
	}
	return append(data, '\n'), nil
}
