package privacy

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// Queries are what Rewrite needs of a transaction.
type Queries interface {
	Exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Column is a column of texts, and how a text that may name the subject becomes one that does not.
type Column struct {
	Name   string
	Change func(text string) string
}

// atOnce is how many rows are read before they are written.
const atOnce = 500

// Rewrite changes columns of a table and returns how many rows have changed. Rows are found by the value as it is and as JSON writes it;
// which of them name the subject decides Change. key is the column of a whole number that tells rows apart. Table and columns come from
// the program, never from a user.
func Rewrite(ctx context.Context, q Queries, table, key string, columns []Column, value string) (changed int64, err error) {
	names, sets, finds := []string{key}, []string{}, []string{}
	for i, c := range columns {
		names = append(names, c.Name)
		sets = append(sets, fmt.Sprintf("%s = $%d", c.Name, i+2))
		for form := range forms(value) {
			finds = append(finds, fmt.Sprintf("instr(%s, $%d) > 0", c.Name, form+3))
		}
	}
	find := fmt.Sprintf("SELECT %s FROM %s WHERE %s > $1 AND (%s) ORDER BY %s LIMIT $2",
		strings.Join(names, ", "), table, key, strings.Join(finds, " OR "), key)
	set := fmt.Sprintf("UPDATE %s SET %s WHERE %s = $1", table, strings.Join(sets, ", "), key)
	for after := int64(-1 << 62); ; {
		rows, err := found(ctx, q, find, len(columns), append([]any{after, atOnce}, forms(value)...))
		if err != nil {
			return changed, fmt.Errorf("reading %s: %w", table, err)
		}
		for _, r := range rows {
			after = r.key
			args, differs := []any{r.key}, false
			for i, c := range columns {
				text := r.texts[i]
				if text.Valid {
					now := c.Change(text.String)
					differs = differs || now != text.String
					text.String = now
				}
				args = append(args, text)
			}
			if !differs {
				continue
			}
			if _, err := q.Exec(ctx, set, args...); err != nil {
				return changed, fmt.Errorf("changing %s: %w", table, err)
			}
			changed++
		}
		if len(rows) < atOnce {
			return changed, nil
		}
	}
}

// forms are the ways in which a value is written in a text or a document.
func forms(value string) []any {
	all := []any{value}
	if quoted, err := json.Marshal(value); err == nil {
		if inside := string(quoted[1 : len(quoted)-1]); inside != value {
			all = append(all, inside)
		}
	}
	return all
}

type foundRow struct {
	key   int64
	texts []sql.NullString
}

func found(ctx context.Context, q Queries, find string, columns int, args []any) (all []foundRow, err error) {
	rows, err := q.Query(ctx, find, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r := foundRow{texts: make([]sql.NullString, columns)}
		into := []any{&r.key}
		for i := range r.texts {
			into = append(into, &r.texts[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
