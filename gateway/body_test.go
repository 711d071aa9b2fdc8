package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// canary is a password that must never come back.
const canary = "c4n4ry-p4ssw0rd"

func TestBodiesAreReadStrictly(t *testing.T) {
	h := start(t)
	pass := `"password":"` + canary + `"`
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for name, c := range map[string]struct {
		body     string
		status   int
		location string
		says     string
	}{
		"whole":               {`{"name":"a",` + pass + `,"size":3,"parts":["x"],"inner":[{"label":"y"}]}`, 201, "", ""},
		"whole and space":     {" \n{\"name\":\"a\"}\n ", 201, "", ""},
		"not json":            {`{"name":"a",` + pass + `,oops}`, 400, "", "byte "},
		"only text":           {canary, 400, "", "byte 0"},
		"cut short":           {`{"name":"a",` + pass, 400, "", "ends too early"},
		"two texts":           {`{"name":"a"}{"name":"` + canary + `"}`, 400, "", "byte 12"},
		"twice a key":         {`{"name":"a",` + pass + `,"name":"` + canary + `"}`, 400, "", "twice"},
		"twice, escaped":      {`{"name":"a","n\u0061me":"` + canary + `"}`, 400, "", "twice"},
		"not UTF-8":           {"{\"name\":\"\xff" + canary + "\"}", 400, "", "UTF-8"},
		"half a surrogate":    {`{"name":"\ud800` + canary + `"}`, 400, "", "byte "},
		"control character":   {"{\"name\":\"a\x01" + canary + "\"}", 400, "", "byte "},
		"too deep":            {`{"name":"a","parts":` + deep + `}`, 400, "", "deep"},
		"unknown field":       {`{"name":"a",` + pass + `,"pasword":"` + canary + `"}`, 422, "body.pasword", "no such field"},
		"unknown inside":      {`{"name":"a","inner":[{"label":"b"},{"label":"c","lable":"` + canary + `"}]}`, 422, "body.inner[1].lable", "no such"},
		"other case":          {`{"Name":"` + canary + `"}`, 422, "body.Name", "no such field"},
		"null":                {`{"name":"a","password":null}`, 422, "body.password", "null"},
		"null in a list":      {`{"name":"a","parts":["x",null]}`, 422, "body.parts[1]", "null"},
		"null alone":          {`null`, 422, "body", "null"},
		"a list":              {`["` + canary + `"]`, 422, "body", ""},
		"a string":            {`"` + canary + `"`, 422, "body", ""},
		"missing":             {`{` + pass + `}`, 422, "body", "name"},
		"wrong type":          {`{"name":"a","password":["` + canary + `"]}`, 422, "body.password", "string"},
		"wrong type of size":  {`{"name":"a","size":"` + canary + `"}`, 422, "body.size", ""},
		"a fraction":          {`{"name":"a","size":1.5}`, 422, "body.size", ""},
		"none of the words":   {`{"name":"a","kind":"x"}`, 422, "body.kind", "large, small"},
		"a float":             {`{"name":"a","size":3.0}`, 422, "body.size", "whole number"},
		"a power of ten":      {`{"name":"a","size":1e2}`, 422, "body.size", "whole number"},
		"out of range":        {`{"name":"a","size":1e300}`, 422, "body.size", ""},
		"too long":            {`{"name":"` + strings.Repeat(canary, 9) + `"}`, 422, "body.name", ""},
		"bad format":          {`{"name":"a","mail":"` + canary + `"}`, 422, "body.mail", ""},
		"bad format, no mail": {`{"name":"a","mail":"` + canary + ` <x"}`, 422, "body.mail", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.send("POST", "/api/things", c.body)
			want(t, a, c.status)
			if strings.Contains(a.body, canary) {
				t.Errorf("the password comes back: %s", a.body)
			}
			if c.status == http.StatusCreated {
				return
			}
			p := a.problem(t)
			if c.location != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.location) {
				t.Errorf("errors %+v, want one at %s", p.Errors, c.location)
			}
			if !strings.Contains(a.body, c.says) {
				t.Errorf("%s does not say %q", a.body, c.says)
			}
			for _, leak := range []string{"json:", "jsontext", "Go ", "cannot unmarshal", ".go"} {
				if strings.Contains(a.body, leak) {
					t.Errorf("%s shows the text of a library (%q)", a.body, leak)
				}
			}
		})
	}
	if strings.Contains(h.journal.String(), canary) {
		t.Error("the log shows the password")
	}
}

func TestWhatABodyMustBe(t *testing.T) {
	h := start(t)
	large := func(n int) string { return `{"name":"` + strings.Repeat("x", n-11) + `"}` }
	for name, c := range map[string]struct {
		path, body, contentType string
		status                  int
	}{
		"form":                  {"/api/things", "name=" + canary, "application/x-www-form-urlencoded", 415},
		"no type":               {"/api/things", `{"name":"` + canary + `"}`, "", 415},
		"csv as json":           {"/api/things/import", "username,password\na," + canary, "application/xml", 415},
		"json suffix":           {"/api/things", `{"name":"a"}`, "application/problem+json", 415},
		"latin1":                {"/api/things", `{"name":"a"}`, "application/json; charset=iso-8859-1", 415},
		"utf-8":                 {"/api/things", `{"name":"a"}`, "application/json; charset=UTF-8", 201},
		"broken type":           {"/api/things", `{"name":"a"}`, "application/json; charset", 415},
		"empty":                 {"/api/things", "", "application/json", 400},
		"empty and no type":     {"/api/things", "", "", 400},
		"a MiB":                 {"/api/things", large(1 << 20), "application/json", 422}, // the name is too long, the body is not
		"a byte more":           {"/api/things", large(1<<20 + 1), "application/json", 413},
		"20 MiB":                {"/api/things/import", strings.Repeat("x", 20<<20), "text/csv", 413},
		"10 MiB":                {"/api/things/import", strings.Repeat("x", 10<<20), "text/csv", 200},
		"raw json is not ours":  {"/api/things/import", "[null", "application/json", 200},
		"raw and empty":         {"/api/things/import", "", "text/csv", 400},
		"where none is wanted":  {"/api/things/x/poke", `{"password":"` + canary + `"`, "text/plain", 200},
		"large, to a stranger?": {"/api/nothing", large(1 << 20), "application/json", 404},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.send("POST", c.path, c.body, "Content-Type", c.contentType)
			want(t, a, c.status)
			if a.StatusCode >= 400 {
				a.problem(t)
			}
			if strings.Contains(a.body, canary) {
				t.Errorf("the password comes back: %s", a.body)
			}
		})
	}
	if strings.Contains(h.journal.String(), canary) {
		t.Error("the log shows the password")
	}
}

func TestABodyWithoutALengthIsLimitedToo(t *testing.T) {
	h := start(t)
	r, err := http.NewRequest("POST", h.url+"/api/things", io.LimitReader(endless{}, 3<<20))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", adminKey)
	r.Header.Set("Content-Type", "application/json")
	want(t, do(t, r), http.StatusRequestEntityTooLarge)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestABodyThatBreaksOffIsNotHalfUsed(t *testing.T) {
	h := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"name":"a"}`
	fmt.Fprintf(conn, "POST /api/things HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", adminKey, len(body)+5, body)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", response.StatusCode)
	}
}
