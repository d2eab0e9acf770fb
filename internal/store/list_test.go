package store

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// exec changes rows past the store.
func (l *life) exec(statement string, args ...any) {
	l.t.Helper()
	_, err := l.s.w.ExecContext(l.t.Context(), statement, args...)
	l.must(err)
}

// listed are the references of a list, page by page of two, until its end.
func (l *life) listed(f dsr.Filter) (references []string) {
	l.t.Helper()
	f.Limit = 2
	for {
		page, err := l.s.Requests(l.t.Context(), f)
		l.must(err)
		for _, r := range page.Items {
			references = append(references, r.Reference)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return references
		}
	}
}

func TestListsSelectAndSort(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.tampered = true // some due dates are written past the store
	ids := map[string]string{}
	for i, name := range []string{"one", "Two", "three", "four", "five"} {
		ids[name] = l.submit(name)
		l.exec(`UPDATE requests SET due_at = ? WHERE id = ?`, l.now().Add(time.Duration(5-i)*24*time.Hour).UnixMilli(), ids[name])
		l.pass(time.Minute)
	}
	watermark := l.now()
	l.pass(time.Minute)
	_, err := l.s.Cancel(t.Context(), byAdmin, ids["three"])
	l.must(err)
	l.pass(time.Minute)
	_, err = l.s.Hold(t.Context(), byAdmin, ids["one"], "case 17")
	l.must(err)
	l.pass(time.Minute)
	l.run(ids["four"], true, "ab")
	l.exec(`UPDATE requests SET labels = '{"brand":"north","tier":"1"}', assignee = 'ana' WHERE id = ?`, ids["five"])
	l.exec(`UPDATE requests SET labels = '{"brand":"south","tier":"1"}', due_at = ? WHERE id = ?`, l.now().Add(-time.Hour).UnixMilli(), ids["Two"])
	yes, no := true, false
	for name, c := range map[string]struct {
		f    dsr.Filter
		want string
	}{
		"all":               {dsr.Filter{}, "five four three Two one"},
		"by due date":       {dsr.Filter{Order: dsr.OrderDue}, "Two five four three one"},
		"by change":         {dsr.Filter{Order: dsr.OrderUpdated}, "Two five three one four"},
		"changes since":     {dsr.Filter{Order: dsr.OrderUpdated, UpdatedAfter: watermark}, "three one four"},
		"two statuses":      {dsr.Filter{Statuses: []dsr.Status{dsr.Cancelled, dsr.Ready}}, "four three"},
		"open":              {dsr.Filter{Open: &yes}, "five four Two one"},
		"not open":          {dsr.Filter{Open: &no}, "three"},
		"held":              {dsr.Filter{Held: &yes}, "one"},
		"not held, by due":  {dsr.Filter{Held: &no, Order: dsr.OrderDue}, "Two five four three"},
		"overdue":           {dsr.Filter{Overdue: &yes}, "Two"},
		"not overdue":       {dsr.Filter{Overdue: &no}, "five four three one"},
		"a label":           {dsr.Filter{Labels: []dsr.LabelFilter{{Name: "tier"}}}, "five Two"},
		"two labels":        {dsr.Filter{Labels: []dsr.LabelFilter{{Name: "tier", Value: "1"}, {Name: "brand", Value: "north"}}}, "five"},
		"an assignee":       {dsr.Filter{Assignee: "ana"}, "five"},
		"part of reference": {dsr.Filter{Query: "wO"}, "Two"},
		"an id":             {dsr.Filter{Query: strings.ToUpper(ids["four"])}, "four"},
		"none":              {dsr.Filter{Source: "unheard-of"}, ""},
	} {
		if got := strings.Join(l.listed(c.f), " "); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestAListGoesOnWhereItEnded, whatever is submitted between two pages.
func TestAListGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	for _, order := range dsr.Orders {
		l := newLife(t, nil)
		for i := range 5 {
			l.submit(fmt.Sprint(i)) // all within one millisecond
		}
		whole, f, got := l.listed(dsr.Filter{Order: order}), dsr.Filter{Order: order, Limit: 2}, []string{}
		for i := range 3 {
			page, err := l.s.Requests(t.Context(), f)
			l.must(err)
			for _, r := range page.Items {
				got = append(got, r.Reference)
			}
			f.Cursor = page.NextCursor
			l.pass(time.Millisecond)
			l.submit(fmt.Sprint("new ", i))
		}
		if got = slices.DeleteFunc(got, func(name string) bool { return strings.HasPrefix(name, "new") }); !slices.Equal(got, whole) {
			t.Errorf("by %s: got %v, want %v", order, got, whole)
		}
	}
}

// TestACursorBelongsToItsList: to no other filter or order, to no other service, and as it is.
func TestACursorBelongsToItsList(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	for _, name := range []string{"one", "two", "three"} {
		l.submit(name)
	}
	f := dsr.Filter{Statuses: []dsr.Status{dsr.Ready, dsr.Queued}, DueBefore: l.now().Add(1000 * time.Hour), Limit: 1}
	page, err := l.s.Requests(t.Context(), f)
	l.must(err)
	f.Cursor, f.Limit, f.Statuses, f.Order = page.NextCursor, 2, []dsr.Status{dsr.Queued, dsr.Ready, dsr.Queued}, dsr.OrderCreated
	if page, err := l.s.Requests(t.Context(), f); err != nil || len(page.Items) != 2 {
		t.Errorf("the same list with another limit: %d requests, %v", len(page.Items), err)
	}
	yes := true
	refused := map[string]dsr.Filter{"": f}
	for name, change := range map[string]func(*dsr.Filter){
		"another status": func(f *dsr.Filter) { f.Statuses = f.Statuses[:1] }, "another order": func(f *dsr.Filter) { f.Order = dsr.OrderDue },
		"another time": func(f *dsr.Filter) { f.DueBefore = f.DueBefore.Add(1) }, "a further filter": func(f *dsr.Filter) { f.Open = &yes },
		"another text": func(f *dsr.Filter) { f.Query = "o" },
		"altered":      func(f *dsr.Filter) { f.Cursor = altered(t, f.Cursor) }, "cut": func(f *dsr.Filter) { f.Cursor = f.Cursor[:8] },
	} {
		other := f
		change(&other)
		refused[name] = other
	}
	delete(refused, "")
	for name, other := range refused {
		if _, err := l.s.Requests(t.Context(), other); dsr.KindOf(err) != dsr.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := newLife(t, nil).s.Requests(t.Context(), f); dsr.KindOf(err) != dsr.Invalid {
		t.Errorf("at another service: got %v", err)
	}
}

// altered is a cursor whose last byte is another.
func altered(t *testing.T, cursor string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	return base64.RawURLEncoding.EncodeToString(raw)
}
