package vendor

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// asked is what a call of a [Rest] server asks for, as far as it was understood.
type asked struct {
	params  url.Values
	body    any // decoded JSON; nil without one
	choices RestChoices
	now     time.Time
	refused *refusal

	from, to     int64 // µs, within
	size         int
	conversation string
	cursor       string
	number       int  // offset from 0, or page from 1
	ordered      bool // by the time that the window goes by
	ends         Ends // of this window
}

// understand reads a call by its list's own rules.
func (x *restCall) understand() *refusal {
	if x.list.endpoint == Token {
		return x.askToken()
	}
	a := &x.asked
	a.params, a.now, a.conversation, a.ends = x.params, x.now, x.conversation, x.s.choices.Ends
	a.from, a.to = unplaced, farthest*1e6
	for name, values := range x.params {
		if len(values) > 1 {
			return refuse(http.StatusBadRequest, "%s is given more than once", name)
		}
		if !slices.Contains(x.list.knows, name) && name != x.s.layout.auth.Query {
			x.s.violation("%s: no parameter %s is known", x.endpoint, name)
		}
	}
	if x.r.Method == http.MethodPost {
		decoder := json.NewDecoder(bytes.NewReader(x.sent))
		decoder.UseNumber()
		if err := decoder.Decode(&a.body); err != nil || !strings.HasPrefix(x.r.Header.Get("Content-Type"), "application/json") {
			return refuse(http.StatusBadRequest, "the body is no JSON object")
		}
	}
	if x.list.ask != nil {
		x.list.ask(a)
		a.limitSpan()
	}
	if a.refused == nil {
		x.position()
	}
	x.conversation = a.conversation
	if x.list.endpoint == Detail && x.s.Data().details[a.conversation] == nil {
		return refuse(http.StatusNotFound, "%s", http.StatusText(http.StatusNotFound))
	}
	return a.refused
}

// at is the text at a place, query.NAME or body.PATH; a number by its digits.
func (a *asked) at(place string) (string, bool) {
	kind, name, _ := strings.Cut(place, ".")
	if kind == "query" {
		return a.params.Get(name), a.params.Has(name)
	}
	value := a.body
	for part := range strings.SplitSeq(name, ".") {
		object, _ := value.(map[string]any)
		value = object[part]
	}
	switch value := value.(type) {
	case string:
		return value, true
	case json.Number:
		return value.String(), true
	}
	return "", false
}

func (a *asked) refuse(format string, args ...any) {
	if a.refused == nil {
		a.refused = refuse(http.StatusBadRequest, format, args...)
	}
}

// timeForm reads a time as a vendor wants it.
type timeForm func(text string) (us int64, ok bool)

func inUnit(unit TimeUnit) timeForm {
	return func(text string) (int64, bool) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 || n > farthest*1e6 {
			return 0, false
		}
		switch unit {
		case Seconds:
			return n * 1e6, n <= farthest
		case Milliseconds:
			return n * 1e3, n <= farthest*1e3
		default:
			return n, true
		}
	}
}

// inUTC is ISO 8601 with a Z.
func inUTC(text string) (int64, bool) {
	t, err := time.Parse(time.RFC3339, text)
	return t.UnixMicro(), err == nil && strings.HasSuffix(text, "Z")
}

// window reads the ends of a window. An absent one is left open, or refused if required.
func (a *asked) window(start, end string, form timeForm, required bool) {
	for place, to := range map[string]*int64{start: &a.from, end: &a.to} {
		text, ok := a.at(place)
		if !ok {
			if required {
				a.refuse("%s is required", place)
			}
			continue
		}
		if *to, ok = form(text); !ok {
			a.refuse("%s is no time", place)
		}
	}
}

// limitSpan rounds a window, and refuses or shortens one that is too long.
func (a *asked) limitSpan() {
	if step := a.choices.Step.Microseconds(); step > 0 && a.from != unplaced {
		a.from -= a.from % step
		a.to += (step - a.to%step) % step
	}
	if a.from > a.to {
		a.refuse("the window ends before it begins")
	}
	longest := a.choices.MaxSpan.Microseconds()
	if longest == 0 || a.from == unplaced || a.to-a.from <= longest {
		return
	}
	if !a.choices.Shortened {
		a.refuse("the window is longer than %v", a.choices.MaxSpan)
	}
	a.to = a.from + longest
}

// sized reads the size of a page.
func (a *asked) sized(place string, list restList) {
	a.size = list.usual
	if text, ok := a.at(place); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < max(1, list.smallest) || n > list.largest && a.choices.OverSize == Refuse {
			a.refuse("%s must be a number from %d to %d", place, max(1, list.smallest), list.largest)
		}
		a.size = n
	}
	a.size = min(a.size, list.largest)
	if a.choices.MaxSize > 0 {
		a.size = min(a.size, a.choices.MaxSize)
	}
}

// position finds where in its list a call goes on.
func (x *restCall) position() {
	a, next := &x.asked, x.list.next
	x.place = place{page: 1}
	text, given := "", false
	if next.To != "" {
		text, given = a.at(next.To)
	}
	switch {
	case next.numbered():
		x.numbered(text, given)
	case given && text == "":
		x.s.violation("%s: an empty cursor", x.endpoint)
	case given:
		a.cursor = text
		p, ok := x.s.baker.open(text, x.binding())
		if !ok {
			x.s.violation("%s: a cursor with other parameters, or no cursor of this server", x.endpoint)
			a.refuse("invalid cursor")
		}
		if ttl := x.s.choices.CursorTTL; ttl > 0 && time.Duration(x.now.UnixMicro()-p.issued)*time.Microsecond > ttl {
			a.refused = refuse(x.s.choices.ExpiredStatus, "the cursor has expired")
		}
		x.place = p
		x.note(func(c *Call) { c.Cursor = true })
	}
	x.page = int(x.place.page)
}

func (x *restCall) numbered(text string, given bool) {
	a, first := &x.asked, 0
	if x.list.next.Kind == ByPage {
		first = 1
	}
	a.number = first
	if given {
		n, err := strconv.Atoi(text)
		if err != nil || n < first {
			a.refuse("%s must be a number from %d", x.list.next.To, first)
			return
		}
		a.number = n
	}
	page := a.number
	if x.list.next.Kind == ByOffset {
		page = a.number/max(1, a.size) + 1
	}
	x.place.page = uint32(page) //nolint:gosec // from a query, and small
}

// binding is what a cursor belongs to: the endpoint, all else that was asked, and the key.
func (x *restCall) binding() string {
	kind, name, _ := strings.Cut(x.list.next.To, ".")
	params := url.Values{}
	for n, values := range x.params {
		if kind != "query" || n != name {
			params[n] = values
		}
	}
	body, _ := json.Marshal(without(x.asked.body, kind, name)) // of what was decoded
	return x.endpoint + "/" + x.conversation + "?" + params.Encode() + "\n" + string(body)
}

// without is a body without the cursor in it.
func without(body any, kind, path string) any {
	object, ok := body.(map[string]any)
	if !ok || kind != "body" {
		return body
	}
	head, rest, nested := strings.Cut(path, ".")
	out := map[string]any{}
	for name, value := range object {
		switch {
		case name == head && nested:
			out[name] = without(value, kind, rest)
		case name != head:
			out[name] = value
		}
	}
	return out
}
