package certs

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// operation describes a route. Problems that every route can answer with are added by the gateway.
func operation(id, method, path, permission, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: "certs-" + id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"certs"},
		Metadata: map[string]any{"permission": permission}, Errors: errors,
	}
}

const (
	mayRead  = "config:read"
	mayWrite = "config:write"
)

type answer[T any] struct{ Body T }

// secret is an answer that nothing on the way keeps.
type secret[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         T
}

// CertificateNames is what a server's certificate and an authority are made of.
type CertificateNames struct {
	Names []string `json:"names,omitempty" nullable:"false" maxItems:"40" doc:"Names and addresses besides those that are found on this host" example:"[\"mqtt.example.org\"]"`
}

// NewClientCertificate is what a client's certificate is made of.
type NewClientCertificate struct {
	Username string `json:"username" minLength:"1" maxLength:"256" doc:"The certificate's common name, which the broker takes for the username"`
	Days     int    `json:"days,omitempty" minimum:"1" maximum:"3650" default:"365" doc:"How long it holds"`
	Password string `json:"password,omitempty" maxLength:"256" doc:"Of the PKCS#12 file; one is made where none is given" format:"password"`
}

// Register adds the routes to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	registerReading(api, s)
	registerMaking(api, s)
}

func registerReading(api huma.API, s *Service) {
	huma.Register(api, operation("overview", http.MethodGet, "/certs", mayRead, "Show certificates",
		"The authority, the server's certificate, those of clients, and those of the broker's listeners with how long they hold and what is wrong with them. No keys."),
		func(context.Context, *struct{}) (*answer[Certificates], error) {
			s.lookAtListeners()
			return &answer[Certificates]{s.Overview()}, nil
		})

	op := operation("authority", http.MethodGet, "/certs/authority/{form}", mayRead, "Download the authority",
		"pem: the certificate with which devices verify the server, and behind it those of authorities that still count. "+
			"qr: the present one as a picture for a phone's camera, which holds the certificate itself. No keys.", http.StatusNotFound, http.StatusConflict)
	text := &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file", Content: map[string]*huma.MediaType{"application/x-pem-file": text, "image/svg+xml": text},
	}}
	huma.Register(api, op, func(_ context.Context, in *struct {
		Form string `path:"form" enum:"pem,qr"`
	}) (*download, error) {
		if in.Form == "qr" {
			picture, err := s.QR()
			return &download{"image/svg+xml", "inline", picture}, err
		}
		text, err := s.CA()
		return &download{"application/x-pem-file", `attachment; filename="ca.pem"`, text}, err
	})
}

type download struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func registerMaking(api huma.API, s *Service) {
	changes := []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	huma.Register(api, operation("server", http.MethodPost, "/certs/server", mayWrite, "Make the server's certificate",
		"For the names and addresses of this host and those that are given, with an authority of one's own where there is none yet. The broker gets it as certs/server.pem, "+
			"which is certfile and keyfile of a listener. It is renewed by itself when a third of its year is left.", changes...),
		func(ctx context.Context, in *struct{ Body CertificateNames }) (*answer[Certificates], error) {
			if err := s.MakeServer(ctx, in.Body.Names); err != nil {
				return nil, err
			}
			return &answer[Certificates]{s.Overview()}, nil
		})
	huma.Register(api, operation("renew-authority", http.MethodPost, "/certs/authority/renew", mayWrite, "Renew the authority",
		"Makes another authority, and the server's certificate by it. The former one counts on, and devices that trust only that still verify the server, until it is dropped.", changes...),
		func(ctx context.Context, in *struct{ Body CertificateNames }) (*answer[Certificates], error) {
			if err := s.RenewAuthority(ctx, in.Body.Names); err != nil {
				return nil, err
			}
			return &answer[Certificates]{s.Overview()}, nil
		})
	huma.Register(api, operation("drop-authorities", http.MethodDelete, "/certs/authority/former", mayWrite, "Drop former authorities",
		"Devices that trust only those refuse the server from then on, and clients with a certificate of them are not let in.", changes...),
		func(ctx context.Context, _ *struct{}) (*answer[Certificates], error) {
			if err := s.DropAuthorities(ctx); err != nil {
				return nil, err
			}
			return &answer[Certificates]{s.Overview()}, nil
		})
	create := operation("create-client", http.MethodPost, "/certs/clients", mayWrite, "Make a client's certificate",
		"With its key, as PEM and as PKCS#12. The key is in this answer and nowhere else.", changes...)
	create.DefaultStatus = http.StatusCreated
	huma.Register(api, create, func(ctx context.Context, in *struct{ Body NewClientCertificate }) (*secret[MadeCertificate], error) {
		made, err := s.MakeClient(ctx, in.Body.Username, in.Body.Days)
		if err != nil {
			return nil, err
		}
		body, err := made.inForms(in.Body.Password)
		return &secret[MadeCertificate]{"no-store", body}, err
	})
	huma.Register(api, operation("revoke-client", http.MethodPost, "/certs/clients/{serial}/revoke", mayWrite, "Revoke a client's certificate",
		"The broker refuses it from the next connection on. As soon as it does, all sessions of the username are ended; those with a password may come back. "+
			"Revoking again ends them again.", append(changes, http.StatusNotFound)...),
		func(ctx context.Context, in *struct {
			Serial string `path:"serial" maxLength:"64" doc:"Hexadecimal"`
		}) (*answer[Revocation], error) {
			c, err := s.Revoke(ctx, in.Serial)
			if err != nil {
				return nil, err
			}
			return &answer[Revocation]{s.EndSessions(ctx, c)}, nil
		})
}
