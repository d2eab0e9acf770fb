package export

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// RestConfig is what a source needs that is declared.
type RestConfig struct {
	BaseURL     string // without trailing slash
	Declaration *declared.Declaration
	Secret      string        // of the declaration's auth; empty: it has none
	Gap         time.Duration // between two calls to the host, where one is for a token
	Timeout     time.Duration // for one whole call
	Agent       string        // User-Agent
	Budget      *Budget       // of the bytes of all answers; nil: one of its own
}

// Rest is a vendor whose export is declared. The declaration says where things are; what
// follows from a page is said here, the same for all.
type Rest struct {
	caller
	cfg    RestConfig
	d      *declared.Declaration
	schema match.Schema
	tokens *tokens // of client credentials; nil: there are none
}

// NewRest makes no call. Close its idle connections with Close.
func NewRest(cfg RestConfig) *Rest {
	r := &Rest{caller: newCaller(cfg.BaseURL, cfg.Timeout, cfg.Agent, cfg.Budget), cfg: cfg, d: cfg.Declaration, schema: cfg.Declaration.Fields.Schema()}
	if r.d.Auth.Kind == declared.ClientCredentials {
		r.tokens = newTokens(r)
	}
	return r
}

// Schema implements Source.
func (r *Rest) Schema() match.Schema { return r.schema }

// Plan implements Source: the timeline, in one piece where the vendor takes no interval, for
// then each piece would be all there is.
func (r *Rest) Plan(_ context.Context, a Ask) (p dsr.SearchPlan, err error) {
	if a.Stage != dsr.StageConversations {
		return p, nil // messages are asked for by conversation, or stand in its record
	}
	p.Interval, p.Margin = a.Source.Want(a.Request.Window, a.AsOf, a.Source.Margin), a.Source.Margin
	if !r.listsMessages() || a.Request.Screens() {
		return p, nil
	}
	account := dsr.Interval{Start: min(a.Source.Earliest.Unix(), a.AsOf.Unix()), End: a.AsOf.Unix()}
	for _, id := range a.Request.ConversationIDs() {
		p.ShortCut = append(p.ShortCut, dsr.MessageQuery{Kind: dsr.ByConversation, ID: id, Interval: account})
	}
	return p, nil
}

// listsMessages reports whether messages are had by a call of their own for a list, so that
// they can be asked for before their conversation is known.
func (r *Rest) listsMessages() bool { return len(r.d.Fields.Within) == 0 }

// Open implements Source.
func (r *Rest) Open(_ context.Context, u dsr.Unit, w Wanted) (Reader, error) {
	return newPageReader(r, u, w), nil
}

// NothingListed implements Source.
func (r *Rest) NothingListed(dsr.Source) *dsr.Reason { return nil }

// fetch implements pager.
func (r *Rest) fetch(ctx context.Context, q query) (page, error) {
	at, err := openRestPosition(q.cursor)
	if err != nil {
		return page{}, &Error{Failure: CursorRefused, Detail: err.Error()}
	}
	c := r.chainOf(q)
	got, err := r.call(ctx, c, at)
	if err != nil {
		return page{}, err
	}
	return got.hand(c.page(ctx, got, at))
}

// chainOf is the chain of pages that a query asks for.
func (r *Rest) chainOf(q query) restChain {
	c := restChain{r: r, q: q, call: r.d.Conversations, fields: r.schema.Conversation}
	if q.endpoint == dsr.Messages {
		c.call, c.fields, c.single = r.d.Messages, r.schema.Message, r.d.Detail
	}
	return c
}

// call makes the call for a page. An answer that is not 200 is an error.
func (r *Rest) call(ctx context.Context, c restChain, at restPosition) (answer, error) {
	header := r.header()
	key, err := r.tokens.get(ctx)
	if err != nil {
		return answer{}, err
	}
	if key != "" {
		header["Authorization"] = "Bearer " + key
	}
	method, body := http.MethodGet, []byte(nil)
	if c.call.Post {
		method, body = http.MethodPost, c.body(at)
		header["Content-Type"] = "application/json"
	}
	got, err := r.send(ctx, method, c.address(at), header, body)
	if err != nil {
		return answer{}, err
	}
	if got.status != http.StatusOK {
		return answer{}, r.tokens.judge(key, statusError(got, at.Begun))
	}
	r.tokens.hold(key)
	return got, nil
}

// page is an answer as a page of its chain.
func (c restChain) page(ctx context.Context, got answer, at restPosition) (page, error) {
	body, err := c.read(c.r.budget.bounds(ctx, c.q.perPage), got)
	if err != nil {
		return page{}, err
	}
	p := page{records: body.records, said: body.said, Page: Page{Sum: sha256.Sum256(got.body), Latency: got.latency, Date: got.date(), Marked: got.marked}}
	p.marks = c.marks(body.records)
	if c.single {
		return p, nil
	}
	next := c.after(body, at)
	if next.refused != "" {
		return page{}, &Error{Failure: Refused, Status: got.status, Detail: http.StatusText(got.status) + ": " + next.refused}
	}
	p.records, p.Outside = next.records, c.outside(body.facts)
	p.Moved, p.Differs, p.Suspect = next.moved, next.differs, next.suspect
	p.said.More = p.said.More || next.more
	if next.lost {
		p.lost = fmt.Sprintf("%s.next %s", c.q.endpoint, c.call.Next.Path)
	}
	if !next.done {
		p.cursor = next.at.String()
	}
	return p, nil
}

// marks are those of the page's records.
func (c restChain) marks(records []json.RawMessage) map[string]int64 {
	s := newShape(c.r.d.Fields)
	for _, raw := range records {
		switch {
		case raw[0] != '{':
		case c.single:
			s.holding(raw)
		case c.q.endpoint == dsr.Messages:
			s.message(raw)
		default:
			s.conversation(raw)
			if !c.r.d.Detail { // else they stand here without their messages
				s.holding(raw)
			}
		}
	}
	return s.marks
}

// judge implements pager. One conversation's whole record is looked into for its messages
// alone: it has been searched as it stood in the list.
func (r *Rest) judge(q query, record json.RawMessage, w Wanted) (Record, error) {
	kind, fields := dsr.Conversation, r.schema.Conversation
	if q.endpoint == dsr.Messages {
		kind, fields = dsr.Message, r.schema.Message
	}
	if kind == dsr.Message && r.d.Detail {
		return Record{Kind: dsr.Conversation, Raw: record, Facts: r.schema.Conversation.Facts(record)}, nil
	}
	read, err := decide(kind, record, w)
	if err == nil {
		lookCloser(fields, record, q.searchable, &read.Facts)
	}
	return read, err
}

// Expand implements Source.
func (r *Rest) Expand(q dsr.MessageQuery, rec Record, _ []dsr.Why) Expansion {
	f := r.d.Fields
	if r.d.Detail && !q.Asks() { // in the list it stands without its messages
		f.Within = nil
	}
	return ExpandDeclared(f, q, rec)
}

// Close drops idle connections.
func (r *Rest) Close() {
	r.caller.Close()
	r.tokens.Close()
}
