package doctor

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"strconv"
	"time"
)

// Options are how a device connects. Host is required.
type Options struct {
	Host       string
	Port       int // 0: 1883, with TLS 8883, with websockets 9001
	TLS        bool
	Authority  []byte // PEM; certificates that are trusted instead of the system's
	Cert, Key  []byte // PEM; the device's own
	ServerName string // what the certificate has to be for; empty: Host
	Websocket  bool
	Path       string // of the websocket; empty: /mqtt
	Username   string // empty: none
	Password   string
	ClientID   string // empty: one of its own. One that is connected is taken over
	Topic      string // empty: only the login. A filter is subscribed to
	Publish    bool   // a message is published to Topic, not retained, and awaited
	Timeout    time.Duration
	Clock      func() time.Time
}

// State is how a step went.
type State string

// The states.
const (
	OK      State = "ok"
	Warning State = "warning" // it works, and will not for long, or not for everybody
	Failed  State = "failed"
)

// The steps, in their order. Which of them there are depends on what is asked for.
const (
	Resolve   = "resolve"
	Connect   = "connect"
	TLS       = "tls"
	Websocket = "websocket"
	Login     = "login"
	Subscribe = "subscribe"
	Publish   = "publish"
	Receive   = "receive"
)

// Stage is one step with what was found.
type Stage struct {
	Name   string `json:"name" enum:"resolve,connect,tls,websocket,login,subscribe,publish,receive" doc:"What was tried"`
	State  State  `json:"state" enum:"ok,warning,failed" doc:"How it went; behind one that failed none is tried"`
	Said   string `json:"said" doc:"What was found, in a sentence"`
	Advice string `json:"advice,omitempty" doc:"What to change"`
	Micros int64  `json:"micros" doc:"How long it took, in microseconds"`
}

// Diagnosis is what the doctor has to say.
type Diagnosis struct {
	Healthy  bool      `json:"healthy" doc:"No step has failed"`
	Address  string    `json:"address" doc:"Where it went, host and port"`
	ClientID string    `json:"client_id" doc:"The id that was used"`
	From     string    `json:"from,omitempty" doc:"Where the connection came from, host and port; absent where there was none"`
	Began    time.Time `json:"began" doc:"When, by the clock of the host that connected"`
	Steps    []Stage   `json:"steps" nullable:"false" doc:"The steps that were tried, the first first"`
}

// ClientPrefix begins the client ids of the doctor's own.
const ClientPrefix = "bunkerm-doctor-"

const (
	usualTimeout = 5 * time.Second
	portPlain    = 1883
	portTLS      = 8883
	portSocket   = 9001
)

func (o Options) withDefaults() Options {
	if o.Port == 0 {
		switch {
		case o.Websocket:
			o.Port = portSocket
		case o.TLS:
			o.Port = portTLS
		default:
			o.Port = portPlain
		}
	}
	if o.ServerName == "" {
		o.ServerName = o.Host
	}
	if o.Path == "" {
		o.Path = "/mqtt"
	}
	if o.ClientID == "" {
		o.ClientID = ClientPrefix + rand.Text()[:8]
	}
	if o.Timeout <= 0 {
		o.Timeout = usualTimeout
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// finding is what a step has found; an empty state is OK.
type finding struct {
	state        State
	said, advice string
}

func failed(said, advice string) finding { return finding{Failed, said, advice} }

// examination is one that is under way.
type examination struct {
	o         Options
	addresses []net.IP
	conn      net.Conn
	mqtt      io.ReadWriter
	loggedIn  bool
}

// Examine tries all steps until one fails. It ends within the timeout for each step, or with ctx.
func Examine(ctx context.Context, o Options) Diagnosis {
	o = o.withDefaults()
	r := Diagnosis{Healthy: true, Address: net.JoinHostPort(o.Host, strconv.Itoa(o.Port)), ClientID: o.ClientID, Began: time.Now().UTC()}
	e := &examination{o: o}
	defer e.hangUp()
	for _, s := range e.steps() {
		begun := time.Now()
		within, cancel := context.WithTimeout(ctx, o.Timeout)
		if e.conn != nil {
			deadline, _ := within.Deadline()
			_ = e.conn.SetDeadline(deadline)
		}
		f := s.try(within)
		cancel()
		if f.state == "" {
			f.state = OK
		}
		if e.conn != nil {
			r.From = e.conn.LocalAddr().String()
		}
		r.Steps = append(r.Steps, Stage{s.name, f.state, f.said, f.advice, time.Since(begun).Microseconds()})
		if f.state == Failed {
			r.Healthy = false
			break
		}
	}
	return r
}

type step struct {
	name string
	try  func(ctx context.Context) finding
}

func (e *examination) steps() []step {
	steps := []step{{Resolve, e.resolve}, {Connect, e.dial}}
	if e.o.TLS {
		steps = append(steps, step{TLS, e.secure})
	}
	if e.o.Websocket {
		steps = append(steps, step{Websocket, e.upgrade})
	}
	steps = append(steps, step{Login, e.login})
	if e.o.Topic != "" {
		steps = append(steps, step{Subscribe, e.subscribe})
	}
	if e.o.Topic != "" && e.o.Publish {
		steps = append(steps, step{Publish, e.publish}, step{Receive, e.receive})
	}
	return steps
}

// hangUp leaves as a client that has nothing more to say.
func (e *examination) hangUp() {
	if e.conn == nil {
		return
	}
	if e.loggedIn {
		_ = e.conn.SetDeadline(time.Now().Add(time.Second))
		_, _ = e.mqtt.Write([]byte{0xE0, 0}) // DISCONNECT
	}
	_ = e.conn.Close()
}
