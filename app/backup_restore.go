package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// BackupOptions say where a backup comes to.
type BackupOptions struct {
	To         string    // a file, or - for Stdout; empty: a new file in the working directory
	Passphrase string    // seals it; empty: it is not
	Stdout     io.Writer // for -
}

// OutsideBackups are the files that the broker's configuration names and that no backup of o.DataDir has.
func OutsideBackups(o Options) []string { return outsideFiles(o.DataDir) }

// Backup takes a backup from the BunkerM that runs on o.DataDir or, where none does, from its files. It returns the name of the
// file, - for the standard output.
func Backup(ctx context.Context, o Options, b BackupOptions) (string, error) {
	fill := func(to io.Writer) error { return takeBackup(ctx, o, to) }
	if b.Passphrase != "" {
		plain := fill
		fill = func(to io.Writer) error {
			sealed, err := backup.Seal(to, b.Passphrase)
			if err != nil {
				return err
			}
			if err := plain(sealed); err != nil {
				return err
			}
			return sealed.Close()
		}
	}
	if b.To == "-" {
		return b.To, fill(b.Stdout)
	}
	name := b.To
	if name == "" {
		name = "bunkerm-" + time.Now().UTC().Format("20060102T150405Z") + ".tar.gz"
		if b.Passphrase != "" {
			name += backup.SealedExtension
		}
	}
	return name, backup.ToFile(name, fill)
}

// takeBackup writes a backup.
func takeBackup(ctx context.Context, o Options, to io.Writer) error {
	l := NewLocal(o)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://bunkerm/api/system/backup", http.NoBody)
	if err != nil {
		return fmt.Errorf("asking BunkerM: %w", err)
	}
	answer, err := (&http.Client{Transport: l.client.Transport}).Do(request) // it takes as long as it takes
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return backupOfFiles(ctx, o, to)
	}
	if err != nil {
		return l.unreachable(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		text, err := io.ReadAll(io.LimitReader(answer.Body, bytesPerMiB))
		if err != nil {
			return fmt.Errorf("reading BunkerM's answer: %w", err)
		}
		return asFault(text)
	}
	from := &marked{Reader: answer.Body}
	if _, err := io.Copy(to, from); err != nil && from.failed {
		return fault.New(fault.Unavailable, "BunkerM did not send the backup to its end").Hint("its log says why; try again").Because(err)
	} else if err != nil {
		return fault.New(fault.Unavailable, "the backup cannot be written").Hint("see that there is room where it is to be").Because(err)
	}
	return nil
}

// marked tells an error of reading from one of writing.
type marked struct {
	io.Reader
	failed bool
}

// Read implements io.Reader.
func (m *marked) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.failed = err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// backupOfFiles is for a BunkerM that does not run. Its broker may.
func backupOfFiles(ctx context.Context, o Options, to io.Writer) (err error) {
	lock, err := claim(o.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	p, err := o.backupSource(func(ctx context.Context, to string) error {
		return store.Snapshot(ctx, databaseFile(o.DataDir), to)
	}).Prepare(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	m, err := p.Write(ctx, to)
	if err == nil && len(m.Files) == 0 {
		return fault.Newf(fault.NotFound, "there is nothing of BunkerM in %s", o.DataDir).Hint("name its folder with --data-dir")
	}
	return err
}

// claim makes sure that no BunkerM uses a data directory until the result is closed. Nothing else is changed there, as opposed to
// broker.ClaimDataDir: its broker may run.
func claim(dataDir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dataDir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Newf(fault.NotFound, "there is no data directory %s", dataDir).Hint("name it with --data-dir").Because(err)
	}
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "the data directory %s cannot be used", dataDir).
			Hint("run this as root, or as the user who runs BunkerM").Because(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fault.Newf(fault.Conflict, "a BunkerM runs on %s", dataDir).Hint("stop it, then repeat this"), f.Close())
	}
	return f, nil
}

// RestoreOptions say what is restored.
type RestoreOptions struct {
	From       io.Reader
	Passphrase func() (string, error) // asked where the backup is sealed
	Replace    bool                   // what is in the data directory is kept under another name
}

// Restored is what was restored.
type Restored struct {
	Version string    // of the BunkerM that made the backup
	Created time.Time // when
	Files   int
	Bytes   int64
	Kept    string   // where what was there before is now; empty: there was nothing
	Outside []string // files that the broker's configuration names, and that were not in it
}

// Restore brings a backup into o.DataDir. It refuses while a BunkerM or its broker runs there.
func Restore(ctx context.Context, o Options, r RestoreOptions) (_ Restored, err error) {
	if _, err := os.Stat(o.DataDir); err == nil {
		lock, err := claim(o.DataDir)
		if err != nil {
			return Restored{}, err
		}
		defer lock.Close()
		if err := noBroker(ctx, o.DataDir); err != nil {
			return Restored{}, err
		}
	}
	done, err := backup.Restore{From: r.From, Passphrase: r.Passphrase, DataDir: o.DataDir, Replace: r.Replace}.Run(ctx)
	if err != nil {
		return Restored{}, err
	}
	return Restored{Version: done.Version, Created: done.Created, Files: len(done.Files), Bytes: done.Bytes(), Kept: done.Kept, Outside: done.Outside}, nil
}

// noBroker refuses where a broker runs that BunkerM has left running.
func noBroker(ctx context.Context, dataDir string) error {
	client, err := keeper.Connect(ctx, filepath.Join(dataDir, "run", "keeper.sock"))
	if errors.Is(err, keeper.ErrNoKeeper) {
		return nil
	}
	pid := 0
	if err == nil {
		var status keeper.Status
		status, err = client.Status(ctx)
		pid = status.KeeperPID
	}
	if err != nil {
		return err
	}
	return fault.Newf(fault.Conflict, "the broker of BunkerM runs on %s", dataDir).
		Hint(fmt.Sprintf("it goes on without BunkerM: `kill %d` ends its keeper, and with it the broker; then repeat this", pid))
}

// refuseHalfRestored keeps BunkerM from starting on what a restore has left that was cut off.
func (a *App) refuseHalfRestored(context.Context) error {
	_, err := os.Stat(filepath.Join(a.opts.DataDir, backup.Restoring))
	if err != nil {
		return nil //nolint:nilerr // it is not there, or whoever opens the folder says what is wrong with it
	}
	return fault.Newf(fault.Conflict, "a restore into %s was cut off", a.opts.DataDir).Hint("run bunkerm restore again")
}

// wantCount checks a number that is not negative.
func wantCount(v string) string {
	if v == "" || len(v) > 4 || strings.Trim(v, "0123456789") != "" {
		return "want a number from 0 to 9999"
	}
	return ""
}

func wantTimeOfDay(v string) string {
	if _, err := time.Parse(timeOfDay, v); err != nil {
		return "want a time of day, as in 03:00"
	}
	return ""
}
