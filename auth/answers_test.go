package auth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/auth"
)

// ask sends a request of somebody to the routes of the house.
func (h *house) ask(who auth.Principal, method, path, body string) (header http.Header, text string) {
	h.t.Helper()
	mux := http.NewServeMux()
	auth.Register(humago.New(mux, huma.DefaultConfig("test", "1")), h.People)
	r := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(auth.WithPrincipal(from("192.0.2.1"), who))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	all, err := io.ReadAll(w.Body)
	if err != nil || w.Code >= 300 {
		h.t.Fatalf("%s %s: status %d, %v: %s", method, path, w.Code, err, all)
	}
	return w.Header(), string(all)
}

func TestTimesAreInUTCAndMilliseconds(t *testing.T) {
	h := openHouse(t)
	h.clock.now = time.Unix(1_000_000, 123_456_789).In(time.FixedZone("here", 2*60*60))
	h.user("jo", auth.Admin)
	me, _ := h.signIn("jo", "192.0.2.1")
	_, made := h.ask(me, "POST", "/auth/keys", `{"name":"k","role":"viewer","expires":"1990-01-01T02:00:00.123456789+02:00"}`)
	secret := regexp.MustCompile(`bkm_[^"]+`).FindString(made)
	if _, ok := h.Authenticate(secret); !ok {
		t.Fatalf("the key is not known: %s", made)
	}
	times := regexp.MustCompile(`"[0-9]{4}-[^"]*T[^"]*"`)
	good := regexp.MustCompile(`^"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}(\.[0-9]{1,3})?Z"$`)
	answers := map[string]string{"key made": made}
	for _, path := range []string{"/auth/me", "/auth/me/sessions", "/auth/users", "/auth/users/jo", "/auth/keys"} {
		_, answers[path] = h.ask(me, "GET", path, "")
	}
	_, answers["user made"] = h.ask(me, "POST", "/auth/users", `{"username":"kim","role":"viewer"}`)
	_, answers["signed in"] = h.ask(auth.Principal{}, "POST", "/auth/sign-in", `{"username":"jo","password":"seven blue kettles"}`)
	for what, answer := range answers {
		found := times.FindAllString(answer, -1)
		if len(found) == 0 {
			t.Errorf("%s: no time in %s", what, answer)
		}
		for _, at := range found {
			if !good.MatchString(at) {
				t.Errorf("%s: %s in %s", what, at, answer)
			}
		}
	}
}

func TestANewKeyIsWhereTheAnswerSays(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	me, _ := h.signIn("jo", "192.0.2.1")
	header, _ := h.ask(me, "POST", "/auth/keys", `{"name":"k","role":"viewer"}`)
	h.ask(me, "DELETE", header.Get("Location"), "")
	if left := h.APIKeys(); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func TestANewUserIsWhereTheAnswerSays(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	me, _ := h.signIn("jo", "192.0.2.1")
	header, _ := h.ask(me, "POST", "/auth/users", `{"username":"k m","role":"viewer"}`)
	if _, text := h.ask(me, "GET", header.Get("Location"), ""); !strings.Contains(text, `"username":"k m"`) {
		t.Error(text)
	}
}
