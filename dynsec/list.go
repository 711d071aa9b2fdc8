package dynsec

import (
	"context"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/query"
)

// Page says which part of a list is asked for, and which things are in the list at all.
type Page struct {
	Q      string // part of a name or text, case folded; empty for all
	Limit  int
	Offset int
}

// ClientFilter narrows a list of clients down.
type ClientFilter struct {
	Page
	Role     *string // carries this role itself
	Group    *string // is in this group
	Disabled *bool
}

// ListClients returns a page of clients, sorted by username with our own behind all others, and how many others the
// filter lets through.
func (s *Service) ListClients(ctx context.Context, f ClientFilter) (clients []Client, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return nil, 0, err
	}
	page, total := st.pageOfClients(f)
	clients = make([]Client, len(page))
	for i, c := range page {
		clients[i] = shownClient(c)
	}
	if err := s.countSessions(ctx, st, clients); err != nil {
		return nil, 0, err
	}
	return clients, total, nil
}

// pageOfClients picks the rows. It allocates nothing for the clients that are not on the page.
func (s *State) pageOfClients(f ClientFilter) (page []*Client, total int) {
	q := query.NewFinder(f.Q)
	var own []*Client
	end := f.Offset + f.Limit
	for _, c := range s.Clients {
		if !f.lets(c) || !q.In(c.Username) && !q.In(c.Textname) && !q.In(c.Clientid) {
			continue
		}
		if c.Own {
			own = append(own, c)
			continue
		}
		if total >= f.Offset && total < end {
			page = append(page, c)
		}
		total++
	}
	return append(page, rest(own, total, f.Page, len(page))...), total
}

func (f *ClientFilter) lets(c *Client) bool {
	return (f.Disabled == nil || c.Disabled == *f.Disabled) &&
		(f.Role == nil || slices.ContainsFunc(c.Roles, func(r RoleRef) bool { return r.Rolename == *f.Role })) &&
		(f.Group == nil || slices.ContainsFunc(c.Groups, func(g GroupRef) bool { return g.Groupname == *f.Group }))
}

// rest are those of our own things that come on a page behind all others.
func rest[T any](own []T, total int, p Page, taken int) []T {
	from := min(max(0, p.Offset-total), len(own))
	return own[from:min(from+max(0, p.Limit-taken), len(own))]
}

// paged picks a page out of a list in which few things are our own.
func paged[T any](all []T, p Page, isOwn func(T) bool, texts func(T) [2]string) (page []T, total int) {
	q := query.NewFinder(p.Q)
	var own []T
	for _, v := range all {
		t := texts(v)
		if !q.In(t[0]) && !q.In(t[1]) {
			continue
		}
		if isOwn(v) {
			own = append(own, v)
			continue
		}
		if total >= p.Offset && total < p.Offset+p.Limit {
			page = append(page, v)
		}
		total++
	}
	return append(page, rest(own, total, p, len(page))...), total
}

// shownClient is a client as an answer has it: its lists are never null.
func shownClient(c *Client) Client {
	v := *c
	v.Roles = append([]RoleRef{}, c.Roles...)
	v.Groups = append([]GroupRef{}, c.Groups...)
	return v
}

// GetClient returns one client and its entity tag.
func (s *Service) GetClient(ctx context.Context, username string) (Client, string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return Client{}, "", err
	}
	c, ok := st.Client(username)
	if !ok {
		return Client{}, "", noClient()
	}
	one := []Client{shownClient(c)}
	if err := s.countSessions(ctx, st, one); err != nil {
		return Client{}, "", err
	}
	return one[0], clientTag(c), nil
}

// clientAfter carries a write out and returns the client as it then is.
func (s *Service) clientAfter(ctx context.Context, username string, w write) (Client, error) {
	st, err := s.write(ctx, w)
	if err != nil {
		return Client{}, err
	}
	c, ok := st.Client(username)
	if !ok {
		return Client{}, noClient()
	}
	one := []Client{shownClient(c)}
	if w.action == "client.create" && dialectOf(st.Version).modern {
		one[0].Connections = new(int) // nobody knew it a moment ago
	}
	_ = s.countSessions(ctx, st, one) // what was written stands, with or without them
	return one[0], nil
}

// countSessions fills in how many sessions each client has now. The broker's own numbers change without notice, so
// they are asked for at every answer; those that it does not know stay null. The error says that it does not answer.
func (s *Service) countSessions(ctx context.Context, st *State, clients []Client) error {
	const patience = time.Second
	var commands []broker.Command
	var asked []int
	for i := range clients {
		if n, known := s.o.Sessions(clients[i].Username); known {
			clients[i].Connections = &n
		} else if clients[i].Connections == nil && dialectOf(st.Version).modern {
			commands = append(commands, getClient(clients[i].Username))
			asked = append(asked, i)
		}
	}
	if len(commands) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	responses, err := s.mirror.do(ctx, commands...)
	if err != nil {
		return asUnread(err)
	}
	d := newDecoder(s.own)
	for k, r := range responses {
		if r.Error != "" {
			continue
		}
		if _, n, err := d.decodeClient(r.Data); err == nil {
			clients[asked[k]].Connections = n
		}
	}
	return nil
}
