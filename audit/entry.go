package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
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

// seal sets the hash of an entry behind another one.
//
// The hash covers, in this order: the previous hash, id, time in epoch milliseconds, actor, via, address, action, object,
// outcome, count, request id, before and after. Each is written as its length in bytes, a colon, and itself, so that no
// two entries are written alike.
func (e *Entry) seal(previous string) {
	h := sha256.New()
	for _, field := range []string{previous, strconv.FormatInt(e.ID, 10), strconv.FormatInt(e.Time.UnixMilli(), 10), e.Actor, e.Via, e.Address,
		e.Action, e.Object, string(e.Outcome), strconv.Itoa(e.Count), e.RequestID, string(e.Before), string(e.After)} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	e.Hash = hex.EncodeToString(h.Sum(nil))
}

// Masked stands where a secret is left out.
const Masked = "«unchanged»"

// mostView is how large what was before and after may be, in bytes each.
const mostView = 64 << 10

// view encodes what was before or after: secrets masked, and cut where it is too large.
func view(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil || string(text) == "null" {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers stay as they are written
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return nil
	}
	var masked bytes.Buffer
	encoder := json.NewEncoder(&masked)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(mask(plain)); err != nil {
		return nil
	}
	text = bytes.TrimSuffix(masked.Bytes(), []byte("\n"))
	if len(text) > mostView {
		return json.RawMessage(fmt.Sprintf(`{"cut":"%d bytes are too many to be kept"}`, len(text)))
	}
	return text
}

// mask replaces the values of fields that hold secrets by their names, however deep.
func mask(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if isSecret(name) && holdsText(value) {
				v[name] = Masked
				continue
			}
			v[name] = mask(value)
		}
	case []any:
		for i, value := range v {
			v[i] = mask(value)
		}
	}
	return v
}

// isSecret recognises names of fields: those of our API, of dynamic-security.json and of mosquitto.conf.
func isSecret(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	for _, part := range []string{"password", "passwd", "secret", "token", "hash", "salt", "psk", "privatekey", "apikey", "credential", "pluginopt", "authopt"} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return plain == "key" || plain == "pin"
}

// holdsText reports whether a value could be a secret: flags such as new_password: true are none.
func holdsText(v any) bool {
	switch v := v.(type) {
	case string:
		return v != ""
	case bool, nil:
		return false
	case json.Number:
		return true
	default:
		return true
	}
}
