package vendor

import (
	"net/http"
)

// Server is the vendor: an [http.Handler] for one account. All methods may be called at any
// time from any goroutine.
type Server struct {
	core
	options Options
	baker   baker

	bots map[string]*bot
	keys keyring
}

// bot is the data of one bot_name, in serving order.
type bot struct {
	data  *Data
	views map[string]view
}

// New makes a server that holds data as the bot Options.Bot; data may be nil when
// Options.Bots has them all. It changes neither data nor o.
func New(data *Data, o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		core: newCore(o.limits()), options: o, baker: newBaker(o.Seed), keys: newKeyring(o),
		bots: map[string]*bot{},
	}
	for name, d := range o.Bots {
		s.bots[name] = s.newBot(d)
	}
	if data != nil {
		s.bots[o.Bot] = s.newBot(data)
	}
	return s
}

func (s *Server) newBot(d *Data) *bot {
	c := s.options.Choices
	return &bot{data: d, views: map[string]view{
		Conversations: newView(d.conversations, c.Order, s.options.Seed),
		Messages:      newView(d.messages, c.Order, s.options.Seed),
	}}
}

// ServeHTTP answers one call of the vendor's API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &call{core: &s.core, r: r, endpoint: endpointOf(r.URL.Path), key: r.Header.Get("x-api-key")}
	x.vendor = &converseCall{call: x, s: s}
	x.serve(w)
}

// converseCall is one call of the export of conversations.
type converseCall struct {
	*call
	s     *Server
	query query
	place place
}

func (x *converseCall) admit() *refusal {
	if x.endpoint == "" {
		return refuse(http.StatusNotFound, "Not Found")
	}
	if refused := x.withinLimit(x.endpoint); refused != nil {
		return refused
	}
	if x.r.Method != http.MethodGet {
		x.s.violation("%s: method %s", x.endpoint, x.r.Method)
		return refuse(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	return x.s.checkKey(x.key, x.params.Get("bot_name"))
}

func (x *converseCall) understand() *refusal {
	var refused *refusal
	c := x.s.options.Choices
	if x.query, refused = parseQuery(x.endpoint, x.params, c); refused != nil {
		return refused
	}
	if x.params.Has("cursor") && x.query.cursor == "" {
		x.s.violation("%s: an empty cursor parameter", x.endpoint)
	}
	if x.place, refused = x.s.placeOf(x.query, x.key, x.now); refused != nil {
		return refused
	}
	if c.UnknownBot == RefuseBot && !x.s.hasBot(x.query.bot) {
		return refuse(http.StatusBadRequest, "unknown bot_name")
	}
	x.page, x.conversation = int(x.place.page), x.query.conversation
	return nil
}

func (x *converseCall) paging(p *Page) any {
	return Cursors{
		own:   x.query.cursor,
		first: func() string { return x.cursorAt(place{page: 1}) },
		same:  func() string { return x.cursorBehind(x.place.after, x.place.started) },
		next:  func() string { return x.cursorBehind(p.behind, p.started) },
	}
}

func (x *converseCall) frame(data string) []byte {
	if data == "" {
		return []byte(`{"cursor":null}`)
	}
	return []byte(`{"data":` + data + `,"cursor":null}`)
}

func (s *Server) hasBot(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bots[name] != nil
}

// viewOf is the list a query reads; it stays as it is while a page is cut from it.
func (s *Server) viewOf(q query) (view, bool) {
	s.mu.Lock()
	b := s.bots[q.bot]
	s.mu.Unlock()
	if b == nil {
		return view{}, false
	}
	if q.conversation == "" {
		return b.views[q.endpoint], true
	}
	return newView(b.data.messages.conversation(q.conversation), s.options.Choices.Order, s.options.Seed), true
}
