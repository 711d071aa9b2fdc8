package proof

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/eclipse/paho.golang/packets"
)

// mqtt connects without a name and looks at the answer. MQTT 3.1.1 is used, which every listener speaks unless it was
// told otherwise.
func (a asking) mqtt(conn io.ReadWriter) error {
	if _, err := conn.Write(connect()); err != nil {
		return notYetError{fmt.Errorf("takes no connection: %w", shown(err))}
	}
	// CONNACK of MQTT 3.1.1: type, length 2, flags, return code.
	answer := make([]byte, 4)
	if _, err := io.ReadFull(conn, answer); err != nil {
		if a.set["max_connections"] != "" {
			return nil // it may be full
		}
		return notYetError{fmt.Errorf("gives no answer in MQTT: %w", shown(err))}
	}
	switch {
	case answer[0] != 0x20 || answer[1] < 2:
		return errors.New("answers in something that is not MQTT")
	case answer[3] == 0 && !a.anonymous:
		return errors.New("lets clients in without a name, although allow_anonymous is false")
	}
	_, _ = conn.Write([]byte{0xE0, 0}) // DISCONNECT; it has told what we wanted to know
	return nil
}

// connect is a CONNECT without user name and password.
func connect() []byte {
	id := ClientPrefix + rand.Text()[:10]
	body := append([]byte{0, 4}, "MQTT"...)
	body = append(body, 4, 2, 0, 30, 0, byte(len(id)))
	body = append(body, id...)
	return append([]byte{packets.CONNECT << 4, byte(len(body))}, body...)
}

func shown(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends the connection")
	}
	return plain(err)
}

// websockets asks for an upgrade (RFC 6455) and goes on in MQTT.
func (a asking) websockets(conn net.Conn) error {
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "GET /mqtt HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
		a.l.Port, base64.StdEncoding.EncodeToString(key)); err != nil {
		return notYetError{fmt.Errorf("takes no connection: %w", shown(err))}
	}
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return notYetError{fmt.Errorf("gives no answer in HTTP: %w", shown(err))}
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("does not speak websockets: it answers %d", answer.StatusCode)
	}
	return a.mqtt(&frames{r: r, w: conn})
}

// frames carries MQTT in binary frames of less than 126 bytes (RFC 6455, 5.2). What we send has a mask of zeros, which
// changes nothing.
type frames struct {
	r    *bufio.Reader
	w    io.Writer
	left int // of the frame that is being read
}

func (f *frames) Write(p []byte) (int, error) {
	_, err := f.w.Write(append([]byte{0x82, 0x80 | byte(len(p)), 0, 0, 0, 0}, p...))
	return len(p), err
}

func (f *frames) Read(p []byte) (int, error) {
	for f.left == 0 {
		head := make([]byte, 2)
		if _, err := io.ReadFull(f.r, head); err != nil {
			return 0, err
		}
		if f.left = int(head[1] & 0x7F); f.left > 125 {
			return 0, errors.New("the answer is longer than MQTT's is")
		}
		if head[0]&0x0F == 8 { // close
			return 0, io.EOF
		}
	}
	n, err := f.r.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

// http asks 2.1's http_api for anything.
func (a asking) http(conn net.Conn) error {
	if _, err := fmt.Fprintf(conn, "GET /api/v1/version HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n", a.l.Port); err != nil {
		return notYetError{fmt.Errorf("takes no connection: %w", shown(err))}
	}
	start := make([]byte, 5)
	if _, err := io.ReadFull(conn, start); err != nil {
		return notYetError{fmt.Errorf("gives no answer in HTTP: %w", shown(err))}
	}
	if !bytes.Equal(start, []byte("HTTP/")) {
		return errors.New("answers in something that is not HTTP")
	}
	return nil
}
