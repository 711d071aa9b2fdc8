package clientlogs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bunkerm/bunkerm/store"
)

// storage is the writing half of the tables. One goroutine uses it.
type storage struct {
	db      *store.DB
	broker  int64
	words   *words
	codes   *codes
	touched touchMemory
	inserts [publishesPart + 1]map[int]string // the INSERT of a table by the number of rows
}

func newStorage(db *store.DB, w *words) *storage {
	s := &storage{db: db, broker: db.Broker(), words: w, codes: newCodes()}
	for _, p := range parts() {
		s.inserts[p] = map[int]string{1: insertEvents(p, 1), rowsAtOnce: insertEvents(p, rowsAtOnce)}
	}
	return s
}

// piece is a piece of the log as it is stored: all of it in one transaction or nothing, so that whoever goes on at
// position has lost nothing and sees nothing twice.
type piece struct {
	events   []*Event
	sessions map[string]SessionChange // by key, the newest change of each
	position string                   // where reading goes on behind all this
	lastID   int64                    // of the newest event up to here, stored or not
	held     held                     // what had been read up to position and was not an event yet
}

// savedSession is a session in the column session of event_sessions.
type savedSession struct {
	Connected bool    `json:"connected"`
	Session   Session `json:"session"`
	Filters   []byte  `json:"filters"`
}

// write stores a piece.
func (s *storage) write(ctx context.Context, p *piece) error {
	var use *wordUse
	var devices map[int64]*deviceChange
	err := s.db.Write(ctx, func(ctx context.Context, q store.Queries) error {
		// A statement whose context can end costs a goroutine. Waiting for the lock is over, and nothing below is slow.
		ctx = context.WithoutCancel(ctx)
		use = s.words.use(q, s.broker)
		w := &eventWriter{s: s, q: q, words: use, devices: map[int64]*deviceChange{}}
		for _, p := range parts() {
			w.spans[p] = spanGrowth{broker: s.broker, part: p}
		}
		if err := w.writeEvents(ctx, p.events); err != nil {
			return err
		}
		devices = w.devices
		if err := s.writeSessions(ctx, q, p.sessions); err != nil {
			return err
		}
		return s.writePosition(ctx, q, p)
	})
	if err != nil {
		return err
	}
	use.committed()
	s.touched.wrote(devices)
	return nil
}

func (w *eventWriter) writeEvents(ctx context.Context, events []*Event) error {
	for _, e := range events {
		if err := w.add(ctx, e); err != nil {
			return err
		}
	}
	for _, p := range parts() {
		if err := w.flush(ctx, p); err != nil {
			return err
		}
		if err := w.spans[p].save(ctx, w.q); err != nil {
			return err
		}
	}
	return w.saveDevices(ctx)
}

const (
	putSession = `INSERT INTO event_sessions (broker, client, session) VALUES ($1, $2, $3)
		ON CONFLICT (broker, client) DO UPDATE SET session = excluded.session`
	dropSession = `DELETE FROM event_sessions WHERE broker = $1 AND client = $2`
)

func (s *storage) writeSessions(ctx context.Context, q store.Queries, sessions map[string]SessionChange) error {
	for key, change := range sessions {
		if change.Removed {
			if _, err := q.Exec(ctx, dropSession, s.broker, []byte(key)); err != nil {
				return fmt.Errorf("forgetting a session: %w", err)
			}
			continue
		}
		text, err := json.Marshal(savedSession{change.Saved.Connected, change.Saved.Session, change.Saved.Filters})
		if err != nil {
			return fmt.Errorf("encoding a session: %w", err)
		}
		if _, err := q.Exec(ctx, putSession, s.broker, []byte(key), string(text)); err != nil {
			return fmt.Errorf("storing a session: %w", err)
		}
	}
	return nil
}

const putPosition = `INSERT INTO event_positions (broker, position, last_id, held) VALUES ($1, $2, $3, $4)
	ON CONFLICT (broker) DO UPDATE SET position = excluded.position, last_id = excluded.last_id, held = excluded.held`

func (s *storage) writePosition(ctx context.Context, q store.Queries, p *piece) error {
	held, err := json.Marshal(p.held)
	if err != nil {
		return fmt.Errorf("encoding what is being counted: %w", err)
	}
	if _, err := q.Exec(ctx, putPosition, s.broker, p.position, p.lastID, string(held)); err != nil {
		return fmt.Errorf("storing the place in the log: %w", err)
	}
	return nil
}

// lastRun is what the last run left.
type lastRun struct {
	position string
	lastID   int64
	held     held
	sessions []SavedSession
}

const (
	getPosition = `SELECT position, last_id, held FROM event_positions WHERE broker = $1`
	// Ids are unique in a database, whichever broker they are of.
	getLastID = `SELECT max((SELECT coalesce(max(last_id), 0) FROM event_positions),
		(SELECT coalesce(max(id), 0) FROM events), (SELECT coalesce(max(id), 0) FROM publishes))`
	getSessions = `SELECT client, session FROM event_sessions WHERE broker = $1`
)

// load reads what the last run left.
func (s *storage) load(ctx context.Context) (lastRun, error) {
	var l lastRun
	err := s.db.Read(ctx, func(ctx context.Context, q store.Queries) error {
		var held string
		err := q.QueryRow(ctx, getPosition, s.broker).Scan(&l.position, &l.lastID, &held)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return fmt.Errorf("reading the place in the log: %w", err)
		default:
			if err := json.Unmarshal([]byte(held), &l.held); err != nil {
				return fmt.Errorf("reading what was being counted: %w", err)
			}
		}
		if err := q.QueryRow(ctx, getLastID).Scan(&l.lastID); err != nil {
			return fmt.Errorf("reading the newest id: %w", err)
		}
		l.sessions, err = loadSessions(ctx, q, s.broker)
		return err
	})
	return l, err
}

func loadSessions(ctx context.Context, q store.Queries, broker int64) ([]SavedSession, error) {
	rows, err := q.Query(ctx, getSessions, broker)
	if err != nil {
		return nil, fmt.Errorf("reading the sessions: %w", err)
	}
	defer rows.Close()
	var sessions []SavedSession
	for rows.Next() {
		var key []byte
		var text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, fmt.Errorf("reading the sessions: %w", err)
		}
		var one savedSession
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			return nil, fmt.Errorf("reading a session: %w", err)
		}
		sessions = append(sessions, SavedSession{Key: key, Connected: one.Connected, Session: one.Session, Filters: one.Filters})
	}
	return sessions, rows.Err()
}
