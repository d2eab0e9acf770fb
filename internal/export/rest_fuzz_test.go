package export

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// onlyTo is a transport that answers every call with one body, and fails the test where a call
// leaves the vendor's host or shows the secret to anybody else.
type onlyTo struct {
	t      *testing.T
	host   string
	token  string // where tokens are had
	secret string
	answer []byte
	link   string
}

func (o onlyTo) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	if o.token != "" && r.URL.String() == o.token {
		return o.reply(`{"access_token":"token-of-the-fuzzer"}`), nil
	}
	if r.URL.Scheme != "https" || r.URL.Host != o.host || r.Host != "" && r.Host != o.host || r.URL.User != nil {
		o.t.Errorf("a call leaves the vendor's host: %s (Host %q)", r.URL.Redacted(), r.Host)
	}
	if o.token != "" && strings.Contains(string(body)+r.URL.String()+headers(r), o.secret) {
		o.t.Error("a client's secret goes somewhere else than where tokens are had")
	}
	return o.reply(string(o.answer)), nil
}

func headers(r *http.Request) string {
	var b strings.Builder
	_ = r.Header.Write(&b)
	return b.String()
}

func (o onlyTo) reply(body string) *http.Response {
	h := http.Header{}
	if o.link != "" {
		h.Set("Link", o.link)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// FuzzDeclaration: no declaration, whatever the vendor answers, makes the program panic, leave
// the vendor's host, or show the secret elsewhere; and a position holds no secret.
func FuzzDeclaration(f *testing.F) {
	for _, name := range declared.Names() {
		text, _ := declared.Shipped(name)
		f.Add(string(text), `{"items":[{"id":"1"}],"next":"https://elsewhere.example/x"}`, "c1", "<//elsewhere.example>; rel=next")
	}
	f.Add("auth: {query: key}\nconversations: {get: /c, records: i, next: {link: n}, id: id, start: at, metadata: m}\nmessages: {get: \"/m/{id}\", records: i, next: {link: n}, id: id, conversation: c, time: at, text: t}\n",
		`{"i":[{"id":"1","at":1700000000,"m":{"a":"b"}}],"n":"//user@elsewhere.example:8443/a"}`, "../..//elsewhere.example", "")
	f.Fuzz(func(t *testing.T, text, answer, id, link string) {
		d, wrong := declared.Parse([]byte(text))
		if len(wrong) > 0 {
			return
		}
		const secret = "secret-of-the-fuzzer"
		r := NewRest(RestConfig{BaseURL: "https://vendor.example", Declaration: d, Secret: secret, Timeout: time.Second, Agent: "test"})
		defer r.Close()
		to := onlyTo{t: t, host: "vendor.example", secret: secret, answer: []byte(answer), link: link}
		if d.Auth.Kind == declared.ClientCredentials {
			u, err := url.Parse(d.Auth.URL)
			if err != nil {
				t.Fatalf("where tokens are had is no address, and was accepted: %v", err)
			}
			to.token = u.String()
			r.tokens.call.client.Transport = to
		}
		r.client.Transport = to
		for _, endpoint := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
			readSome(t, r, endpoint, id, secret)
		}
	})
}

// readSome reads a few pages, as the engine would.
func readSome(t *testing.T, r *Rest, endpoint dsr.Endpoint, id, secret string) {
	u := dsr.Unit{Kind: dsr.Pages, Endpoint: endpoint, Interval: dsr.Interval{Start: 1_700_000_000, End: 1_700_086_400}, PerPage: 10}
	fields := r.schema.Conversation
	if endpoint == dsr.Messages {
		if r.d.Messages.Path == nil {
			return
		}
		u.Query, fields = dsr.MessageQuery{Kind: dsr.ByConversation, ID: id}, r.schema.Message
	}
	nothing, err := match.Compile(nil, fields)
	if err != nil {
		return // such fields cannot be searched
	}
	reader, err := r.Open(t.Context(), u, Wanted{Matcher: nothing})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for range 3 {
		b, err := reader.Next(t.Context())
		if err != nil {
			return
		}
		for _, rec := range b.Records {
			r.Expand(u.Query, rec, nil)
		}
		if strings.Contains(b.Position.Cursor, secret) {
			t.Error("a position holds the secret")
		}
		if b.Release(); b.End {
			return
		}
	}
}
