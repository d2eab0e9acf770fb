package export

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
)

// AvaamoConfig is what an agent of the Avaamo platform needs
// (https://docs.avaamo.com/user-guide/ref/avaamo-platform-api-documentation).
type AvaamoConfig struct {
	BaseURL     string // without trailing slash
	AgentID     string // opaque
	AccessToken string // of a user who may view the agent: opens the analytics
	// AgentToken opens what was said on both sides; without it there are only the
	// analytics, one entry for each thing the user said.
	AgentToken string
	Unit       TimeUnit      // of the analytics' time tokens; empty: Seconds
	Timeout    time.Duration // for one whole call
	Agent      string        // User-Agent
	Budget     *Budget       // of the bytes of all answers; nil: one of its own
}

// TimeUnit is how a vendor wants times: seconds, or a fraction of them.
type TimeUnit string

// The units, the documented one first.
const (
	Seconds      TimeUnit = "s"
	Milliseconds TimeUnit = "ms"
	Microseconds TimeUnit = "us"
)

// TimeUnits are all of them, the default first.
var TimeUnits = []TimeUnit{Seconds, Milliseconds, Microseconds}

// token writes a second of Unix time, as an integer.
func (u TimeUnit) token(second int64) string {
	scale := map[TimeUnit]int64{Milliseconds: 1e3, Microseconds: 1e6}[u]
	return strconv.FormatInt(second*max(scale, 1), 10)
}

// Avaamo is one agent. Its analytics list what users said, entry by entry, without a
// conversation; they are what is scanned. With the agent's token a matching entry leads
// to its conversation, and the conversation to both sides of it.
//
// A list is paged by number while it lives, so that what comes or goes between two pages
// shifts the others. Every chain therefore counts distinct records against the vendor's
// total, on the first page and on the last; see chain.
type Avaamo struct {
	caller
	cfg AvaamoConfig
}

// NewAvaamo makes no call. Close its idle connections with Close.
func NewAvaamo(cfg AvaamoConfig) *Avaamo {
	return &Avaamo{caller: newCaller(cfg.BaseURL, cfg.Timeout, cfg.Agent, cfg.Budget), cfg: cfg}
}

// Joined reports whether entries can be joined with their conversations.
func (a *Avaamo) Joined() bool { return a.cfg.AgentToken != "" }

// fetch implements pager. Endpoint Conversations is the analytics; Messages is what an
// Expansion leads to.
func (a *Avaamo) fetch(ctx context.Context, q query) (page, error) {
	at, err := openListPosition(q.cursor)
	if err != nil {
		return page{}, &Error{Failure: CursorRefused, Detail: err.Error()}
	}
	switch {
	case q.endpoint == dsr.Conversations:
		return a.list(ctx, q, at, a.entries(q))
	case q.ask.Kind == dsr.ByUtterance:
		return a.follow(ctx, q, at, q.ask.ID)
	case q.cursor == "":
		return a.conversation(ctx, q)
	}
	return a.list(ctx, q, at, a.transcript(q))
}

// listCall is a list that is read page by page.
type listCall struct {
	path   string
	params url.Values
	token  string
}

func (a *Avaamo) entries(q query) listCall {
	return listCall{
		path: "/bots/analytics/" + url.PathEscape(a.cfg.AgentID) + "/messages.json", token: a.cfg.AccessToken,
		params: url.Values{"from_timetoken": {a.cfg.Unit.token(q.interval.Start)}, "to_timetoken": {a.cfg.Unit.token(q.interval.End)}},
	}
}

// transcript is both sides of a conversation.
func (a *Avaamo) transcript(q query) listCall {
	return listCall{
		path: conversationPath(q.ask.ID) + "/messages.json", token: a.cfg.AgentToken,
		params: url.Values{"since_timetoken": {Microseconds.token(q.interval.Start)}, "timetoken": {Microseconds.token(q.interval.End)}},
	}
}

// messages are those of all conversations. The page of the documentation has had two
// generations of names, each with its own unit: both are sent, and a server knows one.
func (a *Avaamo) messages(q query) listCall {
	return listCall{
		path: "/v1/messages.json", token: a.cfg.AgentToken,
		params: url.Values{
			"from_timetoken": {Seconds.token(q.interval.Start)}, "to_timetoken": {Seconds.token(q.interval.End)},
			"since_timetoken": {Microseconds.token(q.interval.Start)}, "timetoken": {Microseconds.token(q.interval.End)},
		},
	}
}

func conversationPath(uuid string) string { return "/v1/conversations/" + url.PathEscape(uuid) }

// list reads one page of a list.
func (a *Avaamo) list(ctx context.Context, q query, at listPosition, call listCall) (page, error) {
	n, got, err := a.turn(ctx, q, at, call)
	if err != nil {
		return page{}, err
	}
	p := page{share: got.share, Page: Page{Sum: sha256.Sum256(got.body), Latency: got.latency, Date: n.date(got), Marked: got.marked}}
	if at.checking {
		p.Moved = n.truth() != int64(len(at.seen))
		return p, nil
	}
	if len(at.seen) > maxSeen {
		got.share.Close()
		return page{}, &Error{Failure: Unparsable, Status: got.status, Detail: fmt.Sprintf("the list has more than %d records, the limit for one interval", maxSeen)}
	}
	p.records, p.said, p.Outside = n.entries, n.said, outside(n.entries, q)
	next, done, moved := at.after(n, q.perPage)
	p.Moved = moved
	if !done {
		p.cursor = next.String()
	}
	return p, nil
}

// follow looks in the messages around an entry for the one it is, which names the conversation.
func (a *Avaamo) follow(ctx context.Context, q query, at listPosition, uuid string) (page, error) {
	p, err := a.list(ctx, q, at, a.messages(q))
	if err != nil {
		return p, err
	}
	for _, record := range p.records {
		if f := avaamoTalk.Facts(record); f.ID == uuid && f.ConversationID != "" {
			p.records, p.cursor, p.Moved = []json.RawMessage{record}, "", false
			return p, nil
		}
	}
	p.records = nil
	return p, nil
}

// conversation reads who takes part; the transcript comes next. A conversation that the
// vendor does not know is none, and nothing comes next.
func (a *Avaamo) conversation(ctx context.Context, q query) (page, error) {
	got, err := a.call(ctx, conversationPath(q.ask.ID)+".json", nil, a.cfg.AgentToken)
	if err != nil {
		return page{}, err
	}
	p := page{share: got.share, Page: Page{Sum: sha256.Sum256(got.body), Latency: got.latency, Date: got.date(), Marked: got.marked}}
	if got.status == http.StatusNotFound && json.Valid(got.body) {
		return p, nil
	}
	if got.status != http.StatusOK {
		return page{}, a.refused(got, false)
	}
	record, err := parseConversation(got.body)
	if err == nil {
		err = a.budget.bounds(ctx, 1).fit(0, record)
	}
	if err != nil {
		got.share.Close()
		return page{}, bodyError(got.body, err)
	}
	p.records, p.cursor = []json.RawMessage{record}, listPosition{page: 1}.String()
	return p, nil
}

func (a *Avaamo) turn(ctx context.Context, q query, at listPosition, call listCall) (numbered, answer, error) {
	perPage := q.perPage
	if at.checking {
		perPage = 1
	}
	call.params.Set("page", strconv.Itoa(at.page))
	call.params.Set("per_page", strconv.Itoa(perPage))
	got, err := a.call(ctx, call.path, call.params, call.token)
	if err != nil {
		return numbered{}, got, err
	}
	if got.status != http.StatusOK {
		return numbered{}, got, a.refused(got, at.page > 1)
	}
	n, err := parseNumbered(got.body, a.budget.bounds(ctx, perPage))
	if err != nil {
		got.share.Close()
		return n, got, bodyError(got.body, err)
	}
	return n, got, nil
}

// call gets a path. The token goes into a header and nowhere else.
func (a *Avaamo) call(ctx context.Context, path string, params url.Values, token string) (answer, error) {
	address := a.cfg.BaseURL + path
	if len(params) > 0 {
		address += "?" + params.Encode()
	}
	return a.get(ctx, address, map[string]string{"access-token": token, "Device-Id": deviceID})
}

// deviceID may be "any random identifier", says the vendor, and must be there for /v1/conversations.
const deviceID = "10000001"

// refused is an answer that is not 200. A 504 means that more was asked for than the
// vendor can read in 30 seconds, also on a later page.
func (a *Avaamo) refused(got answer, chained bool) *Error {
	e := statusError(got, chained)
	if got.status == http.StatusGatewayTimeout {
		e.Failure = TooWide
	}
	if meaning := avaamoErrors[errorText(got.body)]; meaning != "" {
		e.Detail += ": " + meaning
	}
	return e
}

// avaamoErrors says in our words what documented errors mean. Any other text of the vendor's
// is dropped: letters alone may be somebody's name.
var avaamoErrors = map[string]string{
	"To Date cannot be before From Date": "the range that was asked for ends before it begins",
}

// errorText is the vendor's text of an error, {"error":"…"}. It may be looked up, never shown.
func errorText(body []byte) string {
	var e struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &e) // what is no such object has no such text
	return e.Error
}
