package dynsec

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// manyClients is a CSV file of n clients.
func manyClients(n int, password string) string {
	var b strings.Builder
	b.WriteString("username,password,roles,groups\n")
	for i := range n {
		fmt.Fprintf(&b, "device-%05d,%s-%d,r,g\n", i, password, i)
	}
	return b.String()
}

// importing starts an import and returns where its result will come.
func (i *imported) importing(ctx context.Context, t *testing.T, file string, o ImportOptions) <-chan ImportResult {
	t.Helper()
	done := make(chan ImportResult, 1)
	o.ContentType = "text/csv"
	go func() {
		defer close(done)
		r, err := i.Import(ctx, []byte(file), o)
		if err != nil {
			t.Errorf("importing: %v", err)
			return
		}
		done <- r
	}()
	return done
}

// awaitClient waits until the broker's log shows that a client was made.
func (i *imported) awaitClient(n int) {
	i.b.AwaitLog(fmt.Sprintf(`createClient \| username=device-%05d`, n))
}

// TestImportWhoseBrokerIsKilled sees that the answer tells which lines are in, and that repeating completes it.
func TestImportWhoseBrokerIsKilled(t *testing.T) {
	const n = 600
	i := startImport(t)
	file := manyClients(n, canary)
	done := i.importing(t.Context(), t, file, ImportOptions{})
	i.awaitClient(99)
	i.b.KillBetweenWrites()
	i.b.Start()
	r := <-done
	i.matches(t, r, n)
	if len(r.Failed) > 0 && r.Unfinished == "" {
		t.Errorf("lines failed and nothing says why it ended: %+v", r.Failed[0])
	}

	again := i.mustImport(t, file, ImportOptions{})
	if again.Created+again.Skipped != n || len(again.Failed) > 0 {
		t.Errorf("repeated: %s", counts(again))
	}
	if again.Skipped < r.Created {
		t.Errorf("%d were in, and the repetition found only %d", r.Created, again.Skipped)
	}
	if strings.Contains(i.logged(), canary) {
		t.Error("a password is in the log")
	}
}

// matches compares what a result says with what the broker holds.
func (i *imported) matches(t *testing.T, r ImportResult, n int) {
	t.Helper()
	st := readState(t, i.b)
	if r.Created+r.Skipped+len(r.Failed) != n {
		t.Errorf("%d created, %d skipped, %d failed: together not %d", r.Created, r.Skipped, len(r.Failed), n)
	}
	failed := map[string]bool{}
	for _, f := range r.Failed {
		failed[f.Username] = true
	}
	for k := range n {
		name := fmt.Sprintf("device-%05d", k)
		if _, there := st.Client(name); there == failed[name] {
			t.Errorf("%s: failed=%v, on the broker=%v", name, failed[name], there)
		}
	}
}

// TestImportWhoseBrokerHangs pauses the broker for less than the time that one message may take.
func TestImportWhoseBrokerHangs(t *testing.T) {
	const n = 300
	i := startImport(t)
	done := i.importing(t.Context(), t, manyClients(n, canary), ImportOptions{})
	i.awaitClient(49)
	i.b.Pause()
	waiting, cancel := context.WithTimeout(t.Context(), requestTime/5)
	defer cancel()
	if _, err := i.CreateClient(waiting, NewClient{Username: "in between"}); err == nil {
		t.Error("a paused broker made a client")
	}
	i.b.Continue()
	r := <-done
	if r.Created != n {
		t.Errorf("import: %s %s", counts(r), r.Unfinished)
	}
	i.matches(t, r, n)
}

// TestImportWhoseCallerGoesAway ends with the lines that are in, and names the others.
func TestImportWhoseCallerGoesAway(t *testing.T) {
	const n = 2000
	i := startImport(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := i.importing(ctx, t, manyClients(n, canary), ImportOptions{})
	i.awaitClient(49)
	cancel()
	r := <-done
	if r.Unfinished == "" || len(r.Failed) == 0 {
		t.Fatalf("the import went on to the end: %d created", r.Created)
	}
	i.matches(t, r, n)
}

// TestImportLetsOthersIn sees that a request made in the middle of an import is served long before its end.
func TestImportLetsOthersIn(t *testing.T) {
	const n = 1500
	i := startImport(t)
	done := i.importing(t.Context(), t, manyClients(n, "pw"), ImportOptions{})
	i.awaitClient(49)
	if _, err := i.CreateClient(t.Context(), NewClient{Username: "in between"}); err != nil {
		t.Errorf("creating a client in the middle of an import: %v", err)
	}
	select {
	case <-done:
		t.Error("the import was over before")
	default:
	}
	if r := <-done; r.Created != n || len(r.Failed) > 0 {
		t.Errorf("import: %s", counts(r))
	}
}
