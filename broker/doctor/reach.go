package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// resolve finds the addresses of the host.
func (e *examination) resolve(ctx context.Context) finding {
	if ip := net.ParseIP(e.o.Host); ip != nil {
		e.addresses = []net.IP{ip}
		return finding{said: e.o.Host + " is an address."}
	}
	found, err := net.DefaultResolver.LookupIPAddr(ctx, e.o.Host)
	if err != nil {
		return unknownName(e.o.Host, err)
	}
	var names []string
	for _, a := range found {
		e.addresses = append(e.addresses, a.IP)
		names = append(names, a.String())
	}
	return finding{said: e.o.Host + " is " + strings.Join(names, ", ") + "."}
}

func unknownName(host string, err error) finding {
	advice := "Look for a typing error, or use the broker's address instead of its name."
	if strings.HasSuffix(host, ".local") {
		advice = "Names that end in .local are told by multicast DNS, which many devices do not speak and no router passes on. Use the broker's address."
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return failed("Nobody knows the name "+host+".", advice)
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &dns) && dns.IsTimeout:
		return failed("The name server does not answer.", "Look at the network settings of this host, or use the broker's address.")
	}
	return failed("The name "+host+" could not be looked up: "+plain(err)+".", advice)
}

// dial connects to the first address that takes the connection.
func (e *examination) dial(ctx context.Context) finding {
	var last error
	for i, ip := range e.addresses {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), strconv.Itoa(e.o.Port)))
		if err != nil {
			last = err
			continue
		}
		e.conn, e.mqtt = conn, conn
		if deadline, ok := ctx.Deadline(); ok {
			_ = conn.SetDeadline(deadline)
		}
		f := finding{said: fmt.Sprintf("%s takes connections on port %d.", ip, e.o.Port)}
		if i > 0 {
			f.state = Warning
			f.said = fmt.Sprintf("%s takes connections on port %d; %s does not.", ip, e.o.Port, e.addresses[0])
			f.advice = "A device may try only the first address. Have the broker listen on it too, or take it out of the name."
		}
		return f
	}
	return e.unreachable(last)
}

func (e *examination) unreachable(err error) finding {
	port := strconv.Itoa(e.o.Port)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed("Nothing listens on port "+port+" of "+e.o.Host+".",
			"Look whether the broker runs, and whether it has a listener on this port and address: a Mosquitto without a listener line is there for its own host only.")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return failed("There is no way to "+e.o.Host+".", "The address is in another network, or the host is switched off.")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return failed("Port "+port+" of "+e.o.Host+" does not answer.",
			"A firewall drops what comes, or the host is not there. Open the port on the broker's host and on what is between.")
	}
	return failed("No connection: "+plain(err)+".", "")
}

// plain is what went wrong without the words of Go's network packages around it.
func plain(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err.Error()
}

// late reports whether an answer has not come in time.
func late(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
