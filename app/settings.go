package app

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker/host"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
	"github.com/bunkerm/bunkerm/monitor"
)

// Setting is one thing that can be set: by flag, by environment, or not at all. The table in settings is the
// only place where settings are declared; --help, the README's table and the checks come from it.
type Setting struct {
	Flag    string // without dashes; empty for what may only come from environment or file
	Env     string
	Default string // as shown; the value itself unless computed is set
	Help    string // one sentence; what the value does and what it may be

	computed bool // Default describes a value that is found at start
	off      bool // set but empty means off
	toggle   bool // true or false; the flag alone means true
	secret   bool // also read from Env_FILE and from a systemd credential; never a flag
	target   func(*Options) *string
	file     func(*Options) *string // where the name of the secret's file is kept, if it is read again later
	check    func(string) string    // what would be right, or "" when it is
}

// Settings lists all settings in the order in which people should read them.
func Settings() []Setting { return slices.Clone(settings()) }

func settings() []Setting {
	return []Setting{
		{Flag: "data-dir", Env: "BUNKERM_DATA_DIR", computed: true,
			Default: "/var/lib/bunkerm as root or as a service, else ~/.local/state/bunkerm",
			Help:    "folder for everything BunkerM keeps; created if missing",
			target:  func(o *Options) *string { return &o.DataDir }},
		{Flag: "listen", Env: "BUNKERM_LISTEN", Default: ":2000",
			Help:   "address of the page and the API; port 0 chooses a free one",
			target: func(o *Options) *string { return &o.Listen }, check: wantAddress},
		serviceListener("dynsec", "BUNKERM_DYNSEC_LISTEN", "127.0.0.1:1000", func(o *Options) *string { return &o.DynsecListen }),
		serviceListener("monitor", "BUNKERM_MONITOR_LISTEN", "127.0.0.1:1001", func(o *Options) *string { return &o.MonitorListen }),
		serviceListener("clientlogs", "BUNKERM_CLIENTLOGS_LISTEN", "127.0.0.1:1002", func(o *Options) *string { return &o.ClientlogsListen }),
		serviceListener("config", "BUNKERM_CONFIG_LISTEN", "127.0.0.1:1005", func(o *Options) *string { return &o.ConfigListen }),
		serviceListener("anomaly", "BUNKERM_ANOMALY_LISTEN", "127.0.0.1:8100", func(o *Options) *string { return &o.AnomalyListen }),
		{Flag: "broker", Env: "BUNKERM_BROKER", Default: ManagedBroker,
			Help:   "managed runs a Mosquitto of our own; mqtt://host:1883 or mqtts://host:8883 attaches to one that runs",
			target: func(o *Options) *string { return &o.Broker }, check: wantBroker},
		{Flag: "broker-user", Env: "BUNKERM_BROKER_USER",
			Help:   "account on an attached broker",
			target: func(o *Options) *string { return &o.BrokerUser }},
		{Env: "BUNKERM_BROKER_PASSWORD", secret: true,
			Help:   "password of that account; BUNKERM_BROKER_PASSWORD_FILE names a file that holds it",
			target: func(o *Options) *string { return &o.BrokerPassword },
			file:   func(o *Options) *string { return &o.BrokerPasswordFile }},
		{Flag: "broker-ca", Env: "BUNKERM_BROKER_CA", computed: true, Default: "the system's",
			Help:   "PEM file of the authority that signed the attached broker's certificate",
			target: func(o *Options) *string { return &o.BrokerCA }},
		{Flag: "broker-cert", Env: "BUNKERM_BROKER_CERT",
			Help:   "PEM file of our client certificate for the attached broker",
			target: func(o *Options) *string { return &o.BrokerCert }},
		{Flag: "broker-key", Env: "BUNKERM_BROKER_KEY",
			Help:   "PEM file of the key of --broker-cert",
			target: func(o *Options) *string { return &o.BrokerKey }},
		{Flag: "broker-log", Env: "BUNKERM_BROKER_LOG",
			Help:   "log file of an attached broker that runs on this host; without it its log comes over $SYS/broker/log",
			target: func(o *Options) *string { return &o.BrokerLog }},
		{Flag: "broker-conf", Env: "BUNKERM_BROKER_CONF",
			Help:   "mosquitto.conf of an attached broker that runs on this host, to see and change it; docs/configuration.md says what else that needs",
			target: func(o *Options) *string { return &o.BrokerConf }},
		{Flag: "broker-pid-file", Env: "BUNKERM_BROKER_PID_FILE",
			Help:   "file that pid_file in --broker-conf names: which process gets the signal to read its configuration again",
			target: func(o *Options) *string { return &o.BrokerPidFile }},
		{Flag: "broker-reload-command", Env: "BUNKERM_BROKER_RELOAD_COMMAND",
			Help:   "command that makes the attached broker read its configuration again, instead of a signal, as in systemctl reload mosquitto; it is run without a shell",
			target: func(o *Options) *string { return &o.BrokerReloadCommand }, check: wantCommand},
		{Flag: "broker-restart-command", Env: "BUNKERM_BROKER_RESTART_COMMAND",
			Help:   "command that restarts the attached broker, as in systemctl restart mosquitto; it is run without a shell",
			target: func(o *Options) *string { return &o.BrokerRestartCommand }, check: wantCommand},
		{Flag: "broker-paths", Env: "BUNKERM_BROKER_PATHS",
			Help:   "folders, separated by commas, in which settings added to the broker's configuration may name files; those of the managed broker may always name files in its own folder",
			target: func(o *Options) *string { return &o.BrokerPaths }, check: wantFolders},
		{Flag: "allow-dangerous-settings", Env: "BUNKERM_ALLOW_DANGEROUS_SETTINGS", Default: "false", toggle: true,
			Help:   "whether settings that load code or name any file can be added to the broker's configuration over the page and the API, which is as much as a shell of the broker's user",
			target: func(o *Options) *string { return &o.AllowDangerous }, check: wantOneOf("true", "false")},
		{Flag: "observe", Env: "BUNKERM_OBSERVE", Default: observeAuto,
			Help:   "topic filters whose messages are observed, separated by commas, until /settings/monitor says otherwise; empty observes the broker's own figures alone. Each observed message is delivered once more, to BunkerM. auto is # with a broker on this host, and empty with one elsewhere",
			off:    true,
			target: func(o *Options) *string { return &o.Observe }, check: wantFilters},
		{Flag: "mqtt-listen", Env: "BUNKERM_MQTT_LISTEN", computed: true,
			Default: "first start: :1883 if free, else :1900; then what mosquitto.conf says",
			Help:    "address of the managed broker's MQTT listener, written to mosquitto.conf at the first start",
			target:  func(o *Options) *string { return &o.MQTTListen }, check: wantAddress},
		{Flag: "mqtts-listen", Env: "BUNKERM_MQTTS_LISTEN",
			Help:   "address at which the managed broker takes MQTT over TLS, as in :8883; added to mosquitto.conf where it is missing",
			target: func(o *Options) *string { return &o.MQTTSListen }, check: wantAddressOrNone},
		{Flag: "wss-listen", Env: "BUNKERM_WSS_LISTEN",
			Help:   "the same for MQTT over secure websockets, as browsers speak it, as in :8884",
			target: func(o *Options) *string { return &o.WSSListen }, check: wantAddressOrNone},
		{Flag: "mtls-listen", Env: "BUNKERM_MTLS_LISTEN",
			Help:   "the same for clients that are known by a certificate instead of a password, as in :8885; its common name is their username",
			target: func(o *Options) *string { return &o.MTLSListen }, check: wantAddressOrNone},
		{Flag: "mqtt-cert", Env: "BUNKERM_MQTT_CERT", computed: true, Default: "one is made, and renewed by itself",
			Help:   "PEM file of the certificate, with its chain, for these listeners; the broker gets a copy whenever it changes and would work",
			target: func(o *Options) *string { return &o.MQTTCert }},
		{Flag: "mqtt-key", Env: "BUNKERM_MQTT_KEY",
			Help:   "PEM file of the key of --mqtt-cert",
			target: func(o *Options) *string { return &o.MQTTKey }},
		{Flag: "mosquitto", Env: "BUNKERM_MOSQUITTO", computed: true, Default: "found on PATH, /usr/sbin included",
			Help:   "the mosquitto executable",
			target: func(o *Options) *string { return &o.Mosquitto }},
		{Flag: "dynsec-plugin", Env: "BUNKERM_DYNSEC_PLUGIN", computed: true,
			Default: "found where the distributions put it",
			Help:    "mosquitto_dynamic_security.so for the managed broker",
			target:  func(o *Options) *string { return &o.DynsecPlugin }},
		{Flag: "on-exit", Env: "BUNKERM_ON_EXIT", computed: true, Default: "stop on a terminal, keep otherwise",
			Help:   "whether the managed broker stops with us or keeps running: stop or keep",
			target: func(o *Options) *string { return &o.OnExit }, check: wantOneOf("", OnExitStop, OnExitKeep)},
		{Flag: "heartbeat-url", Env: "BUNKERM_HEARTBEAT_URL",
			Help:   "address that is called every minute, as dead man's switches give them out, so that somebody notices when BunkerM is dead",
			target: func(o *Options) *string { return &o.HeartbeatURL }, check: wantHeartbeat},
		{Flag: "status-topic", Env: "BUNKERM_STATUS_TOPIC", Default: "bunkerm/status",
			Help:   "topic on which the broker keeps whether BunkerM runs: online, and offline as a last will; empty keeps nothing",
			off:    true,
			target: func(o *Options) *string { return &o.StatusTopic }, check: wantTopic},
		{Flag: "tls-cert", Env: "BUNKERM_TLS_CERT",
			Help:   "PEM file of the certificate for --listen; served anew when the file changes",
			target: func(o *Options) *string { return &o.TLSCert }},
		{Flag: "tls-key", Env: "BUNKERM_TLS_KEY",
			Help:   "PEM file of the key of --tls-cert",
			target: func(o *Options) *string { return &o.TLSKey }},
		{Flag: "public-url", Env: "BUNKERM_PUBLIC_URL",
			Help:   "address of the page as browsers have it, where a proxy does not tell: scheme, host and prefix, as in https://mqtt.example/broker/",
			target: func(o *Options) *string { return &o.PublicURL }, check: wantPublicURL},
		{Flag: "base-path", Env: "BUNKERM_BASE_PATH",
			Help:   "what stands before our paths behind a proxy, as in /broker/; requests may come with it or without",
			target: func(o *Options) *string { return &o.BasePath }, check: wantBasePath},
		{Flag: "trusted-proxies", Env: "BUNKERM_TRUSTED_PROXIES",
			Help:   "networks whose X-Forwarded-For, -Proto, -Host, -Prefix and X-Ingress-Path headers are believed, separated by commas, as in 127.0.0.1,172.30.32.0/23",
			target: func(o *Options) *string { return &o.TrustedProxies }, check: wantNetworks},
		{Flag: "frame-ancestors", Env: "BUNKERM_FRAME_ANCESTORS", Default: "'none'",
			Help:   "which pages may show ours in a frame, as in a Content-Security-Policy: 'self' and origins, separated by spaces",
			target: func(o *Options) *string { return &o.FrameAncestors }, check: wantAncestors},
		{Flag: "backup-keep", Env: "BUNKERM_BACKUP_KEEP", Default: "7",
			Help:   "how many nightly backups are kept in the folder backups of the data directory; 0 makes none",
			target: func(o *Options) *string { return &o.BackupKeep }, check: wantCount},
		{Flag: "backup-at", Env: "BUNKERM_BACKUP_AT", Default: "03:00",
			Help:   "time of day at which they are made, in the time zone of this host",
			target: func(o *Options) *string { return &o.BackupAt }, check: wantTimeOfDay},
		{Flag: "audit-log", Env: "BUNKERM_AUDIT_LOG",
			Help:   "file that gets every entry of the audit as a JSON line, besides the database; it may be renamed away at any time",
			target: func(o *Options) *string { return &o.AuditLog }},
		{Env: "BUNKERM_ADMIN_USER",
			Help:   "name of an admin to make where there is no account yet, with BUNKERM_ADMIN_PASSWORD; existing accounts are never changed",
			target: func(o *Options) *string { return &o.AdminUser }},
		{Env: "BUNKERM_ADMIN_PASSWORD", secret: true,
			Help:   "password of that admin, 12 characters at least; BUNKERM_ADMIN_PASSWORD_FILE names a file that holds it",
			target: func(o *Options) *string { return &o.AdminPassword }},
		{Env: "API_KEY", secret: true, computed: true, Default: "generated at the first start",
			Help:   "the primary API key, at least 24 characters; API_KEY_FILE names a file that holds it",
			target: func(o *Options) *string { return &o.APIKey }},
		{Env: settingsFileEnv,
			Help:   `JSON file with settings that neither a flag nor the environment has, as in {"log_level": "debug", "backup_keep": 14}: the names are those of the variables in lower case, without bunkerm_`,
			target: func(o *Options) *string { return &o.SettingsFile }},
		{Flag: "log-level", Env: "BUNKERM_LOG_LEVEL", Default: "info",
			Help:   "debug, info, warn or error",
			target: func(o *Options) *string { return &o.LogLevel }, check: wantOneOf("debug", "info", "warn", "error")},
		{Flag: "log-format", Env: "BUNKERM_LOG_FORMAT", computed: true, Default: "text on a terminal, json otherwise",
			Help:   "text or json",
			target: func(o *Options) *string { return &o.LogFormat }, check: wantOneOf("", "text", "json")},
	}
}

// serviceListener is the setting of a port on which one service answers alone.
func serviceListener(service, env, address string, target func(*Options) *string) Setting {
	return Setting{Flag: service + "-listen", Env: env, Default: address,
		Help: "address of " + service + "-api alone; empty turns it off",
		off:  true, target: target, check: wantAddress}
}

func wantAddress(v string) string {
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		return "want host:port or :port, as in :2000 or 127.0.0.1:2000"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "the port must be a number from 0 to 65535"
	}
	if strings.ContainsAny(host, "/ @") {
		return "want host:port without a scheme or path"
	}
	return ""
}

func wantAddressOrNone(v string) string {
	if v == "" {
		return ""
	}
	return wantAddress(v)
}

func wantBroker(v string) string {
	if v == ManagedBroker {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "mqtt" && u.Scheme != "mqtts") || u.Host == "" {
		return "want managed, mqtt://host:1883 or mqtts://host:8883"
	}
	return ""
}

// wantHeartbeat does not repeat what was given: it may hold a token.
func wantHeartbeat(v string) string {
	u, err := url.Parse(v)
	if v == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return ""
	}
	return "an http or https address"
}

func wantFilters(v string) string {
	for filter := range strings.SplitSeq(v, ",") {
		if filter = strings.TrimSpace(filter); filter == "" {
			continue
		}
		if err := monitor.CheckFilter(filter); err != nil {
			return fmt.Sprintf("%q %s", filter, err)
		}
	}
	return ""
}

func wantTopic(v string) string {
	if monitor.CheckTopic(v) != nil {
		return "want a topic without + and # that does not begin with $, as in bunkerm/status"
	}
	return ""
}

func wantPublicURL(v string) string {
	u, err := url.Parse(v)
	if v != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.User != nil ||
		!gateway.ValidBasePath(u.EscapedPath())) {
		return "want an address without a query, as in https://mqtt.example/broker/"
	}
	return ""
}

func wantBasePath(v string) string {
	if v != "" && (!strings.HasPrefix(v, "/") || !gateway.ValidBasePath(v)) {
		return "want a path of letters, digits and -._~ other than /api/, as in /broker/"
	}
	return ""
}

func wantNetworks(v string) string {
	if _, err := gateway.ParseNetworks(v); err != nil {
		return "want addresses or networks separated by commas, as in 127.0.0.1,10.0.0.0/8"
	}
	return ""
}

func wantAncestors(v string) string {
	if v == "" || strings.ContainsAny(v, ";,\r\n\"") {
		return "want 'none', or 'self' and origins separated by spaces"
	}
	return ""
}

func wantCommand(v string) string {
	if _, err := host.SplitCommand(v); err != nil {
		return err.Error()
	}
	return ""
}

func wantFolders(v string) string {
	for _, folder := range folders(v) {
		if !filepath.IsAbs(folder) {
			return "want folders with their whole path, separated by commas, as in /etc/mosquitto/certs,/srv/mqtt"
		}
	}
	return ""
}

func wantOneOf(values ...string) func(string) string {
	return func(v string) string {
		if slices.Contains(values, v) {
			return ""
		}
		named := slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
		return "want " + strings.Join(named[:len(named)-1], ", ") + " or " + named[len(named)-1]
	}
}

// secretFile is the file that NAME_FILE names or, failing that, the systemd credential of the same name in lower
// case. Empty: neither is there.
func (s Setting) secretFile(lookup func(string) (string, bool)) string {
	if path, _ := lookup(s.Env + "_FILE"); path != "" {
		return path
	}
	if dir, _ := lookup("CREDENTIALS_DIRECTORY"); dir != "" {
		path := filepath.Join(dir, strings.ToLower(s.Env))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// readSecret reads a secret from its file; line breaks at the end are not part of it.
func (s Setting) readSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fault.Newf(fault.Invalid, "%s_FILE=%q: the file cannot be read", s.Env, path).
			Hint("name a file that the user who runs BunkerM may read").Because(err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fault.Newf(fault.Invalid, "%s_FILE=%q: the file is empty", s.Env, path)
	}
	return secret, nil
}
