package propose

import (
	"slices"

	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// shipped are the names of the declarations that come with the program and whose fields are
// those of the records.
func shipped(conversations, messages [][]byte) (names []string) {
	for _, name := range declared.Names() {
		d, wrong := declared.Read(name, nil)
		if len(wrong) == 0 && fits(d.Fields, conversations, messages) {
			names = append(names, name)
		}
	}
	return names
}

// fits reports whether at least half of the records have each of the fields.
func fits(f declared.Fields, conversations, messages [][]byte) bool {
	talks := parsed(conversations)
	said := parsed(messages)
	if len(f.Within) > 0 {
		said = within(f.Within, talks)
	} else if !most(said, f.Message.Conversation) {
		return false
	}
	c, m := f.Conversation, f.Message
	return most(talks, c.ID) && most(talks, c.Start) && most(talks, c.Metadata...) &&
		(m.ID == nil || most(said, m.ID)) && most(said, m.Time) && most(said, m.Sender.Member) && most(said, m.Text...)
}

// most reports whether at least half of the records have something at one of the paths.
func most(records []*record.Value, paths ...record.Path) bool {
	n := 0
	for _, r := range records {
		if slices.ContainsFunc(paths, func(p record.Path) bool {
			return slices.ContainsFunc(p.Of(r), func(v *record.Value) bool { return !v.IsEmpty() })
		}) {
			n++
		}
	}
	return n > 0 && 2*n >= len(records)
}

func parsed(records [][]byte) (all []*record.Value) {
	for _, raw := range records {
		all = append(all, record.Parse(raw))
	}
	return all
}

// within are the messages that stand in conversations.
func within(paths []record.Path, talks []*record.Value) (all []*record.Value) {
	for _, talk := range talks {
		for _, path := range paths {
			for _, v := range path.Of(talk) {
				if !v.IsList() {
					all = append(all, v)
					continue
				}
				for _, item := range v.Fields() {
					all = append(all, item.Value)
				}
			}
		}
	}
	return all
}
