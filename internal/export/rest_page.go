package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// restPage is what stands in an answer.
type restPage struct {
	records []json.RawMessage
	facts   []match.Facts // of each record
	place   place         // of the next page
	placed  bool          // there is such a place, if only to say that there is no next page
	ends    bool          // the member that says whether it is the last page says so
	total   int64         // -1: it does not say, or need not
	said    Said
}

// place is where the next page is.
type place struct {
	state   cursorState
	text    string
	numeric bool
}

// notPage is an answer that has not the form of a page, in words that hold nothing of it.
type notPage string

func (e notPage) Error() string { return string(e) }

// Is makes it what any source calls an answer that is no page.
func (notPage) Is(target error) bool { return target == errNotExport }

// read reads an answer as a page: the list of its records, and what stands beside it.
func (c restChain) read(most bounds, got answer) (restPage, error) {
	p := restPage{total: -1}
	err := wholeValue(got.body)
	frame := func() *record.Value { return record.Parse(got.body) }
	if err == nil && c.single {
		err = readSingle(&p, got.body, most)
	} else if err == nil {
		frame, err = c.readList(&p, got, most)
	}
	if err == nil && c.call.OK != nil && !holds(frame(), *c.call.OK) {
		err = notPage("the answer does not have the value at `" + c.call.OK.Member.String() + "` that says that the call went well (ok)")
	}
	if err != nil {
		return p, restBodyError(got.body, err)
	}
	if c.single {
		return p, nil // what it is of was asked for
	}
	for _, one := range p.records {
		p.facts = append(p.facts, c.fields.Facts(one))
	}
	return p, nil
}

// readList reads the list and what stands beside it; frame is the answer without the list.
func (c restChain) readList(p *restPage, got answer, most bounds) (frame func() *record.Value, err error) {
	begin, end, err := locate(got.body, c.call.Records)
	if err == nil {
		list := got.body[begin:end:end]
		p.records, err = readRecords(jsontext.NewDecoder(bytes.NewBuffer(list), lenient...), list, most)
	}
	if errors.Is(err, errNotExport) {
		err = notPage("the answer has no list at `" + c.call.Records.String() + "` (records)")
	}
	if err != nil {
		return nil, err
	}
	beside := record.Parse(slices.Concat(got.body[:begin], []byte("[]"), got.body[end:]))
	return func() *record.Value { return beside }, c.readBeside(p, beside, got)
}

// readBeside reads what a page says beside its list.
func (c restChain) readBeside(p *restPage, frame *record.Value, got answer) error {
	known, header := []record.Path{c.call.Total}, got.header
	switch n := c.call.Next; n.Kind {
	case declared.ByCursor, declared.ByLink:
		known = append(known, n.Path)
		p.place = placeAt(rawsAt(got.body, n.Path))
		p.placed = p.place.state != cursorAbsent || nullOnTheWay(got.body, n.Path)
		if p.place.numeric && n.Kind == declared.ByLink {
			p.place = place{state: cursorUnusable} // a number is no address
		}
	case declared.ByLinkHeader:
		if link, found := linkTo(got.header); found {
			p.place, header = place{state: cursorNext, text: link}, withoutLink(got.header)
		}
	}
	if c.call.End.Kind == declared.EndMember {
		values := c.call.End.Is.Member.Of(frame)
		if len(values) == 0 {
			return notPage("the answer has no `" + c.call.End.Is.Member.String() + "`, which says whether it is the last page (end)")
		}
		known = append(known, c.call.End.Is.Member)
		p.ends = holds(frame, c.call.End.Is)
	}
	if c.call.Total != nil {
		for _, v := range c.call.Total.Of(frame) {
			if n, is := counted(v); is {
				p.total = n
			}
		}
	}
	p.said.beside(frame, c.call.Records, slices.DeleteFunc(known, func(k record.Path) bool { return k == nil }))
	p.said.header(header)
	if p.total >= 0 {
		p.said.Total = 0 // it has a rule of its own
	}
	if len(p.place.text) > maxCursor {
		return fmt.Errorf("the place of the next page is longer than %s, the limit", inMiB(maxCursor))
	}
	return nil
}

// readSingle reads an answer that is one record with a conversation's messages inside.
func readSingle(p *restPage, body []byte, most bounds) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' {
		return notPage("the answer is not a JSON object, which one conversation is (detail)")
	}
	p.records = []json.RawMessage{body}
	return most.fit(0, body)
}

// holds reports whether a member has a value.
func holds(frame *record.Value, is declared.Is) bool {
	for _, v := range is.Member.Of(frame) {
		if text, _ := v.Str(); text == is.Value {
			return true
		}
	}
	return false
}

// placeAt reads where the next page is. Every text and every number can be sent back, whatever
// it looks like; only null and what has nothing in it say that there is no place. Anything else
// says that more follows.
func placeAt(values [][]byte) (p place) {
	for _, value := range values {
		switch v := record.Parse(value); {
		case string(value) == "null":
			p = place{state: cursorNull}
		case value[0] == '"':
			p = textPlace(unquoted(value))
		case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
			p = place{state: cursorNext, text: string(value), numeric: true}
		case (v.IsObject() || v.IsList()) && len(v.Fields()) == 0:
			p = place{state: cursorOdd}
		default:
			p = place{state: cursorUnusable}
		}
	}
	return p
}

// nullOnTheWay reports whether a path leads into null, so that there is nothing at its end.
func nullOnTheWay(body []byte, path record.Path) bool {
	for i := range path {
		if at := rawsAt(body, path[:i]); len(at) == 1 && string(at[0]) == "null" {
			return true
		}
	}
	return false
}

// textPlace is the place that a text says. What is blank cannot be sent back.
func textPlace(text string) place {
	switch {
	case text == "":
		return place{state: cursorOdd}
	case strings.TrimSpace(text) == "":
		return place{state: cursorUnusable}
	}
	return place{state: cursorNext, text: text}
}

// beside takes in what stands beside a list at a path, but for what is known to lead on.
func (s *Said) beside(v *record.Value, list record.Path, known []record.Path) {
	if !v.IsObject() {
		return
	}
	for _, f := range v.Fields() {
		below, itself := under(known, f.Name)
		switch {
		case itself:
		case len(list) > 0 && list[0].Name == f.Name:
			if len(list) > 1 {
				s.beside(f.Value, list[1:], below)
			}
		default:
			s.take(plainName(f.Name), lacking(f.Value, below), envelopesMost)
		}
	}
}

// lacking is a value without what stands at some paths.
func lacking(v *record.Value, paths []record.Path) *record.Value {
	if len(paths) == 0 || !v.IsObject() {
		return v
	}
	var rest []record.Field
	for _, f := range v.Fields() {
		if below, itself := under(paths, f.Name); !itself {
			rest = append(rest, record.Field{Name: f.Name, Value: lacking(f.Value, below)})
		}
	}
	return record.Object(rest)
}

// under are the rests of the paths that begin with a name; itself says that one ends with it.
func under(paths []record.Path, name string) (rest []record.Path, itself bool) {
	for _, p := range paths {
		if len(p) > 0 && p[0].Name == name {
			rest, itself = append(rest, p[1:]), itself || len(p) == 1
		}
	}
	return rest, itself
}

// restBodyError tells a page with a fault in it from an answer that is no page at all.
func restBodyError(body []byte, err error) *Error {
	e := bodyError(body, err)
	if e.Failure == Transient && !errors.Is(err, errNotExport) && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		e.Failure = Unparsable // a list that is cut is a page, too
	}
	return e
}
