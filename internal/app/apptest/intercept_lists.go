package apptest

import (
	"context"

	"dsr-server/internal/dsr"
)

// Worklist implements ui.Service.
func (b *Interceptor) Worklist(ctx context.Context, q dsr.ListQuery) (dsr.ListPage, error) {
	if err := b.enter("Worklist"); err != nil {
		return dsr.ListPage{}, err
	}
	page, err := b.Backend.Worklist(ctx, q)
	b.change(page.Items)
	return page, err
}

// Today implements ui.Service.
func (b *Interceptor) Today(ctx context.Context) (dsr.Today, error) {
	if err := b.enter("Today"); err != nil {
		return dsr.Today{}, err
	}
	d, err := b.Backend.Today(ctx)
	for _, list := range [][]dsr.Request{d.Due, d.Decide, d.Send, d.Redo} {
		b.change(list)
	}
	return d, err
}

// change shows requests as the test wants them to be seen.
func (b *Interceptor) change(items []dsr.Request) {
	for i, r := range items {
		items[i] = b.changed(r.ID, dsr.View{Request: r}).Request
	}
}
