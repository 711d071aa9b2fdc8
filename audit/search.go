package audit

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/query"
	"github.com/bunkerm/bunkerm/store"
)

// Filter narrows entries down; empty fields let everything through.
type Filter struct {
	Actor   string    `json:"actor,omitempty"` // exact, like the four that follow; one that ends in * by its beginning
	Action  string    `json:"action,omitempty"`
	Object  string    `json:"object,omitempty"`
	Via     string    `json:"via,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Q       string    `json:"q,omitempty"` // in any of the texts, without regard to case
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
}

// mostPage is how large a page becomes, in bytes, whatever its limit is.
const mostPage = 4 << 20

// Entries returns up to limit entries, newest first, behind the one with the id before; 0 begins with the newest. A page
// of large entries has fewer. more reports that there are further ones.
func (l *Log) Entries(ctx context.Context, f Filter, before int64, limit int) (page []Entry, more bool, err error) {
	page = []Entry{}
	size := int64(0)
	err = l.each(ctx, f, before, func(e Entry) bool {
		if len(page) == limit || len(page) > 0 && size+e.size() > mostPage {
			more = true
			return false
		}
		page = append(page, e)
		size += e.size()
		return true
	})
	return page, more, err
}

// each hands entries to f, newest first, until it returns false.
func (l *Log) each(ctx context.Context, f Filter, before int64, take func(Entry) bool) error {
	// The text of the statement depends on which filters there are, never on what they hold: statements are kept.
	where := []string{"broker = $1"}
	args := []any{l.o.Store.Broker()}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, strings.ReplaceAll(condition, "$", "$"+strconv.Itoa(len(args))))
	}
	if before > 0 {
		add("id < $", before)
	}
	for _, c := range []struct{ column, value string }{
		{"actor", f.Actor}, {"action", f.Action}, {"object", f.Object}, {"via", f.Via}, {"outcome", f.Outcome},
	} {
		beginning, open := strings.CutSuffix(c.value, "*")
		switch {
		case c.value == "":
		case open:
			add("substr("+c.column+", 1, length($)) = $", beginning)
		default:
			add(c.column+" = $", c.value)
		}
	}
	if !f.From.IsZero() {
		add("time >= $", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add("time < $", f.To.UnixMilli())
	}
	finder := query.NewFinder(f.Q)
	err := l.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		rows, err := q.Query(ctx, `SELECT `+columns+` FROM audit_entries WHERE `+strings.Join(where, " AND ")+` ORDER BY id DESC`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scan(rows)
			if err != nil {
				return err
			}
			if f.Q != "" && !finder.In(e.Actor) && !finder.In(e.Action) && !finder.In(e.Object) && !finder.In(e.Address) && !finder.In(e.RequestID) &&
				!finder.In(string(e.Before)) && !finder.In(string(e.After)) {
				continue
			}
			if !take(e) {
				return nil
			}
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("reading the audit: %w", err)
	}
	return nil
}
