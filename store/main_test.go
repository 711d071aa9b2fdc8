package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/bunkerm/bunkerm/store"
)

// TestMain plays another process where it is asked to, and finds goroutines that outlive their database.
func TestMain(m *testing.M) {
	switch os.Getenv("STORE_TEST_CHILD") {
	case "write":
		os.Exit(childWrites(os.Getenv("STORE_TEST_PATH")))
	case "lock":
		os.Exit(childLocks(os.Getenv("STORE_TEST_PATH")))
	}
	goleak.VerifyTestMain(m)
}

// child is another process with the database open.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func startChild(t *testing.T, plays, path string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "STORE_TEST_CHILD="+plays, "STORE_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	t.Cleanup(c.kill)
	return c
}

// line is the next thing that the child says.
func (c *child) line() string {
	c.t.Helper()
	if !c.lines.Scan() {
		c.t.Fatalf("the child says nothing: %v", c.lines.Err())
	}
	return c.lines.Text()
}

// kill ends the child as kill -9 does, and waits until it is gone.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.in.Close()
	c.cmd.Wait()
}

// childWrites writes for ever: batches, and a setting now and then. It says what is acknowledged.
func childWrites(path string) int {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Path: path, Migrations: []store.Migration{things()}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go db.Run(ctx)
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Size: 50, Write: writeIDs})
	go b.Run(ctx)
	for i := int64(0); ; i++ {
		if err := b.Add(ctx, i); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if i%37 != 0 {
			continue
		}
		if err := b.Flush(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err := db.SetSetting(ctx, "last", i); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(i)
	}
}

func writeIDs(ctx context.Context, q store.Queries, ids []int64) error {
	for _, id := range ids {
		_, err := q.Exec(ctx, "INSERT INTO things (id, name, at) VALUES ($1, $2, $3)", id, fmt.Sprint("thing ", id), id)
		if err != nil {
			return err
		}
	}
	return nil
}

// childLocks holds the lock for writing until it reads a line, then says that it has let go.
func childLocks(path string) int {
	db, err := sql.Open("sqlite", path)
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.Exec("BEGIN EXCLUSIVE")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("locked")
	bufio.NewReader(os.Stdin).ReadString('\n')
	if _, err := db.Exec("ROLLBACK"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("free")
	bufio.NewReader(os.Stdin).ReadString('\n')
	return 0
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !condition() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// inBackground runs f until the test ends, or the function that it returns is called.
func inBackground(t testing.TB, f func(context.Context) error) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	var err error
	ended := false
	stop = func() error {
		if !ended {
			cancel()
			err, ended = <-done, true
		}
		return err
	}
	t.Cleanup(func() { stop() })
	return stop
}
