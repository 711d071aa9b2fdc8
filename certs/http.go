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

// NamesBody is what a server's certificate and an authority are made of.
type NamesBody struct {
	Names []string `json:"names,omitempty" maxItems:"40" doc:"Names and addresses besides those that are found on this host" example:"[\"mqtt.example.org\"]"`
}

// NewClientBody is what a client's certificate is made of.
type NewClientBody struct {
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
		func(context.Context, *struct{}) (*answer[Overview], error) {
			s.lookAtListeners()
			return &answer[Overview]{s.Overview()}, nil
		})

	file := func(op huma.Operation, contentType string) huma.Operation {
		op.Responses = map[string]*huma.Response{"200": {
			Description: "The file", Content: map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: "string"}}},
		}}
		return op
	}
	huma.Register(api, file(operation("ca", http.MethodGet, "/certs/ca.pem", mayRead, "Download the authority",
		"The certificate with which devices verify the server, in PEM, and behind it those of authorities that still count. No keys.", http.StatusNotFound), "application/x-pem-file"),
		func(context.Context, *struct{}) (*download, error) {
			text, err := s.CA()
			return &download{"application/x-pem-file", `attachment; filename="ca.pem"`, text}, err
		})
	huma.Register(api, file(operation("ca-qr", http.MethodGet, "/certs/ca.svg", mayRead, "Show the authority as a QR code",
		"The present authority's certificate in PEM, as a picture.", http.StatusNotFound, http.StatusConflict), "image/svg+xml"),
		func(context.Context, *struct{}) (*download, error) {
			picture, err := s.QR()
			return &download{"image/svg+xml", "inline", picture}, err
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
		func(ctx context.Context, in *struct{ Body NamesBody }) (*answer[Overview], error) {
			if err := s.MakeServer(ctx, in.Body.Names); err != nil {
				return nil, err
			}
			return &answer[Overview]{s.Overview()}, nil
		})
	huma.Register(api, operation("renew-authority", http.MethodPost, "/certs/authority/renew", mayWrite, "Renew the authority",
		"Makes another authority, and the server's certificate by it. The former one counts on, and devices that trust only that still verify the server, until it is dropped.", changes...),
		func(ctx context.Context, in *struct{ Body NamesBody }) (*answer[Overview], error) {
			if err := s.RenewAuthority(ctx, in.Body.Names); err != nil {
				return nil, err
			}
			return &answer[Overview]{s.Overview()}, nil
		})
	huma.Register(api, operation("drop-authorities", http.MethodDelete, "/certs/authority/former", mayWrite, "Drop former authorities",
		"Devices that trust only those refuse the server from then on, and clients with a certificate of them are not let in.", changes...),
		func(ctx context.Context, _ *struct{}) (*answer[Overview], error) {
			if err := s.DropAuthorities(ctx); err != nil {
				return nil, err
			}
			return &answer[Overview]{s.Overview()}, nil
		})
	create := operation("create-client", http.MethodPost, "/certs/clients", mayWrite, "Make a client's certificate",
		"With its key, as PEM and as PKCS#12. The key is in this answer and nowhere else.", changes...)
	create.DefaultStatus = http.StatusCreated
	huma.Register(api, create, func(ctx context.Context, in *struct{ Body NewClientBody }) (*secret[MadeClient], error) {
		made, err := s.MakeClient(ctx, in.Body.Username, in.Body.Days)
		if err != nil {
			return nil, err
		}
		body, err := made.inForms(in.Body.Password)
		return &secret[MadeClient]{"no-store", body}, err
	})
	huma.Register(api, operation("revoke-client", http.MethodPost, "/certs/clients/{serial}/revoke", mayWrite, "Revoke a client's certificate",
		"The broker refuses it from the next connection on; one that is open stays. Revoking again changes nothing.", append(changes, http.StatusNotFound)...),
		func(ctx context.Context, in *struct {
			Serial string `path:"serial" maxLength:"64" doc:"Hexadecimal"`
		}) (*answer[Client], error) {
			c, err := s.Revoke(ctx, in.Serial)
			return &answer[Client]{c}, err
		})
}
