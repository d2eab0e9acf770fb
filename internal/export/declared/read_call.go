package declared

import (
	"encoding/json"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

var callKeys = []string{"query", "body", "records", "next", "end", "total", "ok", "window"}

// messages reads how messages are had: by a call for a list, from the conversation's record,
// or from a record that a call brings.
func (o object) messages(d *Declaration) {
	switch {
	case o.tree == nil:
	case o.has("within"):
		d.Fields.Within = o.places("within")
		o.refuse("within", append([]string{"get", "post", "detail", "conversation"}, callKeys...)...)
	case o.has("detail"):
		detail := o.mapping("detail", "get", "post", "query", "body", "ok", "within")
		detail.need("within", "where in the record that the call brings the messages are")
		d.Messages, d.Detail = detail.request(), true
		d.Fields.Within = detail.places("within")
		o.refuse("detail", append([]string{"get", "post", "conversation"}, callKeys...)...)
	default:
		o.need("conversation", "the path of the id of the conversation that a message is part of")
		d.Messages = o.call()
	}
	if o.has("count") && len(d.Fields.Within) == 0 {
		o.fault("count", "is for messages that stand in a conversation's record (within)")
	}
	if !o.has("window") && !d.Detail {
		d.Messages.Window = d.Conversations.Window
	}
}

// refuse says of keys that they have no place beside another.
func (o object) refuse(beside string, keys ...string) {
	for _, key := range keys {
		if o.has(key) {
			o.fault(key, "has no place beside %s", beside)
		}
	}
}

// call reads a call that brings a list, page by page.
func (o object) call() Call {
	c := o.request()
	o.need("records", `the path of the list; "." where the body is the list`)
	c.Records, c.Total = o.single("records"), o.exact("total")
	c.Next = o.next()
	c.End = o.end(c.Next.Kind)
	c.Window = o.window()
	return c
}

// single reads the path of one value.
func (o object) single(key string) record.Path {
	p := o.place(key)
	if slices.ContainsFunc(p, func(s record.Step) bool { return s.Each }) {
		o.fault(key, "must name one list; * does not")
	}
	return p
}

// request reads what is sent.
func (o object) request() (c Call) {
	if o.tree == nil {
		return c
	}
	switch {
	case o.has("get") && o.has("post"):
		o.fault("post", "has no place beside get")
	case !o.has("get") && !o.has("post"):
		o.fault("get", "is missing; give the path that is called, or post: with a body")
	case o.has("post"):
		c.Post, c.Path = true, o.address("post")
		c.Body = o.body()
	default:
		c.Path = o.address("get")
		o.refuse("get", "body")
	}
	c.Query = o.params()
	if ok := o.mapping("ok", "member", "is"); ok.tree != nil {
		c.OK = ok.is()
	}
	return c
}

// is reads a member and the value that it has.
func (o object) is() *Is {
	o.need("member", "the path of the member")
	o.need("is", "the value that it has")
	return &Is{Member: o.exact("member"), Value: o.text("is")}
}

// address reads a path of the vendor's host. Nothing in it leads to another.
func (o object) address(key string) Template {
	t := o.template(key)
	if len(t) > 0 && !strings.HasPrefix(t[0].Text, "/") {
		o.fault(key, "must begin with /: it is a path of base_url's host")
	}
	for _, p := range t {
		if strings.ContainsAny(p.Text, `?#\`) || strings.ContainsFunc(p.Text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			o.fault(key, "must be a path alone; put parameters into query")
		}
	}
	return t
}

func (o object) params() (params []Param) {
	t := o.get("query")
	if t == nil {
		return nil
	}
	if t.keys == nil {
		o.fault("query", "must hold keys, each with a single value")
		return nil
	}
	of := object{o.faults, join(o.path, "query"), t}
	for _, name := range t.order {
		params = append(params, Param{Name: name, Value: of.template(name)})
	}
	return params
}

// next reads how the next page is asked for.
func (o object) next() (n Next) {
	kinds := []NextKind{ByCursor, ByLink, ByLinkHeader, ByOffset, ByPage, ByKeyset}
	o.need("next", "how the next page is asked for: one of "+strings.Join(namesOf(kinds), ", "))
	of := o.mapping("next", append(namesOf(kinds), "to", "first")...)
	for _, kind := range kinds {
		switch {
		case !of.has(string(kind)):
		case n.Kind != "":
			of.fault(string(kind), "has no place beside %s; give exactly one", n.Kind)
		default:
			n.Kind = kind
		}
	}
	if of.tree != nil && n.Kind == "" {
		o.fault("next", "must have one of %s", strings.Join(namesOf(kinds), ", "))
	}
	switch n.Kind {
	case ByCursor, ByLink, ByKeyset:
		n.Path = of.exact(string(n.Kind))
	case ByLinkHeader:
		n.Rel = one(of, string(n.Kind), []string{"next"})
	case ByOffset, ByPage:
		n.Query, n.Body = of.target(string(n.Kind))
	}
	if n.Kind == ByCursor {
		n.Query, n.Body = of.target("to")
	} else if of.has("to") {
		of.fault("to", "is for a cursor only")
	}
	if n.First = 1; of.has("first") {
		n.First = of.number("first", 0)
		if n.Kind != ByPage {
			of.fault("first", "is for pages with numbers only")
		}
	}
	return n
}

// target reads where in a call something goes: query.NAME or body.PATH.
func (o object) target(key string) (query string, body record.Path) {
	text := o.text(key)
	if name, is := strings.CutPrefix(text, "query."); is && name != "" {
		return name, nil
	}
	if path, is := strings.CutPrefix(text, "body."); is {
		body, err := record.ParsePath(path)
		if err == nil && len(body) > 0 && !slices.ContainsFunc(body, func(s record.Step) bool { return s.Each }) {
			return "", body
		}
	}
	if text != "" {
		o.fault(key, "must be query.NAME or body.PATH: the place in the call where it goes")
	}
	return "", nil
}

// end reads what the last page looks like.
func (o object) end(next NextKind) (e End) {
	t := o.get("end")
	switch {
	case next == ByKeyset && t != nil:
		o.fault("end", "has no place beside keyset, whose end is a page without a new id")
	case t == nil && (next == ByCursor || next == ByLink || next == ByLinkHeader):
		e.Kind = EndAbsent
	case t == nil:
		e.Kind = EndEmpty
	case t.null:
		e.Kind = EndNull
	case t.keys != nil:
		e.Kind, e.Is = EndMember, *o.mapping("end", "member", "is").is()
	default:
		e.Kind = one(o, "end", []EndKind{EndNull, EndAbsent, EndEmpty})
	}
	if paged := next == ByOffset || next == ByPage; paged && (e.Kind == EndNull || e.Kind == EndAbsent) {
		o.fault("end", "cannot be %s where pages have numbers; it is empty_page, or a member", e.Kind)
	}
	return e
}

// windowFields are the words for which time a window selects by.
var windowFields = map[string]dsr.WindowField{
	"start": dsr.FieldStartTime, "last": dsr.FieldLastAction, "overlap": dsr.FieldOverlap, "unknown": dsr.FieldUnknown,
}

func (o object) window() Window {
	keys := []string{"span", "step", "ends"}
	if o.path == "conversations" {
		keys = append(keys, "by")
	}
	of := o.mapping("window", keys...)
	w := Window{
		By:   windowFields[one(of, "by", []string{"start", "last", "overlap", "unknown"})],
		Span: of.duration("span"), Step: of.duration("step"),
		Ends: one(of, "ends", []Ends{Inclusive, Half, Exclusive, Unknown}),
	}
	if w.By == "" {
		w.By = dsr.FieldUnknown
	}
	if w.Ends == "" {
		w.Ends = Unknown
	}
	return w
}

// body reads JSON with places to fill in.
func (o object) body() *Body {
	t := o.get("body")
	if t == nil {
		return nil
	}
	return o.leaf(t, join(o.path, "body"))
}

func (f *faults) leaf(t *tree, path string) *Body {
	b := &Body{}
	switch {
	case t.keys != nil:
		for _, key := range t.order {
			b.members = append(b.members, member{key, f.leaf(t.keys[key], join(path, key))})
		}
	case t.items != nil:
		b.kind = bodyList
		for _, item := range t.items {
			b.items = append(b.items, f.leaf(item, path))
		}
	case t.null:
		b.kind, b.literal = bodyLiteral, "null"
	case t.bare:
		b.kind, b.literal = bodyLiteral, t.text
		if !json.Valid([]byte(t.text)) {
			f.add(path, t.line, "is no number as JSON writes it; put it in quotes")
		}
	default:
		text, err := ParseTemplate(t.text)
		if err != nil {
			f.add(path, t.line, "%s", err)
		}
		b.kind, b.text = bodyText, text
	}
	return b
}
