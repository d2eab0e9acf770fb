package scan

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Which page of a folder another one names cannot be told, because a cursor is no file's name.
// What can be told is whether there are enough of them. Of n different pages that were
// exported together at most n − 1 different ones can be named. Pages with the same records are
// one, so that a copy does not stand for the page that is missing.

// pageKey tells a page by its records, or the name of one by how it is written.
type pageKey [2]int64

// pageChains are the pages of a folder, and the pages that they name.
type pageChains struct {
	held  map[pageKey]bool
	named map[pageKey]bool
	names map[pageKey]int // of each page: how many different names it gives to the next
	ends  int             // files after which nothing follows
}

func isPage(u dsr.Unit) bool { return export.Paged(u.File) && !u.Shown.NoPage }

// pagesOf are the files of one kind that hold a page.
func pagesOf(units []dsr.Unit, e dsr.Endpoint) (pages []dsr.Unit) {
	for _, u := range units {
		if u.Kind == dsr.File && u.Endpoint == e && u.State == dsr.UnitDone && isPage(u) {
			pages = append(pages, u)
		}
	}
	return pages
}

func chainsOf(pages []dsr.Unit) pageChains {
	c := pageChains{held: map[pageKey]bool{}, named: map[pageKey]bool{}, names: map[pageKey]int{}}
	for _, u := range pages {
		page, next := keysOf(u.Shown)
		c.held[page] = true
		if !u.Shown.More {
			c.ends++
			continue
		}
		if !c.named[next] {
			c.named[next] = true
			c.names[page]++
		}
	}
	return c
}

// keysOf are what a page is told by, and what the one is that it names.
func keysOf(s dsr.Shown) (page, next pageKey) {
	page, next = pageKey{s.Held}, pageKey{s.Next}
	if s.Held == 0 { // empty ones differ in what they name
		page[1] = s.Next
	}
	if s.Next == 0 { // it says that more follows, and no name
		next[1] = s.Held
	}
	return page, next
}

// exportedTwice reports whether the names are as many as they are because the same was
// exported more than once: every export has cursors of its own for pages with the same
// records, and an end of its own.
func (c pageChains) exportedTwice() bool {
	exports := 1
	for _, names := range c.names {
		exports = max(exports, names)
	}
	return exports > 1 && c.ends >= exports && len(c.names) < len(c.held)
}
