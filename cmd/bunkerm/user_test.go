package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// command runs bunkerm on the server's data directory and returns what it printed, what it complained about, and its code.
func (s *server) command(stdin string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	cmd := bunkerm(nil, append(args, "--data-dir", s.DataDir)...)
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &complaints
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(out.String()), complaints.String(), cmd.ProcessState.ExitCode()
}

func (s *server) mustCommand(stdin string, args ...string) string {
	s.t.Helper()
	out, complaints, code := s.command(stdin, args...)
	if code != 0 {
		s.t.Fatalf("bunkerm %v: %d %s", args, code, complaints)
	}
	return out
}

// browser is somebody who uses the API with a cookie.
type browser struct {
	s      *server
	cookie *http.Cookie
}

// ask sends a request and returns the status, the headers and the body of the answer. It keeps the cookie that is set.
func (b *browser) ask(method, path string, body any) (int, http.Header, string) {
	b.s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(b.s.t.Context(), method, b.s.URL+"/api/auth"+path, reader)
	if err != nil {
		b.s.t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if b.cookie != nil {
		request.AddCookie(b.cookie)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	for _, c := range answer.Cookies() {
		b.cookie = c
	}
	return answer.StatusCode, answer.Header, string(got)
}

func (b *browser) want(status int, method, path string, body any) string {
	b.s.t.Helper()
	got, _, text := b.ask(method, path, body)
	if got != status {
		b.s.t.Fatalf("%s %s: %d %s", method, path, got, text)
	}
	return text
}

func (s *server) signIn(username, password string) *browser {
	s.t.Helper()
	b := &browser{s: s}
	b.want(http.StatusOK, "POST", "/sign-in", map[string]string{"username": username, "password": password})
	return b
}

const (
	admins   = "seven blue kettles"
	somebody = "nine green teapots"
)

// setUp makes the first account as a person does it: with the address that the command line prints.
func (s *server) setUp() (*browser, string) {
	s.t.Helper()
	address := s.mustCommand("", "setup-token")
	base, token, found := strings.Cut(address, "/#token=")
	if !found || base != s.URL {
		s.t.Fatalf("setup-token prints %q", address)
	}
	b := &browser{s: s}
	b.want(http.StatusCreated, "POST", "/setup", map[string]string{"token": token, "username": "root", "password": admins})
	return b, token
}

func TestPeopleOnTheCommandLine(t *testing.T) {
	s := serveOn(t, t.TempDir())
	if info, err := os.Stat(filepath.Join(s.DataDir, "run", "bunkerm.sock")); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	root, _ := s.setUp()
	if _, complaint, code := s.command("", "setup-token"); code != 1 || !strings.Contains(complaint, "accounts already") {
		t.Errorf("a second set-up: %d %s", code, complaint)
	}

	s.mustCommand(somebody+"\n", "user", "add", "Amy", "--role", "operator")
	if _, complaint, code := s.command("short\n", "user", "add", "bob", "--role", "viewer"); code != 1 || !strings.Contains(complaint, "12 characters") {
		t.Errorf("a short password: %d %s", code, complaint)
	}
	if _, complaint, code := s.command(somebody, "user", "add", "amy", "--role", "viewer"); code != 1 || !strings.Contains(complaint, "already") {
		t.Errorf("a name twice: %d %s", code, complaint)
	}
	amy := s.signIn("amy", somebody)
	s.mustCommand("", "user", "role", "amy", "viewer")
	if me := amy.want(http.StatusOK, "GET", "/me", nil); !strings.Contains(me, `"role":"viewer"`) {
		t.Errorf("the new role does not hold: %s", me)
	}
	amy.want(http.StatusForbidden, "GET", "/users", nil)
	if list := s.mustCommand("", "user", "list"); !strings.Contains(list, "Amy") || strings.Contains(list, "bob") || len(strings.Split(list, "\n")) != 3 {
		t.Errorf("the list:\n%s", list)
	}
	password := s.mustCommand("", "user", "reset", "amy")
	amy.want(http.StatusUnauthorized, "GET", "/me", nil)
	s.signIn("Amy", password)
	s.mustCommand("", "user", "remove", "amy")
	if status, _, _ := (&browser{s: s}).ask("POST", "/sign-in", map[string]string{"username": "amy", "password": password}); status != http.StatusUnauthorized {
		t.Errorf("who was removed signs in: %d", status)
	}
	s.signIn("bob", s.mustCommand("", "user", "--role=viewer", "add", "bob", "--generate"))
	if _, complaint, code := s.command("", "user", "remove", "root"); code != 1 || !strings.Contains(complaint, "last admin") {
		t.Errorf("the last admin is removed: %d %s", code, complaint)
	}
	if _, _, code := s.command("", "user", "add", "x"); code != 2 {
		t.Errorf("without a role: %d", code)
	}

	// Who is signed in stays so when we are killed, and the socket that is left behind does not hinder the next start.
	s.Kill()
	if _, complaint, code := s.command("", "user", "list"); code != 1 || !strings.Contains(complaint, "does not run on "+s.DataDir) {
		t.Errorf("nothing runs: %d %s", code, complaint)
	}
	s = serveOn(t, s.DataDir)
	root.s = s
	root.want(http.StatusOK, "GET", "/me", nil)
	s.mustCommand("", "user", "list")
	s.Stop()
	if _, complaint, code := s.command("", "setup-token"); code != 1 || !strings.Contains(complaint, "does not run on "+s.DataDir) {
		t.Errorf("nothing runs: %d %s", code, complaint)
	}
}

func TestWordsAndFlagsInAnyOrder(t *testing.T) {
	for line, want := range map[string]userWords{
		"list":                                   {words: []string{"list"}},
		"add jo --role admin":                    {words: []string{"add", "jo", "admin"}},
		"add --role=admin jo --generate":         {words: []string{"add", "jo", "admin"}, generate: true},
		"--data-dir d add jo viewer --listen=:1": {words: []string{"add", "jo", "viewer"}},
		"reset -- --role":                        {words: []string{"reset", "--role"}},
		"--generate add --data-dir=d -- -jo":     {words: []string{"add", "-jo"}, generate: true},
	} {
		got, o, err := parseUser(strings.Fields(line))
		if err != nil || !slices.Equal(got.words, want.words) || got.generate != want.generate {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
		if strings.Contains(line, "data-dir") && o.DataDir != "d" {
			t.Errorf("%q: settings are lost: %q", line, o.DataDir)
		}
	}
	for _, line := range []string{"--help", "add jo --role", "add jo --data-dir", "list --what 1"} {
		if _, _, err := parseUser(strings.Fields(line)); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}
