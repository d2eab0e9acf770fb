package vendor

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const restKey = "rest-key-1"

// restNow is when every server's clock stands still: later than the sample.
func restNow() time.Time { return time.Date(2025, 7, 10, 0, 0, 0, 0, time.UTC) }

// restClient calls one server as its documentation says.
type restClient struct {
	*client
	s     *Rest
	token string // of client credentials
}

func serveRest(t *testing.T, l Layout, d *RestData, o RestOptions) *restClient {
	t.Helper()
	if o.Keys == nil {
		o.Keys = []string{restKey}
	}
	if o.Rate == 0 {
		o.RateWindow = Off
	}
	if o.Now == nil {
		o.Now = restNow
	}
	s := NewRest(l, d, o)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	c := ts.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &restClient{client: &client{t: t, http: c, url: ts.URL}, s: s, token: restKey}
}

// send makes a call that shows the key as the layout wants it.
func (c *restClient) send(method, path string, params url.Values, body string) answered {
	c.t.Helper()
	a := c.s.layout.auth
	if a.Query != "" {
		params.Set(a.Query, c.token)
	}
	r := c.request(method, path, params)
	r.Header.Del("X-Api-Key")
	if body != "" {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case a.User != "":
		r.SetBasicAuth(a.User, c.token)
	case a.Header != "":
		r.Header.Set(a.Header, a.Prefix+c.token)
	}
	for _, name := range c.s.layout.headers {
		r.Header.Set(name, "1")
	}
	return c.do(r)
}

// login asks for an access token.
func (c *restClient) login(secret string) answered {
	c.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.s.layout.auth.ClientID}, "client_secret": {secret}}
	if scope := c.s.layout.auth.Scope; scope != "" {
		form.Set("scope", scope)
	}
	r := c.request(http.MethodPost, c.s.layout.auth.TokenPath, nil)
	r.Header.Del("X-Api-Key")
	r.Body = io.NopCloser(strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := c.do(r)
	var got struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal([]byte(a.body), &got) == nil && got.Token != "" {
		c.token = got.Token
	}
	return a
}

// wanted is a window of conversations, and where in their list to go on.
type wanted struct {
	from, to time.Time
	size     int
	at       string // cursor, offset or page
}

// list asks for conversations as the vendor wants to be asked.
func (c *restClient) list(w wanted) answered {
	c.t.Helper()
	iso := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }
	params, body := url.Values{}, ""
	switch c.s.layout.name {
	case "ada":
		params = url.Values{"created_since": {iso(w.from)}, "created_to": {iso(w.to)}, "page_size": {fmt.Sprint(w.size)}}
	case "agentx":
		params = url.Values{"bot_name": {"r3"}, "start_time": {fmt.Sprint(w.from.Unix())}, "end_time": {fmt.Sprint(w.to.Unix())}, "per_page": {fmt.Sprint(w.size)}}
	case "cognigy":
		params = url.Values{"$filter": {"startedAt ge " + iso(w.from) + " and startedAt le " + iso(w.to)}, "$top": {fmt.Sprint(w.size)}, "$orderby": {"startedAt"}}
	case "liveperson":
		params = url.Values{"limit": {fmt.Sprint(w.size)}, "source": {"test"}, "sort": {"start:asc"}}
		body = fmt.Sprintf(`{"start":{"from":%d,"to":%d}}`, w.from.UnixMilli(), w.to.UnixMilli())
	case "intercom":
		body = fmt.Sprintf(`{"query":{"operator":"AND","value":[{"field":"created_at","operator":">","value":%d},{"field":"created_at","operator":"<","value":%d}]},"pagination":{"per_page":%d%s}}`,
			w.from.Unix(), w.to.Unix(), w.size, after(w.at))
	case "voiceflow":
		params = url.Values{"take": {fmt.Sprint(w.size)}, "order": {"ASC"}}
		body = fmt.Sprintf(`{"startDate":"%s","endDate":"%s"}`, iso(w.from), iso(w.to))
	case "zendesk-chat":
		params = url.Values{"start_time": {fmt.Sprint(w.from.Unix())}, "limit": {fmt.Sprint(w.size)}, "fields": {"chats(*)"}}
	case "shop":
		params = url.Values{"from": {fmt.Sprint(w.from.Unix())}, "to": {fmt.Sprint(w.to.Unix())}, "limit": {fmt.Sprint(w.size)}, "order": {"time"}}
		if c.s.layout.lists[0].method == http.MethodPost {
			params, body = url.Values{}, fmt.Sprintf(`{"from":%d,"to":%d,"limit":%d%s}`, w.from.Unix(), w.to.Unix(), w.size, jsonMember("cursor", w.at))
		}
	}
	list := c.s.layout.lists[0]
	if kind, name, _ := strings.Cut(list.next.To, "."); kind == "query" && w.at != "" {
		params.Set(name, w.at)
	}
	return c.send(list.method, list.path, params, body)
}

func after(cursor string) string { return jsonMember("starting_after", cursor) }

func jsonMember(name, cursor string) string {
	if cursor == "" {
		return ""
	}
	return fmt.Sprintf(`,"%s":%s`, name, quoted(cursor))
}

// page is an answer taken apart: its records, and what stands at a path.
type page struct {
	records []json.RawMessage
	answer  json.RawMessage
}

func (c *restClient) parse(a answered) page {
	c.t.Helper()
	if a.err != nil || a.status != http.StatusOK {
		c.t.Fatalf("%s: status %d, %v: %.300s", c.s.layout.name, a.status, a.err, a.body)
	}
	p := page{answer: json.RawMessage(a.body)}
	if !json.Valid(p.answer) {
		c.t.Fatalf("no JSON: %.300s", a.body)
	}
	_ = json.Unmarshal(p.raw(c.s.layout.lists[0].records), &p.records) // no list: no records
	return p
}

func (p page) raw(path string) json.RawMessage {
	value := p.answer
	if path == "." {
		return value
	}
	for part := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		_ = json.Unmarshal(value, &object) // no object: no members
		value = object[part]
	}
	return value
}

// at is the text at a path; a number or a flag as it stands there.
func (p page) at(path string) string {
	raw := p.raw(path)
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text == nil {
			return ""
		}
		return *text
	}
	return string(raw)
}

var tokenOf = regexp.MustCompile(`(?:cursor|start_id)=([^&>]+)`)

// readAll follows a list to its end.
func (c *restClient) readAll(w wanted) (records []json.RawMessage, calls int) {
	c.t.Helper()
	next := c.s.layout.lists[0].next
	for calls = 1; calls < 500; calls++ {
		a := c.list(w)
		p := c.parse(a)
		records = append(records, p.records...)
		link := a.header.Get("Link")
		if next.Kind != ByLinkHeader {
			link = p.at(next.From)
		}
		switch next.Kind {
		case ByOffset:
			w.at = fmt.Sprint(len(records))
		case ByPage:
			w.at = fmt.Sprint(calls + 1)
		case ByLink, ByLinkHeader:
			w.at = ""
			if m := tokenOf.FindStringSubmatch(link); m != nil {
				w.at, _ = url.QueryUnescape(m[1])
			}
		default:
			w.at = link
		}
		if next.numbered() && len(p.records) == 0 || !next.numbered() && w.at == "" {
			return records, calls
		}
		if next.Member != "" && p.at(next.Member) == "false" {
			return records, calls
		}
	}
	c.t.Fatal("the list does not end")
	return nil, 0
}
