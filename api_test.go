package bunkerm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/app"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestMain lets the test binary play the keeper, which the program starts from its own executable.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "keeper" {
		if err := app.Keeper(context.Background(), os.Args[2]); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

const testKey = "the-key-of-the-tests-0123456789"

// start runs the whole program with a broker of its own, on free ports of loopback.
func start(t *testing.T) *app.App {
	t.Helper()
	mosquitto, plugin := brokertest.Mosquitto(t)
	env := map[string]string{
		"BUNKERM_DATA_DIR": t.TempDir(), "BUNKERM_LISTEN": "127.0.0.1:0", "BUNKERM_DYNSEC_LISTEN": "127.0.0.1:0",
		"BUNKERM_MONITOR_LISTEN": "127.0.0.1:0", "BUNKERM_CLIENTLOGS_LISTEN": "127.0.0.1:0",
		"BUNKERM_MQTT_LISTEN": "127.0.0.1:0", "BUNKERM_ON_EXIT": app.OnExitStop, "API_KEY": testKey,
		"BUNKERM_MOSQUITTO": mosquitto, "BUNKERM_DYNSEC_PLUGIN": plugin, "BUNKERM_LOG_LEVEL": "error",
	}
	_, o, err := app.ParseCommand(flag.NewFlagSet("serve", flag.ContinueOnError), nil, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	o.Console = t.Output()
	o.Version = "unreleased" // as the golden file says
	a := app.New(o)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return a
}

// operation is one route of the OpenAPI document.
type operation struct {
	method, path string
	id, summary  string
	tags         []string
	body         []string // the content types that it takes; nil without a body
	streams      bool     // it answers with an event stream and nothing else
	permission   string   // what it asks for; anybody's is openToAll
}

// openToAll is the permission of routes that need nobody to be known.
const openToAll = "open"

// content is what a body may be, by its type.
type content struct {
	Content map[string]json.RawMessage `json:"content"`
}

// operations reads the routes from the golden file.
func operations(t *testing.T) []operation {
	t.Helper()
	text, err := os.ReadFile(openAPIFile)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string             `json:"operationId"`
			Summary     string             `json:"summary"`
			Tags        []string           `json:"tags"`
			RequestBody content            `json:"requestBody"`
			Responses   map[string]content `json:"responses"`
			Permission  string             `json:"x-permission"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var found []operation
	for path, methods := range document.Paths {
		for method, detail := range methods {
			o := operation{
				method: strings.ToUpper(method), path: path, id: detail.OperationID, summary: detail.Summary, tags: detail.Tags, permission: detail.Permission,
			}
			for contentType := range detail.RequestBody.Content {
				o.body = append(o.body, contentType)
			}
			answers := detail.Responses["200"].Content
			_, o.streams = answers["text/event-stream"]
			o.streams = o.streams && len(answers) == 1
			found = append(found, o)
		}
	}
	if len(found) < 20 {
		t.Fatalf("the document has only %d routes", len(found))
	}
	slices.SortFunc(found, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return found
}

// TestPromisedRoutes holds what the API reference has promised: these routes never go away.
func TestPromisedRoutes(t *testing.T) {
	have := map[string]bool{}
	for _, o := range operations(t) {
		have[o.method+" "+regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(o.path, "{}")] = true
	}
	for _, promised := range []string{
		"GET /dynsec/clients", "POST /dynsec/clients",
		"GET /dynsec/clients/{}", "PUT /dynsec/clients/{}", "DELETE /dynsec/clients/{}",
		"POST /dynsec/clients/{}/enable", "POST /dynsec/clients/{}/disable", "POST /dynsec/clients/{}/roles",
		"GET /dynsec/roles", "POST /dynsec/roles",
		"GET /dynsec/groups", "POST /dynsec/groups", "POST /dynsec/groups/{}/clients",
		"GET /monitor/stats", "GET /monitor/clients", "GET /monitor/history", "GET /clientlogs", "GET /clientlogs/{}",
	} {
		if !have[promised] {
			t.Errorf("%s is not in %s", promised, openAPIFile)
		}
	}
}

// TestRoutesAreDescribed wants what clients are generated from, and what a person reads first.
func TestRoutesAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range operations(t) {
		service, _, _ := strings.Cut(strings.TrimPrefix(o.path, "/"), "/")
		switch {
		case o.id == "" || seen[o.id]:
			t.Errorf("%s %s: operation id %q is missing or taken", o.method, o.path, o.id)
		case o.summary == "":
			t.Errorf("%s %s has no summary", o.method, o.path)
		case !slices.Equal(o.tags, []string{service}):
			t.Errorf("%s %s has tags %q, want %q", o.method, o.path, o.tags, service)
		}
		seen[o.id] = true
	}
}

// ways are the addresses under which a route answers: behind the gateway's two prefixes and on the service's port. What
// has no port of its own answers below /api alone.
func ways(a *app.App, o operation) []string {
	path := regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(o.path, "x")
	service, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(o.path, "/"), "settings/"), "/")
	urls := []string{"http://" + a.Addr().String() + "/api" + path}
	if alone := a.ServiceAddr(service); alone != nil {
		urls = append(urls, "http://"+a.Addr().String()+path, "http://"+alone.String()+path)
	}
	return urls
}

// ask sends one request and returns the status, the headers and the body.
func ask(t *testing.T, method, url, key, contentType string, body io.Reader) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("X-API-Key", key)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	client := http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// opens wants an event stream to begin.
func opens(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", testKey)
	client := http.Client{}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Errorf("GET %s: %d %s", url, answer.StatusCode, kind)
	}
}

// TestEveryRoute walks every route of the document on every way in.
func TestEveryRoute(t *testing.T) {
	a := start(t)

	t.Run("wants a key and tells a stranger nothing", func(t *testing.T) {
		requestID := regexp.MustCompile(`"request_id":"[^"]*"`)
		_, _, nowhere := ask(t, "GET", "http://"+a.Addr().String()+"/api/nowhere", "", "", nil)
		nowhere = requestID.ReplaceAllString(nowhere, "")
		for _, o := range operations(t) {
			for _, url := range ways(a, o) {
				status, header, text := ask(t, o.method, url, "", "application/json", strings.NewReader(`{"nonsense":`))
				if o.permission == openToAll {
					if status == http.StatusUnauthorized || status >= 500 {
						t.Errorf("%s %s is for anybody, and answers %d", o.method, url, status)
					}
					continue
				}
				if status != http.StatusUnauthorized || header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s %s without a key: %d %s", o.method, url, status, header.Get("Content-Type"))
				}
				if requestID.ReplaceAllString(text, "") != nowhere {
					t.Errorf("%s %s answers a stranger otherwise than a path that does not exist:\n%s\n%s", o.method, url, text, nowhere)
				}
			}
		}
	})

	t.Run("exists", func(t *testing.T) {
		asked := map[string]string{"/monitor/history": "?metric=clients.connected", "/monitor/watch": "?filter=a/%23"}
		for _, o := range operations(t) {
			if o.method != http.MethodGet || strings.Contains(o.path, "{") {
				continue
			}
			for _, url := range ways(a, o) {
				if o.streams {
					opens(t, url+asked[o.path])
				} else if status, _, text := ask(t, o.method, url+asked[o.path], testKey, "", nil); status != http.StatusOK &&
					(status != http.StatusConflict || !strings.HasPrefix(o.path, "/auth/me/")) { // what is about a person, and a key is none
					t.Errorf("GET %s: %d\n%s", url, status, text)
				}
			}
		}
	})

	t.Run("bounds its body", func(t *testing.T) {
		larger := map[string]int{
			"/dynsec/clients/import":  10 << 20,
			"/dynsec/import":          32 << 20, // about 20,000 accounts with their rules
			"/dynsec/impact":          11 << 20, // a planned import, wrapped
			"/config/broker":          24 << 20, // as large as the keeper can keep
			"/config/broker/validate": 24 << 20,
			"/config/dynsec":          32 << 20, // about 100,000 clients
		}
		huge := append(append([]byte(`{"username":"`), bytes.Repeat([]byte("x"), 32<<20)...), `"}`...)
		for _, o := range operations(t) {
			if o.body == nil {
				continue
			}
			size := 1 + max(1<<20, larger[o.path])
			for _, url := range ways(a, o) {
				status, _, text := ask(t, o.method, url, testKey, "application/json", bytes.NewReader(huge[:size]))
				if status != http.StatusRequestEntityTooLarge {
					t.Errorf("%s %s with %d bytes: %d\n%s", o.method, url, size, status, text)
				}
			}
		}
	})

	t.Run("is in the document that is served", func(t *testing.T) {
		golden, err := os.ReadFile(openAPIFile)
		if err != nil {
			t.Fatal(err)
		}
		_, _, served := ask(t, "GET", "http://"+a.Addr().String()+"/api/openapi.json", "", "", nil)
		if strings.TrimSpace(served) != strings.TrimSpace(string(golden)) {
			t.Error("/api/openapi.json is not what the golden file holds")
		}
	})
}
