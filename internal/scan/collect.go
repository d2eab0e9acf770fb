package scan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// collect makes of a batch what follows from it: the unit as it stands after it, and
// which of its records are kept for whom.
func (r *reader) collect(ctx context.Context, b export.Batch) (dsr.Commit, error) {
	c := dsr.Commit{Unit: r.advanced(b), PageSize: r.source.PageSize, Links: b.Links}
	for rule, n := range b.Others.Anomalies {
		dsr.Count(&c.Unit.Tally.Anomalies, rule, n)
	}
	r.rows += len(b.Records)
	for _, record := range b.Records {
		if ctx.Err() != nil {
			return c, context.Cause(ctx)
		}
		r.judgeRecord(&c.Unit, record)
		over, err := r.take(&c, record)
		if err != nil {
			return c, err
		}
		if over {
			c.Unit.State, c.Unit.Position = dsr.UnitDone, dsr.Position{}
		}
	}
	return c, nil
}

// advanced is the unit as it stands after a batch.
func (r *reader) advanced(b export.Batch) dsr.Unit {
	u := r.unit
	u.State = dsr.UnitReading
	u.Tally = dsr.Tally{}
	u.Tally.Add(r.unit.Tally)
	u.Position = b.Position
	u.Position.Verify = r.unit.Position.Verify
	u.Records += int64(len(b.Records)) + b.Others.Count
	u.First, u.Last = seen(u.First, u.Last, b)
	for _, why := range b.Faults {
		u.AddFault(why)
	}
	for mark, n := range b.Marks {
		dsr.Count(&u.Tally.Marks, mark, n)
	}
	u.Shown.Searchable += b.Others.Searchable
	u.Shown.Failing = 0
	u.Shown.Total, u.Shown.More = max(u.Shown.Total, b.Said.Total), b.Said.More || u.Shown.More
	if u.Kind == dsr.File {
		u.Shown.Pages = max(u.Shown.Pages, b.Said.Pages)
		u.Shown.Next, u.Shown.Held, u.Shown.NoPage = u.Shown.Next+b.Said.Next, u.Shown.Held+b.Said.Held, b.Said.NoPage
	}
	if r.chain != nil {
		u.Pages++
		link := sha256.Sum256(append(bytes.Clone(u.Digest), b.Sum[:]...))
		u.Digest = link[:]
	}
	if b.End {
		u.State, u.SHA256, u.Position.Taken = dsr.UnitDone, b.SHA256, u.File.Size
	}
	if u.Probe { // its first page has told all there is to tell
		u.State, u.Position = dsr.UnitDone, dsr.Position{}
	}
	return u
}

// judgeRecord notes whether the record was understood, and whether it had anything for
// selectors to look at. The records of files that were not understood are among the
// batch's faults.
func (r *reader) judgeRecord(u *dsr.Unit, record export.Record) {
	facts := record.Facts
	if u.Endpoint == dsr.Conversations && facts.HasMetadata {
		u.Shown.Searchable++
	}
	if r.chain == nil || facts.Understood() || record.Kind == dsr.Message && u.Query.Asks() && facts.Unlinked {
		return
	}
	if record.Kind == dsr.Conversation && u.Query.Asks() { // it was asked for by its id
		return
	}
	u.AddFault(dsr.Reason{Code: dsr.ReasonNotUnderstood, Detail: fmt.Sprintf("%s, page %d, record %d: %s", u.Name(), u.Pages, record.Number, facts.Missing)})
}

// seen widens first and last by the times of a batch's records.
func seen(first, last time.Time, b export.Batch) (time.Time, time.Time) {
	first, last = sooner(first, b.Others.First), later(last, b.Others.Last)
	for _, record := range b.Records {
		first, last = sooner(first, record.Facts.When()), later(last, record.Facts.When())
	}
	return first, last
}

// take decides for whom a record is kept. over says that nothing more of the unit is wanted.
func (r *reader) take(c *dsr.Commit, record export.Record) (over bool, err error) {
	switch {
	case r.unit.Endpoint == dsr.Conversations:
		countAll(&c.Unit.Tally, record.Facts.Anomalies)
		if record.Facts.Ahead(r.now()) {
			dsr.Count(&c.Unit.Tally.Anomalies, ruleAhead, 1)
		}
		c.Unit.Longest = max(c.Unit.Longest, record.Facts.Active())
		return false, r.takeFound(c, record)
	case r.unit.Query.Asks():
		countAll(&c.Unit.Tally, record.Facts.Anomalies)
		return r.takeAnswer(c, record)
	}
	return false, r.takeMessage(c, record)
}

func countAll(t *dsr.Tally, rules []string) {
	for _, rule := range rules {
		dsr.Count(&t.Anomalies, rule, 1)
	}
}

// takeFound keeps a record for the requests that it matches, if it lies in their windows.
func (r *reader) takeFound(c *dsr.Commit, record export.Record) error {
	r.noteNear(c, record)
	for _, hit := range record.Hits {
		request := r.target.requests[hit.Query]
		if record.Kind == dsr.Conversation && len(request.ConversationIDs()) > 0 {
			c.Seen = append(c.Seen, dsr.SeenConversation{RequestID: request.ID, ConversationID: record.Facts.ID})
		}
		if !record.Facts.In(r.target.windows[hit.Query], request.AsOf, r.now()) {
			continue
		}
		x := r.source.Export.Expand(dsr.MessageQuery{}, record, hit.Why)
		countOwn(c, request.ID, x.Anomalies)
		noteLacks(c, request.ID, record.Facts.ID, x)
		if x.Group != nil {
			x.Group.Source, x.Group.Why = r.unit.Source, hit.Why
		}
		for _, kept := range x.Keep {
			kept.Why = hit.Why
			if err := r.keep(c, x, request, record, kept); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteNear notes for which requests the record nearly is. Once there are more than are
// kept they are only counted, or a common value would cost more than all the rest.
func (r *reader) noteNear(c *dsr.Commit, record export.Record) {
	for _, near := range record.Near {
		request := r.target.requests[near.Query]
		if !record.Facts.In(r.target.windows[near.Query], request.AsOf, r.now()) {
			continue
		}
		if r.target.nearly[near.Query].Add(1) > 2*dsr.MaxNearMisses {
			dsr.Count(&c.Untold, request.ID, 1)
			continue
		}
		c.Near = append(c.Near, nearFind(request, record, near))
	}
}

func nearFind(request dsr.Request, record export.Record, near match.Near) dsr.NearFind {
	find := dsr.NearFind{RequestID: request.ID, ConversationID: record.Facts.ID}
	for _, p := range near.Places {
		find.Places = append(find.Places, dsr.NearHit{Path: p.Path, Kind: string(p.Kind), Text: p.Text})
	}
	return find
}

// takeAnswer keeps what came of a question about one conversation, or something in one,
// which was asked for one request. A conversation outside of its window is not kept, and
// neither are its messages.
func (r *reader) takeAnswer(c *dsr.Commit, record export.Record) (over bool, err error) {
	request := r.target.requests[0]
	x := r.source.Export.Expand(r.unit.Query, record, nil)
	countAll(&c.Unit.Tally, x.Anomalies)
	noteLacks(c, request.ID, r.unit.Query.ID, x)
	if x.Foreign {
		c.Unit.Shown.Foreign++
	}
	for _, m := range x.Moves {
		c.Moves = append(c.Moves, dsr.Move{RequestID: request.ID, MessageID: m.MessageID, ConversationID: m.ConversationID})
	}
	for _, kept := range x.Keep {
		if kept.Kind == dsr.Conversation {
			facts := match.Facts{Start: kept.Start, LastAction: kept.LastAction}
			if !facts.In(request.Window, request.AsOf, r.now()) {
				over = true
				continue
			}
			kept.Why = askedFor(request, kept.ID)
		}
		if err := r.keep(c, x, request, record, kept); err != nil {
			return over, err
		}
	}
	return over, nil
}

// askedFor are the selectors of a request that name the conversation.
func askedFor(r dsr.Request, id string) (why []dsr.Why) {
	for i, s := range r.Selectors {
		if s.ConversationID == id {
			why = append(why, dsr.Why{Selector: i})
		}
	}
	return why
}

// takeMessage keeps a message for the requests for which its conversation was found. Its
// anomalies are theirs alone. One in the future is kept: a clock was wrong.
func (r *reader) takeMessage(c *dsr.Commit, record export.Record) error {
	x := r.source.Export.Expand(r.unit.Query, record, nil)
	for _, kept := range x.Keep {
		for _, i := range r.target.owners[kept.ConversationID] {
			request := r.target.requests[i]
			countOwn(c, request.ID, record.Facts.Anomalies)
			if record.Facts.Ahead(r.now()) {
				countOwn(c, request.ID, []string{ruleAhead})
			}
			if err := r.keep(c, x, request, record, kept); err != nil {
				return err
			}
		}
	}
	return nil
}

func noteLacks(c *dsr.Commit, request, conversation string, x export.Expansion) {
	if len(x.Lacks) > 0 || x.Taken != nil {
		c.Lacks = append(c.Lacks, dsr.Lacking{RequestID: request, ConversationID: conversation, Codes: x.Lacks, Taken: x.Taken})
	}
}

func countOwn(c *dsr.Commit, request string, rules []string) {
	if len(rules) == 0 {
		return
	}
	if c.Own == nil {
		c.Own = map[string]dsr.Tally{}
	}
	own := c.Own[request]
	countAll(&own, rules)
	c.Own[request] = own
}

// ruleAhead of docs/quirks.md: a time in the future.
const ruleAhead = "Q34"

// orderOf is where the source has a record. Chains come in the order of their intervals.
func (r *reader) orderOf(record export.Record) dsr.SourceOrder {
	if r.chain == nil {
		return dsr.SourceOrder{Unit: r.unit.File.Name, Number: record.Number}
	}
	return dsr.SourceOrder{Unit: fmt.Sprintf("%020d", max(0, r.unit.Interval.Start)), Number: r.unit.Records + record.Number}
}

func (r *reader) keep(c *dsr.Commit, x export.Expansion, request dsr.Request, record export.Record, kept dsr.Record) (err error) {
	if request.Screens() && r.unit.Endpoint == dsr.Messages {
		return nil // of a folder, which is read for what it proves
	}
	if kept.Raw, err = r.last.of(kept.Raw); err != nil {
		return err
	}
	kept.Source = r.unit.Source
	if kept.Order == (dsr.SourceOrder{}) {
		kept.Order = r.orderOf(record)
	}
	f := dsr.Find{RequestID: request.ID, Record: kept, Group: x.Group, Weak: x.Weak}
	for _, q := range x.Next {
		if !request.Screens() {
			f.Next = append(f.Next, r.within(q, record.Facts, request))
		}
	}
	c.Finds = append(c.Finds, f)
	return nil
}

// askew is how far before its conversation's start a message may lie: its time may come
// from the clock of a browser.
const askew = 24 * time.Hour

// within gives a question the interval in which all answers lie, where it has none of its
// own: the whole account, or more if the conversation began before it.
func (r *reader) within(q dsr.MessageQuery, facts match.Facts, request dsr.Request) dsr.MessageQuery {
	if q.Interval.Start == 0 {
		start := r.source.Earliest
		if began := facts.Start; !began.IsZero() && began.Before(start) {
			start = began.Add(-askew)
		}
		q.Interval.Start = start.Unix()
	}
	if q.Interval.End == 0 {
		q.Interval.End = request.AsOf.Unix()
	}
	q.Interval.End = max(q.Interval.Start, q.Interval.End)
	return q
}
