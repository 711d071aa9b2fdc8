package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/audit"
	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/config"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// ForgetOptions say whom or what to forget. Kind is client, user or address.
type ForgetOptions struct {
	Kind, Value string
	Backups     bool // delete what is in the folder of backups
}

// Forgotten is what was forgotten, and what is left to do.
type Forgotten struct {
	Pseudonym string
	Events    int64 // that named it, and now have the pseudonym
	Incidents int64 // with findings and messages about them
	Audit     int64 // entries
	Versions  int64 // of dynamic-security.json, deleted
	LogPlaces int   // in the broker's log, overwritten
	Backups   int   // deleted
	Remains   []string
}

// Forget takes a client, a user or an address out of everything that BunkerM has recorded, in one transaction. No BunkerM may run on
// o.DataDir meanwhile; its broker may.
func Forget(ctx context.Context, o Options, f ForgetOptions) (done Forgotten, err error) {
	s, err := privacy.New(privacy.Kind(f.Kind), f.Value)
	if err != nil {
		return Forgotten{}, err
	}
	lock, err := claim(o.DataDir)
	if err != nil {
		return Forgotten{}, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if _, err := os.Stat(databaseFile(o.DataDir)); errors.Is(err, fs.ErrNotExist) {
		return Forgotten{}, fault.Newf(fault.NotFound, "BunkerM has recorded nothing in %s", o.DataDir).Hint("name its folder with --data-dir")
	}
	account, err := done.recorded(ctx, o, s)
	if err != nil {
		return Forgotten{}, err
	}
	if f.Backups {
		if done.Backups, err = removeBackups(o.DataDir); err != nil {
			return done, err
		}
	}
	done.Remains = remains(o, s, account)
	// What was overwritten just now, or deleted at any time, still stands in the file's free space.
	if err := store.Vacuum(ctx, databaseFile(o.DataDir)); err != nil {
		done.Remains = append(done.Remains, "The free space of "+databaseFile(o.DataDir)+" still holds it, for want of room to write the file anew ("+
			err.Error()+"): make room, and repeat this.")
	}
	return done, nil
}

// recorded takes the subject out of the database and the log in one transaction, and returns the name by which a person signs in, if any does.
func (done *Forgotten) recorded(ctx context.Context, o Options, s privacy.Subject) (account string, err error) {
	db, err := store.Open(ctx, New(o).storeOptions())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	done.Pseudonym = s.Instead
	err = db.WriteSurely(ctx, func(ctx context.Context, q store.Queries) (err error) {
		account, err = done.take(ctx, q, o, s)
		return err
	})
	return account, err
}

// take takes the subject out of every room's tables, and out of the log last: its place is in a table.
func (done *Forgotten) take(ctx context.Context, q store.Queries, o Options, s privacy.Subject) (account string, err error) {
	if done.Events, err = clientlogs.Forget(ctx, q, s); err != nil {
		return "", err
	}
	if done.Incidents, err = anomaly.Forget(ctx, q, s); err != nil {
		return "", err
	}
	told, err := notify.Forget(ctx, q, s)
	if err != nil {
		return "", err
	}
	done.Incidents += told
	if done.Versions, err = config.Forget(ctx, q, s); err != nil {
		return "", err
	}
	if _, err := auth.Forget(ctx, q, s); err != nil {
		return "", err
	}
	if s.Kind == privacy.User {
		if account, err = auth.AccountOf(ctx, q, s.Value); err != nil {
			return "", err
		}
	}
	if done.Audit, err = audit.Forget(ctx, q, s, time.Now()); err != nil {
		return "", err
	}
	return account, clientlogs.MovePosition(ctx, q, ManagedBroker, func(position string) (now string, err error) {
		now, done.LogPlaces, err = logtail.Blur(filepath.Join(o.DataDir, "log"), position, s.Blur)
		return now, err
	})
}

func removeBackups(dataDir string) (n int, err error) {
	entries, err := os.ReadDir(filepath.Join(dataDir, backup.Dir))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("listing backups: %w", err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dataDir, backup.Dir, e.Name())); err != nil {
			return n, fmt.Errorf("deleting a backup: %w", err)
		}
		n++
	}
	return n, nil
}

// remains names what BunkerM does not change by itself, because it is in use or not ours.
func remains(o Options, s privacy.Subject, account string) (all []string) {
	folder := filepath.Join(o.DataDir, "broker")
	if text := read(filepath.Join(folder, "dynamic-security.json")); s.JSON(text) != text {
		all = append(all, "The broker has an account of this name: delete it on the page Clients.")
	}
	switch account {
	case "":
	case s.Value:
		all = append(all, "Somebody signs in by this name: bunkerm user remove deletes the account.")
	default:
		all = append(all, "Somebody signs in as "+account+", and is called so in the audit: forget that spelling too.")
	}
	if strings.Contains(read(filepath.Join(folder, "mosquitto.db")), s.Value) {
		all = append(all, "The broker seems to keep a session or messages that name it: clear retained messages on the page Topics; a session ends when the client "+
			"connects with a clean start, or by persistent_client_expiration.")
	}
	if entries, err := os.ReadDir(filepath.Join(o.DataDir, backup.Dir)); err == nil && len(entries) > 0 {
		all = append(all, fmt.Sprintf("%d files in %s are from before: they go by themselves as new ones are made, and --backups deletes them now.",
			len(entries), filepath.Join(o.DataDir, backup.Dir)))
	}
	if o.AuditLog != "" && strings.Contains(read(o.AuditLog), s.Value) {
		all = append(all, o.AuditLog+" names it: BunkerM only adds to that file.")
	}
	if !o.managed() {
		all = append(all, "The broker's own log is not BunkerM's, and may name it.")
	}
	return append(all, "BunkerM's own log, where your system keeps it, and copies of anything that were taken elsewhere.")
}

// read is a file as text, empty where it cannot be read.
func read(file string) string {
	text, _ := os.ReadFile(file)
	return string(text)
}
