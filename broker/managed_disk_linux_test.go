package broker_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// smallDisk mounts one of two megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return small
}

func TestEditDynsecOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root may mount a small disk
	}
	o, _ := managedOptions(t)
	small := smallDisk(t)
	o.DataDir = filepath.Join(small, "data")
	m := manage(t, o)
	s := sessionOn(t, m)
	must(t, s, command("createClient", "username", "earlier", "password", "pw"))
	if err := m.EditDynsec(within(t), addClients("a")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(dynsecPath(o))
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(small, "filler")
	fill(t, filler)
	// Much, because the broker frees a little when it stops.
	late := func(f *broker.DynsecFile) error {
		f.Roles = append(f.Roles, broker.DynsecRole{Rolename: "late", Textdescription: strings.Repeat("x", 200<<10)})
		return nil
	}
	err = m.EditDynsec(within(t), late)
	if f := fault.From(err); err == nil || !strings.Contains(f.HintText, "full") {
		t.Errorf("the disk is full: %v (%s)", err, fault.From(err).HintText)
	}
	if now, err := os.ReadFile(dynsecPath(o)); err != nil || !bytes.Equal(now, before) {
		t.Errorf("the file is not what it was: %v\n%s", err, now)
	}
	if _, err := device(t, m, "earlier", "pw"); err != nil {
		t.Errorf("a client from before: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := m.EditDynsec(within(t), late); err != nil {
		t.Errorf("with room again: %v", err)
	}
	closeManaged(t, m, false)
}

// fill writes until the disk takes no more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReplaceConfOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root may mount a small disk
	}
	o, _ := managedOptions(t)
	small := smallDisk(t)
	o.DataDir = filepath.Join(small, "data")
	m := manage(t, o)
	before := readConf(t, o)
	if err := m.Prove(within(t)); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(small, "filler")
	fill(t, filler)
	large := withLine(before, "# "+strings.Repeat("x", 300<<10))
	err := m.ReplaceConf(within(t), edit(before, large, broker.ByReload))
	if f := fault.From(err); err == nil || f.Kind != fault.Unavailable || !strings.Contains(f.HintText, "full") {
		t.Errorf("the disk is full: %v (%s)", err, fault.From(err).HintText)
	}
	if now := readConf(t, o); !bytes.Equal(now, before) {
		t.Errorf("the file is not what it was:\n%.500s", now)
	}
	if err := m.Prove(within(t)); err != nil {
		t.Errorf("the broker does not run with the files that are there: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := m.ReplaceConf(within(t), edit(before, withLine(before, "max_queued_messages 7"), broker.ByReload)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
