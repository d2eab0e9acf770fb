package export

import (
	"context"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// query asks for one page. Every page of a chain repeats all fields and adds the
// cursor of the page before.
type query struct {
	endpoint dsr.Endpoint
	interval dsr.Interval     // both ends sent as they are
	ask      dsr.MessageQuery // messages only
	perPage  int
	cursor   string // empty for the first page
	// searchable is set once a record of the chain had metadata to look at.
	searchable bool
}

// page is one page that was read whole.
type page struct {
	records []json.RawMessage // JSON as sent, in the vendor's order
	cursor  string            // for the next page; empty at the end
	share   *Share            // of the bytes that the records stand in
	said    Said
	marks   map[string]int64 // for the batch
	lost    string           // a declared place of the next page that no answer has, though more may follow; empty: none
	Page
}

// pager is a vendor that is read page by page.
type pager interface {
	// fetch makes exactly one call. The page's share has to be closed.
	fetch(ctx context.Context, q query) (page, error)
	// judge says of one record what the search needs to know.
	judge(q query, record json.RawMessage, w Wanted) (Record, error)
}

// pageReader is the Reader of a chain of pages.
type pageReader struct {
	vendor pager
	q      query
	want   Wanted
}

// newPageReader reads the unit's interval, or the one in which its end is verified.
func newPageReader(vendor pager, u dsr.Unit, w Wanted) *pageReader {
	q := query{endpoint: u.Endpoint, interval: u.Interval, ask: u.Query, perPage: u.PerPage, cursor: u.Position.Cursor}
	if v := u.Position.Verify; v != nil {
		q.interval = v.Interval
	}
	return &pageReader{vendor, q, w}
}

// Next implements Reader.
func (r *pageReader) Next(ctx context.Context) (Batch, error) {
	p, err := r.vendor.fetch(ctx, r.q)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Page: p.Page, Said: p.said, Marks: p.marks, Faults: p.faults(nameOf(r.q), r.q.cursor == ""), held: []func(){p.share.Close}, Position: dsr.Position{Cursor: p.cursor}, End: p.cursor == "", Records: make([]Record, 0, len(p.records))}
	for i, record := range p.records {
		if record[0] != '{' {
			b.Others.Count++
			b.Faults = append(b.Faults, dsr.Reason{Code: dsr.ReasonNotUnderstood, Detail: fmt.Sprintf("%s, record %d of a page: not a JSON object", nameOf(r.q), i+1)})
			continue
		}
		read, err := r.vendor.judge(r.q, record, r.want)
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			b.Release()
			return Batch{}, err
		}
		read.Number = int64(i + 1)
		r.q.searchable = r.q.searchable || read.Facts.HasMetadata
		b.Records = append(b.Records, read)
	}
	if !b.End {
		r.q.cursor = p.cursor
	}
	return b, nil
}

// nameOf says what is asked for, without ids.
func nameOf(q query) string {
	return dsr.Unit{Kind: dsr.Pages, Endpoint: q.endpoint, Query: q.ask, Interval: q.interval}.Name()
}

// Close implements Reader.
func (r *pageReader) Close() {}

// decide has the matcher look at a record. One nested too deep to be searched spoils the page.
func decide(kind dsr.RecordKind, record json.RawMessage, w Wanted) (Record, error) {
	v, err := w.Matcher.Decide(record)
	if err != nil {
		return Record{}, &Error{Failure: Unparsable, Detail: err.Error()}
	}
	return Record{Kind: kind, Raw: record, Facts: v.Facts, Hits: v.Hits, Near: v.Near}, nil
}

// ruleOrphan of docs/quirks.md: a message that names another conversation, or none.
const ruleOrphan = "Q10"

// ruleTime of docs/quirks.md: a time that cannot be read.
const ruleTime = "Q11"

// faults is what a page says against itself: that it is not all there is, or that more
// follows, or that it is one of many, though it names no page.
func (p page) faults(where string, first bool) []dsr.Reason {
	why := p.said.faults(where)
	if p.cursor == "" && (p.said.More || first && p.said.Pages > 1) {
		why = append(why, dsr.Reason{Code: dsr.ReasonMoreFollows, Detail: where + ": the vendor says that more follows, and names no page"})
	}
	if p.lost != "" {
		why = append(why, dsr.Reason{Code: dsr.ReasonMoreFollows, Detail: where + ": a page has as many records as were asked for, and no answer has the declared place of the next page (" + p.lost + "), so that more may follow"})
	}
	return why
}
