package ui

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/spreadsheet"
)

// auditColumns are those of events.csv.
var auditColumns = []string{"index", "at", "kind", "actor", "name", "request", "reference", "data"}

// auditCSV sends the events that the filters select as a table.
func (p *pages) auditCSV(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.auditFile(w, r, by, "text/csv; charset=utf-8", "audit.csv", func(out io.Writer) (head func() error, row func(dsr.AuditLine) error) {
		table := spreadsheet.NewWriter(out)
		return func() error { return table.Header(auditColumns...) }, func(e dsr.AuditLine) error {
			data, err := json.Marshal(e.Data)
			if err != nil {
				return err
			}
			return table.Row(strconv.FormatInt(e.Index, 10), e.At.UTC().Format(time.RFC3339Nano), e.Kind, e.Actor, e.Name, e.Request, e.Reference, string(data))
		}
	})
}

// auditNDJSON sends their leaves, a line each: what the proofs are about, byte for byte.
func (p *pages) auditNDJSON(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.auditFile(w, r, by, "application/x-ndjson", "audit.ndjson", func(out io.Writer) (head func() error, row func(dsr.AuditLine) error) {
		return func() error { return nil }, func(e dsr.AuditLine) error {
			_, err := io.WriteString(out, e.Leaf+"\n")
			return err
		}
	})
}

// auditFile streams events. An error once some are out cuts the answer short.
func (p *pages) auditFile(w http.ResponseWriter, r *http.Request, by dsr.Principal, kind, name string, format func(io.Writer) (func() error, func(dsr.AuditLine) error)) error {
	q, _, err := p.auditQuery(r, r.URL.Query())
	if err != nil {
		return err
	}
	q.Before = dsr.AuditPlace{}
	out := &steadyWriter{ResponseWriter: w, kind: kind, name: name}
	head, row := format(out)
	out.head = head
	if err := p.svc.AuditLines(r.Context(), by, q, func(e dsr.AuditLine) error {
		if err := out.begin(); err != nil {
			return err
		}
		return row(e)
	}); err != nil {
		return err
	}
	return out.begin() // there may be no event at all
}

// steadyWriter begins a file with its first row, and gives whoever keeps reading all the time
// it takes.
type steadyWriter struct {
	http.ResponseWriter
	kind, name string
	head       func() error
	begun      bool
}

func (o *steadyWriter) begin() error {
	if o.begun {
		return nil
	}
	o.begun = true
	o.Header().Set("Content-Type", o.kind)
	o.Header().Set("Content-Disposition", `attachment; filename="`+o.name+`"`)
	o.WriteHeader(http.StatusOK)
	return o.head()
}

func (o *steadyWriter) Write(b []byte) (int, error) {
	// A deadline of the connection follows the real clock; where the writer has none there
	// is nothing to move.
	_ = http.NewResponseController(o.ResponseWriter).SetWriteDeadline(time.Now().Add(time.Minute))
	return o.ResponseWriter.Write(b)
}

// takeCheckpoint hands out the signed size and root of the log, to be kept elsewhere.
func (p *pages) takeCheckpoint(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	note, err := p.svc.TakeCheckpoint(r.Context(), by)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="checkpoint-`+p.now().UTC().Format("20060102-150405")+`.txt"`)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(note) // what remains is a caller who has gone
	return nil
}
