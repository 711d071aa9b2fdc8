package dynsec

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	// readPage is how many clients, roles or groups one command lists. The broker does nothing else meanwhile:
	// 4,000 clients take it 4 to 9 ms.
	readPage = 5000
	// readTries is how often reading in pages begins again because something changed between two pages. After that
	// everything is asked for at once, which nothing can interrupt.
	readTries = 3
)

// readAll lists everything. asOf is the number of a change that the state surely holds, with all before it.
func (m *mirror) readAll(ctx context.Context) (st *State, asOf uint64, err error) {
	for try := range readTries + 1 {
		page := readPage
		if try == readTries {
			page = -1
		}
		// What is heard of before the first command is sent has happened before the broker answers it.
		asOf = m.changes.Load()
		var whole bool
		st, whole, err = m.readPages(ctx, page)
		if err != nil {
			return nil, 0, fmt.Errorf("reading the dynamic security state: %w", err)
		}
		if whole {
			return st, asOf, nil
		}
	}
	return nil, 0, fault.New(fault.Unavailable, "the broker's state changes faster than it can be read").
		Hint("nothing was changed; try again in a moment")
}

// readPages lists everything in pages of the given size, -1 for all at once. whole is false when something may
// have changed between two pages. One message is carried out without interruption, so a single one is always whole.
func (m *mirror) readPages(ctx context.Context, page int) (st *State, whole bool, err error) {
	d := newDecoder(m.own)
	offset := 0
	began := m.changes.Load()
	commands := func() []broker.Command {
		list := func(name string) broker.Command {
			return broker.Command{"command": name, "verbose": true, "count": page, "offset": offset}
		}
		return []broker.Command{list("listClients"), list("listRoles"), list("listGroups")}
	}
	first := append(commands(), broker.Command{"command": "getDefaultACLAccess"}, broker.Command{"command": "getAnonymousGroup"})
	for send := first; len(send) > 0; {
		responses, err := m.do(ctx, send...)
		if err != nil {
			return nil, false, err
		}
		for i, r := range responses {
			if err := d.add(send[i].Name(), r); err != nil {
				return nil, false, err
			}
		}
		send = nil
		offset += page
		if page > 0 {
			for i, total := range []int{d.totals.clients, d.totals.roles, d.totals.groups} {
				if total > offset {
					send = append(send, commands()[i])
				}
			}
		}
	}
	changed := offset > page && page > 0 && m.changes.Load() != began
	if changed || !d.complete() {
		return nil, false, nil
	}
	return newState(d.clients, d.roles, d.groups, d.access, d.anonymous, m.control.Status().Version), true, nil
}

// decoder collects what the broker's lists say.
type decoder struct {
	own       protected
	names     map[string]string // one copy of each role and group name
	clients   []*Client
	roles     []*Role
	groups    []*Group
	access    DefaultAccess
	anonymous string
	totals    struct{ clients, roles, groups int }
}

func newDecoder(own protected) *decoder { return &decoder{own: own, names: map[string]string{}} }

func (d *decoder) complete() bool {
	return len(d.clients) == d.totals.clients && len(d.roles) == d.totals.roles && len(d.groups) == d.totals.groups
}

// add takes the answer to one of the commands of readPages.
func (d *decoder) add(command string, r broker.Response) error {
	if r.Error != "" {
		return fault.Newf(fault.Refused, "the broker refused %s: %s", command, r.Error)
	}
	var err error
	switch command {
	case "listClients":
		var list struct {
			TotalCount int          `json:"totalCount"`
			Clients    []wireClient `json:"clients"`
		}
		if err = json.Unmarshal(r.Data, &list); err == nil {
			d.totals.clients = list.TotalCount
			for i := range list.Clients {
				d.clients = append(d.clients, d.client(&list.Clients[i]))
			}
		}
	case "listRoles":
		var list struct {
			TotalCount int        `json:"totalCount"`
			Roles      []wireRole `json:"roles"`
		}
		if err = json.Unmarshal(r.Data, &list); err == nil {
			d.totals.roles = list.TotalCount
			for i := range list.Roles {
				d.roles = append(d.roles, d.role(&list.Roles[i]))
			}
		}
	case "listGroups":
		var list struct {
			TotalCount int         `json:"totalCount"`
			Groups     []wireGroup `json:"groups"`
		}
		if err = json.Unmarshal(r.Data, &list); err == nil {
			d.totals.groups = list.TotalCount
			for i := range list.Groups {
				d.groups = append(d.groups, d.group(&list.Groups[i]))
			}
		}
	case "getDefaultACLAccess":
		d.access, err = decodeAccess(r.Data)
	case "getAnonymousGroup":
		d.anonymous, err = decodeAnonymous(r.Data)
	}
	if err != nil {
		return fmt.Errorf("reading the answer to %s: %w", command, err)
	}
	return nil
}
