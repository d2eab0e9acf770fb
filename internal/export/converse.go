package export

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
)

// ConverseConfig is what a DeepConverse or AgentX Support export needs.
type ConverseConfig struct {
	BaseURL string        // without trailing slash
	BotName string        // name or id, opaque
	APIKey  string        // sent as x-api-key
	Timeout time.Duration // for one whole call
	Agent   string        // User-Agent
	Budget  *Budget       // of the bytes of all answers; nil: one of its own
}

// Converse is the Export API of DeepConverse, which AgentX Support documents too.
type Converse struct {
	caller
	cfg ConverseConfig
}

// NewConverse makes no call. Close its idle connections with Close.
func NewConverse(cfg ConverseConfig) *Converse {
	return &Converse{caller: newCaller(cfg.BaseURL, cfg.Timeout, cfg.Agent, cfg.Budget), cfg: cfg}
}

// Plan implements Source: the timeline by the source's window_field and margin. A
// request for conversation ids only asks for their messages first.
func (c *Converse) Plan(_ context.Context, a Ask) (p dsr.SearchPlan, err error) {
	if a.Stage != dsr.StageConversations {
		return p, nil // messages are asked for by conversation
	}
	p.Interval, p.Margin = a.Source.Want(a.Request.Window, a.AsOf, a.Source.Margin), a.Source.Margin
	account := dsr.Interval{Start: min(a.Source.Earliest.Unix(), a.AsOf.Unix()), End: a.AsOf.Unix()}
	if a.Request.Screens() {
		return p, nil // no messages are asked for, so that the list has to tell
	}
	for _, id := range a.Request.ConversationIDs() {
		p.ShortCut = append(p.ShortCut, dsr.MessageQuery{Kind: dsr.ByConversation, ID: id, Interval: account})
	}
	return p, nil
}

// Open implements Source.
func (c *Converse) Open(_ context.Context, u dsr.Unit, w Wanted) (Reader, error) {
	return newPageReader(c, u, w), nil
}

// judge implements pager.
func (c *Converse) judge(q query, record json.RawMessage, w Wanted) (Record, error) {
	kind, fields := dsr.Conversation, converseSchema.Conversation
	if q.endpoint == dsr.Messages {
		kind, fields = dsr.Message, converseSchema.Message
	}
	read, err := decide(kind, record, w)
	if err == nil {
		lookCloser(fields, record, q.searchable, &read.Facts)
	}
	return read, err
}

// Expand implements Source. What the vendor returns of another conversation than the one
// asked for is another person's.
func (c *Converse) Expand(q dsr.MessageQuery, r Record, _ []dsr.Why) (x Expansion) {
	if r.Kind == dsr.Conversation {
		return keepConversation(r)
	}
	if r.Facts.ConversationID != q.ID {
		x.Anomalies = []string{ruleOrphan}
		if r.Facts.ConversationID != "" {
			return x
		}
	}
	x.Keep = []dsr.Record{keepMessage(r, q.ID)}
	return x
}

// keepMessage keeps a message of a conversation.
func keepMessage(r Record, conversation string) dsr.Record {
	m := dsr.Record{Kind: dsr.Message, ID: r.Facts.ID, ConversationID: conversation, Scope: conversation, Time: r.Facts.Time, Raw: r.Raw}
	m.Own = saidByThePerson(m)
	return m
}

func keepConversation(r Record) (x Expansion) {
	c := dsr.Record{Kind: dsr.Conversation, ID: r.Facts.ID, ConversationID: r.Facts.ID, Start: r.Facts.Start, LastAction: r.Facts.LastAction, Raw: r.Raw}
	c.Counted, c.CountedOwn = countsOf(r.Raw)
	x.Keep = []dsr.Record{c}
	if r.Facts.ID != "" {
		x.Next = []dsr.MessageQuery{{Kind: dsr.ByConversation, ID: r.Facts.ID}}
	}
	return x
}

// NothingListed implements Source.
func (c *Converse) NothingListed(dsr.Source) *dsr.Reason { return nil }

// fetch implements pager.
func (c *Converse) fetch(ctx context.Context, q query) (page, error) {
	a, err := c.get(ctx, c.address(q), map[string]string{"x-api-key": c.cfg.APIKey})
	if err != nil {
		return page{}, err
	}
	if a.status != http.StatusOK {
		return page{}, statusError(a, q.cursor != "")
	}
	return a.hand(a.page(c.budget.bounds(ctx, q.perPage)))
}

// page is the answer as a page of the export.
func (a answer) page(most bounds) (page, error) {
	e, err := parsePage(a.body, most)
	if err != nil {
		return page{}, bodyError(a.body, err)
	}
	e.said.header(a.header)
	return page{records: e.records, cursor: e.cursor, said: e.said, Page: Page{
		Suspect: e.state != cursorNull && e.cursor == "",
		Marked:  a.marked, Sum: sha256.Sum256(a.body), Latency: a.latency, Date: a.date(),
	}}, nil
}

func (c *Converse) address(q query) string {
	params := url.Values{
		"start_time": {strconv.FormatInt(q.interval.Start, 10)},
		"end_time":   {strconv.FormatInt(q.interval.End, 10)},
		"bot_name":   {c.cfg.BotName},
		"per_page":   {strconv.Itoa(q.perPage)},
	}
	if q.ask.ID != "" {
		params.Set("conversation_id", q.ask.ID)
	}
	if q.cursor != "" {
		params.Set("cursor", q.cursor)
	}
	return c.cfg.BaseURL + "/conversations/export/v1/" + string(q.endpoint) + "?" + params.Encode()
}
