package match

import (
	"dsr-server/internal/dsr"

	"dsr-server/internal/match/prefilter"
)

// Query is one request's selectors; they are any-of.
type Query struct {
	Selectors []dsr.Selector
	// Region is the source's (ISO 3166), where phone numbers without a country code are
	// dialled; a selector's own takes its place. Empty: they are not read.
	Region string
}

// Hit says that the record belongs to queries[Query], with every reason: ordered by
// selector, then by where the path first matched in the record; each pair once.
// Of a record with more than 4 MiB of paths to tell, the rest is left out, but for the
// first of each selector.
type Hit struct {
	Query int
	Why   []dsr.Why
}

// Matcher decides for a fixed set of queries. It does not change after Compile and
// may be used by many goroutines.
type Matcher struct {
	schema    *schema
	selectors []selector
	ids       map[string][]int // conversation ids, as they are
	exact     map[string][]int // values, as they are
	folded    map[string][]int // values, folded
	alike     map[string][]int // values of the modes exact and contains, folded: for near misses
	contains  []substring
	phones    phones
	mentions  []mention
	numbers   numbers
	filter    *prefilter.Filter
	needles   *prefilter.Needles // of the filter
	// for near misses:
	idFolds       map[string][]int // conversation ids, folded
	loose         map[string][]int // what is left of values without accents, blanks and marks
	digits        map[string][]int
	mailboxes     map[string][]int
	spokenNumbers []spokenNumber
}

// nothingAsked is the filter of all matchers without queries: one is large.
var nothingAsked prefilter.Filter

var nothingNeeded = nothingAsked.Needles(prefilter.Numbers{})

// reading is a matcher that only reads records.
func reading(f Fields) *Matcher {
	return &Matcher{schema: newSchema(f, elsewhere), filter: &nothingAsked, needles: nothingNeeded}
}

// selector is one selector of one query. Its number is its place in
// Matcher.selectors, which is in (query, selector) order.
type selector struct {
	query, index int
	anyPath      bool
	path         string
}

// substring is a folded value to look for inside leaves.
type substring struct {
	folded    []byte
	selectors []int
}

// Verdict is all there is to say of a record.
type Verdict struct {
	Facts Facts
	Hits  []Hit  // in query order
	Near  []Near // in query order
}

// Decide decides for one record, a complete JSON object. Strings may hold invalid UTF-8,
// which compares as U+FFFD and so equals no value; keys may repeat, and every one is
// inspected. Anything that is not one JSON object, or is nested deeper than MaxDepth, is
// a *SyntaxError, and then nothing is said of it.
func (m *Matcher) Decide(record []byte) (Verdict, error) {
	w := newWalker(m)
	defer w.release()
	w.b = record
	w.marks.Begin(record, 0)
	w.sights.Begin(m.filter, record, 0)
	i := w.record(prefilter.Next(record, 0))
	if i >= 0 {
		if i = prefilter.Next(record, i); i != len(record) {
			w.fail(i, "more text after the end of the record")
		}
	}
	if w.err != nil {
		return Verdict{}, w.err
	}
	hits, near := w.verdict()
	return Verdict{Facts: w.facts(), Hits: hits, Near: near}, nil
}
