package clientlogs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// device is what is known of a client as a whole: a row of devices. It outlives the events that it was made of for as
// long as there is a younger event of anybody.
type device struct {
	firstSeen, lastSeen int64 // epoch milliseconds
	sessions            int64 // that ever began
	refusal             refusal
	addresses           []seen // the newest first
	usernames           []seen
}

// refusal is the last time when a client was not let in.
type refusal struct {
	at      int64 // 0 when it never was
	reason  string
	address string
}

// seen is a text and when it was seen last.
type seen struct {
	Text string `json:"text"`
	At   int64  `json:"at"`
}

// mostSeen is how many addresses and how many usernames of a client are remembered: the newest.
const mostSeen = 10

// deviceChange is what the events of one transaction change of a device.
type deviceChange struct {
	device
	// worth says that the row is to be written. Publishes alone are worth it once an hour: the client's newest event says
	// the rest.
	worth bool
}

// touchTime is how far behind a device's last_seen may be while the client does nothing but publish.
const touchTime = int64(time.Hour / time.Millisecond)

// touch counts an event in.
func (w *eventWriter) touch(client int64, e *Event, ms int64) {
	d := w.devices[client]
	if d == nil {
		d = &deviceChange{device: device{firstSeen: ms, lastSeen: ms}}
		w.devices[client] = d
	}
	d.worth = d.worth || e.Kind != Publish || w.s.touched.hour(client) != ms/touchTime
	d.note(e, ms)
}

// note counts an event in, which is younger than those before.
func (d *device) note(e *Event, ms int64) {
	d.firstSeen, d.lastSeen = min(d.firstSeen, ms), max(d.lastSeen, ms)
	switch e.Kind {
	case Connect:
		d.sessions += int64(e.Count)
	case AuthFailure:
		d.refusal = refusal{at: ms, reason: string(e.Reason), address: e.Address}
	}
	if e.Kind != Connect && e.Kind != AuthFailure {
		return
	}
	if e.Address != "" {
		d.addresses = noteSeen(d.addresses, e.Address, ms)
	}
	if e.HasUser {
		d.usernames = noteSeen(d.usernames, e.Username, ms)
	}
}

// noteSeen puts a text in front.
func noteSeen(list []seen, text string, at int64) []seen {
	list = slices.DeleteFunc(list, func(s seen) bool { return s.Text == text })
	list = slices.Insert(list, 0, seen{Text: text, At: at})
	return list[:min(len(list), mostSeen)]
}

// merge adds a change, which is younger, to what was stored.
func (d *device) merge(change *device) {
	d.firstSeen, d.lastSeen = min(d.firstSeen, change.firstSeen), max(d.lastSeen, change.lastSeen)
	d.sessions += change.sessions
	if change.refusal.at != 0 {
		d.refusal = change.refusal
	}
	for _, s := range slices.Backward(change.addresses) {
		d.addresses = noteSeen(d.addresses, s.Text, s.At)
	}
	for _, s := range slices.Backward(change.usernames) {
		d.usernames = noteSeen(d.usernames, s.Text, s.At)
	}
}

const getDevice = `SELECT first_seen, last_seen, sessions, refused_at, refused_reason, refused_address, addresses, usernames
	FROM devices WHERE broker = $1 AND client = $2`

// readDevice reads a device by the word of its client id; there is none when known is false.
func readDevice(ctx context.Context, q store.Queries, broker, client int64) (d device, known bool, err error) {
	var addresses, usernames string
	err = q.QueryRow(ctx, getDevice, broker, client).Scan(&d.firstSeen, &d.lastSeen, &d.sessions,
		&d.refusal.at, &d.refusal.reason, &d.refusal.address, &addresses, &usernames)
	if errors.Is(err, sql.ErrNoRows) {
		return device{}, false, nil
	}
	if err == nil {
		err = errors.Join(json.Unmarshal([]byte(addresses), &d.addresses), json.Unmarshal([]byte(usernames), &d.usernames))
	}
	if err != nil {
		return device{}, false, fmt.Errorf("reading a device: %w", err)
	}
	return d, true, nil
}

const putDevice = `INSERT INTO devices
	(broker, client, first_seen, last_seen, sessions, refused_at, refused_reason, refused_address, addresses, usernames)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	ON CONFLICT (broker, client) DO UPDATE SET first_seen = excluded.first_seen, last_seen = excluded.last_seen,
	sessions = excluded.sessions, refused_at = excluded.refused_at, refused_reason = excluded.refused_reason,
	refused_address = excluded.refused_address, addresses = excluded.addresses, usernames = excluded.usernames`

// saveDevices writes what has changed.
func (w *eventWriter) saveDevices(ctx context.Context) error {
	for client, change := range w.devices {
		if !change.worth {
			delete(w.devices, client)
			continue
		}
		d, known, err := readDevice(ctx, w.q, w.s.broker, client)
		if err != nil {
			return err
		}
		if !known {
			d = device{firstSeen: change.firstSeen, lastSeen: change.lastSeen}
		}
		d.merge(&change.device)
		addresses, err := json.Marshal(d.addresses)
		if err != nil {
			return fmt.Errorf("encoding addresses: %w", err)
		}
		usernames, err := json.Marshal(d.usernames)
		if err != nil {
			return fmt.Errorf("encoding usernames: %w", err)
		}
		_, err = w.q.Exec(ctx, putDevice, w.s.broker, client, d.firstSeen, d.lastSeen, d.sessions,
			d.refusal.at, d.refusal.reason, d.refusal.address, string(addresses), string(usernames))
		if err != nil {
			return fmt.Errorf("storing a device: %w", err)
		}
	}
	return nil
}

// touchMemory remembers in which hour of the events' time a device was last written, in two generations.
type touchMemory struct{ young, old map[int64]int64 }

// mostTouched is how many devices a generation holds.
const mostTouched = 16_384

func (t *touchMemory) hour(client int64) int64 {
	if hour, ok := t.young[client]; ok {
		return hour
	}
	return t.old[client]
}

// wrote notes devices that were written.
func (t *touchMemory) wrote(devices map[int64]*deviceChange) {
	for client, d := range devices {
		if t.young == nil || len(t.young) >= mostTouched {
			t.young, t.old = map[int64]int64{}, t.young
		}
		t.young[client] = d.lastSeen / touchTime
	}
}
