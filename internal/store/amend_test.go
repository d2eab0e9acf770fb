package store

import (
	"testing"

	"dsr-server/internal/dsr"
)

// TestWhatIsAmendedIsSealedWhereItMayNameSomebody, and agrees with the log, which life checks at the end.
func TestWhatIsAmendedIsSealedWhereItMayNameSomebody(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("one")
	before := l.expiry(id)
	reference, received := "two", l.now().AddDate(0, 0, -7)
	r, err := l.s.Amend(ctx, byAdmin, id, dsr.Change{Reference: &reference, ReceivedAt: &received, Labels: map[string]string{"brand": "north"},
		Identity: &dsr.Identity{Method: "called Eve back", By: "Bob"}})
	l.must(err)
	if r.Reference != "two" || r.Identity == nil || r.Identity.Method != "called Eve back" || r.Labels["brand"] != "north" || !l.expiry(id).Before(before) {
		t.Errorf("got %+v, kept until %v, before %v", r, l.expiry(id), before)
	}
	l.grep("called Eve back", false)
	_, err = l.s.Submit(ctx, byAdmin, named("one", l)) // free again
	l.must(err)
	page, err := l.s.Requests(ctx, dsr.Filter{Query: "two", Limit: 1})
	l.must(err)
	if len(page.Items) != 1 || page.Items[0].Identity != nil {
		t.Errorf("the list shows %+v", page.Items)
	}
	_, err = l.s.Purge(ctx, byAdmin, id)
	l.must(err)
	if r, err = l.s.Lookup(ctx, id); err != nil || len(r.Labels) > 0 || r.Identity != nil || r.Reference != "" {
		t.Errorf("a purge has left %+v, %v", r, err)
	}
}
