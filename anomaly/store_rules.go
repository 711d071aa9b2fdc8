package anomaly

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// AlertRuleList is all rules.
type AlertRuleList struct {
	Rules []AlertRule `json:"rules" nullable:"false" doc:"The rules, the oldest first"`
}

// MaintenanceList is everything that is worked on.
type MaintenanceList struct {
	Maintenance []Maintenance `json:"maintenance" nullable:"false" doc:"What is worked on, what ends first coming first"`
}

const (
	mostRules       = 500
	mostMaintenance = 200
)

// readAll decodes the first column of rows.
func readAll[T any](ctx context.Context, q store.Queries, text string, broker int64) (all []T, err error) {
	found, err := q.Query(ctx, text, broker)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var kept string
		var one T
		if err := found.Scan(&kept); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(kept), &one); err != nil {
			return nil, fmt.Errorf("decoding: %w", err)
		}
		all = append(all, one)
	}
	return all, found.Err()
}

// Rules are the rules of people.
func (s *Service) Rules(ctx context.Context) (AlertRuleList, error) {
	list := AlertRuleList{Rules: []AlertRule{}}
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		all, err := readAll[AlertRule](ctx, q, `SELECT rule FROM anomaly_rules WHERE broker = $1 ORDER BY id`, s.o.Store.Broker())
		list.Rules = append(list.Rules, all...)
		return err
	})
	if err != nil {
		return list, fmt.Errorf("reading rules: %w", err)
	}
	return list, nil
}

// loadRules puts the stored rules to work.
func (s *Service) loadRules(ctx context.Context) error {
	list, err := s.Rules(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.setRules(list.Rules, s.o.Clock().UnixMilli())
	return nil
}

// check says what of a rule is not acceptable.
func (r *AlertRule) check(validFilter func(string) error) error {
	problem := fault.New(fault.Invalid, "the request is not acceptable")
	if strings.TrimSpace(r.Name) == "" {
		problem = problem.At("body.name", "is blank")
	}
	switch {
	case (r.Topic == "") == (r.Client == ""):
		problem = problem.At("body.topic", "give either a topic filter or a client")
	case strings.HasPrefix(r.Topic, "$"):
		problem = problem.At("body.topic", "begins with $: rules are about what devices publish")
	case r.Topic != "":
		if err := validFilter(r.Topic); err != nil {
			problem = problem.At("body.topic", err.Error())
		}
	}
	switch r.Kind {
	case RuleSilent:
		if r.Seconds < 1 {
			problem = problem.At("body.seconds", "has to be at least 1 for a rule about silence")
		}
		for _, of := range []struct {
			place string
			given bool
		}{{"body.field", r.Field != ""}, {"body.low", r.Low != nil}, {"body.high", r.High != nil}} {
			if of.given {
				problem = problem.At(of.place, "belongs to a range, and this rule is about silence")
			}
		}
	case RuleRange:
		if r.Client != "" {
			problem = problem.At("body.client", "has no value; a range is about a topic")
		}
		if r.Low == nil && r.High == nil {
			problem = problem.At("body.low", "give low, high or both")
		}
		if r.Low != nil && r.High != nil && *r.Low > *r.High {
			problem = problem.At("body.high", "is below low")
		}
	}
	if len(problem.Fields) > 0 {
		return problem
	}
	return nil
}

// PutRule adds a rule, id 0, or replaces one, and puts it to work.
func (s *Service) PutRule(ctx context.Context, id int64, r AlertRule) (AlertRule, error) {
	if err := r.check(s.o.CheckFilter); err != nil {
		return r, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	list, err := s.Rules(ctx)
	if err != nil {
		return r, err
	}
	var before *AlertRule
	last, namesake := int64(0), false
	for i := range list.Rules {
		last = max(last, list.Rules[i].ID)
		if list.Rules[i].ID == id {
			before = &list.Rules[i]
		} else if list.Rules[i].Name == r.Name {
			namesake = true
		}
	}
	switch {
	case id != 0 && before == nil:
		return r, errNoRule(id)
	case namesake:
		return r, fault.Newf(fault.Conflict, "there is another rule with the name %q", r.Name).Hint("choose another name")
	case id == 0 && len(list.Rules) >= mostRules:
		return r, fault.Newf(fault.Conflict, "there are %d rules already", mostRules).Hint("remove some, or use topic filters")
	}
	now := s.o.Clock().UTC().Truncate(time.Millisecond)
	r.ID, r.Created = id, &now
	if r.Severity == "" {
		r.Severity = incident.High.String()
	}
	if r.Enabled == nil {
		r.Enabled = new(bool)
		*r.Enabled = true
	}
	action := "rule.create"
	if before != nil {
		r.Created, action = before.Created, "rule.update"
	} else {
		r.ID = last + 1
	}
	text, err := json.Marshal(r)
	if err != nil {
		return r, fmt.Errorf("encoding rule: %w", err)
	}
	err = s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `INSERT INTO anomaly_rules (broker, id, created, rule) VALUES ($1, $2, $3, $4)
ON CONFLICT (broker, id) DO UPDATE SET rule = excluded.rule`, s.o.Store.Broker(), r.ID, r.Created.UnixMilli(), string(text))
		return err
	})
	if err != nil {
		return r, fmt.Errorf("storing rule: %w", err)
	}
	var was any
	if before != nil {
		was = *before
	}
	s.o.Record(ctx, action, "rule/"+strconv.FormatInt(r.ID, 10), was, r)
	return r, s.loadRules(ctx)
}

// DeleteRule removes a rule.
func (s *Service) DeleteRule(ctx context.Context, id int64) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	there, err := s.remove(ctx, `DELETE FROM anomaly_rules WHERE broker = $1 AND id = $2`, id)
	if err != nil {
		return err
	}
	if !there {
		return errNoRule(id)
	}
	s.o.Record(ctx, "rule.delete", "rule/"+strconv.FormatInt(id, 10), nil, nil)
	return s.loadRules(ctx)
}

func (s *Service) remove(ctx context.Context, statement string, id int64) (there bool, err error) {
	err = s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		result, err := q.Exec(ctx, statement, s.o.Store.Broker(), id)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		there = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("removing: %w", err)
	}
	return there, nil
}

func errNoRule(id int64) error { return fault.Newf(fault.NotFound, "there is no rule %d", id) }

// Maintenance is what is worked on, now or later.
func (s *Service) Maintenance(ctx context.Context) (MaintenanceList, error) {
	list := MaintenanceList{Maintenance: []Maintenance{}}
	now := s.o.Clock()
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		all, err := readAll[Maintenance](ctx, q, `SELECT entry FROM anomaly_maintenance WHERE broker = $1 ORDER BY until, id`, s.o.Store.Broker())
		for _, m := range all {
			if m.Until.After(now) {
				list.Maintenance = append(list.Maintenance, m)
			}
		}
		return err
	})
	if err != nil {
		return list, fmt.Errorf("reading maintenance: %w", err)
	}
	return list, nil
}

// loadMaintenance puts what is stored to work, with the present members of groups.
func (s *Service) loadMaintenance(ctx context.Context) error {
	list, err := s.Maintenance(ctx)
	if err != nil {
		return err
	}
	for i := range list.Maintenance {
		if m := &list.Maintenance[i]; m.Scope == ScopeGroup && s.o.Group != nil {
			if m.members, err = s.o.Group(ctx, m.Target); err != nil {
				s.log.Warn("the members of a group in maintenance are not known", "group", m.Target, "error", err)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.quiet = list.Maintenance
	return nil
}

// AddMaintenance begins a time in which something is worked on.
func (s *Service) AddMaintenance(ctx context.Context, m Maintenance) (Maintenance, error) {
	now := s.o.Clock().UTC().Truncate(time.Millisecond)
	if m.From.IsZero() {
		m.From = now
	}
	switch {
	case (m.Scope == ScopeAll) != (m.Target == ""):
		return m, notAcceptable("body.target", "names what is worked on, unless that is all")
	case !m.Until.After(now) || !m.Until.After(m.From):
		return m, notAcceptable("body.until", "has to be in the future, and behind from")
	}
	if m.Scope == ScopeTopic {
		if err := s.o.CheckFilter(m.Target); err != nil {
			return m, notAcceptable("body.target", err.Error())
		}
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	list, err := s.Maintenance(ctx)
	if err != nil {
		return m, err
	}
	if len(list.Maintenance) >= mostMaintenance {
		return m, fault.Newf(fault.Conflict, "there are %d entries already", mostMaintenance).Hint("remove some")
	}
	m.Actor = s.o.Actor(ctx)
	err = s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		broker := s.o.Store.Broker()
		if _, err := q.Exec(ctx, `DELETE FROM anomaly_maintenance WHERE broker = $1 AND until < $2`, broker, now.UnixMilli()); err != nil {
			return err
		}
		if err := q.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM anomaly_maintenance WHERE broker = $1`, broker).Scan(&m.ID); err != nil {
			return err
		}
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		_, err = q.Exec(ctx, `INSERT INTO anomaly_maintenance (broker, id, until, entry) VALUES ($1, $2, $3, $4)`, broker, m.ID, m.Until.UnixMilli(), string(text))
		return err
	})
	if err != nil {
		return m, fmt.Errorf("storing maintenance: %w", err)
	}
	s.o.Record(ctx, "maintenance.create", "maintenance/"+strconv.FormatInt(m.ID, 10), nil, m)
	return m, s.loadMaintenance(ctx)
}

// DeleteMaintenance ends it.
func (s *Service) DeleteMaintenance(ctx context.Context, id int64) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	there, err := s.remove(ctx, `DELETE FROM anomaly_maintenance WHERE broker = $1 AND id = $2`, id)
	if err != nil {
		return err
	}
	if !there {
		return fault.Newf(fault.NotFound, "there is no maintenance %d", id)
	}
	s.o.Record(ctx, "maintenance.delete", "maintenance/"+strconv.FormatInt(id, 10), nil, nil)
	return s.loadMaintenance(ctx)
}
