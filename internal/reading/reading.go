// Package reading shows staff a conversation as its archive will: who said what is told by
// the source's speech, and files are found by the finder that counted them, so that nobody
// decides about something else than what the person gets.
package reading

import (
	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/record"
)

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
		t.Said = append(t.Said, said(rec, speech, files(c, finder, rec))...)
	}
	return t
}

// said are the sides of a message; what is left of the record, and the files it refers to,
// stand with the last, as in the archive.
func said(rec dsr.Record, speech export.Speech, files []dsr.SaidFile) (all []dsr.Said) {
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
