package keeper

import (
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// State is what the broker does.
type State string

// The states of a kept broker.
const (
	Starting State = "starting" // the process lives and has not said yet that it runs
	Running  State = "running"  // it said "mosquitto version X running"
	Stopping State = "stopping" // SIGTERM is on its way
	Stopped  State = "stopped"  // nobody wants it to run
	Backoff  State = "backoff"  // it crashed or will not start, and is tried again at NextTry
)

// Which configuration files the broker was started with.
const (
	ConfigLive   = "live"
	ConfigProven = "proven"
)

// Whether the broker that runs prints its debug log.
const (
	DebugOn  = "on"
	DebugOff = "off"
)

// Status is what the keeper knows. The fields up to LogDropped are the same in every version of the protocol.
type Status struct {
	Protocol   int       `json:"protocol"`    // the keeper's; drive it only when it equals Protocol
	KeeperPID  int       `json:"keeper_pid"`  //
	BrokerPID  int       `json:"broker_pid"`  // 0 while there is no process
	State      State     `json:"state"`       //
	Since      time.Time `json:"since"`       // when State began
	Restarts   int       `json:"restarts"`    // how often the keeper started the broker by itself, since the keeper began
	Exit       string    `json:"exit"`        // how the last broker process ended, as in "exit status 3" or "signal: killed"; empty before the first end
	LastWords  []string  `json:"last_words"`  // at most 10 lines, errors and warnings first of all, of the present or last process; a device may have chosen parts of them
	Config     string    `json:"config"`      // ConfigLive or ConfigProven; empty before the first start
	NextTry    time.Time `json:"next_try"`    // only in Backoff
	LogDropped int64     `json:"log_dropped"` // lines lost because the log files could not take them, since the keeper began
	Version    string    `json:"version"`     // the broker's, as it said itself when it began to run; empty until then
	PutBack    string    `json:"put_back"`    // what was put in the place of a damaged guarded file last, one sentence; empty when nothing was
	PutBackAt  time.Time `json:"put_back_at"` // when
	Debug      string    `json:"debug"`       // DebugOn or DebugOff; empty where this keeper cannot switch the debug log
	Serial     uint64    `json:"serial"`      // grows from one status of a keeper to its next; 0 from keepers before BunkerM had it
}

// ErrNoKeeper is returned, wrapped, when no keeper lives at the socket, or the one that did has gone.
var ErrNoKeeper error = fault.New(fault.Unavailable, "no keeper looks after the broker").
	Hint("start BunkerM again; it starts the keeper and the broker")
