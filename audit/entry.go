package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Outcome is how an act ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // by us: a wrong password, a missing permission
)

// The ways by which something was done, besides those of auth: session, key and command.
const (
	ViaSystem = "system" // BunkerM by itself
	ViaBroker = "broker" // behind our back, seen in the broker's log
)

// Entry is one act.
type Entry struct {
	ID        int64           `json:"id" doc:"Grows with every entry"`
	Time      time.Time       `json:"time" doc:"When it happened; of the first one where count is more than 1"`
	Actor     string          `json:"actor" doc:"Who did it: a user, a key, a device; empty where nobody is known"`
	Via       string          `json:"via" enum:"session,key,command,system,broker" doc:"By which way; broker is what was done behind BunkerM's back"`
	Address   string          `json:"address" doc:"Where from; empty where there is no address"`
	Action    string          `json:"action" doc:"What was done, as in client.create" example:"client.create"`
	Object    string          `json:"object" doc:"What it was done to, as in client/kitchen" example:"client/kitchen"`
	Outcome   Outcome         `json:"outcome" enum:"done,refused" doc:"How it ended"`
	Count     int             `json:"count" doc:"How many equal refusals within a minute this stands for"`
	RequestID string          `json:"request_id" doc:"The request that did it, as in BunkerM's log"`
	Before    json.RawMessage `json:"before,omitempty" doc:"What was before, secrets masked"`
	After     json.RawMessage `json:"after,omitempty" doc:"What is now, secrets masked"`
	Hash      string          `json:"hash" doc:"SHA-256 over this entry and the hash of the one before it"`
}

// With returns the entry with what was before and what is now, as JSON with secrets masked; nil is nothing.
func (e Entry) With(before, after any) Entry {
	e.Before, e.After = view(before), view(after)
	return e
}

// seal sets the hash of an entry behind another one.
//
// The hash covers, in this order: the previous hash, id, time in epoch milliseconds, actor, via, address, action, object,
// outcome, count, request id, before and after. Each is written as its length in bytes, a colon, and itself, so that no
// two entries are written alike. The texts are those of the table, of the file of --audit-log and of the exported JSON
// lines alike, so that whoever has one of those can check the chain without us.
func (e *Entry) seal(previous string) {
	h := sha256.New()
	for _, field := range []string{previous, strconv.FormatInt(e.ID, 10), strconv.FormatInt(e.Time.UnixMilli(), 10), e.Actor, e.Via, e.Address,
		e.Action, e.Object, string(e.Outcome), strconv.Itoa(e.Count), e.RequestID, string(e.Before), string(e.After)} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	e.Hash = hex.EncodeToString(h.Sum(nil))
}
