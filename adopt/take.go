package adopt

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// TakeOptions say how the old broker is stopped and where its files come to.
type TakeOptions struct {
	DataDir string
	Stop    string // a command that stops it, run without a shell; empty: PID
	Start   string // a command that starts it again, for the way back
	PID     int    // of its process; 0: it does not run, or its files are a copy
	Told    func(step string)
	Found   func(Contents) // what the database holds that comes over
}

// The names in the data directory.
const (
	brokerDir = "broker"
	stageDir  = "adopt.stage"
)

// patience is how long a broker may take to stop: it writes its database then.
const patience = time.Minute

// Take stops the old broker and makes its files those of the one that BunkerM manages. It may be repeated after it was cut off
// anywhere: until everything is there nothing but the old broker's process has changed, and what goes wrong starts that again.
// The time for which no broker runs begins with Told("stop") and ends when BunkerM has started its own.
func (p *Plan) Take(ctx context.Context, o Options, to TakeOptions) (err error) {
	if to.Told == nil {
		to.Told = func(string) {}
	}
	if _, err := os.Stat(filepath.Join(to.DataDir, brokerDir)); !errors.Is(err, fs.ErrNotExist) {
		return fault.Newf(fault.Conflict, "there is a broker in %s already", to.DataDir).
			Hint("name another --data-dir; or give the adopted one back with adopt --undo")
	}
	if err := os.MkdirAll(to.DataDir, 0o711); err != nil {
		return cannotWrite(err)
	}
	stage := filepath.Join(to.DataDir, stageDir)
	if err := p.stage(stage); err != nil {
		return err
	}
	kept := record{Conf: o.Conf, Root: o.Root, Database: p.Database, Start: to.Start, Stop: to.Stop}
	if err := kept.write(to.DataDir); err != nil {
		return err
	}
	to.Told("stop")
	gone := p.watchGoing(ctx, o)
	if err := stop(ctx, to); err != nil {
		_ = gone()
		return err
	}
	if gone := gone(); to.Stop != "" || to.PID != 0 {
		kept.Stopped = gone
	}
	defer func() {
		if err != nil && to.Start != "" {
			err = errors.Join(err, run(context.WithoutCancel(ctx), to.Start))
		}
	}()
	if err := p.awaitPorts(ctx, o, to); err != nil {
		return err
	}
	if p.Database != "" {
		to.Told("copy")
		err := copyFile(p.src.at(p.Database), filepath.Join(stage, databaseName), 0o600)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a broker that had nothing to keep has none
			return cannotWrite(err)
		}
		if c, err := ReadContents(filepath.Join(stage, databaseName)); err == nil {
			kept.Held = &c
			if to.Found != nil {
				to.Found(c)
			}
		}
	}
	if err := giveToOwner(to.DataDir, stage); err != nil {
		return cannotWrite(err)
	}
	if err := os.Rename(stage, filepath.Join(to.DataDir, brokerDir)); err != nil {
		return cannotWrite(err)
	}
	kept.Adopted = time.Now().UTC()
	return kept.write(to.DataDir)
}

func cannotWrite(err error) error {
	return fault.New(fault.Unavailable, "the broker's files cannot be put into the data directory").
		Hint("see that there is room on the disk, and that the folder belongs to whoever runs BunkerM").Because(err)
}

// stage writes everything but the database into a folder of its own.
func (p *Plan) stage(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return cannotWrite(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, certificates), 0o755); err != nil {
		return cannotWrite(err)
	}
	for name, text := range map[string][]byte{"mosquitto.conf": p.Conf, "dynamic-security.json": p.Access} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return cannotWrite(err)
		}
	}
	for _, c := range p.Copies {
		mode := fs.FileMode(0o644)
		if c.Secret {
			mode = 0o600
		}
		if err := copyFile(p.src.at(c.From), filepath.Join(dir, filepath.FromSlash(c.To)), mode); err != nil {
			return cannotWrite(err)
		}
	}
	return nil
}

func copyFile(from, to string, mode fs.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

// stop stops the old broker and waits until its process is gone.
func stop(ctx context.Context, to TakeOptions) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if to.Stop != "" {
		if err := run(ctx, to.Stop); err != nil {
			return err
		}
	}
	if to.PID == 0 {
		return nil
	}
	if to.Stop == "" {
		if err := syscall.Kill(to.PID, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fault.Newf(fault.Refused, "the broker's process %d cannot be stopped", to.PID).
				Hint("adopt as root, or as the user who runs it").Because(err)
		}
	}
	for syscall.Kill(to.PID, 0) == nil {
		if err := wait(ctx); err != nil {
			return fault.Newf(fault.Unavailable, "the broker's process %d does not end", to.PID).Hint("look at its log").Because(err)
		}
	}
	return nil
}

// watchGoing notes when the first of the old broker's ports is free: systemctl, for one, works for seconds before it stops anything.
// The function that it returns ends the watch and tells that time, or the present one where the port was never seen free.
func (p *Plan) watchGoing(ctx context.Context, o Options) func() time.Time {
	if o.Root != "" || len(p.Ports) == 0 {
		return func() time.Time { return time.Now().UTC() }
	}
	ctx, cancel := context.WithCancel(ctx)
	seen := make(chan time.Time, 1)
	go func() {
		for !free(ctx, p.Ports[0]) && wait(ctx) == nil {
		}
		seen <- time.Now().UTC()
	}()
	return func() time.Time {
		cancel()
		return <-seen
	}
}

// free reports whether nobody listens on a port of this host.
func free(ctx context.Context, port int) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+strconv.Itoa(port))
	if err == nil {
		_ = l.Close()
	}
	return err == nil
}

// awaitPorts waits until the old broker's ports are free: then it is gone, and its database is written.
func (p *Plan) awaitPorts(ctx context.Context, o Options, to TakeOptions) error {
	if o.Root != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, port := range p.Ports {
		for !free(ctx, port) {
			if err := wait(ctx); err != nil {
				return fault.Newf(fault.Conflict, "something listens on port %d still", port).
					Hint("name the command that stops the old broker with --stop, as in --stop 'systemctl stop mosquitto'").Because(err)
			}
			if to.Stop == "" && to.PID == 0 {
				return fault.Newf(fault.Conflict, "something listens on port %d", port).
					Hint("name the command that stops the old broker with --stop, as in --stop 'systemctl stop mosquitto', or its process with --pid-file")
			}
		}
	}
	return nil
}

// wait waits a moment, and fails when ctx has ended.
func wait(ctx context.Context) error {
	const moment = 10 * time.Millisecond
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(moment):
		return nil
	}
}

// run runs a command without a shell.
func run(ctx context.Context, command string) error {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil
	}
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fault.Newf(fault.Refused, "the command %q fails: %s", command, strings.TrimSpace(string(out))).
			Hint("run it by hand to see why").Because(err)
	}
	return nil
}
