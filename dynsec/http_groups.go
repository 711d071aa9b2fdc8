package dynsec

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// GroupPath names a group.
type GroupPath struct {
	Group string `path:"group" doc:"The group's name, percent-encoded"`
}

type groupList struct {
	Groups []Group `json:"groups" nullable:"false" doc:"The page, sorted by name"`
	Total  int     `json:"total" doc:"How many groups there are that the filter lets through"`
}

func registerGroups(api huma.API, s *Service) {
	huma.Register(api, reading("list-groups", "/dynsec/groups", "List groups", "Each with its roles and clients."),
		func(ctx context.Context, in *PageQuery) (*plain[groupList], error) {
			groups, total, err := s.ListGroups(ctx, in.page())
			if err != nil {
				return nil, err
			}
			return &plain[groupList]{Body: groupList{Groups: groups, Total: total}}, nil
		})

	huma.Register(api, creating("create-group", "/dynsec/groups", "Create a group",
		"An existing group of this name is a conflict and stays as it is."),
		func(ctx context.Context, in *struct{ Body NewGroup }) (*created[Group], error) {
			g, err := s.CreateGroup(ctx, in.Body)
			if err != nil {
				return nil, err
			}
			return &created[Group]{Location: at("groups", g.Groupname), ETag: groupTag(&g), Body: g}, nil
		})

	huma.Register(api, reading("get-group", "/dynsec/groups/{group}", "Get a group", "Its clients are sorted by username."),
		func(ctx context.Context, in *GroupPath) (*answer[Group], error) {
			g, _, err := s.GetGroup(ctx, in.Group)
			return groupAnswer(g, err)
		})

	huma.Register(api, writing("update-group", http.MethodPut, "/dynsec/groups/{group}", "Change a group",
		"Given fields are replaced, absent ones stay. A change ends the sessions of the group's clients."),
		func(ctx context.Context, in *struct {
			GroupPath
			Condition
			Body GroupFields
		}) (*answer[Group], error) {
			return groupAnswer(s.UpdateGroup(ctx, in.Group, in.Body, in.IfMatch))
		})

	huma.Register(api, deleting("delete-group", "/dynsec/groups/{group}", "Delete a group",
		"Its clients stay and lose what the group gave them; their sessions end. The group of anonymous clients cannot be deleted."),
		func(ctx context.Context, in *struct {
			GroupPath
			Condition
		}) (*struct{}, error) {
			return none(s.DeleteGroup(ctx, in.Group, in.IfMatch))
		})

	registerMembers(api, s)
}

// registerMembers adds the routes of a group's clients and roles.
func registerMembers(api huma.API, s *Service) {
	huma.Register(api, writing("add-group-client", http.MethodPost, "/dynsec/groups/{group}/clients", "Put a client into a group",
		"Doing it again with the same priority, or with none, changes nothing. Another priority replaces the old one. Ends the client's sessions."),
		func(ctx context.Context, in *struct {
			GroupPath
			Condition
			Body ClientChoice
		}) (*answer[Group], error) {
			return groupAnswer(s.AddGroupClient(ctx, in.Group, in.Body, in.IfMatch))
		})

	huma.Register(api, writing("remove-group-client", http.MethodDelete, "/dynsec/groups/{group}/clients/{username}", "Take a client out of a group",
		"Ends the client's sessions."),
		func(ctx context.Context, in *struct {
			GroupPath
			Condition
			Username string `path:"username" doc:"The client's username, percent-encoded"`
		}) (*answer[Group], error) {
			return groupAnswer(s.RemoveGroupClient(ctx, in.Group, in.Username, in.IfMatch))
		})

	huma.Register(api, writing("add-group-role", http.MethodPost, "/dynsec/groups/{group}/roles", "Give a group a role",
		"Giving it again with the same priority, or with none, changes nothing. Another priority replaces the old one. Ends the sessions of the group's clients."),
		func(ctx context.Context, in *struct {
			GroupPath
			Condition
			Body RoleChoice
		}) (*answer[Group], error) {
			return groupAnswer(s.AddGroupRole(ctx, in.Group, in.Body, in.IfMatch))
		})

	huma.Register(api, writing("remove-group-role", http.MethodDelete, "/dynsec/groups/{group}/roles/{role}", "Take a role away from a group",
		"Ends the sessions of the group's clients."),
		func(ctx context.Context, in *struct {
			GroupPath
			Condition
			Role string `path:"role" doc:"The role's name, percent-encoded"`
		}) (*answer[Group], error) {
			return groupAnswer(s.RemoveGroupRole(ctx, in.Group, in.Role, in.IfMatch))
		})
}
