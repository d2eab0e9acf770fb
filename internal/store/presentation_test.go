package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

func TestPresentationIsFixedAtSubmission(t *testing.T) {
	t.Parallel()
	presentation := dsr.Presentation{Zone: "Europe/Berlin", Controller: dsr.Controller{Name: "Example GmbH", Contact: "privacy@controller.example"},
		Titles: map[string]dsr.Text{"bot": {EN: "Help chat", DE: "Hilfe-Chat"}, "other": {Any: "not asked"}}}
	l := newLife(t, func(o *Options) { o.Presentation = presentation })
	id := l.submit("PRIV-1")
	l.s.opts.Presentation = dsr.Presentation{Zone: "UTC"}
	r, err := l.s.Lookup(t.Context(), id)
	l.must(err)
	want := presentation.For(r.Sources)
	if diff := cmp.Diff(want, r.Presentation); diff != "" || len(want.Titles) == len(presentation.Titles) {
		t.Errorf("-want +got\n%s", diff)
	}
}
