package app

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
)

// Options is everything the program needs to know to start. ParseCommand fills it from flags, environment and
// defaults; tests may build it by hand. Defaults fills what is empty.
type Options struct {
	DataDir string // where everything of ours lives; created 0700
	Listen  string // host:port of the gateway

	// host:port of single services; empty turns one off
	DynsecListen     string
	MonitorListen    string
	ClientlogsListen string
	ConfigListen     string
	AnomalyListen    string

	Broker         string // ManagedBroker, or mqtt://host:1883, mqtts://host:8883
	BrokerUser     string // account on an attached broker
	BrokerPassword string // its password; never a flag
	// BrokerPasswordFile holds the password instead; it is read at every connection.
	BrokerPasswordFile string
	BrokerCA           string // PEM file: who signed the attached broker's certificate
	BrokerCert         string // PEM file: our client certificate
	BrokerKey          string // PEM file: its key

	BrokerLog            string // log file of an attached broker on this host
	BrokerConf           string // its main configuration file
	BrokerPidFile        string // its process file
	BrokerReloadCommand  string // command line that makes it read its configuration again
	BrokerRestartCommand string // command line that restarts it

	BrokerPaths    string // folders that new settings of the broker's configuration may name, separated by commas
	AllowDangerous string // allows settings that run code or reach any file: "true" or "false"

	HeartbeatURL string // called every minute; empty: nothing is
	StatusTopic  string // where the broker keeps whether we run; empty: nowhere

	MemoryLimit int64 // bytes below which the garbage collector tries to stay, without what the detectors have learned; 0 sets none

	Observe string // topic filters to observe, separated by commas; empty observes $SYS alone

	MQTTListen  string // host:port of the managed broker's MQTT listener; empty: see the setting's help
	MQTTSListen string // host:port of its listener for MQTT over TLS; empty: none is added
	WSSListen   string // the same for secure websockets
	MTLSListen  string // the same for clients that are known by a certificate
	MQTTCert    string // PEM file of these listeners' certificate; empty: one is made
	MQTTKey     string // PEM file of its key

	Mosquitto    string // executable; empty: searched
	DynsecPlugin string // shared object; empty: searched
	OnExit       string // OnExitStop, OnExitKeep, or empty: stop on a terminal, keep otherwise

	TLSCert string // PEM file for the gateway
	TLSKey  string // PEM file for the gateway

	AdminUser     string // name of the first admin, made where there is no account yet
	AdminPassword string // its password

	PublicURL      string // as browsers see us: scheme, host and prefix
	BasePath       string // what stands before our paths for browsers
	TrustedProxies string // networks of proxies whose headers are believed, separated by commas
	FrameAncestors string // who may show the page in a frame, as in a Content-Security-Policy

	BackupKeep string // nightly backups that are kept, a number
	BackupAt   string // time of day at which they are made

	AuditLog string // file that gets the audit as JSON lines; empty: none

	APIKey string // the primary key from the environment; empty: the file in the data directory

	SettingsFile string // JSON file with settings; empty: none

	LogLevel  string // debug, info, warn, error
	LogFormat string // text, json, or empty: text on a terminal, json otherwise

	// What follows is no setting: the program's surroundings.

	Console    io.Writer    // sentences for the person who starts us; nil discards them
	Terminal   bool         // whether a person reads Console
	Logger     *slog.Logger // nil: made from LogLevel and LogFormat, writing to Console
	Executable string       // the binary that becomes the keeper; empty: ourselves
	Version    string       // shown by /readyz, metrics and the documentation
	Unknown    []string     // variables that look like settings and are none
	Adopted    func(string) // hears how an adoption went, in sentences; nil: the log does
}

// ManagedBroker as Options.Broker means that we run a Mosquitto of our own.
const ManagedBroker = "managed"

// What happens to the managed broker when we stop.
const (
	OnExitStop = "stop"
	OnExitKeep = "keep"
)

// managed reports whether we run the broker ourselves.
func (o Options) managed() bool { return o.Broker == ManagedBroker }

// keepBroker reports whether the managed broker outlives us. A person who presses Ctrl-C expects everything to
// end; a service that is restarted must not throw out the devices.
func (o Options) keepBroker() bool {
	if o.OnExit != "" {
		return o.OnExit == OnExitKeep
	}
	return !o.Terminal
}

// defaultDataDir follows systemd's StateDirectory, the file system hierarchy for root, and the XDG base
// directory specification for everybody else.
func defaultDataDir(lookup func(string) (string, bool)) string {
	if dir, _ := lookup("STATE_DIRECTORY"); dir != "" {
		return dir
	}
	if os.Geteuid() == 0 {
		return "/var/lib/bunkerm"
	}
	if dir, _ := lookup("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "bunkerm")
	}
	if home, _ := lookup("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "bunkerm")
	}
	return "bunkerm-data"
}
