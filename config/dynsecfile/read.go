package dynsecfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// Read reads a file that somebody wants, in the form of mosquitto 2.0 or 2.1, hashes included where it has them. What
// the file does not say is taken from the current one: a hash that is missing or reads [Unchanged], and the flags of
// defaultACLAccess. Keys that we do not know stay in their places. Without a current file nothing is taken over.
//
// The faults are Malformed for what is no JSON, TooLarge beyond [MaxBytes], and Invalid, naming every place and no
// value, for what has another form. Whether the file makes sense is the business of [Check].
func Read(data []byte, current *broker.DynsecFile) (*broker.DynsecFile, error) {
	const inParts = "import clients in parts with POST /dynsec/clients/import"
	if len(data) > MaxBytes {
		return nil, fault.Newf(fault.TooLarge, "the file is longer than %d MiB", MaxBytes>>20).Hint(inParts)
	}
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, notJSON(data)
	}
	if outOfBounds(data) {
		return nil, fault.Newf(fault.TooLarge, "the file has more than %d objects, or one with more than %d keys", maxObjects, maxKeys).
			Hint(inParts)
	}
	const notThis = "this is not a dynamic-security.json that the broker can read"
	wanted, err := broker.ParseDynsecFile(data)
	if err != nil {
		var p places
		p.walk("", bytes.TrimSpace(data), fileShape())
		if all := p.fault(notThis, "mend the places named; nothing was changed"); all != nil {
			return nil, all
		}
		return nil, err
	}
	if current == nil {
		current = new(broker.DynsecFile)
	} else {
		keepDefaults(data, &wanted.DefaultACLAccess, current.DefaultACLAccess)
	}
	if err := takeHashes(wanted, current); err != nil {
		return nil, err
	}
	return wanted, nil
}

// keepDefaults takes the flags that the file does not name from the current one.
func keepDefaults(data []byte, wanted *broker.DynsecDefaults, current broker.DynsecDefaults) {
	said := map[string]bool{}
	there := false
	members(bytes.TrimSpace(data), func(key string, value []byte) {
		if folded(key) == "defaultaclaccess" {
			there = true
			members(value, func(key string, _ []byte) { said[folded(key)] = true })
		}
	})
	if !there {
		*wanted = current
		return
	}
	for key, flag := range defaultFlags(wanted) {
		if !said[folded(key)] {
			*flag = *defaultFlags(&current)[key]
		}
	}
}

// defaultFlags are the flags by the names that the plugin has for them.
func defaultFlags(d *broker.DynsecDefaults) map[string]*bool {
	return map[string]*bool{
		"publishClientSend": &d.PublishClientSend, "publishClientReceive": &d.PublishClientReceive,
		"subscribe": &d.Subscribe, "unsubscribe": &d.Unsubscribe,
	}
}

func asSyntax(err error, target **json.SyntaxError) bool { return errors.As(err, target) }
