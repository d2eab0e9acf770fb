package ui

import "dsr-server/internal/dsr"

// navItem is an entry of the navigation.
type navItem struct {
	Here, Path, Label string
	Current           bool
}

// places are the entries of the navigation, each for whoever may do what is done there.
var navPlaces = []struct {
	here, path string
	label      text
	needs      dsr.Action
}{
	{"today", "/", "Today", dsr.Submit},
	{"list", "/requests", "Requests", dsr.Read},
	{"new", "/requests/new", "New request", dsr.Submit},
	{"sources", "/sources", "Sources", dsr.Read},
	{"audit", "/audit", "Audit log", dsr.ReadAudit},
	{"people", "/people", "People", dsr.ReadPeople},
	{"tokens", "/tokens", "API tokens", dsr.Manage},
	{"settings", "/settings", "Settings", dsr.Manage},
}

// nav is the navigation of a person, who is at this place.
func (p *pages) nav(role dsr.Role, here string) (items []navItem) {
	for _, place := range navPlaces {
		if role.May(place.needs) {
			items = append(items, navItem{place.here, p.edge.Path(place.path), p.say(place.label), place.here == here})
		}
	}
	return items
}
