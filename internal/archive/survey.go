package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// sourcePart is what the pages need to know of one source before its records are
// written.
type sourcePart struct {
	name          string
	title         string // what people call it
	dir           string // its folder's name
	coverage      dsr.SourceCoverage
	conversations []conversation
	messages      int64
	columns       columns // of metadata, in the table of conversations
	// What few conversations have, by their number: a file that is not called like the
	// id, and a title instead of a date, of a group that is no conversation.
	names, titles map[int]string
	speech        Speech
	files         attachedFiles
	fetched       int64 // of files
}

// conversation is one line of the start page's list. There may be hundreds of thousands,
// so it is small: with its words and its part of the ZIP's directory about 400 bytes.
type conversation struct {
	id       string
	start    instant
	messages int64
	first    string // first words
}

// fileName is what the file of conversation i is called, without ".html".
func (s *sourcePart) fileName(i int) string {
	if name, other := s.names[i]; other {
		return name
	}
	return s.conversations[i].id
}

// instant is a time to the microsecond in a third of the room; noInstant is none.
type instant int64

const noInstant instant = math.MaxInt64

func instantOf(t time.Time) instant {
	if t.IsZero() {
		return noInstant
	}
	return instant(t.UnixMicro())
}

func (i instant) time() time.Time {
	if i == noInstant {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// survey reads everything once, so that the pages written first can tell and link
// what comes after them; it refuses contents that are out of order.
func (p *packer) survey(ctx context.Context) error {
	entries := 0
	for _, s := range p.sources {
		if err := p.surveyFiles(ctx, s); err != nil {
			return fmt.Errorf("survey %s: %w", s.name, err)
		}
		if err := p.surveyConversations(ctx, s); err != nil {
			return fmt.Errorf("survey %s: %w", s.name, err)
		}
		for i := range s.conversations {
			if err := p.surveyMessages(ctx, s, &s.conversations[i]); err != nil {
				return fmt.Errorf("survey %s, conversation %d: %w", s.name, i+1, err)
			}
			s.messages += s.conversations[i].messages
		}
		entries += len(s.conversations) + int(s.fetched)
	}
	p.withheld = p.countWithheld()
	p.in.Coverage.Withheld = p.withheld
	p.zip.entries = slices.Grow(p.zip.entries, entries+10+len(dataFiles)*len(p.sources)) // growing by steps holds it twice
	return nil
}

func (p *packer) surveyConversations(ctx context.Context, s *sourcePart) error {
	files := newNames()
	s.names, s.titles = map[int]string{}, map[int]string{}
	var last sortKey
	for rec, err := range p.in.Contents.Conversations(ctx, s.name) {
		if err != nil {
			return err
		}
		here := sortKey{rec.Start, rec.ID}
		if len(s.conversations) > 0 && !last.before(here) {
			return errors.New("conversations are out of order or doubled")
		}
		last = here
		i := len(s.conversations)
		if name := files.claim(rec.Name()); name != rec.ID {
			s.names[i] = name
		}
		about := s.speech.Conversation(rec)
		s.columns.note(about.Metadata)
		if rec.Withheld != "" {
			s.titles[i] = p.texts.WithheldConversation
		} else if title := p.groupTitle(about); title != "" {
			s.titles[i] = title
		}
		s.conversations = append(s.conversations, conversation{id: rec.ID, start: instantOf(rec.Start)})
	}
	return ctx.Err()
}

// surveyMessages reads a conversation again if it was the first to tell that some of what
// is said is the chatbot's.
func (p *packer) surveyMessages(ctx context.Context, s *sourcePart, c *conversation) error {
	for {
		if err := p.surveyOnce(ctx, s, c); err != nil || !s.speech.Learned() {
			return err
		}
		c.messages, c.first = 0, ""
	}
}

func (p *packer) surveyOnce(ctx context.Context, s *sourcePart, c *conversation) error {
	var last sortKey
	together := map[string]bool{} // ids of messages at the same time
	fromUser := false
	for rec, err := range p.messagesOf(ctx, s, c) {
		if err != nil {
			return err
		}
		here := sortKey{rec.Time, rec.ID}
		if c.messages == 0 || !here.at.Equal(last.at) {
			clear(together)
		}
		backwards := c.messages > 0 && !here.at.Equal(last.at) && !last.before(here)
		if backwards || here.id != "" && !here.at.IsZero() && together[here.id] {
			return errors.New("messages are out of order or doubled")
		}
		together[here.id] = true
		last = here
		c.messages++
		s.speech.Hear(rec)
		if !fromUser {
			fromUser = c.takeFirstWords(s.speech, rec)
		}
	}
	return ctx.Err()
}

// takeFirstWords keeps the user's first words, or anybody's until the user speaks;
// it reports whether they are the user's.
func (c *conversation) takeFirstWords(speech Speech, rec dsr.Record) bool {
	if c.messages > firstWordsWithin {
		return true
	}
	for _, side := range speech.Message(rec).Sides {
		words := firstWords(side)
		if side.Sender == record.User && words != "" {
			c.first = words
			return true
		}
		if c.first == "" {
			c.first = words
		}
	}
	return false
}

// firstWordsWithin bounds the search for the user's first words, so that a long
// conversation in which no user speaks is not decoded for nothing.
const firstWordsWithin = 50

// sortKey is where a record stands among its kind.
type sortKey struct {
	at time.Time
	id string
}

// before reports whether b may follow a: by time, a zero time last, then by id.
// Records without an id have no order among themselves, nor have messages without a
// readable time, which keep the source's.
func (a sortKey) before(b sortKey) bool {
	if a.at.IsZero() != b.at.IsZero() {
		return b.at.IsZero()
	}
	if c := a.at.Compare(b.at); c != 0 {
		return c < 0
	}
	return cmp.Less(a.id, b.id) || a.id == "" && b.id == ""
}
