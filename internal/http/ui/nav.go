package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// navItem is an entry of the navigation.
type navItem struct {
	Here, Path, Label string
	Count             string // how many wait there; empty: none, or nobody counts them
	Current           bool
}

// navPlaces are the entries of the navigation, each for whoever may do what is done there.
var navPlaces = []struct {
	here, path string
	label      text
	needs      dsr.Action
}{
	{"today", "/", "Today", dsr.Submit},
	{"decide", "/requests?list=" + string(dsr.WorkToDecide), "To decide", dsr.Decide},
	{"list", "/requests", "Requests", dsr.Read},
	{"new", "/requests/new", "New request", dsr.Submit},
	{"sources", "/sources", "Sources", dsr.Read},
	{"audit", "/audit", "Audit log", dsr.ReadAudit},
	{"people", "/people", "People", dsr.ReadPeople},
	{"tokens", "/tokens", "API tokens", dsr.Manage},
	{"webhooks", "/webhooks", "Webhooks", dsr.ManageWebhooks},
	{"settings", "/settings", "Settings", dsr.Manage},
}

// nav is the navigation of a person, who is at this place.
func (p *pages) nav(role dsr.Role, here string, waits dsr.Waits) (items []navItem) {
	counts := map[string]int64{"today": waits.Today, "decide": waits.ToDecide}
	for _, place := range navPlaces {
		if !role.May(place.needs) {
			continue
		}
		item := navItem{Here: place.here, Path: p.edge.Path(place.path), Label: p.say(place.label), Current: place.here == here}
		if n := counts[place.here]; n > 0 {
			item.Count = p.number(n)
		}
		items = append(items, item)
	}
	return items
}

// waits is what waits for a role. Where that cannot be counted the page is shown all the same,
// without it: what the page itself needs fails by itself.
func (p *pages) waits(ctx context.Context, role dsr.Role) dsr.Waits {
	if !role.May(dsr.Submit) {
		return dsr.Waits{}
	}
	w, err := p.svc.Waits(ctx)
	if err != nil {
		return dsr.Waits{}
	}
	return w
}
