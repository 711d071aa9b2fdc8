package broker

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// OwnConfDir is the folder in the broker's directory in which BunkerM writes its own part of the configuration.
const OwnConfDir = "bunkerm.d"

// The names in the broker's directory. All are relative to it, which is also the broker's working directory: so
// they work where a directory above is closed to the broker's user, and the whole can be moved.
const (
	confName    = "mosquitto.conf"
	pluginConf  = OwnConfDir + "/10-bunkerm.conf"
	logConf     = OwnConfDir + "/20-log.conf"
	dynsecName  = "dynamic-security.json"
	goodName    = "dynamic-security.good.json"
	lastName    = "dynamic-security.last.json"
	controlName = "control.sock"
)

const includeLine = "include_dir " + OwnConfDir

// renderConf is the user's mosquitto.conf of a first start. It is never written again.
func renderConf(l listener) []byte {
	address := ""
	if l.Address != "" {
		address = " " + l.Address
	}
	return fmt.Appendf(nil, `# The configuration of the MQTT broker that BunkerM runs. This file is yours: BunkerM wrote it at its first
# start and never overwrites it. All settings: man 5 mosquitto.conf. Names are relative to this folder.

# BunkerM's own part: the dynamic security plugin, the socket over which BunkerM talks to the broker, and the
# log. It is written anew at every start. Keep this line above the first listener. (And leave
# per_listener_settings out: with it, the plugin would not guard every listener.)
%s

# Where clients connect: a port, and an address if only that one is wanted. Add more listeners below, for TLS
# with certfile and keyfile, for browsers with protocol websockets.
listener %d%s

# Nobody gets in without an account. Accounts and what they may do are managed in BunkerM.
allow_anonymous false

# Retained messages, subscriptions and queued messages of persistent sessions survive a restart.
persistence true
persistence_location ./

# Messages that wait for a slow reader. The default of 1000 drops messages to any reader slower than the sender.
max_queued_messages 100000

# Small messages go out at once, not up to 40 ms later.
set_tcp_nodelay true

# Seconds between two updates of the broker's own statistics in $SYS. The default is 10.
sys_interval 2
`, includeLine, l.Port, address)
}

// renderPlugin is our own included file. The unix socket keeps our connection safe from edits of the ports and
// TLS settings of the user's file: what belongs to a listener there does not reach this one.
func renderPlugin(plugin string) []byte {
	return fmt.Appendf(nil, `# Written by BunkerM at every start; changes are lost. Your own settings belong into ../%s.
plugin %s
plugin_opt_config_file %s
listener 0 %s
`, confName, plugin, dynsecName, controlName)
}

// renderLog is what the broker writes to its log, in a file of its own so that it can change while the broker
// runs. The keeper reads standard error and adds its own, finer time stamps.
func renderLog() []byte {
	return []byte(`# Written by BunkerM at every start; changes are lost.
log_dest stderr
log_timestamp false
connection_messages true
log_type error
log_type warning
log_type notice
log_type information
log_type subscribe
log_type unsubscribe
`)
}

// checkInclude refuses a mosquitto.conf that lost the line that brings our part in: the broker would run without
// the plugin, and we could not talk to it. brokerDir is absolute.
func checkInclude(conf []byte, brokerDir string) error {
	for _, dir := range includedDirs(conf) {
		if filepath.IsAbs(dir) {
			if filepath.Clean(dir) == filepath.Join(brokerDir, OwnConfDir) {
				return nil
			}
		} else if path.Clean(dir) == OwnConfDir {
			return nil
		}
	}
	return fault.Newf(fault.Conflict, "%s does not include BunkerM's part any more", filepath.Join(brokerDir, confName)).
		Hint("put this line back above the first listener: " + includeLine)
}

// checkPerListener refuses per_listener_settings: the plugin and allow_anonymous would belong to single listeners, so
// our socket would have no plugin, and no account could be managed. file is for people.
func checkPerListener(conf []byte, file string) error {
	for line := range strings.SplitSeq(string(conf), "\n") {
		if key, value := confLine(line); key == "per_listener_settings" && value != "false" && value != "0" {
			return fault.Newf(fault.Conflict, "%s has per_listener_settings %s, with which BunkerM cannot manage the broker's accounts", file, value).
				Hint("remove the line, or set it to false: clients and roles are then the same on all listeners")
		}
	}
	return nil
}

// checkListen refuses --mqtt-listen when it contradicts the file. Port 0 asks for any, so the file's will do. A file that has only
// listeners with TLS contradicts nothing: somebody has closed the clear port, and the flag is older than that.
func checkListen(flag string, conf []listener, file string) error {
	if flag == "" {
		return nil
	}
	want, err := parseListen(flag)
	if err != nil || want.Port == 0 {
		return err
	}
	have, plain := make([]string, 0, len(conf)), len(conf) == 0
	for _, l := range conf {
		plain = plain || !l.secure
		if l.Port == want.Port && l.Address == want.Address {
			return nil
		}
		have = append(have, l.String())
	}
	if !plain {
		return nil
	}
	if len(have) == 0 {
		have = []string{"no port at all"}
	}
	return fault.Newf(fault.Invalid, "--mqtt-listen says %s, but %s listens on %s",
		want, file, strings.Join(have, ", ")).
		Hint("leave --mqtt-listen out, or change the listener line in the file")
}
