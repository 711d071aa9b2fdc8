package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// Migration is one step from an older form of the tables to a newer one. There is no way back: an older program does not
// open a newer database. A migration that was ever released is never changed.
type Migration struct {
	Name string // of the service and a number of four digits that counts up: "clientlogs/0001"
	SQL  string // any number of statements; they run in one transaction
}

// ownMigrations are the tables of this room.
func ownMigrations() []Migration {
	return []Migration{{Name: "store/0001", SQL: `
CREATE TABLE brokers (
	id      INTEGER PRIMARY KEY,
	name    TEXT    NOT NULL UNIQUE,
	created INTEGER NOT NULL,
	seen    INTEGER NOT NULL
);
CREATE TABLE settings (
	broker  INTEGER NOT NULL REFERENCES brokers (id),
	name    TEXT    NOT NULL,
	value   TEXT    NOT NULL,
	changed INTEGER NOT NULL,
	PRIMARY KEY (broker, name)
);`}}
}

// hash is what is recorded of a migration. Space around it does not count.
func (m Migration) hash() string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(m.SQL)))
	return hex.EncodeToString(sum[:])
}

// service is the part of the name before the slash.
func (m Migration) service() string {
	service, _, _ := strings.Cut(m.Name, "/")
	return service
}

// checkMigrations finds what the programmer got wrong.
func checkMigrations(migrations []Migration) error {
	last := map[string]string{}
	for _, m := range migrations {
		service, number, ok := strings.Cut(m.Name, "/")
		if !ok || service == "" || len(number) != 4 || strings.Trim(number, "0123456789") != "" {
			return fmt.Errorf("migration %q: want a name such as clientlogs/0001", m.Name)
		}
		if m.Name <= last[service] {
			return fmt.Errorf("migration %s comes after %s", m.Name, last[service])
		}
		last[service] = m.Name
	}
	return nil
}

// migrate brings the tables to the newest form: each migration in a transaction with its record, so that a program that
// is killed goes on at the same place.
func (db *DB) migrate(ctx context.Context, migrations []Migration) error {
	done, err := db.migrated(ctx)
	if err != nil {
		return err
	}
	if err := db.checkMigrated(done, migrations); err != nil {
		return err
	}
	missing := slices.ContainsFunc(migrations, func(m Migration) bool { return done[m.Name] == "" })
	if missing && len(done) > 0 && db.o.BeforeMigrate != nil {
		if err := db.o.BeforeMigrate(ctx, db.Snapshot); err != nil {
			return err
		}
	}
	for _, m := range migrations {
		if _, ok := done[m.Name]; ok {
			continue
		}
		if err := db.apply(ctx, m); err != nil {
			return fmt.Errorf("migrating the database (%s): %w", m.Name, err)
		}
		db.o.Logger.InfoContext(ctx, "the database was migrated", "migration", m.Name)
	}
	return nil
}

// migrated reads which migrations the database has seen, with their hashes; none where it is new.
func (db *DB) migrated(ctx context.Context) (map[string]string, error) {
	done := map[string]string{}
	err := db.Read(ctx, func(ctx context.Context, q Queries) error {
		var tables int
		err := q.QueryRow(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'").Scan(&tables)
		if err != nil || tables == 0 {
			return err
		}
		rows, err := q.Query(ctx, "SELECT name, hash FROM migrations")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name, hash string
			if err := rows.Scan(&name, &hash); err != nil {
				return err
			}
			done[name] = hash
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("reading which migrations the database has seen: %w", err)
	}
	return done, nil
}

// checkMigrated refuses a database of a newer program, and one whose migrations were not the ones we know.
func (db *DB) checkMigrated(done map[string]string, migrations []Migration) error {
	known := map[string]bool{}
	open := map[string]string{} // by service, the first migration that is still to come
	for _, m := range migrations {
		known[m.Name] = true
		hash, applied := done[m.Name]
		switch first := open[m.service()]; {
		case !applied && first == "":
			open[m.service()] = m.Name
		case applied && first != "":
			return fault.Newf(fault.Conflict, "%s has seen migration %s but not %s before it", db.name, m.Name, first).
				Hint("this is a defect of BunkerM; report it, and move the file away to begin a new one")
		case applied && hash != m.hash():
			return fault.Newf(fault.Conflict, "%s was made with another migration %s than ours", db.name, m.Name).
				Hint("use the version of BunkerM that wrote it, or move the file away to begin a new one")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(done)) {
		if !known[name] {
			return fault.Newf(fault.Conflict, "%s was written by a newer version of BunkerM: we do not know its migration %s",
				db.name, name).Hint("use that version, or move the file away to begin a new one")
		}
	}
	return nil
}

// apply runs one migration and records it.
func (db *DB) apply(ctx context.Context, m Migration) error {
	return db.write(ctx, ctx, sure, func(ctx context.Context, q Queries) error {
		const table = `CREATE TABLE IF NOT EXISTS migrations (
	name    TEXT    PRIMARY KEY,
	hash    TEXT    NOT NULL,
	applied INTEGER NOT NULL
)`
		if _, err := q.Exec(ctx, table); err != nil {
			return err
		}
		if _, err := q.Exec(ctx, m.SQL); err != nil {
			return err
		}
		_, err := q.Exec(ctx, "INSERT INTO migrations (name, hash, applied) VALUES ($1, $2, $3)",
			m.Name, m.hash(), db.o.Clock().UnixMilli())
		return err
	})
}
