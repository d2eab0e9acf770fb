package vendor

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// paging are the numbers of a page as they are sent.
type paging struct {
	current, perPage, entries, pages int
	token                            time.Time
	list                             string // name of the array
	all                              []*avaamoRow
}

// turnPage cuts the page the call asks for from the list as it is now.
func (x *avaamoCall) turnPage() *Page {
	switch x.endpoint {
	case AvaamoConversation:
		return x.conversationPage()
	case AvaamoUserInfo:
		return &Page{whole: fmt.Appendf(nil, `{"user_info":[{"user_id":%s,"key":"channel","value":["web"]}]}`, quoted(x.route.object))}
	}
	all := x.selected()
	p := &Page{numbers: paging{
		current: x.query.page, perPage: x.query.perPage, list: x.route.list, all: all,
		token: x.now.Add(x.s.options.Choices.ClockSkew),
	}}
	p.cut(x.query.page)
	p.count(x.s.options.Choices)
	return p
}

func (x *avaamoCall) conversationPage() *Page {
	raw, _ := x.s.Data().Conversation(x.route.object) // it was there a moment ago, and none ever goes
	return &Page{whole: slices.Concat([]byte(`{"conversation":`), raw, []byte("}"))}
}

// selected is the whole list of which the call wants a page.
func (x *avaamoCall) selected() []*avaamoRow {
	c, d, q := x.s.options.Choices, x.s.Data(), x.query
	rows := map[string]func() []*avaamoRow{
		AvaamoEntries:    func() []*avaamoRow { return d.entries },
		AvaamoSessions:   d.sessions,
		AvaamoInsights:   d.insights,
		AvaamoTalk:       func() []*avaamoRow { return d.talk },
		AvaamoTranscript: func() []*avaamoRow { return d.talk },
		AvaamoStorage:    func() []*avaamoRow { return d.storage },
	}[x.endpoint]()
	visible := x.now.Add(-c.IngestLag).UnixMicro()
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *avaamoRow) bool {
		return x.endpoint != AvaamoStorage && (r.at != unplaced && (r.at < q.from || r.at > q.to) || r.at > visible) ||
			x.endpoint == AvaamoTranscript && r.conv != x.route.object ||
			len(q.users) > 0 && !slices.Contains(q.users, r.layer)
	})
	x.order(rows, c)
	if q.latest {
		rows = rows[:min(len(rows), latestOnly)]
	}
	return rows
}

func (x *avaamoCall) order(rows []*avaamoRow, c AvaamoChoices) {
	slices.SortFunc(rows, func(a, b *avaamoRow) int {
		if c.UnstableTies && a.at == b.at {
			return position{key: x.shuffled(a)}.compare(position{key: x.shuffled(b)})
		}
		if c.OldestFirst {
			return oldestRow(a, b)
		}
		return oldestRow(b, a)
	})
}

// shuffled is a rank that differs from call to call.
func (x *avaamoCall) shuffled(r *avaamoRow) int64 {
	return int64(mix(x.s.options.Seed+uint64(x.index), uint64(r.seq)) >> 1) //nolint:gosec // only a rank
}

// cut takes the records of one page of the list.
func (p *Page) cut(number int) {
	n := &p.numbers
	from := min((number-1)*n.perPage, len(n.all))
	p.Records = nil
	for _, r := range n.all[from:min(from+n.perPage, len(n.all))] {
		p.Records = append(p.Records, Record{r.id, r.raw})
	}
}

func (p *Page) count(c AvaamoChoices) {
	n := &p.numbers
	n.entries = len(n.all)
	n.pages = (n.entries + n.perPage - 1) / n.perPage
	if n.pages == 0 && c.EmptyIsOnePage {
		n.pages = 1
	}
	if c.Equation {
		n.entries = n.perPage * n.pages
	}
}

func (x *avaamoCall) body(p *Page) []byte {
	if p.whole != nil {
		return p.whole
	}
	records := make([][]byte, len(p.Records))
	for i, it := range p.Records {
		records[i] = it.Raw
	}
	out := p.numbers.envelope(`"` + p.numbers.list + `":[` + string(bytes.Join(records, []byte{','})) + `]`)
	if missing := p.Padding - len(out); missing > 0 {
		out = slices.Insert(out, len(out)-1, bytes.Repeat([]byte{' '}, missing)...)
	}
	return out
}

// envelope writes the numbers, and a last member after them.
func (n paging) envelope(last string) []byte {
	out := fmt.Appendf(nil, `{"current_page":%d,"per_page":%d,"total_entries":%d,"total_pages":%d,"time_token":%.6f`,
		n.current, n.perPage, n.entries, n.pages, float64(n.token.UnixMicro())/1e6)
	if last != "" {
		out = append(append(out, ','), last...)
	}
	return append(out, '}')
}

func (x *avaamoCall) frame(data string) []byte {
	n := paging{current: x.query.page, perPage: x.query.perPage, token: x.now}
	if data == "" {
		return n.envelope("")
	}
	return n.envelope(`"` + x.route.list + `":` + data)
}

func (x *avaamoCall) paging(p *Page) any {
	if p.whole != nil {
		return nil
	}
	n := p.numbers
	return Numbers{own: x.query.page, last: (len(n.all) + n.perPage - 1) / n.perPage, cut: p.cut}
}
