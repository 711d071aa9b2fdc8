package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// answer is what BunkerM said to one request. Without one, err says why and whatever was asked may have been done.
type answer struct {
	status int
	body   []byte
	err    error
}

func (a answer) done() bool { return a.err == nil && a.status/100 == 2 }

// refused tells that nothing was done. A status from 500 on leaves it open.
func (a answer) refused() bool { return a.err == nil && a.status/100 == 4 }

func (a answer) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("%d %.300s", a.status, a.body)
}

// ask sends one request with the key.
func (h *house) ask(ctx context.Context, method, path string, body any) answer {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{err: err}
		}
		reader = bytes.NewReader(text)
	}
	h.mu.Lock()
	url, key := h.url, h.key
	h.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, method, url+"/api"+path, reader)
	if err != nil {
		return answer{err: err}
	}
	request.Header.Set("X-API-Key", key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := h.http.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, body: text, err: err}
}

// look reads a path into an answer's shape, again and again while BunkerM is away.
func look[T any](ctx context.Context, h *house, path string) (T, error) {
	var got T
	var last answer
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		last = h.ask(ctx, http.MethodGet, path, nil)
		if last.done() {
			if err := json.Unmarshal(last.body, &got); err != nil {
				return got, fmt.Errorf("reading the answer of %s: %w", path, err)
			}
			return got, nil
		}
		if !pause(ctx, 200*time.Millisecond) {
			return got, ctx.Err()
		}
	}
	return got, fmt.Errorf("%s: %s", path, last)
}

// must makes what the soak needs.
func (h *house) must(ctx context.Context, path string, body any) error {
	if a := h.ask(ctx, http.MethodPost, path, body); !a.done() {
		return fmt.Errorf("%s: %s", path, a)
	}
	return nil
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// until asks for a condition ten times a second; false when it did not come to be in time.
func until(ctx context.Context, within time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) || !pause(ctx, 100*time.Millisecond) {
			return false
		}
	}
	return true
}
