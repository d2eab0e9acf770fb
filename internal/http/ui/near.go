package ui

import "dsr-server/internal/dsr"

// nearView is a conversation that is not in the result and holds something like what was asked for.
type nearView struct {
	Source, ID, Where string
	Hits              []hitView
}

// nearShown is how many of them a page lists.
const nearShown = 100

// nearViews are the first of the near misses, and how many more there are, if any.
func (p *pages) nearViews(all dsr.NearMisses) (views []nearView, more string) {
	for _, n := range all.Near[:min(len(all.Near), nearShown)] {
		views = append(views, nearView{Source: n.Source, ID: n.ConversationID, Where: p.places(n.Paths), Hits: p.hits(n.Places)})
	}
	if rest := all.Count() - int64(len(views)); rest > 0 {
		more = p.number(rest)
	}
	return views, more
}

// hitView is one place of a near miss.
type hitView struct{ Where, How, Text string }

// nearWords say in what way a place is like what was asked for.
var nearWords = map[string]text{
	"other_key":        "the value in another field",
	"outside_metadata": "the value outside of the metadata",
	"as_key":           "the name of a field",
	"mentioned":        "mentioned in a text",
	"escaped":          "mentioned in a text, in an encoded form",
	"spelling":         "spelled differently",
	"digits":           "the same digits",
	"mailbox":          "the same mailbox, written differently",
	"id_case":          "its ID, with other capitals or extra spaces",
}

func (p *pages) hits(all []dsr.NearHit) (out []hitView) {
	for _, hit := range all {
		if hit.Text != "" {
			out = append(out, hitView{p.places([]string{hit.Path}), p.say(nearWords[hit.Kind]), hit.Text})
		}
	}
	return out
}

// places names where in the metadata something was found.
func (p *pages) places(paths []string) string {
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = "“" + path + "”"
	}
	switch {
	case len(paths) == 0 || paths[0] == "":
		return p.say("the metadata itself")
	case len(paths) == 1:
		return p.say("field %s", quoted[0])
	}
	return p.say("fields %s", p.inWords(quoted))
}
