package config

import (
	"context"
	"strconv"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// What a version is of.
const (
	fileBroker = "broker"
	fileDynsec = "dynsec"
)

// Where a version comes from.
const (
	sourceChange  = "change"
	sourceRestore = "restore"
	sourceOutside = "outside" // somebody changed the files on disk
	sourceStart   = "start"   // what was there when BunkerM first looked
	sourceBefore  = "before"  // what was live before a change of the dynamic security file
	sourceImport  = "import"  // what an import has made of that file
)

// What became of a version.
const (
	stateDraft       = "draft"
	stateApplying    = "applying"
	stateApplied     = "applied"
	statePutBack     = "put_back"
	stateInterrupted = "interrupted"
)

// keep makes a version of files and returns its number.
func (s *Service) keep(ctx context.Context, r row, c contents) (int64, error) {
	var err error
	r.packed, r.hash, err = c.encode()
	if err != nil {
		return 0, err
	}
	r.Time, r.Bytes = s.o.Clock().UTC(), c.size()
	return s.add(ctx, r)
}

// settle says what became of a version that was being applied. A version that cannot be settled now is settled at the
// next start.
func (s *Service) settle(ctx context.Context, id int64, state, detail string) {
	if err := s.resolve(ctx, id, state, detail); err != nil {
		s.o.Logger.Error("what became of a version is not recorded", "version", id, "state", state, "error", err)
	}
}

// Versions lists versions, the newest first.
func (s *Service) Versions(ctx context.Context, file, cursor string, limit int) (VersionPage, error) {
	var before int64
	if cursor != "" {
		var err error
		if before, err = strconv.ParseInt(cursor, 10, 64); err != nil || before < 1 {
			return VersionPage{}, fault.New(fault.Invalid, "the request is not acceptable").At("query.cursor", "is not one of ours")
		}
	}
	rows, total, err := s.page(ctx, file, before, limit)
	if err != nil {
		return VersionPage{}, err
	}
	page := VersionPage{Versions: []ConfVersion{}, Total: total}
	if len(rows) > limit {
		rows = rows[:limit]
		page.NextCursor = strconv.FormatInt(rows[limit-1].ID, 10)
	}
	live := s.liveVersions(ctx)
	for _, r := range rows {
		r.Live = live[r.ID]
		page.Versions = append(page.Versions, r.ConfVersion)
	}
	return page, nil
}

// liveVersions are the versions that the files on disk are.
func (s *Service) liveVersions(ctx context.Context) map[int64]bool {
	live := map[int64]bool{}
	if r, there, err := s.newest(ctx, fileBroker); err == nil && there {
		if now, err := s.look(); err == nil && now.hash == r.hash {
			live[r.ID] = true
		}
	}
	if r, there, err := s.newest(ctx, fileDynsec); err == nil && there {
		if _, now, err := s.currentDynsec(); err == nil && s.dynsecTag(ctx, r.ID) == dynsecfile.ETag(now) {
			live[r.ID] = true
		}
	}
	return live
}

// dynsecTag is the entity tag of a version's file, empty where it cannot be read.
func (s *Service) dynsecTag(ctx context.Context, id int64) string {
	_, c, err := s.version(ctx, id)
	if err != nil {
		return ""
	}
	f, err := broker.ParseDynsecFile(c[dynsecName])
	if err != nil {
		return ""
	}
	return dynsecfile.ETag(f)
}

// version reads a version with its files; NotFound where there is none with this number.
func (s *Service) version(ctx context.Context, id int64) (row, contents, error) {
	r, there, err := s.one(ctx, id)
	if err != nil {
		return r, nil, err
	}
	if !there {
		return r, nil, fault.Newf(fault.NotFound, "there is no version %d", id).
			Hint("versions are kept by number and age; GET /config/versions lists those that are left")
	}
	c, err := decodeContents(r.packed)
	return r, c, err
}

// Version shows a version, and how it differs from another one: previous, live, or a number.
func (s *Service) Version(ctx context.Context, id int64, against string) (VersionDetail, error) {
	r, c, err := s.version(ctx, id)
	if err != nil {
		return VersionDetail{}, err
	}
	r.Live = s.liveVersions(ctx)[id]
	d := VersionDetail{Version: r.ConfVersion, Files: []ConfFile{}, Diff: []FileDiff{}}
	other, name, err := s.opposite(ctx, r, against)
	if err != nil {
		return d, err
	}
	d.Against = name
	if r.File == fileDynsec {
		return d, showDynsec(&d, other, c)
	}
	return d, s.showBroker(&d, other, c)
}

// opposite finds what a version is compared with; nil where there is nothing.
func (s *Service) opposite(ctx context.Context, r row, against string) (c contents, name string, err error) {
	id := r.previous
	switch against {
	case "live":
		c, err = s.liveContents(r.File)
		return c, "live", err
	case "previous", "":
		if id == 0 {
			return nil, "", nil
		}
	default:
		if id, err = strconv.ParseInt(against, 10, 64); err != nil || id < 1 {
			return nil, "", fault.New(fault.Invalid, "the request is not acceptable").At("query.against", "is neither previous nor live nor the number of a version")
		}
	}
	other, c, err := s.version(ctx, id)
	switch {
	case fault.Is(err, fault.NotFound) && id == r.previous:
		return nil, "", nil // it has been thrown away
	case err != nil:
		return nil, "", err
	case other.File != r.File:
		return nil, "", fault.New(fault.Invalid, "the request is not acceptable").At("query.against", "is a version of another file")
	}
	return c, strconv.FormatInt(id, 10), nil
}

// liveContents are the files as they are now.
func (s *Service) liveContents(file string) (contents, error) {
	if file == fileDynsec {
		data, _, err := s.currentDynsec()
		return contents{dynsecName: data}, err
	}
	now, err := s.look()
	if err != nil {
		return nil, err
	}
	return now.user, nil
}

func showDynsec(d *VersionDetail, other, c contents) error {
	after, err := broker.ParseDynsecFile(c[dynsecName])
	if err != nil {
		return err
	}
	d.Files = append(d.Files, ConfFile{Name: dynsecName, Text: string(dynsecfile.Masked(after))})
	if other == nil {
		return nil
	}
	before, err := broker.ParseDynsecFile(other[dynsecName])
	if err != nil {
		return err
	}
	diff := DynsecDiff(dynsecfile.Compare(before, after))
	d.Dynsec = &diff
	return nil
}

func (s *Service) showBroker(d *VersionDetail, other, c contents) error {
	after, err := s.load(c)
	if err != nil {
		return err
	}
	for _, f := range after.Masked() {
		if _, kept := c[f.Name]; kept {
			d.Files = append(d.Files, ConfFile{Name: f.Name, Text: string(f.Text)})
		}
	}
	if other == nil {
		return nil
	}
	before, err := s.load(other)
	if err != nil {
		return err
	}
	d.Diff = fileDiffs(conf.Diff(before, after))
	return nil
}

// RestoreOptions are how a version is restored.
type RestoreOptions struct {
	IfMatch string
	Restart bool // a restart is allowed for a version of the dynamic security file
	Watch   string
}

// Restore applies a version as a change of its own.
func (s *Service) Restore(ctx context.Context, id int64, o RestoreOptions) (Restored, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	r, c, err := s.version(ctx, id)
	if err != nil {
		return Restored{}, err
	}
	comment := "version " + strconv.FormatInt(id, 10) + " again"
	if r.State == stateDraft && r.Comment != "" {
		comment = r.Comment
	}
	if r.File == fileDynsec {
		done, err := s.restoreDynsec(ctx, c[dynsecName], DynsecOptions{
			IfMatch: o.IfMatch, Restart: o.Restart, Watch: o.Watch, source: sourceRestore, comment: comment,
		})
		return Restored{Dynsec: &done}, err
	}
	done, _, err := s.changeTo(ctx, c, ChangeOptions{IfMatch: o.IfMatch, Watch: o.Watch, source: sourceRestore, comment: comment})
	return Restored{Broker: &done}, err
}
