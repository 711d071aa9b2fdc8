package audit

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// download answers with a file of the entries that a filter lets through.
func (l *Log) download(ctx context.Context, h huma.Context, format string, f Filter) {
	h.SetHeader("Content-Disposition", `attachment; filename="audit.`+format+`"`)
	if format == "csv" {
		h.SetHeader("Content-Type", "text/csv; charset=utf-8")
		l.writeCSV(ctx, h.BodyWriter(), f)
		return
	}
	h.SetHeader("Content-Type", "application/x-ndjson")
	w := h.BodyWriter()
	l.all(ctx, f, func(e Entry) bool {
		_, err := w.Write(append(encode(e), '\n'))
		return err == nil
	})
}

// writeCSV writes entries as RFC 4180 has it.
func (l *Log) writeCSV(ctx context.Context, w io.Writer, f Filter) {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"id", "time", "actor", "via", "address", "action", "object", "outcome", "count", "request_id", "before", "after", "hash"})
	l.all(ctx, f, func(e Entry) bool {
		row := []string{strconv.FormatInt(e.ID, 10), e.Time.Format("2006-01-02T15:04:05.000Z07:00"), e.Actor, e.Via, e.Address, e.Action, e.Object,
			string(e.Outcome), strconv.Itoa(e.Count), e.RequestID, string(e.Before), string(e.After), e.Hash}
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		return out.Write(row) == nil
	})
	out.Flush()
}

// all hands every entry to take, in pages: a reader who is slow must not hold the database.
func (l *Log) all(ctx context.Context, f Filter, take func(Entry) bool) {
	const pageSize = 200
	for before := int64(0); ; {
		page, more, err := l.Entries(ctx, f, before, pageSize)
		if err != nil {
			// The head is sent; an answer that ends in the middle must not look whole.
			l.log.Error("an export of the audit was cut", "error", err)
			panic(http.ErrAbortHandler)
		}
		for _, e := range page {
			if !take(e) {
				return
			}
			before = e.ID
		}
		if !more {
			return
		}
	}
}

// harmless keeps a spreadsheet from taking a cell for a formula.
func harmless(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); strings.ContainsRune("=+-@\t\r＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
