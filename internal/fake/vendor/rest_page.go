package vendor

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// turnPage cuts the page that the call asks for from the list as it is now.
func (x *restCall) turnPage() *Page {
	switch x.list.endpoint {
	case Token:
		return x.token()
	case Detail:
		raw := x.s.Data().details[x.asked.conversation]
		return &Page{whole: []byte(object(append(slices.Clone(x.list.around), placed{x.list.records, string(raw)})))}
	}
	if x.list.next.numbered() {
		p := &Page{}
		x.cut(p, x.asked.number)
		return p
	}
	return x.pageBehind()
}

// pageBehind cuts the page behind a cursor's place; without cursors, the first one.
func (x *restCall) pageBehind() *Page {
	p := &Page{behind: x.place.after, started: x.place.started}
	var after *position
	if x.place.started {
		after = &x.place.after
	}
	v := x.view()
	for i := range v.each(x.selection(), after) {
		if len(p.Records) == x.asked.size {
			x.more = true
			break
		}
		p.Records = append(p.Records, Record{v.id(i), v.raw(i)})
		p.behind, p.started = v.position(i), true
	}
	if x.s.choices.EmptyPages && x.more && x.place.page%2 == 0 {
		p.Records, p.behind, p.started = nil, x.place.after, x.place.started
	}
	full := len(p.Records) == x.asked.size
	x.more = x.more || full && x.s.choices.Trailing
	x.count(v)
	switch {
	case x.list.next.Kind == ByKeyset:
	case x.s.choices.Endless && len(p.Records) == 0 && x.asked.cursor != "":
		p.Cursor = x.asked.cursor
	case x.more || x.list.next.Member != "" || x.s.choices.Endless:
		p.Cursor = x.cursorAt(place{page: x.place.page + 1, started: p.started, after: p.behind})
	}
	return p
}

// cut takes the records of a page by its number from the list as it is now.
func (x *restCall) cut(p *Page, number int) {
	v := x.view()
	var all []Record
	for i := range v.each(x.selection(), nil) {
		all = append(all, Record{v.id(i), v.raw(i)})
	}
	from := number
	if x.list.next.Kind == ByPage {
		from = (number - 1) * x.asked.size
	}
	from = max(0, min(from, len(all)))
	p.Records = slices.Clone(all[from:min(from+x.asked.size, len(all))])
	x.more, x.total = from+x.asked.size < len(all), len(all)
}

func (x *restCall) count(v view) {
	if x.list.total == "" {
		return
	}
	x.total = 0
	for range v.each(x.selection(), nil) {
		x.total++
	}
}

// view is the list that the call reads; it stays as it is while a page is cut from it.
func (x *restCall) view() view {
	order := x.s.choices.Order
	switch {
	case x.asked.ordered:
		order = ByStart
	case x.list.next.Kind == ByKeyset:
		order = Shuffled // nothing is promised
	}
	var l list = x.s.Data().conversations
	if x.list.endpoint == Messages {
		l = x.s.Data().messages
		if x.asked.conversation != "" {
			l = l.conversation(x.asked.conversation)
		}
	}
	return newView(l, order, x.s.options.Seed)
}

func (x *restCall) selection() selection {
	c := x.s.choices
	sel := selection{field: c.Field, ends: x.asked.ends, from: x.asked.from, to: x.asked.to, visible: math.MaxInt64}
	if x.list.endpoint == Messages {
		sel.field = StartTime // a message has one time
	}
	sel.everything = x.asked.from == unplaced
	if c.IngestLag > 0 {
		sel.visible = x.now.Add(-c.IngestLag).UnixMicro()
	}
	if c.Horizon > 0 {
		sel.oldest = x.now.Add(-c.Horizon).UnixMicro()
	}
	return sel
}

// cursorAt makes the cursor for a place.
func (x *restCall) cursorAt(p place) string {
	p.issued = x.now.UnixMicro()
	return x.s.baker.bake(p, x.binding())
}

// body writes the page as the vendor does.
func (x *restCall) body(p *Page) []byte {
	if p.whole != nil {
		return p.whole
	}
	raws := make([][]byte, len(p.Records))
	for i, r := range p.Records {
		raws[i] = r.Raw
	}
	out := x.answerWith(p, "["+string(bytes.Join(raws, []byte{','}))+"]")
	if missing := p.Padding - len(out); missing > 0 {
		out = slices.Insert(out, len(out)-1, bytes.Repeat([]byte{' '}, missing)...)
	}
	return out
}

// frame is an answer with data in place of the records, and nothing behind it.
func (x *restCall) frame(data string) []byte { return x.answerWith(&Page{}, data) }

// answerWith writes an answer around its list; without the list if data is empty.
func (x *restCall) answerWith(p *Page, data string) []byte {
	x.link = ""
	if x.list.next.Kind == ByLinkHeader && p.Cursor != "" {
		x.link = x.address(p.Cursor)
	}
	if x.list.records == "." {
		return []byte(data)
	}
	members := slices.Clone(x.list.around)
	if data != "" {
		members = append(members, placed{x.list.records, data})
	}
	members = append(members, x.next(p)...)
	if x.list.total != "" && !x.s.choices.NoTotal {
		members = append(members, placed{x.list.total, strconv.Itoa(x.total + x.s.choices.TotalOff)})
	}
	return []byte(object(members))
}

// next are the members that say how the list goes on.
func (x *restCall) next(p *Page) (out []placed) {
	n := x.list.next
	if n.Member != "" {
		out = append(out, placed{n.Member, strconv.FormatBool(x.more)})
	}
	if n.Kind != ByCursor && n.Kind != ByLink {
		return out
	}
	value := p.Cursor
	switch {
	case value != "" && n.Kind == ByLink:
		return append(out, placed{n.From, string(quoted(x.address(value)))})
	case value != "":
		return append(out, placed{n.From, string(quoted(value))})
	}
	last, sent := map[LastCursor]string{Null: "null", Empty: `""`}[x.s.choices.Last]
	if !sent {
		return out
	}
	return append(out, placed{cmp.Or(n.Gone, n.From), last})
}

// address is the link to the page behind a cursor.
func (x *restCall) address(cursor string) string {
	_, name, _ := strings.Cut(x.list.next.To, ".")
	params := x.r.URL.Query()
	params.Set(name, cursor)
	if x.s.layout.auth.Query != "" {
		params.Del(x.s.layout.auth.Query)
	}
	link := x.r.URL.EscapedPath() + "?" + params.Encode()
	if x.s.choices.RelativeLinks {
		return link
	}
	return "http://" + x.r.Host + link
}

func (x *restCall) paging(p *Page) any {
	switch n := x.list.next; {
	case p.whole != nil:
		return nil
	case n.Kind == ByKeyset:
		return Times{}
	case n.numbered():
		return x.numbers(p)
	}
	return Cursors{
		own:   x.asked.cursor,
		first: func() string { return x.cursorAt(place{page: 1}) },
		same: func() string {
			return x.cursorAt(place{page: x.place.page + 1, started: x.place.started, after: x.place.after})
		},
		next: func() string { return x.cursorAt(place{page: x.place.page + 1, started: p.started, after: p.behind}) },
	}
}

// numbers are the pages by number, also where the vendor counts records.
func (x *restCall) numbers(p *Page) Numbers {
	size := max(1, x.asked.size)
	return Numbers{own: x.page, last: (x.total + size - 1) / size, cut: func(number int) {
		if x.list.next.Kind == ByOffset {
			number = (number - 1) * size
		}
		x.cut(p, number)
	}}
}

// placed is a JSON value and its path in an answer.
type placed struct{ path, value string }

// object writes members as one object, those of one head inside of each other, in the order
// of their first.
func object(members []placed) string {
	if len(members) == 1 && members[0].path == "" {
		return members[0].value
	}
	var heads []string
	inner := map[string][]placed{}
	for _, m := range members {
		head, rest := m.path, ""
		if !strings.HasPrefix(head, "@") { // OData's own names have a dot in them
			head, rest, _ = strings.Cut(m.path, ".")
		}
		if inner[head] == nil {
			heads = append(heads, head)
		}
		inner[head] = append(inner[head], placed{rest, m.value})
	}
	parts := make([]string, len(heads))
	for i, head := range heads {
		parts[i] = fmt.Sprintf("%s:%s", quoted(head), object(inner[head]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}
