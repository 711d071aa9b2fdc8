package broker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// listener is a TCP listener of mosquitto's configuration. Its unix sockets (`listener 0 PATH`) are left out.
type listener struct {
	Port     int
	Address  string // empty: all
	Protocol string // mqtt, websockets, http_api
	domain   string // ipv4, ipv6 or empty: both
	bound    bool   // to an interface, so that whether it is free cannot be tried
	secure   bool   // with a certificate
}

// String is the address as --mqtt-listen takes it.
func (l listener) String() string { return net.JoinHostPort(l.Address, strconv.Itoa(l.Port)) }

// confLine is a setting: mosquitto separates the word from its value by a space, and takes a line that begins with
// # as a comment.
func confLine(line string) (key, value string) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return "", ""
	}
	key, value, _ = strings.Cut(line, " ")
	return key, strings.TrimSpace(value)
}

// listenersIn reads the TCP listeners of one configuration file. Settings of a listener follow its line; those
// before the first one are for the default listener, which exists when a port is given. Each included file
// begins anew, seen with 2.0.11 and 2.1.2.
func listenersIn(conf []byte) []listener {
	all := []listener{{Protocol: "mqtt"}} // the default one, in place of port 0
	for line := range strings.SplitSeq(string(conf), "\n") {
		key, value := confLine(line)
		cur := &all[len(all)-1]
		switch key {
		case "listener":
			port, address, _ := strings.Cut(value, " ")
			n, _ := strconv.Atoi(port) // what is no number the broker refuses in better words
			all = append(all, listener{Port: n, Address: strings.TrimSpace(address), Protocol: "mqtt"})
		case "port":
			all[0].Port, _ = strconv.Atoi(value)
		case "bind_address":
			all[0].Address = value
		case "protocol":
			cur.Protocol = value
		case "socket_domain":
			cur.domain = value
		case "bind_interface":
			cur.bound = true
		case "certfile":
			cur.secure = true
		}
	}
	tcp := all[:0]
	for _, l := range all {
		if l.Port > 0 {
			tcp = append(tcp, l)
		}
	}
	return tcp
}

// includedDirs lists the include_dir values of a configuration file, in order.
func includedDirs(conf []byte) []string {
	var dirs []string
	for line := range strings.SplitSeq(string(conf), "\n") {
		if key, value := confLine(line); key == "include_dir" && value != "" {
			dirs = append(dirs, value)
		}
	}
	return dirs
}

// parseListen reads --mqtt-listen.
func parseListen(s string) (listener, error) {
	bad := fault.Newf(fault.Invalid, "--mqtt-listen %q is not an address", s).
		Hint("give a port as in :1883, or address and port as in 127.0.0.1:1883 or [::1]:1883")
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return listener{}, bad.Because(err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return listener{}, bad.Because(err)
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == '#' }) {
		return listener{}, bad
	}
	return listener{Port: int(n), Address: host, Protocol: "mqtt"}, nil
}

// taken tells whether another program has the listener's port. Only that counts: an address that is not of this
// machine, or a port that needs root, is for the broker to name.
func (l listener) taken() bool {
	if l.bound {
		return false
	}
	for _, family := range []struct{ network, domain string }{{"tcp4", "ipv4"}, {"tcp6", "ipv6"}} {
		if l.domain != "" && l.domain != family.domain {
			continue
		}
		ln, err := net.Listen(family.network, l.String())
		if err == nil {
			_ = ln.Close()
		} else if errors.Is(err, syscall.EADDRINUSE) {
			return true
		}
	}
	return false
}

// choosePort asks the kernel for a free port on the listener's address.
func (l listener) choosePort() (listener, error) {
	ln, err := net.Listen("tcp", l.String())
	if err != nil {
		return l, fault.Newf(fault.Invalid, "there is no port to be had on --mqtt-listen %s", l).
			Hint("name an address of this machine").Because(err)
	}
	l.Port = ln.Addr().(*net.TCPAddr).Port
	return l, ln.Close()
}

// holderOf names the program that listens on a TCP port, as in "mosquitto (process 812)", or "another program"
// where the system does not tell: elsewhere than on Linux, and for programs of other users unless we are root.
func holderOf(port int) string {
	const unknown = "another program"
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		// proc(5): sl local_address rem_address st … inode; state 0A is LISTEN.
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				inodes["socket:["+f[9]+"]"] = true
			}
		}
	}
	if len(inodes) == 0 {
		return unknown
	}
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err != nil || !inodes[target] {
			continue
		}
		pid := strings.Split(fd, "/")[2]
		name, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			continue
		}
		return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), pid)
	}
	return unknown
}
