package vendor

// Cursors are [Answer].Paging of a vendor that pages by cursors, or by links that hold them.
type Cursors struct {
	own               string
	first, same, next func() string
}

// Own is the cursor that the call came with; empty on the first page.
func (c Cursors) Own() string { return c.own }

// First is a cursor that leads to the first page, as having none does.
func (c Cursors) First() string { return c.first() }

// Same is a cursor whose page begins with the first record of this one.
func (c Cursors) Same() string { return c.same() }

// Next is a cursor whose page begins after the last record of this one, also if there is
// none.
func (c Cursors) Next() string { return c.next() }

// Numbers are [Answer].Paging of a vendor that numbers its pages, or the records in its list.
type Numbers struct {
	own, last int
	cut       func(number int)
}

// Own is the number of the page asked for.
func (n Numbers) Own() int { return n.own }

// Last is the number of the last page with records; 0 if the list is empty.
func (n Numbers) Last() int { return n.last }

// Cut puts the records of another page into this one, which keeps its own number.
func (n Numbers) Cut(number int) { n.cut(number) }

// Times are [Answer].Paging of a vendor that is asked again from a time on.
type Times struct{}
