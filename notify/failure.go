package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/notify/reach"
)

// failure is why a message was not taken.
type failure struct {
	sentence string        // safe to show: no secret, no text that shows as something else
	hint     string        // what to do about it
	final    bool          // trying again would change nothing
	after    time.Duration // the receiver asks for so much patience; 0: it does not
}

// fault is the failure for whoever tries a channel out.
func (f *failure) fault() error {
	kind := fault.Unavailable
	if f.final {
		kind = fault.Refused
	}
	return fault.New(kind, f.sentence).Hint(f.hint)
}

// unreachable says in plain words why a receiver could not be spoken to. The error's own text is used only where nothing
// better is known, and without the secrets of the channel.
func unreachable(err error, secrets []string) *failure {
	var (
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verifying *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		timeout   net.Error
	)
	switch {
	case errors.Is(err, reach.ErrRefused):
		refused := fault.From(reach.ErrRefused)
		return &failure{sentence: refused.Message, hint: refused.HintText, final: true}
	case errors.As(err, &authority):
		return &failure{sentence: "the receiver's certificate is signed by nobody known here", hint: "install the certificate of its authority on this host"}
	case errors.As(err, &host):
		return &failure{sentence: "the receiver's certificate is for another name", hint: "use the name that the certificate is for"}
	case errors.As(err, &invalid), errors.As(err, &verifying):
		return &failure{sentence: "the receiver's certificate is not valid", hint: "has it expired, or is this host's clock wrong?"}
	case errors.As(err, &record):
		return &failure{sentence: "the receiver does not speak TLS there", hint: "check the port and the kind of encryption"}
	case errors.As(err, &name) && name.IsNotFound:
		return &failure{sentence: "there is no host of the name " + clean(name.Name, mostEntity), hint: "check the address"}
	case errors.As(err, &name):
		return &failure{sentence: "the name " + clean(name.Name, mostEntity) + " could not be looked up", hint: "check this host's name server"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &failure{sentence: fmt.Sprintf("the receiver did not answer within %g s", sendTimeout.Seconds()), hint: "does a firewall stand between?"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &failure{sentence: "nobody listens at that address", hint: "check the port, and whether the receiver runs"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &failure{sentence: "the receiver closed the connection without an answer", hint: "check the port, and whether it wants TLS"}
	case strings.Contains(err.Error(), "malformed HTTP"):
		return &failure{sentence: "what answers at that address does not speak HTTP", hint: "check the port"}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return &failure{sentence: "there is no way to that address", hint: "check this host's network"}
	}
	var request *url.Error // its text has the whole address
	for errors.As(err, &request) {
		err = request.Err
	}
	return &failure{sentence: "the receiver could not be spoken to: " + clean(masked(err.Error(), secrets...), mostTitle)}
}
