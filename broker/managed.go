package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// ManageOptions say where the managed broker lives and what it is made of. Only DataDir is needed.
type ManageOptions struct {
	DataDir      string              // made when it is not there
	Mosquitto    string              // the broker's executable; empty: searched for
	DynsecPlugin string              // mosquitto_dynamic_security.so; empty: searched for
	MQTTListen   string              // host:port of a first start; later it must agree with mosquitto.conf. Port 0 chooses
	Executable   string              // the bunkerm that becomes the keeper; empty: the running one
	Logger       *slog.Logger        // nil: discarded
	Notice       func(string)        // sentences for the operator's console, at any time; nil: logged
	OnStatus     func(keeper.Status) // every change of the broker's state, one at a time; must not block
	// Certificates makes those files of the broker's folder certs anew that its configuration names and that are gone, by
	// install, before the broker is started; nil: nobody does. It tells by itself what it cannot do.
	Certificates func(ctx context.Context, missing []string, install func(name string, text []byte) error)
	DebugLease   time.Duration // how long a debug log that we ordered outlives us; 20 s when zero, at most a minute
}

// Managed is the broker that BunkerM runs itself. Its methods may be called by many goroutines at once.
type Managed struct {
	o     ManageOptions
	at    layout
	files *brokerFiles
	lock  *os.File

	orders sync.Mutex // one order that changes the broker's state or files at a time

	mu        sync.Mutex // guards the rest
	program   program
	client    *keeper.Client
	status    keeper.Status
	listening []listener
	replace   bool // the keeper speaks another protocol: the next order replaces it

	telling     sync.Mutex // one status after the other to OnStatus
	toldPutBack time.Time  // guarded by telling

	debugWanted atomic.Bool // whether the debug log was ordered last

	journal    EditJournal
	unfinished *UnfinishedEdit // set before Manage returns

	exact      exactCopy
	copyWanted chan struct{}
	stop       context.CancelFunc
	done       sync.WaitGroup
	closing    sync.Once
}

// Manage prepares the files, adopts the keeper and broker that live already or starts both, and returns when the
// broker runs. Its faults carry hints; what it started is stopped again when it fails. ctx bounds the start only.
func Manage(ctx context.Context, o ManageOptions) (_ *Managed, err error) {
	m, err := newManaged(o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.release())
		}
	}()
	if err := m.open(); err != nil {
		return nil, err
	}
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return nil, err
	}
	err = m.begin(ctx)
	unlock()
	if err != nil {
		return nil, err
	}
	m.noticeOtherBroker()

	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = cancel
	m.done.Go(func() { m.watch(background) })
	m.done.Go(func() { m.keepCopies(background) })
	m.done.Go(func() { m.holdDebugLog(background) })
	m.KeepCopy()
	return m, nil
}

func newManaged(o ManageOptions) (*Managed, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Notice == nil {
		logger := o.Logger
		o.Notice = func(s string) { logger.Warn(s) }
	}
	if o.OnStatus == nil {
		o.OnStatus = func(keeper.Status) {}
	}
	if o.DebugLease == 0 {
		o.DebugLease = 20 * time.Second
	}
	if o.Executable == "" {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("finding BunkerM's own program: %w", err)
		}
		o.Executable = exe
	}
	at, err := newLayout(o.DataDir)
	return &Managed{o: o, at: at, copyWanted: make(chan struct{}, 1), journal: EditJournal{at.journal}}, err
}

// open takes the data directory into possession.
func (m *Managed) open() error {
	uid, gid, err := brokerUser()
	if err != nil {
		return err
	}
	if err := m.at.prepareData(gid); err != nil {
		return err
	}
	if m.lock, err = m.at.lockDataDir(); err != nil {
		return err
	}
	m.files, err = m.at.prepare(uid, gid)
	return err
}

// release gives back what open took.
func (m *Managed) release() error {
	var err error
	if m.files != nil {
		err = m.files.close()
	}
	if m.lock != nil {
		err = errors.Join(err, m.lock.Close())
	}
	return err
}

// noticeOtherBroker warns of the confusion that a second broker on the usual port makes.
func (m *Managed) noticeOtherBroker() {
	if holder := m.OnPort(UsualPort); holder != "" {
		m.o.Notice(fmt.Sprintf("Port 1883 is taken by %s: clients that name no port talk to that program; this broker listens on %s. If that is a Mosquitto, `bunkerm adopt --plan` on a data directory of its own says how it can be taken over.",
			holder, m.MQTTAddr()))
	}
}

// UsualPort is where clients look for a broker when nobody has told them another port.
const UsualPort = 1883

// OnPort says who else has a port of this host; empty when nobody has, or we do.
func (m *Managed) OnPort(port int) string {
	m.mu.Lock()
	ours := m.listening
	m.mu.Unlock()
	for _, l := range ours {
		if l.Port == port {
			return ""
		}
	}
	if (listener{Port: port}).taken() {
		return holderOf(port)
	}
	return ""
}

// Endpoint is our own way into the broker: a unix socket that no edit of ports or TLS settings cuts.
func (m *Managed) Endpoint() Endpoint {
	return Endpoint{
		Name:     "the managed broker",
		Dial:     m.dial,
		Username: OwnUsername,
		Password: func() (string, error) {
			a, err := m.at.readAccount()
			return a.Password, err
		},
		Remedy: "somebody removed or changed BunkerM's own account or role; run `bunkerm repair` on this host",
	}
}

func (m *Managed) dial(ctx context.Context) (net.Conn, error) {
	return dialControl(ctx, m.at, m.files.uid)
}

func dialControl(ctx context.Context, at layout, uid int) (net.Conn, error) {
	conn, err := keeper.DialUnix(ctx, at.controlSocket)
	if err != nil {
		return nil, err
	}
	if uid == -1 {
		uid = os.Geteuid()
	}
	if err := checkPeer(conn, uid); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Status is what the keeper said last.
func (m *Managed) Status() keeper.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// MQTTAddr is the first plain or TLS MQTT listener of the configuration with which the broker runs, as host:port, the
// host empty for all addresses of the machine. It is empty when there is no such listener.
func (m *Managed) MQTTAddr() string {
	m.mu.Lock()
	listening, config := m.listening, m.status.Config
	m.mu.Unlock()
	if config == keeper.ConfigProven {
		// Nothing is proven while the broker runs with what was, so the files are those that it has read.
		if proven, err := m.provenListeners(); err == nil {
			listening = proven
		} else {
			m.o.Logger.Warn("where the broker listens is not known for sure", "error", err)
		}
	}
	for _, l := range listening {
		if l.Protocol == "mqtt" {
			return l.String()
		}
	}
	return ""
}

// Version is that of the broker that runs, as in 2.0.11; empty while it is unknown.
func (m *Managed) Version() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.Version != "" {
		return m.status.Version
	}
	return m.program.Version
}

// Close lets go of the broker. With keep, broker and keeper live on and the next Manage adopts them; else both
// are stopped, and Close returns when they are gone. Closing again does nothing.
func (m *Managed) Close(ctx context.Context, keep bool) error {
	var err error
	m.closing.Do(func() { err = m.close(ctx, keep) })
	return err
}

func (m *Managed) close(ctx context.Context, keep bool) error {
	m.stop()
	m.done.Wait()
	var err error
	if keep {
		m.endDebugLog(ctx)
	} else {
		var unlock func()
		if unlock, err = m.exclusive(ctx); err == nil {
			err = m.shutdown(ctx)
			unlock()
		}
	}
	m.copyNow()
	m.exact.close()
	return errors.Join(err, m.release())
}

// driver is the present keeper.
func (m *Managed) driver() *keeper.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.client
}

// seen remembers a status. Those of an order and those of the watch can overtake each other.
func (m *Managed) seen(s keeper.Status) {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	old := s.KeeperPID == m.status.KeeperPID && (s.Since.Before(m.status.Since) || s.Serial < m.status.Serial)
	if !old {
		m.status = s
	}
	m.mu.Unlock()
	if !old {
		// The watch and orders tell the same event; a former BunkerM's keeper may tell one that it has told already.
		if s.PutBack != "" && s.PutBackAt.After(m.toldPutBack) {
			m.toldPutBack = s.PutBackAt
			m.o.Notice(s.PutBack)
		}
		m.o.OnStatus(s)
	}
}

// errDamaged refuses what would lose the accounts that only the running broker still knows.
func errDamaged(file string) error {
	return fault.Newf(fault.Conflict, "%s is damaged on disk, and a restart would lose what only the running broker knows", file).
		Hint("make any change to a client or role, which writes the file anew, then try again")
}
