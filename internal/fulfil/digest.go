package fulfil

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// digested is a page with all that follows from it.
type digested struct {
	dsr.PageRead
	ids []uint64 // hashes of the records' ids
}

// digest matches the page's records and reads the facts that steer the search.
func (r *reader) digest(q export.Query, page export.Page) (digested, error) {
	d := digested{PageRead: dsr.PageRead{
		RangeID: r.g.ID, Source: r.g.Source, Endpoint: r.g.Endpoint, Cursor: page.Cursor, End: page.Cursor == "", Records: int64(len(page.Records)),
		BodySum: page.SHA256, Tally: r.g.Tally, PageSize: r.source.PageSize,
	}}
	for _, record := range page.Records {
		verdict, err := r.matcher.Decide(record)
		if err != nil {
			return d, err
		}
		facts := verdict.Facts
		for _, rule := range facts.Anomalies {
			dsr.Count(&d.Tally.Anomalies, rule, 1)
		}
		d.ids = append(d.ids, r.novelty.hash(facts, record))
		r.course.take(facts.When())
		d.First, d.Last = sooner(d.First, facts.When()), later(d.Last, facts.When())
		if err := r.take(&d, record, verdict); err != nil {
			return d, err
		}
	}
	if r.entries != nil && r.g.Endpoint == dsr.Messages {
		return d, r.followed(&d, q, page)
	}
	return d, nil
}

func (r *reader) take(d *digested, record json.RawMessage, v match.Verdict) error {
	facts := v.Facts
	switch {
	case r.g.Endpoint == dsr.Messages && r.entries != nil:
		return nil // see followed
	case r.g.Endpoint == dsr.Messages:
		return r.takeMessage(d, record, facts)
	}
	d.Longest = max(d.Longest, facts.Active())
	if r.entries != nil {
		return r.takeEntry(d, record, v)
	}
	r.nearMisses(d, v)
	for _, hit := range v.Hits {
		request := r.requests[hit.Query]
		if len(request.ConversationIDs()) > 0 {
			d.Seen = append(d.Seen, dsr.Sighting{RequestID: request.ID, ConversationID: facts.ID})
		}
		if !facts.In(request.Window, request.AsOf, r.l.f.o.Now()) {
			continue
		}
		raw, err := compact(record)
		if err != nil {
			return err
		}
		d.Finds = append(d.Finds, dsr.Find{
			RequestID: request.ID, Messages: r.messageReach(facts, request),
			Record: dsr.Record{
				Source: r.g.Source, Kind: dsr.Conversation, ID: facts.ID, ConversationID: facts.ID,
				Start: facts.Start, LastAction: facts.LastAction, Raw: raw, Why: hit.Why,
			},
		})
	}
	return nil
}

// nearMisses notes for which requests a record nearly is.
func (r *reader) nearMisses(d *digested, v match.Verdict) {
	for _, near := range v.Near {
		if request := r.requests[near.Query]; v.Facts.In(request.Window, request.AsOf, r.l.f.o.Now()) {
			d.Near = append(d.Near, dsr.NearFind{RequestID: request.ID, ConversationID: v.Facts.ID, Paths: near.Paths})
		}
	}
}

// askew is how far before its conversation's start a message may lie: its time may come
// from the clock of a browser.
const askew = 24 * time.Hour

// messageReach is where all of a conversation's messages lie: the whole account, or
// more if the conversation began before it.
func (r *reader) messageReach(facts match.Facts, request dsr.Request) dsr.Reach {
	start := r.source.Earliest
	if began := facts.Start; !began.IsZero() && began.Before(start) {
		start = began.Add(-askew)
	}
	return dsr.Reach{Start: start.Unix(), End: max(start.Unix(), request.AsOf.Unix())}
}

// takeMessage keeps the messages of the conversation that was asked for. What the
// vendor returns of others is another person's and only counted.
func (r *reader) takeMessage(d *digested, record json.RawMessage, facts match.Facts) error {
	if facts.ConversationID != r.g.ConversationID {
		dsr.Count(&d.Tally.Anomalies, ruleOrphan, 1)
		if facts.ConversationID != "" {
			return nil
		}
	}
	raw, err := compact(record)
	if err != nil {
		return err
	}
	d.Finds = append(d.Finds, dsr.Find{
		RequestID: r.requests[0].ID,
		Record: dsr.Record{
			Source: r.g.Source, Kind: dsr.Message, ID: facts.ID, ConversationID: r.g.ConversationID, Time: facts.Time, Raw: raw,
		},
	})
	return nil
}

// ruleOrphan of docs/quirks.md: a message that names another conversation, or none.
const ruleOrphan = "Q10"

// compact takes white space out and leaves every other byte as it is.
func compact(record json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, record); err != nil {
		return nil, errors.New("a record is not valid JSON")
	}
	return b.Bytes(), nil
}
