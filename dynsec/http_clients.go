package dynsec

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// ClientPath names a client.
type ClientPath struct {
	ID string `path:"id" doc:"The client's username, percent-encoded"`
}

type clientList struct {
	Clients []Client `json:"clients" nullable:"false" doc:"The page, sorted by username; BunkerM's own accounts come behind all others"`
	Total   int      `json:"total" doc:"How many clients there are that the filters let through, BunkerM's own left out"`
}

func registerClients(api huma.API, s *Service) {
	huma.Register(api, reading("list-clients", "/dynsec/clients", "List clients", "Filters narrow the list down together."),
		func(ctx context.Context, in *struct {
			PageQuery
			Role     string `query:"role" doc:"Only clients that carry this role themselves"`
			Group    string `query:"group" doc:"Only clients in this group"`
			Disabled string `query:"disabled" enum:"true,false" doc:"Only disabled, or only enabled clients"`
		}) (*plain[clientList], error) {
			f := ClientFilter{Page: in.page()}
			if in.Role != "" {
				f.Role = &in.Role
			}
			if in.Group != "" {
				f.Group = &in.Group
			}
			if in.Disabled != "" {
				disabled := in.Disabled == "true"
				f.Disabled = &disabled
			}
			clients, total, err := s.ListClients(ctx, f)
			if err != nil {
				return nil, err
			}
			return &plain[clientList]{Body: clientList{Clients: clients, Total: total}}, nil
		})

	huma.Register(api, creating("create-client", "/dynsec/clients", "Create a client",
		"An existing client of this name is a conflict and stays as it is. Without a password the client cannot log in yet."),
		func(ctx context.Context, in *struct{ Body NewClient }) (*created[Client], error) {
			c, err := s.CreateClient(ctx, in.Body)
			if err != nil {
				return nil, err
			}
			return &created[Client]{Location: at("clients", c.Username), ETag: clientTag(&c), Body: c}, nil
		})

	huma.Register(api, reading("get-client", "/dynsec/clients/{id}", "Get a client", "The password is never part of the answer."),
		func(ctx context.Context, in *ClientPath) (*answer[Client], error) {
			c, _, err := s.GetClient(ctx, in.ID)
			return clientAnswer(c, err)
		})

	huma.Register(api, writing("update-client", http.MethodPut, "/dynsec/clients/{id}", "Change a client",
		"Given fields are replaced, absent ones stay. A change ends the client's sessions; what is as asked already is not "+
			"changed and ends none. Disabling happens before everything else, enabling after it."),
		func(ctx context.Context, in *struct {
			ClientPath
			Condition
			Body ClientFields
		}) (*answer[Client], error) {
			return clientAnswer(s.UpdateClient(ctx, in.ID, in.Body, in.IfMatch))
		})

	huma.Register(api, deleting("delete-client", "/dynsec/clients/{id}", "Delete a client", "Ends its sessions."),
		func(ctx context.Context, in *struct {
			ClientPath
			Condition
		}) (*struct{}, error) {
			return none(s.DeleteClient(ctx, in.ID, in.IfMatch))
		})

	registerSwitch(api, s, "enable", "Enable a client", "The client may log in again.", false)
	registerSwitch(api, s, "disable", "Disable a client", "Ends its sessions; it cannot log in until it is enabled.", true)

	huma.Register(api, writing("disconnect-client", http.MethodPost, "/dynsec/clients/{id}/disconnect", "Disconnect a client",
		"Ends the sessions of this user and changes nothing else; the device may connect again at once."),
		func(ctx context.Context, in *struct {
			ClientPath
			Condition
		}) (*answer[Client], error) {
			return clientAnswer(s.Disconnect(ctx, in.ID, in.IfMatch))
		})

	huma.Register(api, writing("add-client-role", http.MethodPost, "/dynsec/clients/{id}/roles", "Give a client a role",
		"Giving it again with the same priority, or with none, changes nothing. Another priority replaces the old one."),
		func(ctx context.Context, in *struct {
			ClientPath
			Condition
			Body RoleChoice
		}) (*answer[Client], error) {
			return clientAnswer(s.AddClientRole(ctx, in.ID, in.Body, in.IfMatch))
		})

	huma.Register(api, writing("remove-client-role", http.MethodDelete, "/dynsec/clients/{id}/roles/{role}", "Take a role away from a client",
		"Only a role that the client carries itself; one that comes from a group is taken away at the group."),
		func(ctx context.Context, in *struct {
			ClientPath
			Condition
			Role string `path:"role" doc:"The role's name, percent-encoded"`
		}) (*answer[Client], error) {
			return clientAnswer(s.RemoveClientRole(ctx, in.ID, in.Role, in.IfMatch))
		})
}

// registerSwitch adds enable or disable, by POST and by PUT.
func registerSwitch(api huma.API, s *Service, verb, summary, description string, disabled bool) {
	handler := func(ctx context.Context, in *struct {
		ClientPath
		Condition
	}) (*answer[Client], error) {
		return clientAnswer(s.SetDisabled(ctx, in.ID, disabled, in.IfMatch))
	}
	path := "/dynsec/clients/{id}/" + verb
	huma.Register(api, writing(verb+"-client", http.MethodPost, path, summary, description), handler)
	huma.Register(api, writing(verb+"-client-put", http.MethodPut, path, summary, description+" The same as POST."), handler)
}
