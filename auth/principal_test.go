package auth_test

import (
	"testing"

	"github.com/bunkerm/bunkerm/auth"
)

func TestWhoMayDoWhat(t *testing.T) {
	row := func(granted ...auth.Permission) map[auth.Permission]bool {
		row := map[auth.Permission]bool{}
		for _, permission := range granted {
			row[permission] = true
		}
		return row
	}
	want := map[auth.Role]map[auth.Permission]bool{
		auth.Metrics: row(auth.MetricsRead),
		auth.Viewer: row(auth.MetricsRead, auth.DynsecRead, auth.MonitorRead, auth.ClientlogsRead,
			auth.AccountSelf, auth.SystemRead, auth.AnomalyRead),
		auth.Operator: row(auth.MetricsRead, auth.DynsecRead, auth.DynsecWrite, auth.MonitorRead, auth.MonitorPublish,
			auth.PayloadRead, auth.ClientlogsRead, auth.AccountSelf, auth.SystemRead, auth.ConfigRead, auth.AnomalyRead, auth.AnomalyAct),
		auth.Admin: row(auth.MetricsRead, auth.DynsecRead, auth.DynsecWrite, auth.DynsecAdmin, auth.MonitorRead,
			auth.MonitorPublish, auth.PayloadRead, auth.ClientlogsRead, auth.SettingsWrite, auth.AccountSelf,
			auth.UsersAdmin, auth.AuditRead, auth.SystemRead, auth.SystemAdmin, auth.ConfigRead, auth.ConfigWrite, auth.ConfigSecrets, auth.AnomalyRead, auth.AnomalyAct),
	}
	if len(want) != len(auth.Roles()) {
		t.Errorf("the table has %d roles, auth %d", len(want), len(auth.Roles()))
	}
	for role, row := range want {
		for _, permission := range auth.Permissions() {
			if got := auth.Allowed(role, permission); got != row[permission] {
				t.Errorf("%s, %s: %v", role, permission, got)
			}
		}
	}
	for _, role := range append(auth.Roles(), "", "root") {
		if auth.Allowed(role, "") || auth.Allowed(role, "dynsec:everything") {
			t.Errorf("%q has a permission that does not exist", role)
		}
	}
}

func TestContextCarriesWhoActs(t *testing.T) {
	nobody := t.Context()
	if auth.Actor(nobody) != "" || auth.Permitted(nobody, string(auth.MetricsRead)) {
		t.Error("nobody is somebody")
	}
	ctx := auth.WithPrincipal(nobody, auth.Principal{Name: "jo", Role: auth.Operator})
	if auth.Actor(ctx) != "jo" || !auth.Permitted(ctx, "dynsec:write") || auth.Permitted(ctx, "dynsec:admin") {
		t.Errorf("%+v", auth.PrincipalFrom(ctx))
	}
}
