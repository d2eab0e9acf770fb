package ui

import (
	"maps"
	"slices"

	"dsr-server/internal/dsr"
)

// resultView is what a run found.
type resultView struct {
	Conversations, Messages, NearMisses string
	Near                                []nearView // the first of them
	MoreNear                            string     // how many are not listed
	Nothing                             bool
	Withheld                            string     // how much of it is left out of the archive; empty: nothing
	Held                                []heldView // nil unless the request screens
	Archive                             *archiveView
}

// heldView is how much one source holds.
type heldView struct{ Source, Conversations string }

type archiveView struct {
	Size, SHA256, Downloads string
	Expires                 instant
}

func (p *pages) resultView(req dsr.Request, near dsr.NearMisses) *resultView {
	r := *req.Result
	v := &resultView{
		Conversations: p.count(r.Conversations, "conversation"), Messages: p.count(r.Messages, "message"),
		Nothing: r.Conversations == 0, Withheld: p.withheldWords(req.Withheld),
	}
	for _, source := range slices.Sorted(maps.Keys(r.Held)) {
		v.Held = append(v.Held, heldView{source, p.count(r.Held[source], "conversation")})
	}
	if r.NearMisses > 0 {
		v.NearMisses = p.number(r.NearMisses)
		v.Near, v.MoreNear = p.nearViews(near)
	}
	if a := r.Archive; a != nil {
		v.Archive = &archiveView{Size: p.fileSize(a.Size), SHA256: a.SHA256, Expires: p.day(a.ExpiresAt), Downloads: p.times(a.Downloads)}
	}
	return v
}

// withheldWords says how much is left out of the archive; empty when nothing is.
func (p *pages) withheldWords(n dsr.WithheldCount) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		noun text
	}{{n.Conversations, "conversation"}, {n.Messages, "message"}, {n.Passages, "passage"}} {
		if c.n > 0 {
			parts = append(parts, p.count(c.n, c.noun))
		}
	}
	return p.inWords(parts)
}
