// Package reading shows staff a conversation as its archive will: who said what is told by
// the source's speech, and files are found by the finder that counted them, so that nobody
// decides about something else than what the person gets. Who may not know what is withheld
// reads what the archive has.
package reading

import (
	"slices"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/record"
)

// Cut is a conversation for who may not know what is withheld: as the archive has it.
func Cut(c dsr.FoundConversation) dsr.FoundConversation {
	whole, _ := archive.Cut(c.Record, c.Withheld, false)
	if whole.Withheld != "" {
		c.Messages, c.NextCursor = nil, ""
	}
	messages, cut := make([]dsr.Record, len(c.Messages)), map[string][]dsr.Withheld{}
	for i, rec := range c.Messages {
		items := c.Cut[rec.Name()]
		messages[i], _ = archive.Cut(rec, items, true)
		cut[messages[i].Name()] = unsaid(items)
	}
	c.Record, c.Messages, c.Cut, c.Found = whole, messages, cut, Hide(c.Found)
	return c
}

// Hide is a line of the list of conversations for who may not know what is withheld.
func Hide(f dsr.Found) dsr.Found {
	if slices.ContainsFunc(f.Withheld, func(item dsr.Withheld) bool { return item.Text == "" }) {
		f.Start, f.LastAction, f.Why = time.Time{}, time.Time{}, nil
	}
	f.Withheld = unsaid(f.Withheld)
	return f
}

// unsaid are items without what they say.
func unsaid(items []dsr.Withheld) []dsr.Withheld {
	out := slices.Clone(items)
	for i, item := range out {
		if out[i].Note = ""; item.Text != "" {
			out[i].Text = record.Mark
		}
	}
	return out
}

// Addresses are where the files are that the messages of a page refer to, each once.
func Addresses(c dsr.FoundConversation) (all []string) {
	finder, seen := attachment.NewFinder(c.FilePaths), map[string]bool{}
	for _, rec := range c.Messages {
		for _, address := range finder.In(rec.Raw) {
			if !seen[address] {
				seen[address] = true
				all = append(all, address)
			}
		}
	}
	return all
}

// Transcript is a page of a conversation. speech has heard every message of the source if
// it learns from them.
func Transcript(c dsr.FoundConversation, speech export.Speech, first bool) dsr.Transcript {
	t := dsr.Transcript{Found: c.Found, NextCursor: c.NextCursor}
	if first {
		t.Details = texts(record.Parse(c.Record.Raw))
	}
	finder := attachment.NewFinder(c.FilePaths)
	for _, rec := range c.Messages {
		for _, s := range said(rec, speech, files(c, finder, rec)) {
			s.Withheld = c.Cut[s.ID]
			t.Said = append(t.Said, s)
		}
	}
	return t
}

// said are the sides of a message; what is left of the record, and the files it refers to,
// stand with the last, as in the archive.
func said(rec dsr.Record, speech export.Speech, files []dsr.SaidFile) (all []dsr.Said) {
	if rec.Withheld != "" {
		return []dsr.Said{{ID: rec.Name(), Sender: string(record.Unknown), Texts: []string{record.Mark}}}
	}
	m := speech.Message(rec)
	for i, side := range m.Sides {
		s := dsr.Said{ID: rec.Name(), Time: rec.Time, Sender: string(side.Sender), Kind: m.Kind, LiveAgent: m.LiveAgent,
			Action: side.Action, Texts: side.Texts, Options: side.Options, Form: texts(side.Form)}
		if i == len(m.Sides)-1 {
			s.Files = files
			s.Further = texts(record.Object(m.Rest))
		}
		all = append(all, s)
	}
	return all
}

func texts(v *record.Value) (all []dsr.TextAt) {
	v.Each(func(path, text string) { all = append(all, dsr.TextAt{Path: path, Text: text}) })
	return all
}

// files are those of a message that were counted.
func files(c dsr.FoundConversation, finder attachment.Finder, rec dsr.Record) (all []dsr.SaidFile) {
	for _, address := range finder.In(rec.Raw) {
		if a, known := c.Files[address]; known {
			all = append(all, dsr.SaidFile{Address: record.Visible(address), State: a.State, Reason: a.Reason, Type: a.Content.Type, Size: a.Content.Size})
		}
	}
	return all
}
