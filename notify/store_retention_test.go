package notify

import (
	"context"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// TestKinds measures and trims what a program without Run has left behind.
func TestKinds(t *testing.T) {
	h := open(t, Options{})
	h.set(hook("https://example.org/"))
	h.send(opened(1, Low))
	h.advance(time.Hour)
	h.send(opened(2, Low))
	kind := h.Kinds()[0]
	err := h.db.Write(t.Context(), func(ctx context.Context, q store.Queries) error {
		rows, size, oldest, err := kind.Measure(ctx, q)
		if err != nil || rows != 2 || size < 400 || !oldest.Equal(noon) {
			t.Errorf("%d rows, %d bytes, since %v, %v", rows, size, oldest, err)
		}
		n, err := kind.Trim(ctx, q, noon.Add(time.Minute), 10)
		if n != 1 {
			t.Errorf("%d rows trimmed", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := h.status(0); s.Waiting != 1 {
		t.Errorf("%+v", s)
	}
}
