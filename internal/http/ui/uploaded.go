package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"

	"dsr-server/internal/dsr"
)

// rowFault is what is wrong with one row; people count from one, without the header.
type rowFault struct {
	Row    int
	Column string
	Text   string
}

// readyRow is a request as it will be submitted; what is searched for is in the table.
type readyRow struct {
	Row                      int
	Reference, Received, Due string
	Terms                    string
}

// madeRow is a request that was submitted.
type madeRow struct{ ID, Name string }

// uploaded is a table as its draft keeps it, until it is sent in; then the requests it became.
type uploaded struct {
	Table []byte
	Mode  dsr.Mode // of every row; empty: as the table says
	Made  []string
}

// uploadKey makes the requests of a table once, however often it is sent.
func uploadKey(draft string, u uploaded) dsr.IdempotencyKey {
	return dsr.IdempotencyKey{Key: draft, Route: "form POST /requests/upload", BodyHash: sha256.Sum256(append(u.Table, u.Mode...))}
}

// rowFaults are all that is wrong with the rows, each row's first.
func (p *pages) rowFaults(ctx context.Context, rows []dsr.BatchRow) (out []rowFault, err error) {
	given := map[string]bool{}
	for i, row := range rows {
		refused := row.Refused
		if refused == nil {
			if refused, err = p.refusedRow(ctx, row.Submission, given); err != nil {
				return nil, err
			}
		}
		if refused != nil {
			out = append(out, rowFault{i + 1, refused.Field, p.rowFault(refused)})
		}
	}
	return out, nil
}

// refusedRow is why a submission that can be read is refused. A reference that is in use, or
// given twice, is found here and not by the store, so that one look tells of all.
func (p *pages) refusedRow(ctx context.Context, s dsr.Submission, given map[string]bool) (refused *dsr.Error, err error) {
	if len(broadValues(s.Selectors)) > 0 {
		return &dsr.Error{Code: "broad", Field: "value"}, nil
	}
	if s.Reference == "" {
		return nil, nil
	}
	if given[s.Reference] {
		return &dsr.Error{Code: "repeated_reference", Field: "reference"}, nil
	}
	given[s.Reference] = true
	if err = p.svc.ReferenceFree(ctx, s.Reference); errors.As(err, &refused) {
		return refused, nil
	}
	return nil, err
}

// tableWords say what is wrong with a table or a row of it, where that is no value's fault.
var tableWords = map[string]text{
	"wrong_header":           "The first line has to name the columns, each once, separated by commas, and at least identifier, conversation_id or value.",
	"malformed_csv":          "This is not a well-formed CSV table: a quotation mark is out of place.",
	"not_utf8":               "The table is not in UTF-8. Save it as CSV in UTF-8.",
	"too_many_rows":          "The table has more than 1,000 rows. Split it.",
	"wrong_number_of_values": "This row has not as many values as the first line. Put a value that has a comma into quotation marks.",
	"duplicate_reference":    "Another request already has this reference.",
	"repeated_reference":     "An earlier row has this reference.",
	"broad":                  "This would find conversations of nearly everybody. Submit this one by itself.",
}

// columnWords say what a value of a column has to be, where it is not.
var columnWords = map[string]text{
	"received_at": timeWanted, "window_start": timeWanted, "window_end": timeWanted,
	"match":        "Use one of: exact, normalized, contains, phone.",
	"callback_url": callbackWanted,
}

const timeWanted text = "This is not a time such as 2025-06-30T09:00:00Z. In received_at a day such as 2025-06-30 will do."

// errNoTable is of an empty table, or of none.
var errNoTable = errors.New("no table")

// tableFault says what makes the table unreadable.
func (l tongue) tableFault(err error) string {
	e, known := errors.AsType[*dsr.Error](err)
	switch {
	case !known || e.Code == "invalid_value":
		return l.say("The table has no rows. Choose a CSV file with a line that names the columns, and a row for each request.")
	case e.Row > 0:
		return l.say("Row %s: %s", l.number(int64(e.Row)), l.rowFault(e))
	}
	return l.rowFault(e)
}

func (l tongue) rowFault(e *dsr.Error) string {
	if words, known := tableWords[e.Code]; known {
		return l.say(words)
	}
	if e.Fault != nil && faultWords[e.Fault.Code] != "" {
		return l.wordsOf(*e.Fault)
	}
	if words, known := columnWords[e.Field]; known {
		return l.say(words)
	}
	return sentence(e.Detail)
}

func (p *pages) readyRows(rows []dsr.BatchRow) (out []readyRow) {
	for i, row := range rows {
		s := row.Submission
		out = append(out, readyRow{i + 1, s.Reference, p.day(s.ReceivedAt).Text,
			p.day(p.opts.Deadlines.At(dsr.Request{Regime: s.Regime, ReceivedAt: s.ReceivedAt})).Text, p.termsWords(s)})
	}
	return out
}

// termsWords are the values that a row asks for.
func (p *pages) termsWords(s dsr.Submission) string {
	terms := p.terms(s.Selectors, s.Sources)
	var values []string
	for _, v := range terms.Recognised {
		values = append(values, v.Text)
	}
	for _, v := range terms.Precise {
		values = append(values, v.Value)
	}
	return p.inWords(values)
}

func (p *pages) madeRows(r *http.Request, ids []string) (out []madeRow, err error) {
	references, err := p.svc.References(r.Context(), ids)
	for _, id := range ids {
		if reference, there := references[id]; there {
			out = append(out, madeRow{id, nameOf(dsr.Request{ID: id, Reference: reference})})
		}
	}
	return out, err
}
