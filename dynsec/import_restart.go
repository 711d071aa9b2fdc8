package dynsec

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// restartTime bounds how long an import waits for the broker to end, begin and answer again.
const restartTime = 2 * time.Minute

// importOffline writes the clients into the broker's file while it is stopped. Passwords are hashed before, on all
// processors, so that the broker is away only as long as it takes to write the file and to start.
func (s *Service) importOffline(ctx context.Context, steps []importStep, o ImportOptions, result *ImportResult) error {
	hashes, err := hashPasswords(ctx, steps)
	if err != nil {
		return err
	}
	release, err := s.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	// A caller who goes away must not leave the broker stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restartTime)
	defer cancel()
	st, err := s.stateInTurn(ctx)
	if err != nil {
		return err
	}
	plan := s.planAgain(ctx, st, steps, o, result)
	if len(plan) == 0 {
		result.SessionsCut = new(int)
		return nil
	}
	var written []importStep
	var failed []importStep
	s.o.BeforeWrite()
	err = s.o.Offline.EditDynsec(ctx, func(f *broker.DynsecFile) error {
		written, failed = editFile(f, plan, hashes)
		return nil
	})
	if err != nil {
		return fmt.Errorf("importing with a restart: %w", err)
	}
	result.fail("somebody else changed this client, its roles or groups at the same moment; import the line again", failed...)
	s.mirror.distrust()
	after, err := s.readBack(ctx)
	if err != nil {
		return fault.New(fault.Uncertain, "the clients are in the broker's file, and the broker does not answer since it was started again").
			Hint("outcome: unknown; look at the broker's log, and import the file again when it runs").Because(err)
	}
	for _, step := range written {
		got, _ := after.Client(step.row.username)
		result.verify(step, got)
	}
	return nil
}

// hashPasswords hashes the passwords of all steps, by username.
func hashPasswords(ctx context.Context, steps []importStep) (map[string]broker.PasswordHash, error) {
	hashes := make([]broker.PasswordHash, len(steps))
	errs := make([]error, len(steps))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(steps) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if password := steps[i].row.password; password != nil {
					hashes[i], errs[i] = broker.HashPassword(*password)
				}
			}
		})
	}
	workers.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return nil, fmt.Errorf("hashing the passwords of an import: %w", err)
	}
	byName := make(map[string]broker.PasswordHash, len(steps))
	for i, step := range steps {
		if step.row.password != nil {
			byName[step.row.username] = hashes[i]
		}
	}
	return byName, nil
}

// editFile puts the steps into the file. It goes by what the file says: a step whose client, roles or groups are not
// there as planned is left out.
func editFile(f *broker.DynsecFile, plan []importStep, hashes map[string]broker.PasswordHash) (written, failed []importStep) {
	clients := make(map[string]int, len(f.Clients)+len(plan))
	for i := range f.Clients {
		clients[f.Clients[i].Username] = i
	}
	roles := make(map[string]bool, len(f.Roles))
	for i := range f.Roles {
		roles[f.Roles[i].Rolename] = true
	}
	groups := make(map[string]*groupEdit, len(f.Groups))
	for i := range f.Groups {
		groups[f.Groups[i].Groupname] = &groupEdit{group: &f.Groups[i]}
	}
	leaves := map[string]bool{}
	for _, step := range plan {
		i, exists := clients[step.row.username]
		known := exists != step.make
		for _, r := range step.after.Roles {
			known = known && roles[r.Rolename]
		}
		for _, g := range step.after.Groups {
			known = known && groups[g.Groupname] != nil
		}
		if !known {
			failed = append(failed, step)
			continue
		}
		if !exists {
			i = len(f.Clients)
			f.Clients = append(f.Clients, broker.DynsecClient{Username: step.row.username})
			clients[step.row.username] = i
		}
		editClient(&f.Clients[i], step.after)
		if h, ok := hashes[step.row.username]; ok {
			f.Clients[i].SetHash(h)
		}
		if step.row.groups != nil {
			leaves[step.row.username] = true
			for _, ref := range step.after.Groups {
				g := groups[ref.Groupname]
				g.joins = append(g.joins, broker.DynsecClientRef{Username: step.row.username, Priority: ref.Priority})
			}
		}
		written = append(written, step)
	}
	for _, g := range groups {
		g.apply(leaves)
	}
	f.LastFirst()
	return written, failed
}

// editClient makes the file's client what the import wants; its keys of other versions stay.
func editClient(c *broker.DynsecClient, want *Client) {
	c.ClientID = nil
	if want.Clientid != "" {
		c.ClientID = &want.Clientid
	}
	c.Textname, c.Textdescription, c.Disabled = want.Textname, want.Textdescription, want.Disabled
	refs := make([]broker.DynsecRoleRef, 0, len(want.Roles))
	for _, r := range want.Roles {
		ref := broker.DynsecRoleRef{Rolename: r.Rolename, Priority: r.Priority}
		for _, old := range c.Roles {
			if old.Rolename == r.Rolename {
				ref.Unknown = old.Unknown
			}
		}
		refs = append(refs, ref)
	}
	c.Roles = refs
}

// groupEdit gathers who joins a group, so that a large group is gone through once.
type groupEdit struct {
	group *broker.DynsecGroup
	joins []broker.DynsecClientRef
}

// apply takes everybody out whose groups were given anew, and puts in those who shall be in this one.
func (g *groupEdit) apply(leaves map[string]bool) {
	g.group.Clients = slices.DeleteFunc(g.group.Clients, func(c broker.DynsecClientRef) bool { return leaves[c.Username] })
	g.group.Clients = append(g.group.Clients, g.joins...)
}
