package chaos

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// signIn is what a proxy that lost its session answers, with 200.
const signIn = "<!doctype html>\n<title>Sign in</title>\n<form action=\"/login\"><input name=\"user\"></form>\n"

// onPage changes the records or the cursor of a page.
var onPage = map[FaultKind]func(*spoiling, Fault){
	RepeatCursor: corruptPage, CycleCursor: corruptPage, NeverNull: corruptPage, EmptyPage: corruptPage,
	DuplicateRecord: func(x *spoiling, f Fault) {
		p := x.Page
		if i := index(p, f.Record); i >= 0 { // another fault may have emptied the page
			p.Records = append(p.Records, p.Records[i])
		}
	},
	DropRecord: func(x *spoiling, f Fault) {
		p := x.Page
		if i := index(p, f.Record); i >= 0 {
			p.Records = slices.Delete(p.Records, i, i+1)
		}
	},
	OversizedPage: func(x *spoiling, f Fault) {
		p := x.Page
		if f.Bytes == 0 {
			p.Records = append(p.Records, p.Records...)
		} else {
			p.Padding = f.Bytes
		}
	},
	InvalidUTF8:   addNote("\"caf\xe9\""),
	LoneSurrogate: addNote(`"half an emoji: \ud83d"`),
	NaN:           addNote(`NaN`),
	BadRecord: func(x *spoiling, f Fault) {
		p := x.Page
		it := &p.Records[index(p, f.Record)]
		it.Raw = it.Raw[:bytes.LastIndexByte(it.Raw, '}')]
	},
}

// addNote adds a member to a record of the page.
func addNote(value string) func(*spoiling, Fault) {
	return func(x *spoiling, f Fault) {
		p := x.Page
		it := &p.Records[index(p, f.Record)]
		brace := bytes.LastIndexByte(it.Raw, '}')
		it.Raw = slices.Concat(it.Raw[:brace], []byte(`,"note":`+value), it.Raw[brace:])
	}
}

// onText changes the text of a page.
var onText = map[FaultKind]func([]byte) []byte{
	BOM: func(body []byte) []byte { return append([]byte("\xef\xbb\xbf"), body...) },
	TrailingComma: func(body []byte) []byte {
		// The array's end is the last bracket: nothing after it holds one.
		i := bytes.LastIndexByte(body, ']')
		return slices.Insert(slices.Clone(body), i, ',')
	},
	TrailingGarbage: func(body []byte) []byte { return append(body, "\n<!-- served by cache -->\n"...) },
}

// instead makes a reply that has nothing to do with the page.
var instead = map[FaultKind]func(*spoiling, Fault){
	StatusError: func(x *spoiling, f Fault) { x.WriteError(cmp.Or(f.Status, 500), "Internal server error", f.HTML) },
	TooMany: func(x *spoiling, f Fault) {
		x.WriteError(429, "Too Many Requests", f.HTML)
		x.SetRetryAfter(f.RetryAfter)
	},
	HTML200:      func(x *spoiling, _ Fault) { x.WriteHTML(200, signIn) },
	JSONError200: func(x *spoiling, _ Fault) { x.WriteError(200, "Internal server error", false) },
	Redirect: func(x *spoiling, f Fault) {
		x.WriteHTML(cmp.Or(f.Status, 302), "<p>Moved.</p>\n")
		x.Reply.Header.Set("Location", cmp.Or(f.Location, "https://export.example.net"+x.Request().URL.RequestURI()))
	},
	DataNull:    func(x *spoiling, _ Fault) { x.WriteData("null") },
	DataMissing: func(x *spoiling, _ Fault) { x.WriteData("") },
	DataNotArray: func(x *spoiling, _ Fault) {
		var body bytes.Buffer
		body.WriteByte('{')
		for i, r := range x.Page.Records {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `"%d":%s`, i, r.Raw)
		}
		body.WriteByte('}')
		x.WriteData(body.String())
	},
}
