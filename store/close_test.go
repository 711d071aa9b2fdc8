package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestCloseWaitsForWhatRuns(t *testing.T) {
	db := storetest.Open(t, things())
	begun, goOn := make(chan struct{}), make(chan struct{})
	wrote := make(chan error, 1)
	go func() {
		wrote <- db.Write(within(t), func(ctx context.Context, q store.Queries) error {
			close(begun)
			<-goOn
			return insert("a")(ctx, q)
		})
	}()
	<-begun
	closed := make(chan error, 1)
	go func() { closed <- db.Close(within(t)) }()
	until(t, "nothing new begins", func() bool {
		return fault.Is(db.Read(within(t), func(context.Context, store.Queries) error { return nil }), fault.Unavailable)
	})
	close(goOn)
	if err := <-wrote; err != nil {
		t.Errorf("the write that was running: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("closing: %v", err)
	}
	if err := db.Write(within(t), insert("b")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("writing after the end: %v", err)
	}
	if err := db.Close(within(t)); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestCloseInterruptsWhatDoesNotEnd(t *testing.T) {
	db := storetest.Open(t, things())
	begun := make(chan struct{})
	read := make(chan error, 1)
	go func() {
		read <- db.Read(context.Background(), func(ctx context.Context, q store.Queries) error {
			close(begun)
			var n int64 // counts for hours
			return q.QueryRow(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT count(*) FROM n WHERE i < 0`).Scan(&n)
		})
	}()
	<-begun
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.Close(soon); err != nil {
		t.Errorf("closing: %v", err)
	}
	if err := <-read; err == nil {
		t.Error("the endless read has an answer")
	}
}

// TestPanicUndoes wants a function that panics to leave nothing behind, and the next one to work.
func TestPanicUndoes(t *testing.T) {
	db := storetest.Open(t, things())
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is gone")
				}
			}()
			db.Write(within(t), func(ctx context.Context, q store.Queries) error {
				if err := insert("a")(ctx, q); err != nil {
					return err
				}
				panic("a defect")
			})
		}()
	}
	if err := db.Write(within(t), insert("b")); err != nil {
		t.Error(err)
	}
	if n := count(t, db); n != 1 {
		t.Errorf("%d things, want b", n)
	}
}

func TestEndedContextUndoes(t *testing.T) {
	db := storetest.Open(t, things())
	for i := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Write(ctx, func(ctx context.Context, q store.Queries) error {
			if err := insert(fmt.Sprint(i))(ctx, q); err != nil {
				return err
			}
			cancel()
			return insert("late")(ctx, q)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	}
	if n := count(t, db); n != 0 {
		t.Errorf("%d things, want none", n)
	}
}

// TestManyStatements uses more statements than are kept.
func TestManyStatements(t *testing.T) {
	db := storetest.Open(t, things())
	for round := range 3 {
		err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
			for i := range 500 {
				var n int
				if err := q.QueryRow(ctx, fmt.Sprintf("SELECT %d + $1", i), round).Scan(&n); err != nil || n != i+round {
					return fmt.Errorf("%d + %d is %d: %w", i, round, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
		var n int
		return q.QueryRow(ctx, "SELEC nonsense").Scan(&n)
	})
	if err == nil {
		t.Error("nonsense has an answer")
	}
}
