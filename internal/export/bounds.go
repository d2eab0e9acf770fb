package export

import (
	"context"
	"fmt"
)

const (
	// maxPageSize is the largest page that a vendor documents.
	maxPageSize = 1000
	// maxCursor is the longest cursor that is sent back; servers take no longer address.
	maxCursor = 64 << 10
	// maxSeen is how many records a list paged by number may have: its cursor names them all.
	maxSeen = 500_000
	// maxHeader is how much may stand before an answer's body.
	maxHeader = 256 << 10
	// checkEvery is after how many records a loop checks whether it is to stop.
	checkEvery = 256
)

// bounds are what the parsing of an answer keeps to.
type bounds struct {
	ctx     context.Context
	records int
	budget  *Budget
}

// bounds allows a few times as many records as were asked for: a vendor may have a page
// size of its own, and more is no page.
func (b *Budget) bounds(ctx context.Context, perPage int) bounds {
	return bounds{ctx: ctx, records: 4 * max(perPage, maxPageSize), budget: b}
}

// fit says whether the record after n others is small enough.
func (b bounds) fit(n int, record []byte) error {
	if int64(len(record)) > b.budget.LargestRecord() {
		return fmt.Errorf("record %d of the page is %w", n+1, b.budget.recordTooLarge())
	}
	return nil
}

// allow says whether one more record may follow n.
func (b bounds) allow(n int) error {
	if n >= b.records {
		return fmt.Errorf("the page has more than %d records, four times what page_size may be", b.records)
	}
	if n%checkEvery == 0 && b.ctx.Err() != nil {
		return context.Cause(b.ctx)
	}
	return nil
}
