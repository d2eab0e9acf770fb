package chaos

import (
	"slices"

	"dsr-server/internal/fake/vendor"
)

// corruptPage sends the client astray: by the page's cursor, or where pages have numbers
// by the records of another page.
func corruptPage(x *spoiling, f Fault) {
	switch paging := x.Paging.(type) {
	case vendor.Cursors:
		x.faults.corruptCursor(f.Kind, x.Page, paging)
	case vendor.Numbers:
		corruptNumber(f.Kind, x.Page, paging)
	case vendor.Times:
		x.Page.Records = nil
	}
}

func (s *Faults) corruptCursor(kind FaultKind, p *vendor.Page, c vendor.Cursors) {
	switch kind {
	case RepeatCursor:
		if p.Cursor = c.Own(); p.Cursor == "" {
			p.Cursor = c.First()
		}
	case CycleCursor:
		s.mu.Lock()
		defer s.mu.Unlock()
		p.Cursor = s.issued[c.Own()]
	case NeverNull:
		p.Cursor = c.Next()
	case EmptyPage:
		p.Records, p.Cursor = nil, c.Same()
	}
}

func corruptNumber(kind FaultKind, p *vendor.Page, n vendor.Numbers) {
	switch kind {
	case RepeatCursor:
		n.Cut(n.Own() - 1)
	case CycleCursor:
		n.Cut(n.Own() - 2)
	case NeverNull:
		n.Cut(n.Last())
	case EmptyPage:
		p.Records = nil
	}
}

// canCorrupt is false where a fault of paging could not show. s.mu is held.
func (s *Faults) canCorrupt(kind FaultKind, a *vendor.Answer) bool {
	switch paging := a.Paging.(type) {
	case vendor.Cursors:
		return (kind != CycleCursor || s.issued[paging.Own()] != "") && (kind != NeverNull || a.Page.Cursor == "")
	case vendor.Numbers:
		return canCorruptNumber(kind, a.Page, paging)
	case vendor.Times:
		return kind == EmptyPage
	default:
		return false
	}
}

func canCorruptNumber(kind FaultKind, p *vendor.Page, n vendor.Numbers) bool {
	switch kind {
	case RepeatCursor:
		return n.Own() > 1
	case CycleCursor:
		return n.Own() > 2
	case NeverNull:
		return len(p.Records) == 0 && n.Last() > 0
	default:
		return true
	}
}

// remember notes which cursor led to which, while a CycleCursor needs it. s.mu is held.
func (s *Faults) remember(a *vendor.Answer) {
	c, ok := a.Paging.(vendor.Cursors)
	cycle := func(f *armed) bool { return f.Kind == CycleCursor && f.Times != 0 }
	if ok && a.Page.Cursor != "" && slices.ContainsFunc(s.armed, cycle) {
		s.issued[a.Page.Cursor] = c.Own()
	}
}
