package dynsec

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// importRow is one client of a file. A nil field was not given: a new client gets nothing there, an existing one
// keeps what it has.
type importRow struct {
	line            int // CSV: the line where the record begins, from 1; JSON: the position in the array, from 1
	username        string
	password        *string
	clientid        *string
	textname        *string
	textdescription *string
	disabled        *bool
	roles           *[]RoleRef
	groups          *[]GroupRef
	unreadable      string // what is wrong with the record itself, "" when it can be read
}

// csvColumns are the columns that a file may have, in any order.
const csvColumns = "username, password, clientid, textname, textdescription, disabled, roles, groups"

// parseCSV reads RFC 4180 with a header; a byte order mark may come first. An empty cell is the same as no column.
// Roles and groups are separated by semicolons, and a priority stands after the last @: «reader;writer@5». A name
// that itself ends in @ and a number is written with its priority.
//
// A record that cannot be used becomes a row with a reason; a file that cannot be read is a fault. No message holds
// a cell, because it may be a password.
func parseCSV(data []byte) ([]importRow, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if line := invalidUTF8Line(data); line > 0 {
		return nil, fault.Newf(fault.Malformed, "line %d of the file is not valid UTF-8", line).Hint("save the file as UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, badHeader("the file is empty")
	}
	if err != nil {
		return nil, csvFault(err)
	}
	columns, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	rows := []importRow{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, csvFault(err)
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, readRecord(line, columns, record))
	}
}

func badHeader(message string) error {
	return fault.New(fault.Invalid, message).Hint("the first line names the columns, separated by commas; allowed are: " + csvColumns)
}

// readHeader names the columns. Unknown ones are repeated in the message only where the line is surely a header.
func readHeader(header []string) ([]string, error) {
	columns := make([]string, len(header))
	seen := map[string]bool{}
	var unknown []string
	for i, name := range header {
		name = strings.TrimSpace(name)
		columns[i] = name
		switch name {
		case "username", "password", "clientid", "textname", "textdescription", "disabled", "roles", "groups":
			if seen[name] {
				return nil, badHeader("the column " + name + " is there twice")
			}
			seen[name] = true
		default:
			unknown = append(unknown, strconv.Quote(name))
		}
	}
	switch {
	case !seen["username"] && len(header) == 1 && strings.ContainsAny(header[0], ";\t"):
		return nil, badHeader("the columns are separated by semicolons or tabs, and not by commas")
	case !seen["username"]:
		return nil, badHeader("the first line does not name a column username")
	case len(unknown) > 0:
		return nil, badHeader("unknown columns: " + strings.Join(unknown, ", "))
	}
	return columns, nil
}

// readRecord makes a row of a record.
func readRecord(line int, columns, record []string) importRow {
	row := importRow{line: line}
	for i, cell := range record {
		if i < len(columns) && cell != "" {
			row.set(columns[i], strings.Clone(cell))
		}
	}
	if len(record) != len(columns) {
		row.unreadable = "the line has " + strconv.Itoa(len(record)) + " cells, the header has " + strconv.Itoa(len(columns))
	}
	return row
}

// set takes one cell that is not empty.
func (row *importRow) set(column, cell string) {
	switch column {
	case "username":
		row.username = cell
	case "password":
		row.password = &cell
	case "clientid":
		row.clientid = &cell
	case "textname":
		row.textname = &cell
	case "textdescription":
		row.textdescription = &cell
	case "disabled":
		disabled := cell == "true"
		if !disabled && cell != "false" {
			row.unreadable = "disabled must be true or false"
		}
		row.disabled = &disabled
	case "roles":
		roles := []RoleRef{}
		for name := range strings.SplitSeq(cell, ";") {
			name, priority := splitPriority(name)
			roles = append(roles, RoleRef{Rolename: name, Priority: priority})
		}
		row.roles = &roles
	case "groups":
		groups := []GroupRef{}
		for name := range strings.SplitSeq(cell, ";") {
			name, priority := splitPriority(name)
			groups = append(groups, GroupRef{Groupname: name, Priority: priority})
		}
		row.groups = &groups
	}
}

// splitPriority takes the number after the last @ off a name. What is no number belongs to the name.
func splitPriority(s string) (name string, priority int) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return s, DefaultRolePriority
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return s, DefaultRolePriority
	}
	return s[:i], n
}

// csvFault says where the file cannot be read, without showing what stands there.
func csvFault(err error) error {
	f := fault.New(fault.Malformed, "the file is not CSV as in RFC 4180").
		Hint("cells with commas, quotes or line breaks stand in double quotes, and a quote inside is doubled").Because(err)
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		f.Message = "line " + strconv.Itoa(p.Line) + " of the file is not CSV as in RFC 4180"
	}
	return f
}

// invalidUTF8Line is the first line that is not valid UTF-8, 0 when all are.
func invalidUTF8Line(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	line := 1
	for part := range bytes.Lines(data) {
		if !utf8.Valid(part) {
			return line
		}
		line++
	}
	return line
}
