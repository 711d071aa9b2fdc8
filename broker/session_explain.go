package broker

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/eclipse/paho.golang/packets"

	"github.com/bunkerm/bunkerm/fault"
)

// explainDial turns an error of Endpoint.Dial into words for the operator. The error's own text goes to the log only.
func explainDial(name string, err error) *condition {
	e := &condition{Trouble: Trouble{State: StateConnecting, Cause: err}}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		e.Detail, e.Hint = f.Message, f.HintText // a file of ours that has become unusable
		return e
	}
	dns, isDNS := errors.AsType[*net.DNSError](err)
	handshake, isHandshake := errors.AsType[*handshakeError](err)
	switch {
	case isHandshake && handshake.certificateAsked && (hungUp(err) || isAlert(err)):
		certificateTurnedDown(e, name)
	case isHandshake && tlsProblem(e, name, err):
	case isHandshake && hungUp(err):
		e.Detail = name + ": the broker hung up during the TLS handshake"
		e.Hint = "see whether that port has a TLS listener; use mqtt:// in --broker for one without TLS"
	case isDNS && dns.IsNotFound:
		e.Detail, e.Hint = name+": the host name is not known", "check the host in --broker"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		e.Detail, e.Hint = name+": nothing answers there", "see whether the broker runs and listens there"
	case errors.Is(err, os.ErrPermission):
		e.Detail = name + ": we may not connect to it"
		e.Hint = "see whether the broker's socket belongs to the account that BunkerM runs as"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		e.Detail, e.Hint = name+": no answer in time", "see whether the host is up and a firewall lets us through"
	default:
		e.Detail, e.Hint = name+": the connection cannot be made", "BunkerM's log has the reason"
	}
	return e
}

// tlsProblem explains what is wrong with a certificate, when it is that.
func tlsProblem(e *condition, name string, err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	host, wrongHost := errors.AsType[x509.HostnameError](err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case unknown:
		e.Detail = name + ": the broker's certificate is signed by an authority that we do not know"
		e.Hint = "name the file of the authority's certificate in --broker-ca"
	case wrongHost:
		e.Detail = fmt.Sprintf("%s: the broker's certificate is not for the host %s", name, host.Host)
		e.Hint = "use a host name that the certificate holds in --broker"
	case isInvalid && invalid.Reason == x509.Expired:
		e.Detail = name + ": the broker's certificate has expired or is not valid yet"
		e.Hint = "renew the certificate, or set the clock of this machine"
	case isInvalid:
		e.Detail, e.Hint = name+": the broker's certificate is not valid", "BunkerM's log has the reason"
	case isAlert(err):
		e.Detail, e.Hint = name+": the broker does not accept our side of TLS", "BunkerM's log has the reason"
	case strings.Contains(err.Error(), "first record does not look like a TLS handshake"):
		e.Detail = name + ": the broker does not speak TLS there"
		e.Hint = "use the port of its TLS listener, or mqtt:// for a listener without TLS"
	default:
		return false
	}
	return true
}

// lostConnection is the condition after a connection that worked has ended without a word of the broker. Mosquitto
// 2.0.11 says nothing in any of the cases that the hint names; 2.1 gives a reason in all but the first.
func lostConnection(cause error) *condition {
	return &condition{Trouble: Trouble{State: StateConnecting, Detail: "the connection to the broker was lost",
		Hint: "the broker stopped, or BunkerM's account was changed, or somebody else connected with BunkerM's client " +
			"id: the broker's log says which; the connection is being made again", Cause: cause}}
}

// explainHandshake explains why no answer to CONNECT came. askedForCertificate tells that the broker wanted to see a
// client certificate.
func explainHandshake(name string, askedForCertificate bool, err error) *condition {
	e := &condition{Trouble: Trouble{State: StateConnecting, Cause: err}}
	switch {
	case askedForCertificate && (hungUp(err) || isAlert(err)):
		certificateTurnedDown(e, name)
	case tlsProblem(e, name, err):
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		e.Detail = name + ": connected, and no answer in time"
		e.Hint = "the broker's process may be stopped or very busy: look at it and at its log"
	case hungUp(err):
		e.Detail = name + ": the connection was closed before MQTT began"
		e.Hint = "see whether this is an MQTT listener, with or without TLS as we use it, and has room for connections"
	default:
		e.Detail, e.Hint = name+": what answers there does not speak MQTT 5", "check host and port in --broker"
	}
	return e
}

// certificateTurnedDown is what to say when the broker asked for a client certificate and then did not go on.
func certificateTurnedDown(e *condition, name string) {
	e.Detail = name + ": the broker asks for a client certificate and does not accept ours, or our having none"
	e.Hint = "name a certificate that the broker's authority signed, and its key, in --broker-cert and --broker-key"
}

// isAlert recognises what the other side of TLS complains of. Go does not export the type of it.
func isAlert(err error) bool { return strings.Contains(err.Error(), "remote error: tls: ") }

// hungUp recognises the ways in which it shows that the other side has closed the connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// explainConnack explains a refusal. Only those that an operator has to mend leave the session in StateRefused.
func explainConnack(code byte, username string) *condition {
	e := &condition{Trouble: Trouble{State: StateRefused}}
	account := fmt.Sprintf("the account %q", username)
	if username == "" {
		account = "a client without an account"
	}
	switch code {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackNotAuthorized, packets.ConnackBanned:
		e.Detail = "the broker does not let in " + account
		e.Hint = "see whether the account exists, is enabled, has this password, and is not bound to a client id"
	case packets.ConnackInvalidClientID:
		e.Detail = "the broker does not accept BunkerM's client id"
		e.Hint = "let the broker accept client ids that begin with bunkerm- (clientid_prefixes)"
	case packets.ConnackUnsupportedProtocolVersion:
		e.Detail = "the broker does not speak MQTT 5"
		e.Hint = "use a mosquitto of version 2.0 or later, without accept_protocol_versions that leaves out 5"
	case packets.ConnackBadAuthenticationMethod:
		e.Detail = "the broker does not take a password of " + account
		e.Hint = "use an account with a password"
	default:
		e.State = StateConnecting
		e.Detail = "the broker does not let us in now: " + describeReason(code)
		e.Hint = "look into the broker's log"
	}
	return e
}

// describeReason names an MQTT v5 reason code (MQTT 5.0, 2.4).
func describeReason(code byte) string {
	switch code {
	case 0x80:
		return "refused"
	case 0x87:
		return "not authorised"
	case 0x88:
		return "server unavailable"
	case 0x89:
		return "server busy"
	case 0x8B:
		return "the broker is shutting down"
	case 0x8D:
		return "we were silent for too long"
	case takenOver:
		return "session taken over"
	case 0x95:
		return "the packet was too large"
	case 0x97:
		return "quota exceeded"
	case 0x98:
		return "administrative action"
	case packets.ConnackRetainNotSupported:
		return "the broker keeps no retained messages"
	case packets.ConnackQoSNotSupported:
		return "the broker does not take this QoS"
	case 0x9F:
		return "too many connections in too short a time"
	default:
		return fmt.Sprintf("reason code %#x", code)
	}
}
