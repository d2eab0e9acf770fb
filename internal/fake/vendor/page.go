package vendor

import (
	"bytes"
	"math"
)

// Page is a page before it is written.
type Page struct {
	Records []Record
	Cursor  string // empty: the last page, or a vendor that numbers its pages
	Padding int    // size to fill up to with white space

	last    string   // what is in place of the cursor on the last page: `"cursor":null`, or nothing
	behind  position // of the last record served so far, if started
	started bool

	numbers paging // of Avaamo
	whole   []byte // in place of the page where there is no list
}

// Record is a record in a page.
type Record struct {
	ID  string
	Raw []byte
}

// turnPage cuts the page the call asks for from the bot's records.
func (x *converseCall) turnPage() *Page {
	p := &Page{last: lastMember(x.s.options.Choices.LastCursor)}
	v, ok := x.s.viewOf(x.query)
	if !ok {
		return p
	}
	var after *position
	if x.place.started {
		after = &x.place.after
	}
	p.behind, p.started = x.place.after, x.place.started
	more := false
	for i := range v.each(x.selection(), after) {
		if len(p.Records) == x.query.perPage {
			more = true
			break
		}
		p.Records = append(p.Records, Record{v.id(i), v.raw(i)})
		p.behind, p.started = v.position(i), true
	}
	full := len(p.Records) == x.query.perPage
	if more || full && x.s.options.Choices.TrailingEmptyPage {
		p.Cursor = x.cursorBehind(p.behind, p.started)
	}
	return p
}

func (x *converseCall) selection() selection {
	c := x.s.options.Choices
	sel := selection{field: c.WindowField, ends: c.Ends, from: x.query.from, to: x.query.to, visible: math.MaxInt64}
	if x.endpoint == Messages {
		sel.field = StartTime // a message has one time
	}
	sel.everything = x.query.conversation != "" && c.WindowIgnoredWithConversationID
	if c.IngestLag > 0 {
		sel.visible = x.now.Add(-c.IngestLag).UnixMicro()
	}
	return sel
}

// cursorBehind makes the cursor for the page after the record at p.
func (x *converseCall) cursorBehind(p position, started bool) string {
	return x.cursorAt(place{page: x.place.page + 1, started: started, after: p})
}

func (x *converseCall) cursorAt(p place) string {
	p.issued = x.now.UnixMicro()
	return x.s.baker.bake(p, x.query.binding+"\n"+x.key)
}

func lastMember(c LastCursor) string {
	switch c {
	case Absent:
		return ""
	case Empty:
		return `"cursor":""`
	default:
		return `"cursor":null`
	}
}

// body writes the page as the vendor does. Nothing in a cursor needs an escape.
func (x *converseCall) body(p *Page) []byte {
	size := 64 + len(p.Cursor)
	for _, it := range p.Records {
		size += len(it.Raw) + 1
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	out.WriteString(`{"data":[`)
	for i, it := range p.Records {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(it.Raw)
	}
	out.WriteByte(']')
	switch {
	case p.Cursor != "":
		out.WriteString(`,"cursor":"` + p.Cursor + `"`)
	case p.last != "":
		out.WriteString("," + p.last)
	}
	for out.Len()+1 < p.Padding {
		out.WriteByte(' ')
	}
	out.WriteByte('}')
	return out.Bytes()
}
