package export

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ConverseConfig is what a DeepConverse or AgentX Support export needs.
type ConverseConfig struct {
	BaseURL string        // without trailing slash
	BotName string        // name or id, opaque
	APIKey  string        // sent as x-api-key
	Timeout time.Duration // for one whole call
	Agent   string        // User-Agent
}

// Converse is the Export API of DeepConverse, which AgentX Support documents too.
type Converse struct {
	caller
	cfg ConverseConfig
}

// NewConverse makes no call. Close its idle connections with Close.
func NewConverse(cfg ConverseConfig) *Converse {
	return &Converse{caller: newCaller(cfg.BaseURL, cfg.Timeout, cfg.Agent), cfg: cfg}
}

// Fetch implements Source.
func (c *Converse) Fetch(ctx context.Context, q Query) (Page, error) {
	a, err := c.get(ctx, c.address(q), map[string]string{"x-api-key": c.cfg.APIKey})
	if err != nil {
		return Page{}, err
	}
	if a.status != http.StatusOK {
		return Page{}, statusError(a, q.Cursor != "")
	}
	e, err := parsePage(a.body)
	if err != nil {
		return Page{}, bodyError(a.body, err)
	}
	return Page{
		Records: e.records, Cursor: e.cursor, Suspect: e.state != cursorNull && e.cursor == "",
		Marked: a.marked, SHA256: sha256.Sum256(a.body), Latency: a.latency, Date: a.date(),
	}, nil
}

func (c *Converse) address(q Query) string {
	params := url.Values{
		"start_time": {strconv.FormatInt(q.Start, 10)},
		"end_time":   {strconv.FormatInt(q.End, 10)},
		"bot_name":   {c.cfg.BotName},
		"per_page":   {strconv.Itoa(q.PerPage)},
	}
	if q.ConversationID != "" {
		params.Set("conversation_id", q.ConversationID)
	}
	if q.Cursor != "" {
		params.Set("cursor", q.Cursor)
	}
	return c.cfg.BaseURL + "/conversations/export/v1/" + string(q.Endpoint) + "?" + params.Encode()
}
