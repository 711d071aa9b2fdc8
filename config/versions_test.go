package config

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

func TestWhatIsThereAtTheFirstLookIsAVersion(t *testing.T) {
	h := build(t)
	all := h.versions(fileBroker)
	if len(all) != 1 || all[0].Source != sourceStart || all[0].State != stateApplied || !all[0].Live || all[0].Bytes != int64(len(h.text())) {
		t.Fatalf("%+v", all)
	}
	d, err := h.Version(within(t), all[0].ID, "previous")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Files) != 1 || d.Files[0].Text != h.text() || d.Against != "" || len(d.Diff) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestAChangeFromOutsideIsAVersionAndIsNotOverwrittenUnseen(t *testing.T) {
	h := build(t)
	_, tag, err := h.Broker(within(t), false)
	if err != nil {
		t.Fatal(err)
	}
	theirs := h.text() + "# somebody was here\n"
	if err := os.WriteFile(h.confPath(), []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	ours := h.text() + "max_queued_messages 5\n"
	if _, _, err := h.Change(within(t), BrokerChange{Text: &ours}, ChangeOptions{IfMatch: tag}); !fault.Is(err, fault.Precondition) {
		t.Errorf("it was changed meanwhile, and the answer is %v", err)
	}
	eventually(t, "the change is noticed", func() bool { return len(h.versions(fileBroker)) == 2 })
	v := h.versions(fileBroker)[0]
	if v.Source != sourceOutside || v.Actor != "" || !v.Live || v.Added != 1 || v.Removed != 0 {
		t.Errorf("%+v", v)
	}
	if h.text() != theirs {
		t.Errorf("what they wrote is gone:\n%s", h.text())
	}
	if got := h.actions(); len(got) != 1 || got[0] != "config.changed_outside" {
		t.Errorf("the audit has %v", got)
	}
}

func TestADraftLeavesTheFileAlone(t *testing.T) {
	h := build(t)
	before := h.text()
	text := before + "max_queued_messages 5\n"
	draft, _, err := h.Change(within(t), BrokerChange{Text: &text, Comment: "for Monday"}, ChangeOptions{Draft: true})
	if err != nil || draft.Applied {
		t.Fatalf("%+v %v", draft, err)
	}
	if h.text() != before {
		t.Fatalf("the file has changed:\n%s", h.text())
	}
	v := h.versions(fileBroker)[0]
	if v.ID != draft.Version || v.State != stateDraft || v.Comment != "for Monday" || v.Actor != "ada" || v.Live {
		t.Errorf("%+v", v)
	}
	done, err := h.Restore(within(t), draft.Version, RestoreOptions{})
	if err != nil || done.Broker == nil || !done.Broker.Applied {
		t.Fatalf("%+v %v", done, err)
	}
	if h.text() != text {
		t.Errorf("the draft is not in the file:\n%s", h.text())
	}
	v = h.versions(fileBroker)[0]
	if v.Source != sourceRestore || v.State != stateApplied || !v.Live || v.Comment != "for Monday" {
		t.Errorf("%+v", v)
	}
	h.works()
}

func TestAnyVersionCanBeRestoredAndCompared(t *testing.T) {
	h := build(t)
	first := h.text()
	ids := []int64{h.versions(fileBroker)[0].ID}
	for i := range 3 {
		done, err := h.put(h.text() + "max_queued_messages " + strconv.Itoa(1000+i) + "\n# and a comment\n")
		if err == nil {
			ids = append(ids, done.Version)
			continue
		}
		// The setting stands twice by then, which may not be acceptable; the text is what counts here.
		done, err = h.put(strings.Replace(h.text(), "max_queued_messages 100000", "max_queued_messages "+strconv.Itoa(2000+i), 1))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, done.Version)
	}
	if _, err := h.Restore(within(t), ids[0], RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	if h.text() != first {
		t.Errorf("it is not what it was:\n%s", h.text())
	}
	h.works()
	d, err := h.Version(within(t), ids[2], strconv.FormatInt(ids[0], 10))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Diff) != 1 || d.Diff[0].File != "mosquitto.conf" || len(d.Diff[0].Hunks) == 0 {
		t.Errorf("%+v", d.Diff)
	}
	if _, err := h.Version(within(t), 4711, "live"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a version that there is not: %v", err)
	}
	page, err := h.Versions(within(t), fileBroker, "", 2)
	if err != nil || len(page.Versions) != 2 || page.NextCursor == "" || page.Total != int64(len(ids)+1) {
		t.Fatalf("%+v %v", page, err)
	}
	rest, err := h.Versions(within(t), fileBroker, page.NextCursor, 200)
	if err != nil || len(rest.Versions) != len(ids)-1 || rest.NextCursor != "" {
		t.Errorf("%+v %v", rest, err)
	}
}

func TestVersionsAreKeptByNumberAndAge(t *testing.T) {
	h := build(t)
	for i := range 30 {
		text := h.text() + "# draft " + strconv.Itoa(i) + "\n"
		if _, _, err := h.Change(within(t), BrokerChange{Text: &text}, ChangeOptions{Draft: true}); err != nil {
			t.Fatal(err)
		}
	}
	kind := h.Kinds()[0]
	rows, size, oldest, err := h.measured(kind)
	if err != nil || rows != 31 || size < 1000 || oldest.IsZero() {
		t.Errorf("%d rows, %d bytes, since %v: %v", rows, size, oldest, err)
	}
	n, err := h.trimmed(kind, h.o.Clock().Add(patience), 1000)
	if err != nil || n != 31-leastKept {
		t.Errorf("%d were taken away: %v", n, err)
	}
	if left := len(h.versions(fileBroker)); left != leastKept {
		t.Errorf("%d are left", left)
	}
}
