package anomaly

import (
	"context"
	"fmt"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Forget takes a subject out of incidents, findings and what waits to be told, and returns how many of them named it. What has been
// learned of clients is in memory alone. No Service may run on the database.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject) (changed int64, err error) {
	whole := func(entity string) string {
		if entity == s.Value {
			return s.Instead
		}
		return entity
	}
	for _, t := range []struct {
		table   string
		columns []privacy.Column
	}{
		{"anomaly_alerts", []privacy.Column{{Name: "entity", Change: whole}, {Name: "detail", Change: s.JSON}}},
		{"anomaly_findings", []privacy.Column{{Name: "entity", Change: whole}, {Name: "explanation", Change: s.Text}}},
		{"anomaly_digest", []privacy.Column{{Name: "item", Change: s.JSON}}},
		{"anomaly_rules", []privacy.Column{{Name: "rule", Change: s.JSON}}},
		{"anomaly_maintenance", []privacy.Column{{Name: "entry", Change: s.JSON}}},
	} {
		n, err := privacy.Rewrite(ctx, q, t.table, "rowid", t.columns, s.Value)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	if _, err := q.Exec(ctx, `UPDATE anomaly_members SET entity = $2 WHERE entity = $1`, s.Value, s.Instead); err != nil {
		return changed, fmt.Errorf("changing the members of incidents: %w", err)
	}
	return changed, nil
}
