package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/query"
	"github.com/bunkerm/bunkerm/store"
)

// Filter narrows entries down; empty fields let everything through.
type Filter struct {
	Actor, Action, Object, Via, Outcome string // exact; an action or object that ends in * by its beginning
	Q                                   string // in any of the texts, without regard to case
	From, To                            time.Time
}

// Entries returns up to limit entries, newest first, behind the one with the id before; 0 begins with the newest. more
// reports that there are further ones.
func (l *Log) Entries(ctx context.Context, f Filter, before int64, limit int) (page []Entry, more bool, err error) {
	page = []Entry{}
	err = l.each(ctx, f, before, func(e Entry) bool {
		if len(page) == limit {
			more = true
			return false
		}
		page = append(page, e)
		return true
	})
	return page, more, err
}

// each hands entries to f, newest first, until it returns false.
func (l *Log) each(ctx context.Context, f Filter, before int64, take func(Entry) bool) error {
	where := []string{"broker = $1"}
	args := []any{l.o.Store.Broker()}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if before > 0 {
		add("id < $%d", before)
	}
	for column, value := range map[string]string{"actor": f.Actor, "action": f.Action, "object": f.Object, "via": f.Via, "outcome": f.Outcome} {
		prefix, open := strings.CutSuffix(value, "*")
		switch {
		case value == "":
		case open:
			add("substr("+column+", 1, "+fmt.Sprint(len([]rune(prefix)))+") = $%d", prefix)
		default:
			add(column+" = $%d", value)
		}
	}
	if !f.From.IsZero() {
		add("time >= $%d", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add("time < $%d", f.To.UnixMilli())
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
			if f.Q != "" && !finder.In(e.Actor) && !finder.In(e.Action) && !finder.In(e.Object) && !finder.In(e.Address) &&
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
