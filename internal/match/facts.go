package match

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// Facts are what is derived from one record, by its source's Schema. Where an object
// repeats a key, the first value counts that is neither null nor an empty string, and a
// key in the schema's own spelling before one in another case (docs/quirks.md, Q14).
type Facts struct {
	ID             string // empty: none that can be used
	ConversationID string // of a message
	Sender         string // who it is from, where the schema names that
	Start          time.Time
	LastAction     time.Time
	Time           time.Time // of a message
	// HasMetadata says that there is something for selectors to look at: a text that is not
	// empty, a number, true or false.
	HasMetadata bool
	// Unlinked says of a message that it lacks the id of its conversation and nothing else:
	// where messages are asked for by conversation, it is known all the same.
	Unlinked bool
	// Missing is empty for a record that was understood. For another it says, in words,
	// what a record of its kind has and this one has not.
	Missing string
	// Anomalies are rules of docs/quirks.md, one entry each time. A time that cannot be
	// read is zero.
	Anomalies []string
	Text      TextAnomalies
}

// Rules that a record's facts may break.
const (
	ruleTime   = "Q11" // a time is absent or cannot be read
	ruleNoID   = "Q12" // no id that can be used
	ruleSender = "Q29" // it does not say in the usual way whose it is
	ruleTurned = "Q34" // the last action lies before the start
)

// Understood reports whether the record is one of its kind at all. What was not
// understood was not searched.
func (f Facts) Understood() bool { return f.Missing == "" }

// When is the time by which records are listed: a conversation's start, a message's time.
func (f Facts) When() time.Time {
	if f.Start.IsZero() {
		return f.Time
	}
	return f.Start
}

// Active is how long the conversation was active, zero when that cannot be told.
func (f Facts) Active() time.Duration {
	if f.Start.IsZero() || f.LastAction.IsZero() {
		return 0
	}
	return f.LastAction.Sub(f.Start).Abs()
}

// clockTolerance is how far another clock may be ahead of ours before its times are
// called wrong.
const clockTolerance = 5 * time.Minute

// Ahead reports whether a time lies in the future. Nothing can have happened then, so a
// clock was wrong; it is rule Q34.
func (f Facts) Ahead(now time.Time) bool {
	limit := now.Add(clockTolerance)
	return f.Start.After(limit) || f.LastAction.After(limit) || f.Time.After(limit)
}

// In reports whether a conversation's activity overlaps the window: from the earlier to
// the later of its start and its last action. What cannot be read, or lies in the
// future, excludes nothing: the conversation counts as active throughout, up to asOf.
func (f Facts) In(w dsr.Window, asOf, now time.Time) bool {
	end := w.End
	if end.IsZero() || end.After(asOf) {
		end = asOf
	}
	from, to := f.Start, f.LastAction
	if !to.IsZero() && to.Before(from) {
		from, to = to, from
	}
	if !from.Before(end) && !from.After(now.Add(clockTolerance)) {
		return false
	}
	return to.IsZero() || w.Start.IsZero() || !to.Before(w.Start)
}

// Facts reads one record. It never fails: of what is not a JSON object nothing is
// understood. A Matcher tells the same of a record as it goes.
func (f Fields) Facts(record []byte) Facts {
	v, err := reading(f).Decide(record)
	if err != nil {
		return Facts{Missing: "it is not a JSON object"}
	}
	return v.Facts
}

// captured is the value of a top-level key, as it stands in the record; nil if absent.
type captured struct {
	raw     []byte
	oddCase bool
}

// capture keeps the value that counts; see Facts.
func (w *walker) capture(r role, raw []byte) {
	c := &w.top[r.number]
	if c.raw == nil || worth(raw, r.oddCase) > worth(c.raw, c.oddCase) {
		*c = captured{raw, r.oddCase}
	}
}

func worth(raw []byte, oddCase bool) (n int) {
	if !blank(raw) {
		n += 2
	}
	if !oddCase {
		n++
	}
	return n
}

// blank reports whether a value says nothing.
func blank(raw []byte) bool { return len(raw) == 0 || raw[0] == 'n' || string(raw) == `""` }

// facts are those of the record that has just been walked.
func (w *walker) facts() (f Facts) {
	s := w.m.schema
	f.Text = w.seen
	f.ID = identifier(w.field(s.id))
	f.ConversationID = identifier(w.field(s.conv))
	f.HasMetadata = s.whole || w.leaves
	if f.ID == "" && s.id.number != 0 {
		f.Anomalies = append(f.Anomalies, ruleNoID)
	}
	w.times(&f)
	if s.sender.number != 0 {
		f.Sender = identifier(w.field(s.sender))
		if name := w.field(s.name); f.Sender == "" || len(name) == 0 || name[0] != '"' {
			f.Anomalies = append(f.Anomalies, ruleSender)
		}
	}
	f.Missing = w.missing(f)
	f.Unlinked = s.conv.number != 0 && f.ConversationID == "" && w.evident()
	if f.Text != (TextAnomalies{}) {
		f.Anomalies = append(f.Anomalies, f.Text.rules()...)
	}
	return f
}

// times reads each field once, though it may have several meanings.
func (w *walker) times(f *Facts) {
	s := w.m.schema
	known := [...]struct {
		ref fieldRef
		to  *time.Time
	}{{s.start, &f.Start}, {s.last, &f.LastAction}, {s.time, &f.Time}}
	for i, k := range known {
		if k.ref.number == 0 {
			continue
		}
		if i > 0 && k.ref.path == known[0].ref.path {
			*k.to = f.Start
			continue
		}
		var ok bool
		if *k.to, ok = Instant(w.field(k.ref)); !ok {
			f.Anomalies = append(f.Anomalies, ruleTime)
		}
	}
	if !f.LastAction.IsZero() && f.LastAction.Before(f.Start) {
		f.Anomalies = append(f.Anomalies, ruleTurned)
	}
}

// missing says what the record lacks to be one of its kind.
func (w *walker) missing(f Facts) string {
	s := w.m.schema
	if s.conv.number != 0 && f.ConversationID == "" {
		return "it has no " + s.fields.Conversation.String() + ", or none that can be read"
	}
	if s.conv.number == 0 && s.id.number != 0 && f.ID == "" {
		return "it has no " + s.idPath + ", or none that can be read"
	}
	if s.foreign.number != 0 && w.field(s.foreign) != nil && w.field(s.start) == nil && w.field(s.last) == nil {
		return "it has " + s.fields.Foreign.String() + " and no time of its own, as records of the other kind"
	}
	if w.evident() {
		return ""
	}
	names := make([]string, len(s.evidence))
	for i, ref := range s.evidence {
		names[i] = ref.path
	}
	return "it has none of " + strings.Join(names, ", ")
}

func (w *walker) evident() bool {
	s := w.m.schema
	return len(s.evidence) == 0 || slices.ContainsFunc(s.evidence, func(ref fieldRef) bool { return w.field(ref) != nil })
}

// count reads a number of things, which may stand in quotes; 0 for anything else.
func count(raw []byte) int64 {
	if raw == nil {
		return 0
	}
	text := strings.TrimSpace(strings.Trim(string(raw), `"`))
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0 && n < 1e15) {
		return 0
	}
	return int64(n)
}

// field is the value of a field, nil if absent.
func (w *walker) field(ref fieldRef) []byte {
	raw := w.top[ref.number].raw
	for _, m := range ref.below {
		raw = m.member(raw)
	}
	return raw
}

// member is the value of the member that the matcher's schema has for an id, by the rule of
// Facts; nil if absent. An object has been walked, so it is JSON.
func (m *Matcher) member(object []byte) []byte {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	inner := newWalker(m)
	defer inner.release()
	inner.b = object
	inner.record(0)
	return inner.top[1].raw
}

// maxID is the length of the longest id, in JSON.
const maxID = 64 << 10

// identifier reads an id: a string that is text, or an integer by its digits. Bytes or
// escapes that encode no character make it none: two such ids would look the same,
// and neither could be asked for. Nor could one that does not fit into an address.
func identifier(raw []byte) string {
	switch {
	case len(raw) == 0, len(raw) > maxID:
		return ""
	case raw[0] == '"':
		end, t := prefilter.StringEnd(raw, 1)
		switch {
		case t == 0:
			return string(raw[1:end])
		case t&(prefilter.Broken|prefilter.Lone) != 0 || t&prefilter.NonASCII != 0 && !utf8.Valid(raw):
			return ""
		}
		return string(prefilter.Decode(nil, raw[1:end]))
	case integer(raw):
		return string(raw)
	}
	return ""
}

// integer reports whether a value is a number without fraction and exponent.
func integer(raw []byte) bool {
	if len(raw) > 1 && raw[0] == '-' {
		raw = raw[1:]
	}
	for _, c := range raw {
		if c-'0' > 9 {
			return false
		}
	}
	return len(raw) > 0
}
