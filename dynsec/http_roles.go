package dynsec

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// RolePath names a role.
type RolePath struct {
	Role string `path:"role" doc:"The role's name, percent-encoded"`
}

type roleList struct {
	Roles []Role `json:"roles" nullable:"false" doc:"The page, sorted by name; BunkerM's own role comes behind all others"`
	Total int    `json:"total" doc:"How many roles there are that the filter lets through, BunkerM's own left out"`
}

func registerRoles(api huma.API, s *Service) {
	huma.Register(api, reading("list-roles", "/dynsec/roles", "List roles", "Each with its ACLs and with how many carry it directly."),
		func(ctx context.Context, in *PageQuery) (*plain[roleList], error) {
			roles, total, err := s.ListRoles(ctx, in.page())
			if err != nil {
				return nil, err
			}
			return &plain[roleList]{Body: roleList{Roles: roles, Total: total}}, nil
		})

	huma.Register(api, creating("create-role", "/dynsec/roles", "Create a role",
		"An existing role of this name is a conflict and stays as it is. Rules about $CONTROL need the permission dynsec:admin."),
		func(ctx context.Context, in *struct{ Body NewRole }) (*created[Role], error) {
			r, err := s.CreateRole(ctx, in.Body)
			if err != nil {
				return nil, err
			}
			return &created[Role]{Location: at("roles", r.Rolename), ETag: roleTag(&r), Body: r}, nil
		})

	huma.Register(api, reading("get-role", "/dynsec/roles/{role}", "Get a role", "ACLs are in the order in which the broker decides by them."),
		func(ctx context.Context, in *RolePath) (*answer[Role], error) {
			r, _, err := s.GetRole(ctx, in.Role)
			return roleAnswer(r, err)
		})

	huma.Register(api, writing("update-role", http.MethodPut, "/dynsec/roles/{role}", "Change a role",
		"Given fields are replaced, absent ones stay; acls are replaced all together. It may end the sessions of everybody who carries the role."),
		func(ctx context.Context, in *struct {
			RolePath
			Condition
			Body RoleFields
		}) (*answer[Role], error) {
			return roleAnswer(s.UpdateRole(ctx, in.Role, in.Body, in.IfMatch))
		})

	huma.Register(api, deleting("delete-role", "/dynsec/roles/{role}", "Delete a role",
		"It is taken away from every client and group first, which ends their sessions. Where thousands carry the role, Mosquitto 2.0 takes its time."),
		func(ctx context.Context, in *struct {
			RolePath
			Condition
		}) (*struct{}, error) {
			return none(s.DeleteRole(ctx, in.Role, in.IfMatch))
		})

	huma.Register(api, writing("add-role-acl", http.MethodPost, "/dynsec/roles/{role}/acls", "Add an ACL to a role",
		"A role has one ACL for each type and topic; another one is a conflict. Ends the sessions of everybody who carries the role."),
		func(ctx context.Context, in *struct {
			RolePath
			Condition
			Body NewACL
		}) (*answer[Role], error) {
			return roleAnswer(s.AddACL(ctx, in.Role, in.Body, in.IfMatch))
		})

	huma.Register(api, writing("remove-role-acl", http.MethodDelete, "/dynsec/roles/{role}/acls", "Remove an ACL from a role",
		"Ends the sessions of everybody who carries the role."),
		func(ctx context.Context, in *struct {
			RolePath
			Condition
			Acltype string `query:"acltype" required:"true" enum:"publishClientSend,publishClientReceive,subscribeLiteral,subscribePattern,unsubscribeLiteral,unsubscribePattern" doc:"Type of the ACL"`
			Topic   string `query:"topic" required:"true" doc:"Topic of the ACL, exactly as it stands there"`
		}) (*answer[Role], error) {
			return roleAnswer(s.RemoveACL(ctx, in.Role, in.Acltype, in.Topic, in.IfMatch))
		})
}
