package vendor

import (
	"net/http"
	"strings"
	"time"
)

// Rest is any vendor whose export lists conversations, as its [Layout] describes it: an
// [http.Handler] for one account. All methods may be called at any time from any goroutine.
type Rest struct {
	core
	layout  Layout
	options RestOptions
	choices RestChoices
	baker   baker
	keys    tokens
	issued  map[string]time.Time // access tokens and their ends; guarded by core.mu

	data *RestData // guarded by core.mu
}

// NewRest makes a server of a vendor's that holds data. It changes neither data nor o.
func NewRest(l Layout, data *RestData, o RestOptions) *Rest {
	o = o.withDefaults(l)
	if data == nil {
		data = newRestData(nil)
	}
	return &Rest{
		core: newCore(o.limits()), layout: l, options: o, choices: *o.Choices, baker: newBaker(o.Seed),
		keys: tokens{valid: append([]string(nil), o.Keys...)}, issued: map[string]time.Time{}, data: data,
	}
}

// ServeHTTP answers one call of the vendor's API.
func (s *Rest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &call{core: &s.core, r: r, key: s.presented(r)}
	c := &restCall{call: x, s: s, asked: asked{choices: s.choices}}
	c.list, c.conversation = s.layout.route(r)
	if c.list != nil {
		x.endpoint = c.list.endpoint
	}
	x.vendor = c
	x.serve(w)
}

// restCall is one call of the export.
type restCall struct {
	*call
	s     *Rest
	list  *restList
	asked asked
	place place
	more  bool // the list goes on behind this page
	total int
}

func (x *restCall) admit() *refusal {
	if x.list == nil {
		return refuse(http.StatusNotFound, "Not Found")
	}
	if x.list.endpoint == Token {
		return nil
	}
	bucket := x.endpoint
	if x.s.layout.overHost {
		bucket = "host"
	}
	if refused := x.withinLimit(bucket); refused != nil {
		return refused
	}
	if refused := x.s.authorize(x.call); refused != nil {
		return refused
	}
	for _, name := range x.s.layout.headers {
		if x.r.Header.Get(name) == "" {
			return refuse(http.StatusBadRequest, "the header %s is missing", name)
		}
	}
	return nil
}

func (x *restCall) failure(text string) []byte {
	return []byte(`{"error":{"message":` + string(quoted(text)) + `}}`)
}

// route finds the list at an address, and the conversation in it.
func (l Layout) route(r *http.Request) (*restList, string) {
	for i, list := range l.lists {
		if id, ok := matchPath(list.path, r.URL.EscapedPath()); ok && list.method == r.Method {
			return &l.lists[i], id
		}
	}
	return nil, ""
}

// matchPath compares a path with a pattern, in which * stands for one segment.
func matchPath(pattern, path string) (segment string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return "", false
	}
	for i, part := range want {
		switch {
		case part == "*":
			segment = unescaped(got[i])
		case part != unescaped(got[i]):
			return "", false
		}
	}
	return segment, true
}
