package config

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // for the migrations
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

//go:embed migrations/0001_versions.sql
var migration0001 string

// Migrations returns the tables of this room.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "config/0001", SQL: migration0001}}
}

// contents are the files of a version by name.
type contents map[string][]byte

// encode returns the files as they are hashed and, compressed, kept.
func (c contents) encode() (packed []byte, hash string, err error) {
	text, err := json.Marshal(c) // sorted by name, so that equal files have equal text
	if err != nil {
		return nil, "", fmt.Errorf("encoding version: %w", err)
	}
	sum := sha256.Sum256(text)
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err = w.Write(text); err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("compressing version: %w", err)
	}
	return out.Bytes(), hex.EncodeToString(sum[:]), nil
}

func decodeContents(packed []byte) (contents, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("reading version: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading version: %w", err)
	}
	var c contents
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("decoding version: %w", err)
	}
	return c, nil
}

// size is the number of bytes of all files.
func (c contents) size() (n int64) {
	for _, text := range c {
		n += int64(len(text))
	}
	return n
}

// row is a version as it is kept.
type row struct {
	ConfVersion
	previous int64
	hash     string
	packed   []byte // only where it was asked for
}

const rowColumns = `id, file, time, actor, source, comment, state, detail, previous, bytes, added, removed, hash`

func scanRow(from interface{ Scan(...any) error }, more ...any) (row, error) {
	var r row
	var ms int64
	into := []any{
		&r.ID, &r.File, &ms, &r.Actor, &r.Source, &r.Comment, &r.State, &r.Detail, &r.previous, &r.Bytes, &r.Added, &r.Removed, &r.hash,
	}
	err := from.Scan(append(into, more...)...)
	r.Time = time.UnixMilli(ms).UTC()
	return r, err
}

// add keeps a version and returns its number. It is on the disk when add returns.
func (s *Service) add(ctx context.Context, r row) (id int64, err error) {
	err = s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		broker := s.o.Store.Broker()
		if err := q.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM config_versions WHERE broker = $1`, broker).Scan(&id); err != nil {
			return err
		}
		_, err := q.Exec(ctx, `INSERT INTO config_versions
	(broker, id, file, time, actor, source, comment, state, detail, previous, bytes, added, removed, hash, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			broker, id, r.File, r.Time.UnixMilli(), r.Actor, r.Source, r.Comment, r.State, r.Detail, r.previous,
			r.Bytes, r.Added, r.Removed, r.hash, r.packed)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("keeping version: %w", err)
	}
	return id, nil
}

// resolve says what became of a version.
func (s *Service) resolve(ctx context.Context, id int64, state, detail string) error {
	err := s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `UPDATE config_versions SET state = $3, detail = $4 WHERE broker = $1 AND id = $2`,
			s.o.Store.Broker(), id, state, detail)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping what became of version %d: %w", id, err)
	}
	return nil
}

// newest is the newest applied version of a file; false where there is none.
func (s *Service) newest(ctx context.Context, file string) (r row, there bool, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		r, err = scanRow(q.QueryRow(ctx, `SELECT `+rowColumns+` FROM config_versions
WHERE broker = $1 AND file = $2 AND state = 'applied' ORDER BY id DESC LIMIT 1`, s.o.Store.Broker(), file))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("reading newest version: %w", err)
	}
	return r, true, nil
}

// one reads a version with its files; false where there is none with this number.
func (s *Service) one(ctx context.Context, id int64) (r row, there bool, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		var packed []byte
		r, err = scanRow(q.QueryRow(ctx, `SELECT `+rowColumns+`, content FROM config_versions WHERE broker = $1 AND id = $2`,
			s.o.Store.Broker(), id), &packed)
		r.packed = packed
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("reading version %d: %w", id, err)
	}
	return r, true, nil
}

// page reads versions older than before (0: from the newest), one more than most where there are more, and counts all.
func (s *Service) page(ctx context.Context, file string, before int64, most int) (rows []row, total int64, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		broker := s.o.Store.Broker()
		if err := q.QueryRow(ctx, `SELECT COUNT(*) FROM config_versions WHERE broker = $1 AND ($2 = '' OR file = $2)`,
			broker, file).Scan(&total); err != nil {
			return err
		}
		found, err := q.Query(ctx, `SELECT `+rowColumns+` FROM config_versions
WHERE broker = $1 AND ($2 = '' OR file = $2) AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4`, broker, file, before, most+1)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			r, err := scanRow(found)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		return found.Err()
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading versions: %w", err)
	}
	return rows, total, nil
}
