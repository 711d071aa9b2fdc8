package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkGet is the whole chain around a handler that does nothing, log and metrics included.
func BenchmarkGet(b *testing.B) {
	handler := bench(b).Handler()
	r := httptest.NewRequest("GET", "/api/names/device-1", nil)
	r.Header.Set("X-API-Key", "key")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkPost adds a body of the usual size, checked and decoded.
func BenchmarkPost(b *testing.B) {
	handler := bench(b).Handler()
	const body = `{"name":"device-1","size":3,"flag":true,"list":[{"name":"b"},{"name":"c"}],"plain":{"x":"y"}}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/api/names", strings.NewReader(body))
		r.Header.Set("X-API-Key", "key")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
