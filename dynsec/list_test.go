package dynsec

import (
	"fmt"
	"slices"
	"testing"
)

// crowd is a state with n clients and one of our own, which sorts into their midst.
func crowd(n int) *State {
	clients := []*Client{{Username: "device-00000-own", Own: true}}
	for i := range n {
		c := &Client{Username: fmt.Sprintf("device-%05d", i), Textname: fmt.Sprintf("Pump %d in hall %d", i, i%40), Disabled: i%7 == 0}
		c.Roles = []RoleRef{{fmt.Sprintf("role-%d", i%20), DefaultRolePriority}}
		if i%3 == 0 {
			c.Groups = []GroupRef{{"thirds", 1}}
		}
		clients = append(clients, c)
	}
	return newState(clients, nil, nil, DefaultAccess{}, "", "2.0.11")
}

func TestPagesAreExact(t *testing.T) {
	st := crowd(95)
	for _, limit := range []int{1, 7, 50, 95, 96, 1000} {
		var seen []string
		for offset := 0; ; offset += limit {
			page, total := st.pageOfClients(ClientFilter{Page: Page{Limit: limit, Offset: offset}})
			if total != 95 {
				t.Fatalf("total = %d", total)
			}
			if len(page) > limit {
				t.Fatalf("a page of %d holds %d", limit, len(page))
			}
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				seen = append(seen, c.Username)
			}
		}
		if len(seen) != 96 || seen[95] != "device-00000-own" || !slices.IsSorted(seen[:95]) {
			t.Errorf("pages of %d show %d clients, the last is %q", limit, len(seen), seen[len(seen)-1])
		}
	}
	// Ours do not shift the pages of the others.
	if page, _ := st.pageOfClients(ClientFilter{Page: Page{Limit: 10, Offset: 90}}); len(page) != 6 || page[4].Own || !page[5].Own {
		t.Errorf("the last page holds %d", len(page))
	}
}

func TestFiltersNarrowTogether(t *testing.T) {
	st := crowd(100)
	for _, c := range []struct {
		name   string
		filter ClientFilter
		total  int
	}{
		{"text, case folded", ClientFilter{Page: Page{Q: "HALL 39"}}, 2},
		{"username", ClientFilter{Page: Page{Q: "device-0004"}}, 10},
		{"nothing", ClientFilter{Page: Page{Q: "nowhere"}}, 0},
		{"role", ClientFilter{Role: pointer("role-3")}, 5},
		{"group", ClientFilter{Group: pointer("thirds")}, 34},
		{"disabled", ClientFilter{Disabled: pointer(true)}, 15},
		{"enabled", ClientFilter{Disabled: pointer(false)}, 85},
		{"all of them", ClientFilter{Page: Page{Q: "pump"}, Role: pointer("role-3"), Group: pointer("thirds"), Disabled: pointer(true)}, 1},
	} {
		c.filter.Limit = 50
		if _, total := st.pageOfClients(c.filter); total != c.total {
			t.Errorf("%s: %d clients, want %d", c.name, total, c.total)
		}
	}
}

// TestEditsShareAndDoNotChange checks that a state which somebody still reads is not touched by the next one.
func TestEditsShareAndDoNotChange(t *testing.T) {
	old := newState(
		[]*Client{{Username: "a", Roles: []RoleRef{{"r", 1}, {"s", 2}}, Groups: []GroupRef{{"g", 3}}}, {Username: "b"}},
		[]*Role{{Rolename: "r"}, {Rolename: "s"}},
		[]*Group{{Groupname: "g", Roles: []RoleRef{{"r", 4}}}}, DefaultAccess{}, "", "")
	before := render(t, old)
	if n := old.withoutRole("r"); len(n.Clients[0].Roles) != 1 || len(n.Groups[0].Roles) != 0 || n.HasRole("r") || n.Clients[1] != old.Clients[1] {
		t.Errorf("without r: %s", render(t, n))
	}
	if n := old.withoutGroup("g"); len(n.Clients[0].Groups) != 0 || n.HasGroup("g") {
		t.Errorf("without g: %s", render(t, n))
	}
	if n := old.withClient(&Client{Username: "ab"}); n.Clients[1].Username != "ab" || len(n.Clients) != 3 {
		t.Errorf("with ab: %s", render(t, n))
	}
	if n := old.withClient(&Client{Username: "b", Textname: "new"}); len(n.Clients) != 2 || n.Clients[1].Textname != "new" {
		t.Errorf("with another b: %s", render(t, n))
	}
	if n := old.withoutClient("a"); len(n.Clients) != 1 || len(n.Members("g")) != 0 {
		t.Errorf("without a: %s", render(t, n))
	}
	if after := render(t, old); after != before {
		t.Errorf("the old state changed from\n%s\nto\n%s", before, after)
	}
}

// BenchmarkPageOfClients measures a page of 50 out of 20,000 clients, with filters that let few through and a search
// that looks at every text. The promise is less than 5 ms.
func BenchmarkPageOfClients(b *testing.B) {
	st := crowd(20_000)
	for name, f := range map[string]ClientFilter{
		"all":      {},
		"search":   {Page: Page{Q: "HALL 17"}},
		"missing":  {Page: Page{Q: "no such text anywhere"}},
		"combined": {Page: Page{Q: "pump", Offset: 100}, Role: pointer("role-3"), Disabled: pointer(false)},
	} {
		f.Limit = 50
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if page, _ := st.pageOfClients(f); name == "all" && len(page) != 50 {
					b.Fatal("the page is not full")
				}
			}
		})
	}
}
