package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// look is which page of a conversation is wanted, what is looked for in it, and which pages
// lie before.
type look struct {
	Cursor, Text string
	Before       []string
}

func lookOf(r *http.Request) look {
	l := look{Cursor: r.FormValue("cursor"), Text: strings.TrimSpace(r.FormValue("q"))}
	if before := r.FormValue("before"); before != "" {
		l.Before = strings.Split(before, ",")
	}
	return l
}

// hidden is the page as a form carries it along.
func (l look) hidden() (fields []hidden) {
	for _, f := range []hidden{{"cursor", l.Cursor}, {"q", l.Text}, {"before", strings.Join(l.Before, ",")}} {
		if f.Value != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// query is the same as a query of the address.
func (l look) query() string {
	q := url.Values{}
	for _, f := range l.hidden() {
		q.Set(f.Name, f.Value)
	}
	return q.Encode()
}

func (l look) next(cursor string) look {
	return look{cursor, l.Text, append(slices.Clone(l.Before), l.Cursor)}
}

func (l look) previous() (look, bool) {
	if len(l.Before) == 0 {
		return l, false
	}
	last := len(l.Before) - 1
	return look{l.Before[last], l.Text, l.Before[:last]}, true
}

// turnTo reads the page that is wanted or, when a text is looked for, the first from there on
// that has it; the last, when none has.
func (p *pages) turnTo(r *http.Request, by dsr.Principal, id, source, conversation string, l *look) (dsr.Transcript, error) {
	for {
		t, err := p.svc.Transcript(r.Context(), by, id, source, conversation, dsr.PageOf{Limit: messagesAtOnce, Cursor: l.Cursor})
		if err != nil || l.Text == "" || t.NextCursor == "" || occurs(t, l.Text) > 0 {
			return t, err
		}
		*l = l.next(t.NextCursor)
	}
}

// occurs counts the messages of a page that have the text, in any case.
func occurs(t dsr.Transcript, text string) (n int64) {
	for _, s := range t.Said {
		if strings.Contains(dsr.FoldText(strings.Join(s.Texts, "\n")), dsr.FoldText(text)) {
			n++
		}
	}
	return n
}
