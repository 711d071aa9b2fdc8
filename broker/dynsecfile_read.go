package broker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// ParseDynsecFile reads dynamic-security.json. Its faults are Invalid and name the place, never a value: a value
// may be a hash. It accepts names that are there twice, so that such a file can be mended: see
// [DynsecFile.Check].
func ParseDynsecFile(data []byte) (*DynsecFile, error) {
	bad := fault.New(fault.Invalid, "this is not a dynamic-security.json that can be read")
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, bad.At("file", "is empty")
	}
	if !utf8.Valid(data) {
		return nil, bad.At("file", "is not valid UTF-8")
	}
	if err := validJSON(data); err != nil {
		return nil, bad.At("file", err.Error())
	}
	f := new(DynsecFile)
	if err := f.parse(bytes.TrimSpace(data)); err != nil {
		return nil, bad.At("file", err.Error())
	}
	return f, nil
}

func validJSON(data []byte) error {
	if json.Valid(data) {
		return nil
	}
	var v json.RawMessage
	err := json.Unmarshal(data, &v)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return fmt.Errorf("is not JSON: it breaks off or goes wrong in line %d", line)
	}
	return fmt.Errorf("is not JSON")
}

func (f *DynsecFile) parse(data []byte) error {
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "defaultaclaccess":
			err = f.DefaultACLAccess.parse(v)
		case "clients":
			f.Clients, err = list(v, (*DynsecClient).parse)
		case "groups":
			f.Groups, err = list(v, (*DynsecGroup).parse)
		case "roles":
			f.Roles, err = list(v, (*DynsecRole).parse)
		case "anonymousgroup":
			f.AnonymousGroup, err = unquote(v)
		default:
			f.Unknown = keep(f.Unknown, key, v)
		}
		return err
	})
}

func (d *DynsecDefaults) parse(data []byte) error {
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "publishclientsend":
			d.PublishClientSend, err = boolean(v)
		case "publishclientreceive":
			d.PublishClientReceive, err = boolean(v)
		case "subscribe":
			d.Subscribe, err = boolean(v)
		case "unsubscribe":
			d.Unsubscribe, err = boolean(v)
		default:
			d.Unknown = keep(d.Unknown, key, v)
		}
		return err
	})
}

func (c *DynsecClient) parse(data []byte) error {
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "username":
			c.Username, err = unquote(v)
		case "clientid":
			var id string
			if id, err = unquote(v); err == nil {
				c.ClientID = &id
			}
		case "textname":
			c.Textname, err = unquote(v)
		case "textdescription":
			c.Textdescription, err = unquote(v)
		case "disabled":
			c.Disabled, err = boolean(v)
		case "roles":
			c.Roles, err = list(v, (*DynsecRoleRef).parse)
		case "password":
			c.Password.Hash, err = unquote(v)
		case "salt":
			c.Password.Salt, err = unquote(v)
		case "iterations":
			c.Password.Iterations, err = integer(v)
		case "encoded_password":
			c.EncodedPassword, err = unquote(v)
		default:
			c.Unknown = keep(c.Unknown, key, v)
		}
		return err
	})
}

func (r *DynsecRoleRef) parse(data []byte) error {
	r.Priority = defaultPriority
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "rolename":
			r.Rolename, err = unquote(v)
		case "priority":
			r.Priority, err = integer(v)
		default:
			r.Unknown = keep(r.Unknown, key, v)
		}
		return err
	})
}

func (g *DynsecGroup) parse(data []byte) error {
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "groupname":
			g.Groupname, err = unquote(v)
		case "textname":
			g.Textname, err = unquote(v)
		case "textdescription":
			g.Textdescription, err = unquote(v)
		case "roles":
			g.Roles, err = list(v, (*DynsecRoleRef).parse)
		case "clients":
			g.Clients, err = list(v, (*DynsecClientRef).parse)
		default:
			g.Unknown = keep(g.Unknown, key, v)
		}
		return err
	})
}

func (c *DynsecClientRef) parse(data []byte) error {
	c.Priority = defaultPriority
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "username":
			c.Username, err = unquote(v)
		case "priority":
			c.Priority, err = integer(v)
		default:
			c.Unknown = keep(c.Unknown, key, v)
		}
		return err
	})
}

func (r *DynsecRole) parse(data []byte) error {
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "rolename":
			r.Rolename, err = unquote(v)
		case "textname":
			r.Textname, err = unquote(v)
		case "textdescription":
			r.Textdescription, err = unquote(v)
		case "allowwildcardsubs":
			var allow bool
			if allow, err = boolean(v); err == nil {
				r.AllowWildcardSubs = &allow
			}
		case "acls":
			r.ACLs, err = list(v, (*DynsecACL).parse)
		default:
			r.Unknown = keep(r.Unknown, key, v)
		}
		return err
	})
}

func (a *DynsecACL) parse(data []byte) error {
	return members(data, func(key string, v []byte) (err error) {
		switch foldedKey(key) {
		case "acltype":
			a.Acltype, err = unquote(v)
		case "topic":
			a.Topic, err = unquote(v)
		case "priority":
			a.Priority, err = integer(v)
		case "allow":
			a.Allow, err = boolean(v)
		default:
			a.Unknown = keep(a.Unknown, key, v)
		}
		return err
	})
}

// list reads an array of objects.
func list[T any](array []byte, parse func(*T, []byte) error) ([]T, error) {
	var out []T
	err := elements(array, func(v []byte) error {
		out = append(out, *new(T))
		return parse(&out[len(out)-1], v)
	})
	return out, err
}

// keep remembers an unknown key with its own copy of the value, so that the file's bytes can be let go.
func keep(unknown []RawMember, key string, value []byte) []RawMember {
	return append(unknown, RawMember{Key: key, Value: slices.Clone(value)})
}
