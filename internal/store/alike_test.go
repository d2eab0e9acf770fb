package store

import (
	"slices"
	"testing"

	"dsr-server/internal/dsr"
)

// alike are the references of the requests that ask for the same as these.
func (l *life) alike(selectors ...dsr.Selector) (references []string) {
	l.t.Helper()
	all, err := l.s.Alike(l.t.Context(), selectors)
	l.must(err)
	for _, a := range all {
		references = append(references, a.Reference)
	}
	return references
}

func anywhere(value string, match dsr.Match) dsr.Selector {
	return dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: value, Match: match}}
}

func TestRequestsAreAlikeThatAskForTheSameValue(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	for reference, selectors := range map[string][]dsr.Selector{
		"address": {anywhere("Ana@Example.com", dsr.Normalized), anywhere("Ana", dsr.Contains)},
		"id":      {{ConversationID: "5c80"}},
	} {
		sub := named(reference, l)
		sub.Selectors = selectors
		_, err := l.s.Submit(t.Context(), byAdmin, sub)
		l.must(err)
	}
	inField := dsr.Selector{Metadata: &dsr.Metadata{Key: "email", Value: "ana@example.com", Match: dsr.Exact}}
	for name, c := range map[string]struct {
		asked []dsr.Selector
		want  []string
	}{
		"in one field, other capitals": {[]dsr.Selector{inField}, []string{"address"}},
		"an id as a value":             {[]dsr.Selector{anywhere("5C80", dsr.Normalized)}, []string{"id"}},
		"another value":                {[]dsr.Selector{anywhere("an", dsr.Normalized)}, nil},
	} {
		if got := l.alike(c.asked...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	all, err := l.s.Alike(t.Context(), []dsr.Selector{anywhere("none", dsr.Exact), inField, {ConversationID: "ana"}})
	if err != nil || len(all) != 1 || !slices.Equal(all[0].Values, []int{1, 2}) || all[0].Status != dsr.Queued || !all[0].ReceivedAt.Equal(l.now()) {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestWhatIsNotAskedForAnyMoreIsNotAlike(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id, other := l.ready("one"), l.ready("two")
	_, err := l.s.Revise(ctx, byAdmin, id, asking("another"))
	l.must(err)
	_, err = l.s.Purge(ctx, byAdmin, other)
	l.must(err)
	for value, want := range map[string][]string{"selector of one": nil, "another": {"one"}, "selector of two": nil} {
		if got := l.alike(dsr.Selector{ConversationID: value}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

// TestAnUpgradeEntersWhatWasAskedForBefore there was a table of it.
func TestAnUpgradeEntersWhatWasAskedForBefore(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.ready("one")
	for _, statement := range []string{`DELETE FROM asked_values`, `INSERT INTO meta (name, value) VALUES ('asked_values', x'')`} {
		_, err := l.s.w.ExecContext(t.Context(), statement)
		l.must(err)
	}
	if got := l.alike(dsr.Selector{ConversationID: "selector of one"}); len(got) != 0 {
		t.Fatalf("before the upgrade: %q", got)
	}
	l.must(l.reopen())
	if got := l.alike(dsr.Selector{ConversationID: "selector of one"}); !slices.Equal(got, []string{"one"}) {
		t.Errorf("after it: %q", got)
	}
	if due, err := l.s.meta(t.Context(), metaAskedValues); err != nil || due != nil {
		t.Errorf("it is still to be done: %v, %v", due, err)
	}
}
