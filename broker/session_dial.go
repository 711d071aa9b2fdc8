package broker

import (
	"context"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session/state"
)

// dial connects and logs in, without a last will where the broker turns one down.
func (s *Session) dial(ctx context.Context) (*link, error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	will := s.lastWill()
	l, code, err := s.connect(ctx, will)
	if err == nil || will == nil || !refusesWill(code) {
		return l, err
	}
	s.presenceRefused(code)
	l, _, err = s.connect(ctx, nil)
	return l, err
}

// connect makes one attempt. The code is that of the broker's answer, 0 where none came.
func (s *Session) connect(ctx context.Context, will *paho.WillMessage) (l *link, code byte, err error) {
	raw, password, err := s.options.Endpoint.open(ctx)
	if err != nil {
		return nil, 0, err
	}
	l = &link{
		session:  s,
		conn:     newFramedConn(raw, max(s.options.Timeout, writeTimeout), &s.traffic),
		out:      make(chan *request),
		answered: make(chan struct{}, 1),
		suspect:  make(chan struct{}, 1),
		denied:   make(chan struct{}, 1),
		hasWill:  will != nil,
		pending:  make(map[uint64]*request),
	}
	l.client = paho.NewClient(paho.ClientConfig{
		Conn:               l.conn,
		PacketTimeout:      time.Hour, // each use has a context that ends sooner
		OnPublishReceived:  []func(paho.PublishReceived) (bool, error){l.receive},
		OnServerDisconnect: func(*paho.Disconnect) {},
		OnClientError:      func(error) {},
		Session:            &listeningState{State: state.NewInMemory(), link: l},
	})
	connack, err := l.client.Connect(ctx, s.greeting(password, will))
	if err != nil {
		if connack != nil && connack.ReasonCode >= 0x80 {
			return nil, connack.ReasonCode, explainConnack(connack.ReasonCode, s.options.Endpoint.Username)
		}
		return nil, 0, explainHandshake(s.options.Endpoint.Name, wantedCertificate(raw), err)
	}
	if p := connack.Properties; p != nil && p.MaximumPacketSize != nil {
		l.maxPacket = int64(*p.MaximumPacketSize)
	}
	return l, connack.ReasonCode, nil
}

// greeting is the CONNECT packet.
func (s *Session) greeting(password string, will *paho.WillMessage) *paho.Connect {
	// The library allocates room for as many messages as this at every connection. Answers come at QoS 0, to which
	// the broker does not apply it.
	receiveMaximum := uint16(1024)
	connect := &paho.Connect{
		ClientID:    "bunkerm-" + randomHex(16),
		CleanStart:  true,
		KeepAlive:   uint16(min(s.options.KeepAlive/time.Second, 65535)),
		Properties:  &paho.ConnectProperties{ReceiveMaximum: &receiveMaximum, RequestProblemInfo: true},
		WillMessage: will,
	}
	if name := s.options.Endpoint.Username; name != "" {
		connect.UsernameFlag, connect.Username = true, name
		if password != "" {
			connect.PasswordFlag, connect.Password = true, []byte(password)
		}
	}
	return connect
}
