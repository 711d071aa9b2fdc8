package broker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
)

func TestManagedSortsALargeFileForTheBroker(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	const n = 1500
	err := m.EditDynsec(t.Context(), func(f *broker.DynsecFile) error {
		for i := range n {
			f.Clients = append(f.Clients, broker.DynsecClient{Username: fmt.Sprintf("c%05d", i), Textname: "kept"})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	closeManaged(t, m, false)

	manage(t, o)
	var names []string
	for _, c := range dynsecOf(t, o).Clients {
		names = append(names, c.Username)
		if c.Username != broker.OwnUsername && c.Textname != "kept" {
			t.Errorf("%s has lost its text name", c.Username)
		}
	}
	if len(names) != n+1 {
		t.Errorf("%d clients are left of %d", len(names), n+1)
	}
	slices.Reverse(names)
	if !slices.IsSorted(names) {
		t.Error("the file is not in the order that the broker loads quickly")
	}
}
