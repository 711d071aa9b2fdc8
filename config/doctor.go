package config

import (
	"context"
	"net"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/doctor"
	"github.com/bunkerm/bunkerm/fault"
)

// Patient is how a device connects to one of the broker's listeners.
type Patient struct {
	Port     int    `json:"port" minimum:"1" maximum:"65535" doc:"Of the listener"`
	Host     string `json:"host,omitempty" maxLength:"253" doc:"With TLS: the name or address by which the device connects, which the certificate has to be for. The first name of the certificate where it is not given"`
	Username string `json:"username,omitempty" maxLength:"65535" doc:"Empty: none"`
	Password string `json:"password,omitempty" maxLength:"65535" doc:"Used for this, and kept nowhere"`
	ClientID string `json:"client_id,omitempty" maxLength:"65535" doc:"One of its own where it is not given. A device with this id that is connected is disconnected by it"`
	Topic    string `json:"topic,omitempty" maxLength:"65535" doc:"A topic or filter to subscribe to"`
	Publish  bool   `json:"publish,omitempty" doc:"Publish a message to the topic as well, which is not retained, and wait for it"`
}

// Examine connects to one of the broker's listeners as a device would. TLS is checked against the certificates of the listener
// itself, because what a device trusts is not known here.
func (s *Service) Examine(ctx context.Context, p Patient) (doctor.Diagnosis, error) {
	if _, err := s.site(); err != nil {
		return doctor.Diagnosis{}, err
	}
	now, err := s.look()
	if err != nil {
		return doctor.Diagnosis{}, err
	}
	for _, l := range now.config.Listeners() {
		if l.Port == p.Port {
			return doctor.Examine(ctx, s.patient(l, p)), nil
		}
	}
	return doctor.Diagnosis{}, fault.Newf(fault.NotFound, "the broker has no listener on port %d", p.Port).
		Hint("GET /config/broker lists the listeners")
}

// patient is how a device connects to the listener.
func (s *Service) patient(l conf.Listener, p Patient) doctor.Options {
	o := doctor.Options{
		Host: l.Address, Port: l.Port, TLS: l.TLS, Websocket: l.Protocol == "websockets", ServerName: p.Host,
		Username: p.Username, Password: p.Password, ClientID: p.ClientID, Topic: p.Topic, Publish: p.Publish,
	}
	if ip := net.ParseIP(o.Host); o.Host == "" || ip != nil && ip.IsUnspecified() {
		o.Host = "localhost"
	}
	if l.TLS {
		s.trust(l, &o)
	}
	return o
}

// trust has the doctor trust what the listener shows, and asks for the name that the certificate is for.
func (s *Service) trust(l conf.Listener, o *doctor.Options) {
	from, err := openFolder(s.o.BrokerDir)
	if err != nil {
		return
	}
	defer from.close()
	for _, key := range []string{"certfile", "cafile"} {
		line := settingOf(l, key)
		if line == nil {
			continue
		}
		text, err := from.readSmall(line.Value)
		if err != nil {
			continue
		}
		o.Authority = append(o.Authority, text...)
		if cert, err := firstCertificate(text); err == nil && key == "certfile" && o.ServerName == "" && len(cert.DNSNames) > 0 {
			o.ServerName = cert.DNSNames[0]
		}
	}
}

func registerDoctor(api huma.API, s *Service) {
	op := operation("doctor", http.MethodPost, "/config/doctor", permissionRead, "Connect as a device would",
		"Connects to one of the broker's listeners, one step after the other: the way there, TLS, websocket, login, a subscription, a message. Says at which step it fails and what to change. "+
			"With TLS the certificates of the listener are trusted; whether a device trusts them has to be seen there, for instance with bunkerm doctor.",
		http.StatusNotFound, http.StatusUnprocessableEntity)
	op.MaxBodyBytes = 0 // the gateway's: no configuration comes in it
	huma.Register(api, op,
		func(ctx context.Context, in *struct{ Body Patient }) (*plain[doctor.Diagnosis], error) {
			r, err := s.Examine(ctx, in.Body)
			return &plain[doctor.Diagnosis]{r}, err
		})
}
