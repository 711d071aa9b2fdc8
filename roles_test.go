package bunkerm_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// keyOf makes an API key of a role and returns it with what it permits.
func keyOf(t *testing.T, base, role string) (key string, permissions []string) {
	t.Helper()
	status, _, text := ask(t, "POST", base+"/auth/keys", testKey, "application/json", strings.NewReader(`{"name":"`+role+`","role":"`+role+`"}`))
	var made struct{ Secret string }
	if err := json.Unmarshal([]byte(text), &made); status != http.StatusCreated || err != nil {
		t.Fatalf("a key for %s: %d %s", role, status, text)
	}
	if role == "metrics" {
		return made.Secret, []string{"metrics:read"} // it may not even ask who it is
	}
	status, _, text = ask(t, "GET", base+"/auth/me", made.Secret, "", nil)
	var me struct{ Permissions []string }
	if err := json.Unmarshal([]byte(text), &me); status != http.StatusOK || err != nil {
		t.Fatalf("who is %s: %d %s", role, status, text)
	}
	return made.Secret, me.Permissions
}

// TestEveryRouteHoldsItsPermission asks every route on every way in for each role that must not have it.
func TestEveryRouteHoldsItsPermission(t *testing.T) {
	a := start(t)
	base := "http://" + a.Addr().String() + "/api"
	refusals := map[string]int{}
	for _, role := range []string{"metrics", "viewer", "operator", "admin"} {
		key, permissions := keyOf(t, base, role)
		for _, o := range operations(t) {
			if o.permission == openToAll || slices.Contains(permissions, o.permission) {
				continue
			}
			for _, url := range ways(a, o) {
				status, header, text := ask(t, o.method, url, key, "application/json", strings.NewReader(`{}`))
				refusals[role]++
				if status != http.StatusForbidden || header.Get("Content-Type") != "application/problem+json" || !strings.Contains(text, o.permission) {
					t.Errorf("%s %s as %s: %d %s", o.method, url, role, status, text)
				}
			}
		}
		for _, url := range []string{base + "/auth/me", base + "/dynsec/clients"} {
			if status, _, _ := ask(t, "GET", url, key+"x", "", nil); status != http.StatusUnauthorized {
				t.Errorf("GET %s with a wrong key like that of %s: %d", url, role, status)
			}
		}
	}
	if refusals["admin"] != 0 || refusals["operator"] < 10 || refusals["viewer"] <= refusals["operator"] || refusals["metrics"] <= refusals["viewer"] {
		t.Errorf("how often each role was refused: %v", refusals)
	}
}
