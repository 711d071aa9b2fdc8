package dynsec

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// Register adds all routes of the service to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	registerClients(api, s)
	registerRoles(api, s)
	registerGroups(api, s)
	registerAccess(api, s)
	registerQuestions(api, s)
	registerImport(api, s)
	registerImportFiles(api, s)
	registerImpact(api, s)
}

// The permissions of the routes.
const (
	permissionRead  = "dynsec:read"
	permissionWrite = "dynsec:write"
)

// reading and writing describe a route. Errors that every route can answer are added by the gateway.
func reading(id, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: "dynsec-" + id, Method: http.MethodGet, Path: path, Summary: summary, Description: description,
		Tags: []string{"dynsec"}, Metadata: map[string]any{"permission": permissionRead},
		Errors: []int{http.StatusServiceUnavailable},
	}
}

func writing(id, method, path, summary, description string) huma.Operation {
	op := reading(id, path, summary, description)
	op.Method = method
	op.Metadata = map[string]any{"permission": permissionWrite}
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	return op
}

func creating(id, path, summary, description string) huma.Operation {
	op := writing(id, http.MethodPost, path, summary, description)
	op.DefaultStatus = http.StatusCreated
	return op
}

func deleting(id, path, summary, description string) huma.Operation {
	op := writing(id, http.MethodDelete, path, summary, description)
	op.DefaultStatus = http.StatusNoContent
	return op
}

// PageQuery is the part of a query that all lists share. It is exported, as the other parts of inputs are, because
// huma fills in only what reflection may set.
type PageQuery struct {
	Q      string `query:"q" maxLength:"65535" doc:"Only what has this in its name or text, without regard to case"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
	Offset int    `query:"offset" minimum:"0" doc:"How many to leave out at the beginning"`
}

func (q PageQuery) page() Page { return Page(q) }

// Condition is what a write is bound to.
type Condition struct {
	IfMatch string `header:"If-Match" doc:"Write only if the object still has this ETag"`
}

// answer is a whole object with its entity tag, where it has one.
type answer[T any] struct {
	ETag string `header:"ETag" doc:"Changes when the object does"`
	Body T
}

// created is answer for a new object.
type created[T any] struct {
	Location string `header:"Location" doc:"Where the new object is"`
	ETag     string `header:"ETag" doc:"Changes when the object does"`
	Body     T
}

// plain is an object without an entity tag.
type plain[T any] struct{ Body T }

func clientAnswer(c Client, err error) (*answer[Client], error) {
	if err != nil {
		return nil, err
	}
	return &answer[Client]{ETag: clientTag(&c), Body: c}, nil
}

func roleAnswer(r Role, err error) (*answer[Role], error) {
	if err != nil {
		return nil, err
	}
	return &answer[Role]{ETag: roleTag(&r), Body: r}, nil
}

func groupAnswer(g Group, err error) (*answer[Group], error) {
	if err != nil {
		return nil, err
	}
	return &answer[Group]{ETag: groupTag(&g), Body: g}, nil
}

// at is the path of an object.
func at(collection, name string) string { return "/dynsec/" + collection + "/" + url.PathEscape(name) }

// none is the answer of a write that leaves nothing to show.
func none(err error) (*struct{}, error) {
	if err != nil {
		return nil, err
	}
	return &struct{}{}, nil
}

func registerAccess(api huma.API, s *Service) {
	huma.Register(api, reading("get-default-access", "/dynsec/default-access", "Get the default access",
		"What is allowed where no ACL decides. An allow here never reaches topics below $CONTROL."),
		func(ctx context.Context, _ *struct{}) (*plain[DefaultAccess], error) {
			access, err := s.DefaultAccess(ctx)
			if err != nil {
				return nil, err
			}
			return &plain[DefaultAccess]{Body: access}, nil
		})
	huma.Register(api, writing("set-default-access", http.MethodPut, "/dynsec/default-access", "Set the default access",
		"What is absent stays as it is. The new access holds from the next publish or subscribe on; no client is disconnected."),
		func(ctx context.Context, in *struct{ Body AccessFields }) (*plain[DefaultAccess], error) {
			access, err := s.SetDefaultAccess(ctx, in.Body)
			if err != nil {
				return nil, err
			}
			return &plain[DefaultAccess]{Body: access}, nil
		})
	huma.Register(api, reading("get-anonymous-group", "/dynsec/anonymous-group", "Get the group of anonymous clients",
		"The group whose roles those have who connect without a username. Empty when there is none."),
		func(ctx context.Context, _ *struct{}) (*plain[AnonymousGroup], error) {
			name, err := s.AnonymousGroup(ctx)
			if err != nil {
				return nil, err
			}
			return &plain[AnonymousGroup]{Body: AnonymousGroup{Groupname: name}}, nil
		})
	huma.Register(api, writing("set-anonymous-group", http.MethodPut, "/dynsec/anonymous-group", "Choose the group of anonymous clients",
		"Ends the sessions of anonymous clients. The broker lets nobody in without a username unless its configuration allows it. "+
			"Once chosen, there is always a group; one without roles gives nothing."),
		func(ctx context.Context, in *struct{ Body AnonymousGroup }) (*plain[AnonymousGroup], error) {
			name, err := s.SetAnonymousGroup(ctx, in.Body.Groupname)
			if err != nil {
				return nil, err
			}
			return &plain[AnonymousGroup]{Body: AnonymousGroup{Groupname: name}}, nil
		})
}

// AnonymousGroup names the group of those who connect without a username.
type AnonymousGroup struct {
	Groupname string `json:"groupname" doc:"Name of the group, empty when there is none"`
}
