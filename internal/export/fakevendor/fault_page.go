package fakevendor

import (
	"bytes"
	"fmt"
	"slices"
)

// applyFaults makes the reply from the page, spoiled by the faults taken.
func (x *exchange) applyFaults(p *page) {
	for _, f := range x.faults {
		if spoil := onPage[f.Kind]; spoil != nil {
			spoil(x, p, f)
		}
	}
	x.reply = x.ok(x.vendor.body(p))
	for _, f := range x.faults {
		if spoil := onText[f.Kind]; spoil != nil {
			x.reply.body = spoil(x.reply.body)
		}
	}
	for _, f := range x.faults {
		if spoil := instead[f.Kind]; spoil != nil {
			x.reply = spoil(x, p, f)
		}
		if spoil := onWire[f.Kind]; spoil != nil {
			x.reply.wire = append(x.reply.wire, f)
		}
	}
}

// onPage changes the records or the cursor of a page.
var onPage = map[FaultKind]func(*exchange, *page, Fault){
	RepeatCursor: misturn(RepeatCursor), CycleCursor: misturn(CycleCursor),
	NeverNull: misturn(NeverNull), EmptyPage: misturn(EmptyPage),
	DuplicateRecord: func(_ *exchange, p *page, f Fault) {
		if i := p.index(f.Record); i >= 0 { // another fault may have emptied the page
			p.records = append(p.records, p.records[i])
		}
	},
	DropRecord: func(_ *exchange, p *page, f Fault) {
		if i := p.index(f.Record); i >= 0 {
			p.records = slices.Delete(p.records, i, i+1)
		}
	},
	OversizedPage: func(_ *exchange, p *page, f Fault) {
		if f.Bytes == 0 {
			p.records = append(p.records, p.records...)
		} else {
			p.padding = f.Bytes
		}
	},
	InvalidUTF8:   addNote("\"caf\xe9\""),
	LoneSurrogate: addNote(`"half an emoji: \ud83d"`),
	NaN:           addNote(`NaN`),
	BadRecord: func(_ *exchange, p *page, f Fault) {
		it := &p.records[p.index(f.Record)]
		it.raw = it.raw[:bytes.LastIndexByte(it.raw, '}')]
	},
}

// misturn leaves a fault of paging to the vendor, who pages by cursors or by numbers.
func misturn(kind FaultKind) func(*exchange, *page, Fault) {
	return func(x *exchange, p *page, _ Fault) { x.vendor.misturn(kind, p) }
}

// addNote adds a member to a record of the page.
func addNote(value string) func(*exchange, *page, Fault) {
	return func(_ *exchange, p *page, f Fault) {
		it := &p.records[p.index(f.Record)]
		it.raw = insertMember(it.raw, "note", []byte(value), false)
	}
}

// onText changes the text of a page.
var onText = map[FaultKind]func([]byte) []byte{
	BOM: func(body []byte) []byte { return append([]byte("\xef\xbb\xbf"), body...) },
	TrailingComma: func(body []byte) []byte {
		// The array's end is the last bracket: nothing behind it holds one.
		i := bytes.LastIndexByte(body, ']')
		return slices.Insert(slices.Clone(body), i, ',')
	},
	TrailingGarbage: func(body []byte) []byte { return append(body, "\n<!-- served by cache -->\n"...) },
}

// instead makes a reply that has nothing to do with the page.
var instead = map[FaultKind]func(*exchange, *page, Fault) reply{
	StatusError: func(x *exchange, _ *page, f Fault) reply {
		setDefault(&f.Status, 500)
		return x.message(f.Status, "Internal server error", f.HTML)
	},
	TooMany: func(x *exchange, _ *page, f Fault) reply {
		r := x.message(429, "Too Many Requests", f.HTML)
		x.retryAfter(r.header, f.RetryAfter)
		return r
	},
	HTML200:      func(x *exchange, _ *page, _ Fault) reply { return x.html(200, signIn) },
	JSONError200: func(x *exchange, _ *page, _ Fault) reply { return x.message(200, "Internal server error", false) },
	Redirect: func(x *exchange, _ *page, f Fault) reply {
		setDefault(&f.Status, 302)
		r := x.html(f.Status, "<p>Moved.</p>\n")
		if f.Location == "" {
			f.Location = "https://export.example.net" + x.r.URL.RequestURI()
		}
		r.header.Set("Location", f.Location)
		return r
	},
	DataNull:    func(x *exchange, _ *page, _ Fault) reply { return x.ok(x.vendor.without("null")) },
	DataMissing: func(x *exchange, _ *page, _ Fault) reply { return x.ok(x.vendor.without("")) },
	DataNotArray: func(x *exchange, p *page, _ Fault) reply {
		var body bytes.Buffer
		body.WriteByte('{')
		for i, it := range p.records {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `"%d":%s`, i, it.raw)
		}
		body.WriteByte('}')
		return x.ok(x.vendor.without(body.String()))
	},
}
