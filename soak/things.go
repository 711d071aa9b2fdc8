package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"
)

// request is one change.
type request struct {
	method, path string
	body         any
}

// thing is a kind of object that is made, changed and removed again. Its value is one word of it.
type thing struct {
	name   string
	make   func(id, value string) request
	change func(id, value string) request // nil where it can only be made and removed
	remove func(id string) request
	path   func(id string) string                       // where it is read
	value  func(id string, body []byte) (string, error) // of what was read
}

// The objects that the others hang on.
const (
	rightsRole   = "soak-rights"
	membersGroup = "soak-members"
)

func member(i int) string { return fmt.Sprintf("soak-member-%02d", i) }

// things are the kinds of objects that come and go.
func things() []thing {
	object := func(kind, id string) string { return "/dynsec/" + kind + "/" + url.PathEscape(id) }
	field := func(name string) func(string, []byte) (string, error) {
		return func(_ string, body []byte) (string, error) {
			var fields map[string]any
			err := json.Unmarshal(body, &fields)
			value, _ := fields[name].(string)
			return value, err
		}
	}
	plain := func(kind, idField, valueField string, more map[string]any) thing {
		return thing{
			name: kind,
			make: func(id, value string) request {
				body := map[string]any{idField: id, valueField: value}
				maps.Copy(body, more)
				return request{"POST", "/dynsec/" + kind, body}
			},
			change: func(id, value string) request {
				return request{"PUT", object(kind, id), map[string]any{valueField: value}}
			},
			remove: func(id string) request { return request{"DELETE", object(kind, id), nil} },
			path:   func(id string) string { return object(kind, id) },
			value:  field(valueField),
		}
	}
	acls := []map[string]any{{"acltype": "publishClientSend", "topic": "soak/#", "allow": true}}
	return []thing{
		plain("clients", "username", "textname", map[string]any{"password": crowdPassword}),
		plain("roles", "rolename", "textdescription", map[string]any{"acls": acls}),
		plain("groups", "groupname", "textdescription", nil),
		rights(),
		members(),
	}
}

// rights are the ACLs of one role. The value is the priority.
func rights() thing {
	path := "/dynsec/roles/" + rightsRole
	return thing{
		name: "rights",
		make: func(id, value string) request {
			priority, _ := strconv.Atoi(value)
			return request{"POST", path + "/acls", map[string]any{"acltype": "publishClientSend", "topic": "soak/" + id, "priority": priority, "allow": true}}
		},
		remove: func(id string) request {
			return request{"DELETE", path + "/acls?acltype=publishClientSend&topic=" + url.QueryEscape("soak/"+id), nil}
		},
		path: func(string) string { return path },
		value: func(id string, body []byte) (string, error) {
			var role struct {
				ACLs []struct {
					Topic    string `json:"topic"`
					Priority int    `json:"priority"`
				} `json:"acls"`
			}
			err := json.Unmarshal(body, &role)
			for _, acl := range role.ACLs {
				if acl.Topic == "soak/"+id {
					return strconv.Itoa(acl.Priority), err
				}
			}
			return absent, err
		},
	}
}

// members are the clients in one group. Each worker has its own, by the number that ends the id; the value says nothing.
func members() thing {
	path := "/dynsec/groups/" + membersGroup
	return thing{
		name:   "members",
		make:   func(id, _ string) request { return request{"POST", path + "/clients", map[string]any{"username": id}} },
		remove: func(id string) request { return request{"DELETE", path + "/clients/" + id, nil} },
		path:   func(string) string { return path },
		value: func(id string, body []byte) (string, error) {
			var group struct {
				Clients []struct {
					Username string `json:"username"`
				} `json:"clients"`
			}
			err := json.Unmarshal(body, &group)
			for _, c := range group.Clients {
				if c.Username == id {
					return "in", err
				}
			}
			return absent, err
		},
	}
}

// figure is a number among the settings that is changed again and again.
type figure struct {
	name     string
	path     string
	from, to int
	wait     time.Duration // between changes, on average
	body     func(value int) any
	value    func(body []byte) (string, error)
}

func figures() []figure {
	nested := func(outer, inner string) (func(int) any, func([]byte) (string, error)) {
		return func(value int) any { return map[string]any{outer: map[string]any{inner: value}} },
			func(body []byte) (string, error) {
				var all map[string]json.RawMessage
				if err := json.Unmarshal(body, &all); err != nil {
					return "", err
				}
				var some map[string]any
				err := json.Unmarshal(all[outer], &some)
				return fmt.Sprint(some[inner]), err
			}
	}
	logs := figure{name: "days of events", path: "/settings/clientlogs", from: 60, to: 120, wait: 5 * time.Second}
	logs.body, logs.value = nested("retention", "events_days")
	history := figure{name: "hours of history", path: "/settings/monitor", from: 48, to: 96, wait: 5 * time.Second}
	history.body, history.value = nested("retention", "raw_hours")
	return []figure{logs, history, confFigure("sys_interval", 5, 15, 20*time.Second), confFigure("max_queued_messages", 900, 1100, 2*time.Minute)}
}

// confFigure is a setting of the broker's configuration. Brokers read the first of those above again when they are told to, and
// have to be restarted for the second.
func confFigure(key string, from, to int, wait time.Duration) figure {
	f := figure{name: key, path: "/config/broker", from: from, to: to, wait: wait}
	f.body = func(value int) any {
		return map[string]any{"changes": []map[string]any{{"op": "set", "key": key, "value": strconv.Itoa(value)}}}
	}
	f.value = func(body []byte) (string, error) {
		var seen struct {
			Settings []struct {
				Key   string `json:"key"`
				Value string `json:"value"`
			} `json:"settings"`
		}
		err := json.Unmarshal(body, &seen)
		for _, s := range seen.Settings {
			if s.Key == key {
				return s.Value, err
			}
		}
		return absent, err
	}
	return f
}

// prepareThings makes what the things hang on.
func prepareThings(ctx context.Context, h *house) error {
	if err := h.must(ctx, "/dynsec/roles", map[string]any{"rolename": rightsRole}); err != nil {
		return err
	}
	if err := h.must(ctx, "/dynsec/groups", map[string]any{"groupname": membersGroup}); err != nil {
		return err
	}
	for i := range workers * objectsEach {
		if err := h.must(ctx, "/dynsec/clients", map[string]any{"username": member(i)}); err != nil {
			return err
		}
	}
	return nil
}
