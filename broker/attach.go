package broker

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// AttachOptions say how to reach a broker that already runs. Each is a setting of the program, and the faults of
// Attach name them by their flags.
type AttachOptions struct {
	URL      string // --broker: mqtt://host[:1883] or mqtts://host[:8883], without an account in it
	Username string // --broker-user; empty connects without an account

	// Password is BUNKERM_BROKER_PASSWORD. PasswordFile names a file that holds it instead; it is read at every
	// connection, so that a changed password needs no restart. One line break at its end is not part of the password.
	Password     string
	PasswordFile string

	CAFile   string // --broker-ca: PEM file of the authorities to trust instead of the system's
	CertFile string // --broker-cert: PEM file of our client certificate and its chain
	KeyFile  string // --broker-key: PEM file of its key
}

// Attach checks the settings and returns the way to the broker. It reads the files that the settings name and does
// not connect. The files are read again at every connection. All errors are faults of the kind Invalid.
func Attach(o AttachOptions) (Endpoint, error) {
	address, err := parseBrokerURL(o.URL)
	if err != nil {
		return Endpoint{}, err
	}
	password, err := attachPassword(o)
	if err != nil {
		return Endpoint{}, err
	}
	e := Endpoint{Name: address.String(), Port: address.port, Username: o.Username, Password: password}
	if !address.tls {
		for _, file := range []struct{ flag, value string }{
			{"--broker-ca", o.CAFile}, {"--broker-cert", o.CertFile}, {"--broker-key", o.KeyFile}} {
			if file.value != "" {
				return Endpoint{}, badSetting("%s %s is about TLS, and --broker %s does without", file.flag, file.value, e.Name).
					Hint("use mqtts:// in --broker, or leave " + file.flag + " out")
			}
		}
		e.Dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address.hostPort())
		}
		return e, nil
	}
	files := tlsFiles{host: address.host, ca: o.CAFile, cert: o.CertFile, key: o.KeyFile}
	if _, err := files.config(); err != nil {
		return Endpoint{}, err
	}
	e.Dial = func(ctx context.Context) (net.Conn, error) { return files.dial(ctx, address.hostPort()) }
	return e, nil
}

// brokerAddress is a --broker setting taken apart.
type brokerAddress struct {
	tls  bool
	host string
	port int
}

func (a brokerAddress) hostPort() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

func (a brokerAddress) String() string {
	if a.tls {
		return "mqtts://" + a.hostPort()
	}
	return "mqtt://" + a.hostPort()
}

const rightBroker = "write mqtt://host:1883, or mqtts://host:8883 for TLS, or managed"

func parseBrokerURL(value string) (brokerAddress, error) {
	// An account in the address would be seen in process lists and logs, so such a value is not repeated either.
	if strings.Contains(value, "@") {
		return brokerAddress{}, badSetting("--broker holds an account").
			Hint("name the account in --broker-user and its password in BUNKERM_BROKER_PASSWORD_FILE; " + rightBroker)
	}
	u, err := url.Parse(value)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return brokerAddress{}, badSetting("--broker %q is not the address of a broker", value).Hint(rightBroker)
	}
	address := brokerAddress{host: u.Hostname()}
	switch strings.ToLower(u.Scheme) {
	case "mqtt":
		address.port = 1883
	case "mqtts":
		address.port, address.tls = 8883, true
	case "ws", "wss":
		return brokerAddress{}, badSetting("--broker %q is a websocket, which we do not speak", value).Hint(rightBroker)
	default:
		return brokerAddress{}, badSetting("--broker %q: %q is not a way to reach a broker", value, u.Scheme).
			Hint(rightBroker)
	}
	if (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return brokerAddress{}, badSetting("--broker %q has more than host and port", value).Hint(rightBroker)
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return brokerAddress{}, badSetting("--broker %q: the port must be a number from 1 to 65535", value).
				Hint(rightBroker)
		}
		address.port = n
	}
	return address, nil
}

// maxPassword is how long a password can be in MQTT, in bytes.
const maxPassword = 65535

// attachPassword returns where the password comes from, nil when there is none.
func attachPassword(o AttachOptions) (func() (string, error), error) {
	if o.Password == "" && o.PasswordFile == "" {
		return nil, nil
	}
	if o.Username == "" {
		return nil, badSetting("there is a password for the broker, and no --broker-user").
			Hint("name the account in --broker-user, or leave the password out")
	}
	if o.PasswordFile == "" {
		if len(o.Password) > maxPassword {
			return nil, badSetting("BUNKERM_BROKER_PASSWORD is longer than MQTT allows")
		}
		return func() (string, error) { return o.Password, nil }, nil
	}
	if o.Password != "" {
		return nil, badSetting("BUNKERM_BROKER_PASSWORD and BUNKERM_BROKER_PASSWORD_FILE are both set").
			Hint("keep the one that holds")
	}
	read := func() (string, error) { return readPassword(o.PasswordFile) }
	if _, err := read(); err != nil {
		return nil, err
	}
	return read, nil
}

func readPassword(name string) (string, error) {
	const setting = "BUNKERM_BROKER_PASSWORD_FILE"
	data, err := os.ReadFile(name)
	if err != nil {
		return "", unreadable(setting, name, err)
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if password == "" || len(password) > maxPassword || strings.Contains(password, "\n") {
		return "", badSetting("%s %s does not hold one password", setting, name).
			Hint("write the password of --broker-user into it, on one line")
	}
	return password, nil
}

// badSetting is a fault about a setting. Operands must not be secret.
func badSetting(format string, args ...any) *fault.Error {
	return fault.Newf(fault.Invalid, format, args...)
}

// unreadable is the fault of a file that a setting names.
func unreadable(setting, name string, cause error) *fault.Error {
	reason := "cannot be read"
	switch {
	case os.IsNotExist(cause):
		reason = "does not exist"
	case os.IsPermission(cause):
		reason = "may not be read by the account that BunkerM runs as"
	}
	return badSetting("%s %s %s", setting, name, reason).
		Hint(fmt.Sprintf("give %s the path of a file that we can read", setting)).Because(cause)
}
