package archive

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
)

// Diff is how a later archive of one person differs from an earlier one.
type Diff struct {
	Sources []SourceDiff // of either archive, sorted by name
	Notes   []string     // why a difference may not be one in the data; safe to print
}

// SourceDiff is the part of one source.
type SourceDiff struct {
	Name          string
	Conversations Changes // of conversation records
	Messages      Changes
	// Details are the conversations that differ, or whose messages do, by id; those
	// without an id are together under an empty one.
	Details []ConversationDiff
}

// Changes counts records.
type Changes struct{ New, Gone, Changed int64 }

// ConversationDiff is one conversation.
type ConversationDiff struct {
	ID       string
	Record   Changes
	Messages Changes
}

// Same reports whether both archives hold the same records.
func (d Diff) Same() bool {
	return !slices.ContainsFunc(d.Sources, func(s SourceDiff) bool { return len(s.Details) > 0 })
}

// Compare says what is new, gone and changed in the archive at newer since the one at
// older was made. Both are verified first; a record is changed when its id is the same
// and its bytes are not. Memory grows with the number of records, about a hundred
// bytes for each of the older archive. The error wraps ErrAltered or ErrUnreadable.
func Compare(older, newer string, allowedSigners []byte, named Named) (Diff, error) {
	var sides [2]*comparedArchive
	for i, path := range []string{older, newer} {
		side, err := openCompared(path, allowedSigners, named)
		if err != nil {
			return Diff{}, fmt.Errorf("%s: %w", path, err)
		}
		defer side.close()
		sides[i] = side
	}
	d := Diff{Notes: notes(sides)}
	for _, name := range sourcesOf(sides) {
		s, err := compareSource(name, sides)
		if err != nil {
			return Diff{}, fmt.Errorf("compare %s: %w", name, err)
		}
		d.Sources = append(d.Sources, s)
	}
	return d, nil
}

func sourcesOf(sides [2]*comparedArchive) []string {
	names := slices.Concat(sides[0].manifest.Request.Sources, sides[1].manifest.Request.Sources)
	slices.Sort(names)
	return slices.Compact(names)
}

// notes names what makes two archives hard to compare. It repeats no selector.
func notes(sides [2]*comparedArchive) (out []string) {
	a, b := sides[0].manifest.Request, sides[1].manifest.Request
	for what, pair := range map[string][2]any{
		"selectors": {a.Selectors, b.Selectors}, "sources": {a.Sources, b.Sources}, "window": {a.Window, b.Window},
	} {
		if !sameJSON(pair[0], pair[1]) {
			out = append(out, "the two requests do not have the same "+what)
		}
	}
	for i, which := range []string{"first", "second"} {
		if !sides[i].report.Complete {
			out = append(out, "the search of the "+which+" archive was not complete")
		}
		if !sides[i].report.SignerChecked {
			out = append(out, "who signed the "+which+" archive was not checked")
		}
	}
	if b.AsOf.Before(a.AsOf) {
		out = append(out, "the second archive is the earlier one")
	}
	slices.Sort(out)
	return out
}

func sameJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// compareSource reads the records of both sides once, and those of the first again
// where some are gone, to learn which.
func compareSource(name string, sides [2]*comparedArchive) (SourceDiff, error) {
	c := comparison{details: map[string]*ConversationDiff{}}
	out := SourceDiff{Name: oneLine(name)}
	for _, kind := range []recordKind{conversationKind, messageKind} {
		if err := c.compare(name, kind, sides); err != nil {
			return out, err
		}
	}
	for _, d := range c.details {
		out.Details = append(out.Details, *d)
		out.Conversations.add(d.Record)
		out.Messages.add(d.Messages)
	}
	slices.SortFunc(out.Details, func(a, b ConversationDiff) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (c *Changes) add(more Changes) {
	c.New, c.Gone, c.Changed = c.New+more.New, c.Gone+more.Gone, c.Changed+more.Changed
}

// comparison holds one compareSource.
type comparison struct{ details map[string]*ConversationDiff }

type recordKind struct {
	file, conversation string // the table, and its column that names the conversation
	count              func(*ConversationDiff) *Changes
}

var (
	conversationKind = recordKind{"conversations.csv", "id", func(d *ConversationDiff) *Changes { return &d.Record }}
	messageKind      = recordKind{"messages.csv", "conversation_id", func(d *ConversationDiff) *Changes { return &d.Messages }}
)

// recordKey identifies a record of a source: its conversation and its own id, or, if it
// has none, its content.
type recordKey [16]byte

// kept is a record of the first archive that the second has not shown yet; n is more
// than 1 for equal records without an id.
type kept struct {
	sum [16]byte
	n   int32
}

// comparedRecord is one line of a data file.
type comparedRecord struct {
	conversation string
	key          recordKey
	sum          [16]byte
}

func (c *comparison) compare(source string, kind recordKind, sides [2]*comparedArchive) error {
	old := map[recordKey]kept{}
	err := sides[0].records(source, kind, func(r comparedRecord) {
		old[r.key] = kept{r.sum, old[r.key].n + 1}
	})
	if err != nil {
		return err
	}
	err = sides[1].records(source, kind, func(r comparedRecord) {
		was, there := old[r.key]
		switch {
		case !there:
			kind.count(c.of(r.conversation)).New++
			return
		case was.sum != r.sum:
			kind.count(c.of(r.conversation)).Changed++
		}
		if was.n--; was.n == 0 {
			delete(old, r.key)
		} else {
			old[r.key] = was
		}
	})
	if err != nil || len(old) == 0 {
		return err
	}
	return sides[0].records(source, kind, func(r comparedRecord) {
		if was := old[r.key]; was.n > 0 {
			kind.count(c.of(r.conversation)).Gone++
			was.n--
			old[r.key] = was
		}
	})
}

func (c *comparison) of(conversation string) *ConversationDiff {
	d := c.details[conversation]
	if d == nil {
		d = &ConversationDiff{ID: conversation}
		c.details[conversation] = d
	}
	return d
}

// short is half a SHA-256: enough for what nobody chooses to collide, in a third of
// the memory.
func short(b []byte) (s [16]byte) {
	sum := sha256.Sum256(b)
	copy(s[:], sum[:])
	return s
}
