package conf

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// wrongWords looks at the settings with a syntax of their own.
func wrongWords(key, rest string) (message, hint string) {
	w := strings.Fields(rest)
	switch key {
	case "listener":
		return wrongListener(rest)
	case "address", "addresses":
		for _, address := range w {
			if address[0] == '#' {
				break
			}
			if message, hint = wrongAddress(address); message != "" {
				return message, hint
			}
		}
	case "topic":
		return wrongTopic(rest)
	case "log_dest":
		known := []string{"none", "stderr", "stdout", "syslog", "topic", "dlt", "file"}
		if !slices.Contains(known, w[0]) {
			return "log_dest may not be " + shown(w[0]) + ".", "Write " + oneOf(known) + ", the last with a path."
		}
		if w[0] == "file" && len(w) == 1 {
			return "log_dest file needs the path of the file.", "Write it behind the word file."
		}
	case "persistent_client_expiration":
		number, unit := w[0][:len(w[0])-1], w[0][len(w[0])-1:]
		if n, err := strconv.ParseInt(number, 10, 32); err != nil || n < 1 || !slices.Contains([]string{"h", "d", "w", "m", "y"}, unit) {
			return "persistent_client_expiration is a number and a letter, not " + shown(w[0]) + ".", "Write as in 12h, 14d, 2w, 3m or 1y."
		}
	case "plugin_load":
		if len(w) < 2 {
			return "plugin_load needs a name and a file.", "Write as in plugin_load roles /usr/lib/mosquitto_dynamic_security.so."
		}
	case "restart_timeout":
		return wrongRestart(w)
	case "bridge_tcp_keepalive":
		if len(w) < 3 || slices.ContainsFunc(w[:3], func(s string) bool { n, err := strconv.ParseInt(s, 10, 32); return err != nil || n < 1 }) {
			return "bridge_tcp_keepalive needs three numbers above 0.", "Write as in 120 10 5: seconds idle, seconds between probes, probes."
		}
	case "accept_protocol_versions":
		for _, n := range strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == ',' }) {
			if n != "3" && n != "4" && n != "5" {
				return "accept_protocol_versions may not have " + shown(n) + ".", "Write 3, 4 and 5 with commas between them: for MQTT 3.1, 3.1.1 and 5.0."
			}
		}
	}
	return "", ""
}

func wrongListener(rest string) (message, hint string) {
	port, address := listenerWords(rest)
	n, err := strconv.Atoi(port)
	switch {
	case err != nil:
		return "A listener needs the number of its port, not " + shown(port) + ".", "Write as in listener 1883, or listener 1883 127.0.0.1."
	case n < 0 || n > 65535:
		return "The port of a listener may be from 1 to 65535, or 0 for a unix socket.", "Choose another port."
	case n == 0 && address == "":
		return "A listener with port 0 needs the path of its unix socket.", "Write as in listener 0 /run/mosquitto.sock."
	case n == 0 && len(address) > 107:
		return "The path of a unix socket may have 107 bytes at most.", "Choose a shorter path."
	}
	return "", ""
}

// wrongAddress looks at the address of a bridge: host or host:port, split at the last colon as the broker does.
func wrongAddress(address string) (message, hint string) {
	if strings.Contains(address, "://") {
		return "The address of a bridge is a host and a port, without " + shown(address[:strings.Index(address, "://")+3]) + ".",
			"Write as in broker.example.org:8883; TLS is turned on by bridge_cafile."
	}
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return "", ""
	}
	host, port := address[:colon], address[colon+1:]
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "The port of the bridge's address " + shown(address) + " is no number from 1 to 65535.", "Write as in broker.example.org:1883; an IPv6 address needs a port."
	}
	switch {
	case host == "":
		return "The address of the bridge has no host.", "Write as in broker.example.org:1883."
	case strings.Contains(host, ":") && !strings.HasPrefix(host, "[") && net.ParseIP(host) == nil:
		return "The broker takes what is behind the last colon of " + shown(address) + " as the port, and the rest is no address.",
			"Write an IPv6 address with a port, as in ::1:1883."
	case strings.HasPrefix(host, "["):
		return "The broker does not know brackets around an IPv6 address.", "Write as in 2001:db8::1:1883: what is behind the last colon is the port."
	}
	return "", ""
}

func wrongTopic(rest string) (message, hint string) {
	w := strings.Fields(rest)
	if strings.HasPrefix(w[0], `"`) && w[0] != `""` && !strings.HasPrefix(w[0], `""`) {
		return "", "" // a pattern in quotes, which 2.1 knows: for the broker to judge
	}
	if len(w) > 1 {
		if d := lower(w[1]); d != "out" && d != "in" && d != "both" {
			return "The direction of a topic is out, in or both, not " + shown(w[1]) + ".", "Write as in topic sensors/# out 1."
		}
	}
	if len(w) > 2 && w[2][0] != '#' {
		if n, err := strconv.Atoi(w[2]); err != nil || n < 0 || n > 2 {
			return "The QoS of a topic is 0, 1 or 2, not " + shown(w[2]) + ".", "Write as in topic sensors/# out 1."
		}
	}
	if w[0] == `""` && (len(w) < 5 || w[3] == `""` || w[4] == `""`) {
		return "A topic with an empty pattern needs a local and a remote prefix.", "Write both, or a pattern."
	}
	return "", ""
}

func wrongRestart(w []string) (message, hint string) {
	var n []int
	for _, s := range w[:min(2, len(w))] {
		seconds, err := strconv.Atoi(s)
		if err != nil || seconds < 1 {
			return "restart_timeout is one number of seconds, or two, not " + shown(s) + ".", "Write as in 30, or 5 60."
		}
		n = append(n, seconds)
	}
	if len(n) == 2 && n[1] < n[0] {
		return "The longest wait of restart_timeout is shorter than the shortest.", "Write the shorter one first."
	}
	return "", ""
}
