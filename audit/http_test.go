package audit

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// serve puts the routes of a record on a server, and returns a function that asks it.
func (h *house) serve() func(path string) (int, http.Header, string) {
	h.t.Helper()
	mux := http.NewServeMux()
	Register(humago.New(mux, huma.DefaultConfig("test", "1")), h.Log)
	server := httptest.NewServer(mux)
	h.t.Cleanup(server.Close)
	return func(path string) (int, http.Header, string) {
		h.t.Helper()
		resp, err := server.Client().Get(server.URL + path)
		if err != nil {
			h.t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, string(body)
	}
}

func TestPagesOverHTTP(t *testing.T) {
	h := openHouse(t, "", "")
	ask := h.serve()
	h.add(10)
	var seen []int64
	for cursor := ""; ; {
		status, _, body := ask("/audit?limit=4&actor=jo&cursor=" + cursor)
		var page entryPage
		if err := json.Unmarshal([]byte(body), &page); status != http.StatusOK || err != nil {
			t.Fatal(status, err, body)
		}
		for _, e := range page.Entries {
			seen = append(seen, e.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
		h.add(3)
	}
	if fmt.Sprint(seen) != "[10 9 8 7 6 5 4 3 2 1]" {
		t.Errorf("pages have %v", seen)
	}
	for _, path := range []string{"/audit?cursor=x", "/audit?cursor=-1", "/audit?from=yesterday", "/audit?to=7", "/audit?limit=0",
		"/audit?via=post", "/audit?outcome=maybe", "/audit/export?format=xls", "/audit/export?from=x"} {
		if status, _, _ := ask(path); status < 400 {
			t.Errorf("GET %s: %d", path, status)
		}
	}
	status, _, body := ask("/audit/verify")
	var v Verified
	if err := json.Unmarshal([]byte(body), &v); status != http.StatusOK || err != nil || !v.OK || v.Entries != 16 || v.First == nil || v.Last == nil {
		t.Error(status, err, body)
	}
	if _, _, body := ask("/audit?q=nobody"); !strings.Contains(body, `"entries":[]`) {
		t.Errorf("no entries: %s", body)
	}
}

func TestExportsAreWholeAndRecorded(t *testing.T) {
	h := openHouse(t, "", "")
	h.o.Record = h.record
	ask := h.serve()
	h.add(450) // more than a page of the export
	h.Add(t.Context(), Entry{Actor: "<b>jo\u2028", Via: "key", Action: "x"}.With(nil, map[string]string{"a": "<&>\u2029"}))
	status, header, body := ask("/audit/export?format=jsonl&actor=" + url.QueryEscape("*"))
	if status != http.StatusOK || header.Get("Content-Disposition") != `attachment; filename="audit.jsonl"` {
		t.Fatal(status, header)
	}
	// Whoever has the file can check the chain without us: each line fits the one behind it, which is older.
	var newer Entry
	n := 0
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); n++ {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			again := newer
			if again.seal(e.Hash); again.Hash != newer.Hash {
				t.Errorf("entry %d does not fit", newer.ID)
			}
		}
		newer = e
	}
	if n != 452 || newer.ID != 1 {
		t.Errorf("%d lines, the last is %d", n, newer.ID)
	}
	got := h.list(Filter{Action: "audit.export"})
	if len(got) != 1 || string(got[0].After) != `{"actor":"*"}` {
		t.Errorf("recorded are %+v", got)
	}
	_, header, body = ask("/audit/export?format=csv&object=client/1*")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 1+111 || !strings.HasPrefix(header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d rows, %v, %v", len(rows), err, header)
	}
}

func TestAnExportIsNoFormula(t *testing.T) {
	h := openHouse(t, "", "")
	hostile := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "a\"b,c", "line\nbreak", "\u202e", "=cmd|' /C calc'!A0"}
	for _, text := range hostile {
		h.Add(t.Context(), Entry{Actor: text, Action: "x", Object: text, RequestID: text, Address: text})
	}
	var out strings.Builder
	h.writeCSV(t.Context(), &out, Filter{})
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.HasPrefix(cell, "＝") {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
}
