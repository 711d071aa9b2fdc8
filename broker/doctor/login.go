package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"

	"github.com/eclipse/paho.golang/packets"
)

const (
	mqtt5  = 5
	alive  = 30
	tlsRec = 0x15 // the first byte of a TLS alert (RFC 8446, section 5.1)
)

// login says CONNECT and reads the answer.
func (e *examination) login(context.Context) finding {
	code, err := e.connect()
	if err == nil && code == packets.ConnackUnsupportedProtocolVersion {
		return failed("The broker does not take MQTT 5.", "Have the device speak 3.1.1, or take the listener's restriction away (accept_protocol_versions).")
	}
	if err != nil {
		return e.noLogin(err)
	}
	if code == packets.ConnackSuccess {
		e.loggedIn = true
		return finding{said: e.who() + " is let in, with MQTT 5."}
	}
	said, advice := e.refusal(code)
	return failed(said, advice)
}

// connect sends a CONNECT and returns the reason of the CONNACK (MQTT 5, section 3.2.2.2).
func (e *examination) connect() (code byte, err error) {
	p := packets.NewControlPacket(packets.CONNECT)
	c, ok := p.Content.(*packets.Connect)
	if !ok {
		return 0, errors.New("no CONNECT")
	}
	c.ProtocolName, c.ProtocolVersion = "MQTT", mqtt5
	c.ClientID, c.CleanStart, c.KeepAlive = e.o.ClientID, true, alive
	c.Username, c.UsernameFlag = e.o.Username, e.o.Username != ""
	c.Password, c.PasswordFlag = []byte(e.o.Password), e.o.Password != ""
	if _, err := p.WriteTo(e.mqtt); err != nil {
		return 0, err
	}
	first := make([]byte, 1)
	if _, err := io.ReadFull(e.mqtt, first); err != nil {
		return 0, err
	}
	if first[0] != packets.CONNACK<<4 {
		return 0, strangerError(first[0])
	}
	answer, err := packets.ReadPacket(io.MultiReader(&one{first[0], false}, e.mqtt))
	if err != nil {
		return 0, err
	}
	if a, ok := answer.Content.(*packets.Connack); ok {
		return a.ReasonCode, nil
	}
	return 0, strangerError(first[0])
}

// one yields one byte.
type one struct {
	b    byte
	done bool
}

func (o *one) Read(p []byte) (int, error) {
	if o.done || len(p) == 0 {
		return 0, io.EOF
	}
	o.done, p[0] = true, o.b
	return 1, nil
}

// strangerError is a first byte that is no CONNACK.
type strangerError byte

func (b strangerError) Error() string {
	return fmt.Sprintf("an answer that begins with 0x%02x", byte(b))
}

// noLogin explains that no CONNACK has come.
func (e *examination) noLogin(err error) finding {
	var stranger strangerError
	var alert tls.AlertError
	isTLS := errors.As(err, &stranger) && byte(stranger) == tlsRec
	switch {
	case errors.As(err, &alert): // with TLS 1.3 the broker refuses the device's certificate only now
		return refusedHandshake(err)
	case isTLS && !e.o.TLS:
		return failed("What listens there speaks TLS.", "Connect with TLS (--tls), or to the port that has none (1883 as a rule).")
	case errors.As(err, &stranger) && byte(stranger) == 'H' && !e.o.Websocket:
		return failed("What listens there is a web server.", "Connect by websocket (--websocket), or to the port of plain MQTT (1883 as a rule).")
	case errors.As(err, &stranger):
		return failed("What listens there does not speak MQTT: "+err.Error()+".", "Look at host and port.")
	case late(err):
		return failed("The broker does not answer to the login.", "What listens there does not speak MQTT (a web server, perhaps: try --websocket), or the broker is busy. Look at its log.")
	case !e.o.TLS && !e.o.Websocket:
		return failed("The broker ends the connection without a word.",
			"What listens there perhaps speaks TLS or websockets: try --tls or --websocket. A broker that is full (max_connections) does the same; its log says so.")
	}
	if len(e.o.Cert) > 0 {
		return failed("The broker ends the connection without a word.",
			"It does not take the device's certificate, as it seems: it has to be signed by an authority in the broker's cafile. The broker's log says why.")
	}
	return failed("The broker ends the connection without a word.",
		"It may be full (max_connections), ask for a certificate of the device, or speak websockets there. Its log says why.")
}

func (e *examination) who() string {
	if e.o.Username == "" {
		return "A device without a username"
	}
	return "The username " + e.o.Username
}

// refusal explains a CONNACK that is none of success.
func (e *examination) refusal(code byte) (said, advice string) {
	switch code {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackNotAuthorized:
		return e.notAuthorised()
	case packets.ConnackInvalidClientID:
		return "The broker does not take the client id " + e.o.ClientID + ".", "It may be too long, or the broker takes only ids with a prefix (clientid_prefixes)."
	case packets.ConnackServerUnavailable, packets.ConnackServerBusy:
		return "The broker is not ready.", "Try again, and look at its log."
	case packets.ConnackBanned:
		return "The broker has banned the device.", "Ask who runs the broker."
	case packets.ConnackQuotaExceeded, packets.ConnackConnectionRateExceeded:
		return "The broker has enough of connections.", "Wait a while; look whether a device connects again and again."
	case packets.ConnackBadAuthenticationMethod:
		return "The broker wants another way to log in.", "Look at the broker's configuration."
	}
	return fmt.Sprintf("The broker refuses the login with reason 0x%02x.", code), "Its log may say why."
}

// notAuthorised is what Mosquitto says to everybody whom it does not let in, so that nobody learns which half was wrong.
func (e *examination) notAuthorised() (said, advice string) {
	if e.o.Username == "" {
		return "The broker lets nobody in without a username.", "Give the device an account."
	}
	const exact = "The broker does not say which: username or password are wrong, the account is disabled, or it belongs to another client id"
	if e.o.Password == "" {
		return "The broker does not let " + e.o.Username + " in, without a password.", exact + ". A device that logs in by its certificate needs use_identity_as_username at the listener."
	}
	return "The broker does not let " + e.o.Username + " in.", exact + ". Mind capital letters and blanks at the ends; the page of the client shows when it was refused last."
}
