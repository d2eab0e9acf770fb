package reading

import (
	"slices"
	"strings"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/finder"
	"dsr-server/internal/record"
)

// Proposer proposes what may have to be withheld of one conversation: passages of its own
// record and of its messages, each as an item that can be withheld as it is.
type Proposer struct {
	finder   finder.Finder
	speech   export.Speech
	language string
	said     string // what was said last
	all      []dsr.Proposal
	proposed map[dsr.Place]bool
}

// NewProposer is for a conversation that was found for r; region says where telephone
// numbers without a country code are dialled. Proposals say why in a language.
func NewProposer(r dsr.Request, region string, speech export.Speech, language string) *Proposer {
	return &Proposer{finder: finder.New(r.Selectors, region), speech: speech, language: language, proposed: map[dsr.Place]bool{}}
}

// Add looks through a page of the conversation; first: its own record too.
func (p *Proposer) Add(c dsr.FoundConversation, first bool) {
	if withheldWhole(c.Withheld) {
		return
	}
	at := dsr.Place{Source: c.Source, Conversation: c.ID}
	if first {
		p.look(c.Record, at, c.Withheld, nil)
	}
	for _, rec := range c.Messages {
		at.Message = rec.Name()
		texts := p.texts(rec)
		if items := c.Cut[at.Message]; !withheldWhole(items) {
			p.look(rec, at, items, texts)
		}
		if len(texts) > 0 {
			p.said = texts[len(texts)-1]
		}
	}
}

// Proposals are those found so far.
func (p *Proposer) Proposals() []dsr.Proposal { return p.all }

func withheldWhole(items []dsr.Withheld) bool {
	return slices.ContainsFunc(items, func(item dsr.Withheld) bool { return item.Text == "" })
}

// texts are what somebody says in a message.
func (p *Proposer) texts(rec dsr.Record) (all []string) {
	for _, side := range p.speech.Message(rec).Sides {
		all = append(all, side.Texts...)
	}
	return all
}

// look looks through one record without what is withheld of it already.
func (p *Proposer) look(rec dsr.Record, at dsr.Place, items []dsr.Withheld, said []string) {
	rest, _ := archive.Cut(rec, items, at.Message != "")
	names := rec.Names()
	for _, leaf := range record.Leaves(rest.Raw) {
		if leaf.Key || slices.Contains(names, leaf.Text) {
			continue
		}
		for _, passage := range p.finder.In([]string{p.before(leaf, said), leaf.Text})[1] {
			p.propose(at, leaf.Text[passage.Start:passage.End], passage)
		}
	}
}

// before is what stands before a text: of what is said in a message what was said last, which
// it may answer; else the name of its field, which may say what it is.
func (p *Proposer) before(leaf record.Leaf, said []string) string {
	if slices.Contains(said, leaf.Text) {
		return p.said
	}
	name := leaf.Path[strings.LastIndexByte(leaf.Path, '.')+1:]
	return strings.NewReplacer("_", " ", "-", " ").Replace(name) + ":"
}

func (p *Proposer) propose(at dsr.Place, text string, passage finder.Passage) {
	at.Text = text
	if len(text) > dsr.MaxWithheldPassage || p.proposed[at] {
		return
	}
	p.proposed[at] = true
	p.all = append(p.all, dsr.Proposal{Place: at, Kind: string(passage.Kind), Rule: string(passage.Rule), Why: passage.Rule.Why(p.language)})
}
