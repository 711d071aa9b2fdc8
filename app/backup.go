package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/system"
)

// openBackup makes the service that keeps everything every night.
func (a *App) openBackup() error {
	at, err := time.Parse(timeOfDay, a.opts.BackupAt)
	if err != nil {
		return fault.Newf(fault.Invalid, "--backup-at %q is not a time of day", a.opts.BackupAt).Because(err)
	}
	keep, err := strconv.Atoi(a.opts.BackupKeep)
	if err != nil {
		return fault.Newf(fault.Invalid, "--backup-keep %q is not a number", a.opts.BackupKeep).Because(err)
	}
	a.backup, err = backup.New(backup.Options{
		Source: a.opts.backupSource(a.db.Snapshot), Keep: keep, Hour: at.Hour(), Minute: at.Minute(), Room: a.roomForBackup, Record: a.record,
		Logger: component(a.logger, "backup"),
	})
	return err
}

// timeOfDay is how --backup-at is written.
const timeOfDay = "15:04"

// backupSource is this installation.
func (o Options) backupSource(snapshot func(ctx context.Context, to string) error) backup.Source {
	s := backup.Source{DataDir: o.DataDir, Version: o.Version, Snapshot: snapshot}
	if o.managed() {
		s.Outside = func() []string { return outsideFiles(o.DataDir) }
		s.Flush = func(ctx context.Context) error { return flushBroker(ctx, o.DataDir) }
	}
	return s
}

// roomForBackup keeps a backup from filling the disk so far that recording stops. The copy of the database and the archive take
// at most what the database takes.
func (a *App) roomForBackup() error {
	status := a.db.Status()
	if need := 2*status.FileBytes + status.FloorBytes; status.DiskBytes > 0 && status.FreeBytes < need {
		return fault.Newf(fault.Unavailable, "a backup needs up to %d MiB more on the disk than are free", (need-status.FreeBytes)/bytesPerMiB+1).
			Hint("make room, lower --backup-keep, or lower how much is kept in the database")
	}
	return nil
}

const (
	flushBegins = 3 * time.Second  // that the broker may take to begin to write; it does not where persistence is off
	flushEnds   = 10 * time.Minute // to end
	flushLook   = 20 * time.Millisecond
)

// flushBroker has the managed broker write mosquitto.db, and waits until it has. A broker that does not run wrote it when it ended.
func flushBroker(ctx context.Context, dataDir string) error {
	client, err := keeper.Connect(ctx, filepath.Join(dataDir, "run", "keeper.sock"))
	if errors.Is(err, keeper.ErrNoKeeper) {
		return nil
	}
	var status keeper.Status
	if err == nil {
		status, err = client.Status(ctx)
	}
	if err != nil {
		return err
	}
	if status.State != keeper.Running || status.BrokerPID == 0 {
		return nil // one that starts would be ended by the signal
	}
	name := filepath.Join(dataDir, "broker", "mosquitto.db")
	before, err := statOrNone(name)
	if err != nil {
		return err
	}
	if err := syscall.Kill(status.BrokerPID, syscall.SIGUSR1); err != nil {
		return fault.New(fault.Unavailable, "the broker cannot be told to write its database").
			Hint("run this as root, or as the user who runs BunkerM").Because(err)
	}
	for began := time.Now(); ; {
		now, err := statOrNone(name)
		if err != nil {
			return err
		}
		if now != nil && (before == nil || !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime())) {
			return nil
		}
		writing, err := statOrNone(name + ".new")
		if err != nil {
			return err
		}
		if took := time.Since(began); took > flushEnds || took > flushBegins && writing == nil {
			return nil
		}
		select {
		case <-time.After(flushLook):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// statOrNone is nil for a file that is not there.
func statOrNone(name string) (fs.FileInfo, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // as documented
	}
	return info, err
}

const (
	beforeMigration = "before-migration-" // begins the names of copies of the database
	keptMigrations  = 3
)

// beforeMigrate keeps the database as the older program left it, and removes the oldest such copies.
func (a *App) beforeMigrate(ctx context.Context, snapshot func(ctx context.Context, to string) error) error {
	dir := filepath.Join(a.opts.DataDir, backup.Dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keeping the database before its migration: %w", err)
	}
	name := filepath.Join(dir, beforeMigration+time.Now().UTC().Format("20060102T150405.000Z")+".db")
	if err := snapshot(ctx, name); err != nil {
		return fault.New(fault.Unavailable, "the database is to be migrated, and cannot be copied before").
			Hint("make room in " + dir + ", or start the version of BunkerM from before").Because(err)
	}
	a.logger.InfoContext(ctx, "the database is kept as it was before its migration", "component", "backup", "file", name)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("listing %s: %w", dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), beforeMigration) })
	for _, e := range entries[:max(0, len(entries)-keptMigrations)] {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("removing an old copy of the database: %w", err)
		}
	}
	return nil
}

// backupStale is how old the latest backup may become.
const backupStale = 2 * hoursOfOneDay

// backupFailed tells that there would be nothing recent to restore.
func (a *App) backupFailed(now time.Time) anomaly.Condition {
	c := anomaly.Condition{Key: "backup_failed", Kind: "backup_failed", Severity: incident.High, Title: "The backup has failed"}
	status := a.backup.Status()
	last := status.Last
	if last.IsZero() {
		last = status.Since
	}
	switch {
	case status.Detail != "":
		c.Wrong, c.Since, c.Text = true, status.FailedAt, sentence(status.Detail, "", status.Hint)
	case status.Keep > 0 && now.Sub(last) > backupStale:
		c.Wrong, c.Title = true, "The last backup is older than two days"
		c.Text = "None was made since " + last.Format("15:04 on 2 January 2006 MST") + ". BunkerM's log says why."
	}
	return c
}

// backupFacts are how backups are going.
func (a *App) backupFacts() system.BackupFacts {
	status := a.backup.Status()
	facts := system.BackupFacts{Keep: status.Keep, Bytes: status.Bytes, Detail: status.Detail, Hint: status.Hint}
	if !status.Last.IsZero() {
		last, age := status.Last.UTC(), int64(time.Since(status.Last).Seconds())
		facts.Last, facts.AgeSeconds = &last, &age
	}
	if !status.Next.IsZero() {
		next := status.Next.UTC()
		facts.Next = &next
	}
	return facts
}

// backupMetrics are the same for Prometheus.
type backupMetrics struct {
	app          *App
	last, failed *prometheus.Desc
}

func (a *App) backupMetrics() prometheus.Collector {
	return &backupMetrics{a,
		prometheus.NewDesc("bunkerm_backup_last_timestamp_seconds", "When the latest nightly backup was made, in seconds since 1970; absent while there is none.", nil, nil),
		prometheus.NewDesc("bunkerm_backup_failed", "Whether the last try to make a nightly backup has failed.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *backupMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.last
	out <- m.failed
}

// Collect implements prometheus.Collector.
func (m *backupMetrics) Collect(out chan<- prometheus.Metric) {
	status := m.app.backup.Status()
	if !status.Last.IsZero() {
		out <- prometheus.MustNewConstMetric(m.last, prometheus.GaugeValue, float64(status.Last.Unix()))
	}
	failed := 0.0
	if status.Detail != "" {
		failed = 1
	}
	out <- prometheus.MustNewConstMetric(m.failed, prometheus.GaugeValue, failed)
}
