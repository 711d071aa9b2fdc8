package dynsec

import (
	"context"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
)

// mergedFiles are the files of an import together with what is there.
type mergedFiles struct {
	version       string
	before, after *broker.DynsecFile
	passwords     []broker.Command // what is set behind, because no file is written
	findings      []accessfile.Finding
	skipped       []string // clients that exist, and stay as they are
	needPassword  []string // clients that nobody can log in with
	access        string   // what becomes of the default access: set, kept or unchanged
}

// planFiles reads the files and merges them with the state as it is.
func (s *Service) planFiles(ctx context.Context, files AccessFiles, o FilesOptions) (*mergedFiles, error) {
	current, err := s.currentFile(ctx)
	if err != nil {
		return nil, err
	}
	m := &merging{
		mergedFiles: mergedFiles{version: s.o.Control.Status().Version, before: current}, own: s.own, update: o.Update,
		hashes: o.Restart && s.o.Offline != nil, known: s.o.Offline != nil,
		dry: o.DryRun || rehearsing(ctx) != nil,
	}
	m.index()
	if m.fragment, err = files.fragment(m.version, m.boundID); err != nil {
		return nil, err
	}
	m.defaults()
	if err := m.clients(ctx); err != nil {
		return nil, err
	}
	m.groups()
	if m.whole {
		m.rolesOfFile()
	} else {
		m.rolesOfRules()
	}
	m.mergedFiles.findings = slices.DeleteFunc(m.fragment.findings, m.isSettled)
	return &m.mergedFiles, nil
}

// merging is a merge on its way.
type merging struct {
	mergedFiles
	*fragment
	own    protected
	update bool
	hashes bool // hashes can be written into the file
	known  bool // the file is at hand, with the hashes that it has
	dry    bool // nothing of it will be done

	at    map[string]int  // where a client is in after
	were  int             // how many clients there are before
	taken map[string]bool // clients that are made or changed
	// takesAnonymous tells that the group of clients without a username becomes that of the files.
	takesAnonymous bool
}

func (m *merging) index() {
	after := *m.before
	after.Clients, after.Groups, after.Roles = slices.Clone(after.Clients), slices.Clone(after.Groups), slices.Clone(after.Roles)
	for i := range after.Groups {
		after.Groups[i].Clients = slices.Clone(after.Groups[i].Clients)
	}
	m.after, m.at, m.were, m.taken = &after, make(map[string]int, len(after.Clients)), len(after.Clients), map[string]bool{}
	for i := range after.Clients {
		m.at[after.Clients[i].Username] = i
	}
}

func (m *merging) boundID(username string) string {
	if i, there := m.at[username]; there && m.after.Clients[i].ClientID != nil {
		return *m.after.Clients[i].ClientID
	}
	return ""
}

// defaults sets the default access where nobody but the imported live by it, and else makes up for it.
func (m *merging) defaults() {
	m.mergedFiles.access = "unchanged"
	if m.fragment.access == nil {
		return
	}
	present := m.after.DefaultACLAccess
	switch {
	case sameAccess(*m.fragment.access, present):
	case m.others():
		m.mergedFiles.access = "kept"
		m.keepAccess(present)
		return
	default:
		m.mergedFiles.access = "set"
		m.after.DefaultACLAccess = *m.fragment.access
		m.after.DefaultACLAccess.Unknown = present.Unknown
	}
	m.fragment.access = nil
}

// others tells whether there is anybody whose rights are not those of the files afterwards. On a broker that is not ours,
// our own account may live by the default access as well.
func (m *merging) others() bool {
	if !m.known {
		return true
	}
	imported := map[string]bool{}
	for i := range m.fragment.clients {
		imported[m.fragment.clients[i].Username] = m.update
	}
	for i := range m.after.Clients {
		if name := m.after.Clients[i].Username; !m.own.client(name) && !imported[name] {
			return true
		}
	}
	return m.after.AnonymousGroup != "" && (m.anonymous == "" || !m.update && m.after.AnonymousGroup != m.anonymous)
}

// clients makes and changes clients.
func (m *merging) clients(ctx context.Context) error {
	var made []accessfile.Client
	for _, c := range m.fragment.clients {
		i, exists := m.at[c.Username]
		switch {
		case m.own.client(c.Username):
			m.find(accessfile.Lost, c.Username, "this is BunkerM's own account here, so the one of the files is left out")
			continue
		case exists && !m.update:
			m.skipped = append(m.skipped, c.Username)
			continue
		case !exists:
			i = len(m.after.Clients)
			m.at[c.Username] = i
			m.after.Clients = append(m.after.Clients, broker.DynsecClient{Username: c.Username})
		}
		m.taken[c.Username] = true
		c.Roles = slices.DeleteFunc(slices.Clone(c.Roles), func(r broker.DynsecRoleRef) bool { return m.own.role(r.Rolename) })
		m.client(&m.after.Clients[i], &c)
		made = append(made, c)
	}
	return m.secrets(ctx, made)
}

// client gives a client what the files say of it, but for its password.
func (m *merging) client(to *broker.DynsecClient, from *accessfile.Client) {
	to.Roles = from.Roles
	if m.whole {
		to.ClientID, to.Textname, to.Textdescription, to.Disabled = from.ClientID, from.Textname, from.Textdescription, from.Disabled
	}
}

// secrets gives clients their passwords: as hashes in the file, or as commands behind it.
func (m *merging) secrets(ctx context.Context, made []accessfile.Client) error {
	hashed, err := m.hashPlain(ctx, made)
	if err != nil {
		return err
	}
	var without []string
	for _, c := range made {
		i := m.at[c.Username]
		to := &m.after.Clients[i]
		h, isPlain := hashed[c.Username]
		switch {
		case c.Plain != "" && to.PasswordMatches(c.Plain):
		case isPlain:
			to.SetHash(h)
		case c.Plain != "":
			m.passwords = append(m.passwords, broker.Command{"command": "setClientPassword", "username": c.Username, "password": c.Plain})
		case c.HasPassword() && m.hashes:
			to.Password, to.EncodedPassword = c.Password, c.EncodedPassword
		case c.HasPassword() && sameHash(to, &c.DynsecClient):
		case c.HasPassword():
			without = append(without, c.Username)
		}
		if c.Plain == "" && !to.HasPassword() && (m.known || i >= m.were) {
			m.needPassword = append(m.needPassword, c.Username)
		}
	}
	if without != nil {
		m.leaveOutHashes(without)
	}
	return nil
}

// hashPlain hashes the passwords that are not hashed yet, by username. A dry run has one hash for all, because each takes
// a millisecond.
func (m *merging) hashPlain(ctx context.Context, made []accessfile.Client) (map[string]broker.PasswordHash, error) {
	var steps []importStep
	for i := range made {
		if made[i].Plain != "" && m.hashes {
			steps = append(steps, importStep{row: &importRow{username: made[i].Username, password: &made[i].Plain}})
		}
	}
	if !m.dry || len(steps) == 0 {
		return hashPasswords(ctx, steps)
	}
	one, err := hashPasswords(ctx, steps[:1])
	if err != nil {
		return nil, err
	}
	hashed := make(map[string]broker.PasswordHash, len(steps))
	for _, s := range steps {
		hashed[s.row.username] = one[steps[0].row.username]
	}
	return hashed, nil
}

// leaveOutHashes says why hashes are left out.
func (m *merging) leaveOutHashes(of []string) {
	f := accessfile.Finding{Source: accessfile.SourcePasswords, Kind: accessfile.Manual, Users: of,
		Message: "hashes can only be written into the broker's file, which takes a restart that is not allowed here: allow it, or give the clients new passwords"}
	if m.whole {
		f.Source = sourceDynsec
	}
	if !m.known {
		f.Message = "hashes can only be written into the file of the broker, which is not BunkerM's: the clients need new passwords"
	}
	m.fragment.findings = append(m.fragment.findings, f)
}

func sameHash(a, b *broker.DynsecClient) bool {
	return a.Password == b.Password && a.EncodedPassword == b.EncodedPassword
}

// isSettled tells of what somebody would have to do for a client that stays as it is.
func (m *merging) isSettled(f accessfile.Finding) bool {
	_, exists := m.at[f.Subject]
	return f.Kind == accessfile.Manual && exists && !m.taken[f.Subject]
}

// groups puts the imported clients into the groups of the files, and takes those that are changed out of all others.
func (m *merging) groups() {
	wasIn := func(c broker.DynsecClientRef) bool { return m.taken[c.Username] && m.at[c.Username] < m.were }
	for i := range m.after.Groups {
		m.after.Groups[i].Clients = slices.DeleteFunc(m.after.Groups[i].Clients, wasIn)
	}
	switch now := m.after.AnonymousGroup; {
	case m.anonymous == "":
	case now == m.anonymous && !m.update && !m.whole:
		m.find(accessfile.Note, m.anonymous, "the group of clients without a username exists and stays as it is")
	case now != "" && !m.update:
		m.find(accessfile.Lost, m.anonymous, "clients without a username are in the group "+shortened(now)+" here and stay in it; say existing=update to put them into that of the files")
	default:
		m.after.AnonymousGroup, m.takesAnonymous = m.anonymous, true
	}
	for _, g := range m.fragment.groups {
		if m.whole || m.takesAnonymous {
			m.group(g)
		}
	}
}

func (m *merging) group(g broker.DynsecGroup) {
	members := slices.DeleteFunc(slices.Clone(g.Clients), func(c broker.DynsecClientRef) bool { return !m.taken[c.Username] })
	i := slices.IndexFunc(m.after.Groups, func(old broker.DynsecGroup) bool { return old.Groupname == g.Groupname })
	switch {
	case i < 0:
		g.Clients = members
		m.after.Groups = append(m.after.Groups, g)
		return
	case m.whole && !m.update:
		m.find(accessfile.Note, g.Groupname, "the group exists and keeps its roles")
	default:
		m.after.Groups[i].Roles = g.Roles
		if m.whole {
			m.after.Groups[i].Textname, m.after.Groups[i].Textdescription = g.Textname, g.Textdescription
		}
	}
	m.after.Groups[i].Clients = append(m.after.Groups[i].Clients, members...)
}
