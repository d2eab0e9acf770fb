package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// withheldVersion changes when a reader of an older one would misread withheld.json.
const withheldVersion = 1

// withheldList is withheld.json: what was left out and why, never what it says.
type withheldList struct {
	Version int               `json:"version"`
	Mark    string            `json:"mark"`
	Counts  dsr.WithheldCount `json:"counts"`
	Items   []withheldItem    `json:"items"`
}

// withheldItem is one thing that was left out. Count is how often a passage stood there, or
// how many messages a conversation has.
type withheldItem struct {
	Kind               dsr.WithheldKind   `json:"kind"`
	Reason             dsr.WithholdReason `json:"reason"`
	Count              int64              `json:"count"`
	Source             string             `json:"source"`
	Conversation       string             `json:"conversation,omitempty"`
	ConversationNumber int64              `json:"conversation_number"`
	Message            string             `json:"message,omitempty"`
	MessageNumber      int64              `json:"message_number,omitempty"`
}

// closeExit puts the exit between what was found and everything that writes it, and takes
// what is withheld out of what was searched for.
func (p *packer) closeExit(ctx context.Context) error {
	e, err := newExit(ctx, p.in.Contents)
	if err != nil {
		return err
	}
	p.in.Contents, p.exit = e, e
	var passages []string
	for _, items := range e.at {
		for _, item := range items {
			if item.Text != "" {
				passages = append(passages, item.Text)
			}
		}
	}
	if len(passages) > 0 {
		p.in.Request.Selectors = withoutPassages(p.in.Request.Selectors, passages)
	}
	return p.countFiles(ctx)
}

// withoutPassages are selectors as they are shown. One that is a passage in another case is
// the same to a reader.
func withoutPassages(selectors []dsr.Selector, passages []string) []dsr.Selector {
	slices.Sort(passages)
	shown := func(s string) string {
		if slices.ContainsFunc(passages, func(p string) bool { return strings.EqualFold(p, s) }) {
			return record.Mark
		}
		return record.WithoutIn(s, passages)
	}
	out := slices.Clone(selectors)
	for i, s := range out {
		out[i].ConversationID = shown(s.ConversationID)
		if s.Metadata != nil {
			m := *s.Metadata
			m.Key, m.Value = shown(m.Key), shown(m.Value)
			out[i].Metadata = &m
		}
	}
	return out
}

// countFiles counts in the coverage the files that go with what is withheld.
func (p *packer) countFiles(ctx context.Context) error {
	for _, s := range p.sources {
		kept, err := p.exit.referred(ctx, s.name)
		if err != nil {
			return err
		}
		if kept == nil || s.coverage.Files == nil {
			continue
		}
		s.coverage.Files.Missing = maps.Clone(s.coverage.Files.Missing) // the caller's
		for a, err := range p.exit.Contents.Attachments(ctx, s.name) {
			if err != nil {
				return err
			}
			if !kept[hashAddress(a.Address)] {
				withholdFile(s.coverage.Files, a)
			}
		}
	}
	return ctx.Err()
}

// withholdFile counts a file as withheld that was counted as fetched or missing.
func withholdFile(n *dsr.FileCount, a dsr.Attachment) {
	switch {
	case a.State == dsr.AttachmentFetched && n.Fetched > 0:
		n.Fetched--
	case n.Missing[a.Reason] > 0:
		if n.Missing[a.Reason]--; n.Missing[a.Reason] == 0 {
			delete(n.Missing, a.Reason)
		}
	default:
		return
	}
	n.Missing[dsr.MissingWithheld]++
}

// leftOut is everything that the survey has met, in the archive's order.
func (p *packer) leftOut() (all []*leftOut) {
	for _, items := range p.exit.at {
		for _, item := range items {
			if item.met {
				all = append(all, item)
			}
		}
	}
	p.numberConversations(all)
	slices.SortFunc(all, func(a, b *leftOut) int {
		return cmp.Or(cmp.Compare(slices.Index(p.in.Request.Sources, a.Source), slices.Index(p.in.Request.Sources, b.Source)),
			cmp.Compare(a.conversation, b.conversation), cmp.Compare(a.message, b.message), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// numberConversations says of what is left out of messages which of its source's
// conversations it is of.
func (p *packer) numberConversations(items []*leftOut) {
	for _, s := range p.sources {
		var numbers map[string]int64
		for _, item := range items {
			if item.Source != s.name || item.conversation > 0 {
				continue
			}
			if numbers == nil {
				numbers = make(map[string]int64, len(s.conversations))
				for i := range s.conversations {
					numbers[s.conversations[i].id] = int64(i) + 1
				}
			}
			item.conversation = numbers[item.Conversation]
		}
	}
}

// countWithheld is nil when nothing is withheld.
func (p *packer) countWithheld() *dsr.WithheldCount {
	var n dsr.WithheldCount
	for _, item := range p.leftOut() {
		n.Add(item.Kind())
	}
	if n == (dsr.WithheldCount{}) {
		return nil
	}
	return &n
}

// writeWithheld writes withheld.json, if anything is withheld.
func (p *packer) writeWithheld(context.Context) error {
	if p.withheld == nil {
		return nil
	}
	list := withheldList{Version: withheldVersion, Mark: record.Mark, Counts: *p.withheld}
	for _, item := range p.leftOut() {
		list.Items = append(list.Items, itemOf(item))
	}
	return p.zip.add(withheldName, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	})
}

// itemOf names a record by its id; one without by its place alone, because a name made
// from what it says could confirm a guess.
func itemOf(item *leftOut) withheldItem {
	out := withheldItem{Kind: item.Kind(), Reason: item.Reason, Count: item.count, Source: item.Source,
		Conversation: item.Conversation, ConversationNumber: item.conversation, Message: item.Message, MessageNumber: item.message}
	if dsr.Nameless(out.Conversation) {
		out.Conversation = ""
	}
	if dsr.Nameless(out.Message) {
		out.Message = ""
	}
	return out
}

// withheldWords says how much is withheld; empty when nothing is.
func (p *packer) withheldWords() string {
	if p.withheld == nil {
		return ""
	}
	t, n := p.texts, p.withheld
	var parts []string
	for _, part := range []struct {
		n         int64
		one, many string
	}{{n.Conversations, t.ConversationOne, t.ConversationMany}, {n.Messages, t.MessageOne, t.MessageMany}, {n.Passages, t.PassageOne, t.PassageMany}} {
		if part.n > 0 {
			parts = append(parts, t.count(part.n, part.one, part.many))
		}
	}
	return fill(t.WithheldSome, strings.Join(parts, ", "), record.Mark)
}
