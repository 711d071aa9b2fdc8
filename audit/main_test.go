package audit

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/store"
)

// TestMain plays another process where it is asked to, and finds goroutines that outlive their record.
func TestMain(m *testing.M) {
	if path := os.Getenv("AUDIT_TEST_CHILD"); path != "" {
		os.Exit(childRecords(path))
	}
	goleak.VerifyTestMain(m)
}

// childRecords keeps one act after the other, for ever, and says which are acknowledged.
func childRecords(path string) int {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Path: path, Migrations: Migrations()})
	if err == nil {
		go db.Run(ctx)
		var log *Log
		if log, err = Open(Options{Store: db, File: path + ".lines"}); err == nil {
			go log.Run(ctx)
			for i := 0; ; i++ {
				e := Entry{Actor: fmt.Sprint("child ", os.Getpid()), Via: "session", Action: "x", Object: fmt.Sprint(i)}
				log.Add(ctx, e.With(nil, map[string]int{"n": i}))
				fmt.Println(i)
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
