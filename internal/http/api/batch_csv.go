package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

const tableType = "text/csv"

// batchColumns are the columns that a batch as CSV may have.
var batchColumns = []string{"reference", "identifier", "conversation_id", "key", "value", "match", "region", "sources",
	"window_start", "window_end", "received_at", "mode", "regime", "language", "notes", "callback_url"}

// readBatchCSV reads a table of submissions and what is to become of it.
func (s *API) readBatchCSV(u *url.URL, body []byte) (rows []dsr.BatchRow, atomic bool, err error) {
	if atomic, err = readAtomic(u); err != nil {
		return nil, false, err
	}
	rows, err = s.readTable(body)
	return rows, atomic, err
}

// TableReader reads tables as POST /requests/batch does, for those who have them in another way.
func TableReader(e *edge.Server, opts Options) func(table []byte) ([]dsr.BatchRow, error) {
	return (&API{edge: e, opts: opts}).readTable
}

// readTable reads a table of submissions, a row each. What makes the table itself
// unreadable refuses the whole of it; what is wrong with a row is said of that row.
func (s *API) readTable(body []byte) (rows []dsr.BatchRow, err error) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	table := csv.NewReader(bytes.NewReader(body))
	table.FieldsPerRecord = -1
	header, err := readHeader(table)
	if err != nil {
		return nil, err
	}
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			return rows, checkSize("", len(rows))
		}
		if err != nil {
			return nil, brokenTable(err, len(rows)+1)
		}
		if err := checkText(header, cells, len(rows)+1); err != nil {
			return nil, err
		}
		if len(rows) == dsr.MaxBatch {
			return nil, tooManyRows()
		}
		rows = append(rows, s.readCells(header, cells))
	}
}

func tooManyRows() error {
	e := dsr.Errorf(dsr.Invalid, "too_many_rows", "the table has more than %d rows beside its header; this limit is fixed, split the table", dsr.MaxBatch)
	e.Row = dsr.MaxBatch + 1
	return e
}

// readAtomic reads what the body of a batch as JSON says beside its rows.
func readAtomic(u *url.URL) (bool, error) {
	var atomic string
	if err := readQuery(u, map[string]*string{"atomic": &atomic}); err != nil {
		return false, err
	}
	switch atomic {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, dsr.FieldErrorf("atomic", "must be true or false")
}

// readHeader reads the names of the columns.
func readHeader(table *csv.Reader) ([]string, error) {
	header, err := table.Read()
	if errors.Is(err, io.EOF) {
		return nil, dsr.Errorf(dsr.Invalid, "wrong_header", "the table is empty; begin with a line that names the columns: %s", strings.Join(batchColumns, ", "))
	}
	if err != nil {
		return nil, brokenTable(err, 0)
	}
	if err := checkText(make([]string, len(header)), header, 0); err != nil {
		return nil, err
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		if err := checkColumn(header, i); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(header, func(name string) bool {
		return slices.Contains([]string{"identifier", "conversation_id", "value"}, name)
	}) {
		return nil, dsr.Errorf(dsr.Invalid, "wrong_header", "the header names no column to search for; add identifier, conversation_id or value")
	}
	return header, nil
}

func checkColumn(header []string, i int) error {
	name := header[i]
	e := dsr.Errorf(dsr.Invalid, "wrong_header", "")
	if edge.PlainName(name) {
		e.Field = name
	}
	switch {
	case slices.Index(header[:i], name) >= 0:
		e.Detail = fmt.Sprintf("column %d of the header has the name of an earlier one; give each name once", i+1)
	case slices.Contains(batchColumns, name):
		return nil
	case len(header) == 1 && strings.ContainsAny(name, ";\t"):
		e.Detail = "the header is not separated by commas; save the table as CSV with commas, in UTF-8"
	default:
		e.Detail = fmt.Sprintf("column %d of the header is none of those there are; did you mean %s? There are: %s", i+1, dsr.Nearest(name, batchColumns), strings.Join(batchColumns, ", "))
	}
	return e
}

// brokenTable says in our words what is wrong with the CSV in or before a row; 0 is the header.
func brokenTable(err error, row int) error {
	e := dsr.Errorf(dsr.Malformed, "malformed_csv", "the table is not well-formed CSV (RFC 4180)")
	e.Row = row
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		e.Detail = fmt.Sprintf("a quotation mark is out of place, in line %d at byte %d of it; put a value that has one in quotation marks, double each inside it, and end it with one", at.Line, at.Column)
	}
	return e
}

// checkText refuses a table in another encoding than UTF-8: its other rows would be taken for
// what they are not.
func checkText(header, cells []string, row int) error {
	for i, cell := range cells {
		if utf8.ValidString(cell) && !strings.ContainsRune(cell, 0) {
			continue
		}
		e := dsr.Errorf(dsr.Malformed, "not_utf8", "column %d is not in UTF-8; save the table as CSV in UTF-8", i+1)
		if e.Row = row; i < len(header) {
			e.Field = header[i]
		}
		return e
	}
	return nil
}

// readCells reads one row of the table.
func (s *API) readCells(header, cells []string) dsr.BatchRow {
	if len(cells) != len(header) {
		return dsr.BatchRow{Refused: dsr.Errorf(dsr.Invalid, "wrong_number_of_values",
			"the row has %d values and the header %d names; put a value with a comma or line break in quotation marks", len(cells), len(header))}
	}
	given := map[string]*string{}
	for i, cell := range cells {
		if cell = strings.TrimSpace(cell); cell != "" {
			given[header[i]] = &cell
		}
	}
	row := s.judge(inputOf(given))
	if row.Refused != nil {
		row.Refused.Field = columnOf(row.Refused.Field)
	}
	return row
}

// inputOf is the submission that a row's values make; an empty one is absent.
func inputOf(given map[string]*string) submitInput {
	in := submitInput{Reference: given["reference"], ReceivedAt: given["received_at"], Mode: given["mode"], Regime: given["regime"], Language: given["language"],
		Notes: given["notes"], CallbackURL: given["callback_url"], Window: &windowInput{given["window_start"], given["window_end"]}}
	if id := given["identifier"]; id != nil {
		in.Selectors = append(in.Selectors, selectorInput{Identifier: id})
	}
	if id := given["conversation_id"]; id != nil {
		in.Selectors = append(in.Selectors, selectorInput{ConversationID: id})
	}
	if m := (metadataInput{given["key"], given["value"], given["match"], given["region"]}); m != (metadataInput{}) {
		in.Selectors = append(in.Selectors, selectorInput{Metadata: &m})
	}
	if names := given["sources"]; names != nil {
		for name := range strings.SplitSeq(*names, "|") {
			in.Sources = append(in.Sources, strings.TrimSpace(name))
		}
	}
	return in
}

// columnOf is the column that a field of a submission is read from.
func columnOf(field string) string {
	if time, ok := strings.CutPrefix(field, "window."); ok {
		return "window_" + time
	}
	column, _, _ := strings.Cut(field[strings.LastIndexByte(field, '.')+1:], "[")
	switch column {
	case "selectors":
		return "identifier"
	case "metadata":
		return "value"
	}
	return column
}
