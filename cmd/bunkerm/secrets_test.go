package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsOfPeopleAreNeverSeenAgain makes one of every secret that people have, uses it rightly and wrongly, and looks
// for it in everything that we leave.
func TestSecretsOfPeopleAreNeverSeenAgain(t *testing.T) {
	s := serveOn(t, t.TempDir(), "--log-level", "debug")
	root, token := s.setUp()
	cookie := root.cookie
	if cookie.HttpOnly != true || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Secure || cookie.MaxAge <= 0 ||
		!strings.HasPrefix(cookie.Name, "bunkerm_") {
		t.Errorf("the cookie is %+v", cookie)
	}
	// A stranger's tries: with a name in the password's place, and with a token that was used.
	stranger := &browser{s: s}
	stranger.want(http.StatusUnauthorized, "POST", "/sign-in", map[string]string{"username": "root", "password": canary + "-wrong"})
	stranger.want(http.StatusConflict, "POST", "/setup", map[string]string{"token": token, "username": "eve", "password": somebody})

	var made struct{ Password, Secret string }
	decode := func(text string) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &made); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	decode(root.want(http.StatusCreated, "POST", "/users", map[string]string{"username": "amy", "role": "viewer"}))
	decode(root.want(http.StatusCreated, "POST", "/keys", map[string]string{"name": "grafana", "role": "metrics"}))
	for _, path := range []string{"/users", "/keys", "/me", "/me/sessions", "/primary-key"} {
		text := root.want(http.StatusOK, "GET", path, nil)
		for what, secret := range map[string]string{"password": made.Password, "key": made.Secret, "primary key": s.Key, "cookie": cookie.Value} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a %s", path, what)
			}
		}
	}
	root.want(http.StatusUnprocessableEntity, "POST", "/primary-key/reveal", map[string]string{"password": canary + "-wrong"})
	status, header, text := root.ask("POST", "/primary-key/reveal", map[string]string{"password": admins})
	if status != http.StatusOK || !strings.Contains(text, s.Key) || header.Get("Cache-Control") != "no-store" {
		t.Errorf("reveal: %d %s %q", status, text, header.Get("Cache-Control"))
	}
	// A stolen cookie is good for nothing once its owner has signed out.
	root.want(http.StatusNoContent, "POST", "/sign-out", nil)
	if root.cookie.MaxAge >= 0 || root.cookie.Value != "" || root.cookie.Name != cookie.Name {
		t.Errorf("signing out leaves the cookie %+v", root.cookie)
	}
	(&browser{s: s, cookie: cookie}).want(http.StatusUnauthorized, "GET", "/me", nil)
	again := s.signIn("root", admins).cookie.Value
	s.Stop()

	secrets := map[string]string{"token of the set-up": token, "cookie": cookie.Value, "second cookie": again, "password": admins,
		"wrong password": canary, "password that was made": made.Password, "key": made.Secret, "primary key": s.Key}
	find := func(where, text string) {
		for what, secret := range secrets {
			if secret == "" || strings.Contains(text, secret) {
				t.Errorf("%s has the %s", where, what)
			}
		}
	}
	find("our log", s.output.String())
	read := 0
	err := filepath.WalkDir(s.DataDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == "api-key" {
			return err
		}
		text, err := os.ReadFile(path)
		find(path, string(text))
		read++
		return err
	})
	if err != nil || read < 5 {
		t.Errorf("%d files were read, %v", read, err)
	}
}
