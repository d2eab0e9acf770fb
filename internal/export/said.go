package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Said is what a page says of itself beside its records.
type Said struct {
	Total int64 // how many records there are, of all pages; 0: it does not say
	Pages int64 // of how many pages it is one; 0: it does not say
	More  bool  // it names a page that follows, or says that there is one
	Next  int64 // a hash of how it names that page; 0: it does not
	Held  int64 // of a page in a file: a hash of its records, in any order; 0: it has none
	// NoPage is set of a file that holds no page, whatever its name is.
	NoPage bool
	// Partial are what it says against itself, in words: that it is not all there is.
	Partial []string
}

// What the members of a page beside its records mean, by their plain names (see plainName).
var (
	saysTotal = []string{
		"total", "totalcount", "totalrecords", "totalresults", "totalentries", "totalitems", "totalelements", "totalhits", "totalrows", "totalsize",
		"count", "recordcount", "recordscount", "resultcount", "itemcount", "numfound", "odatacount",
	}
	saysNext = []string{
		"cursor", "next", "nextcursor", "nextpage", "nextpagetoken", "nexttoken", "nextlink", "nexturl", "nexturi", "nexthref", "nextpageurl", "nextrecordsurl",
		"nextoffset", "nextmarker", "odatanextlink", "continuation", "continuationtoken", "lastevaluatedkey",
	}
	saysMore = []string{"hasmore", "more", "moreavailable", "morerecords", "hasnext", "hasnextpage", "hasmorepages", "hasmoreresults", "ismore", "moreresults"}
	// saysEnd are members that say whether this is the last page, where they are yes or no.
	saysEnd      = []string{"last", "islast", "lastpage", "islastpage", "final", "isfinal", "done", "isdone", "finished", "isfinished", "exhausted", "eof", "endofresults", "endoflist"}
	saysPages    = []string{"totalpages", "pagestotal", "pagecount", "pagescount", "numpages", "numberofpages", "pages", "lastpage", "maxpage"}
	saysWhole    = []string{"complete", "iscomplete", "completed", "iscompleted"}
	saysPart     = []string{"partial", "ispartial", "partialresult", "partialresults", "partialdata", "incomplete", "incompleteresults", "truncated", "istruncated"}
	saysTooLong  = []string{"timedout", "timeout", "terminatedearly"}
	saysError    = []string{"error", "errors", "errorcode", "errormessage", "failed", "failure", "failures", "failedshards", "shardfailures", "exception"}
	saysFine     = []string{"success", "ok"}
	saysStatus   = []string{"status", "state", "result", "outcome", "statuscode", "code"}
	failedStatus = []string{"error", "errored", "fail", "failed", "failure", "partial", "partialsuccess", "incomplete", "timeout", "timedout", "truncated", "aborted"}
	// envelopes are members that may hold any of these, one level further in.
	envelopes = []string{"meta", "metadata", "pagination", "paging", "pager", "page", "pageinfo", "links", "info", "summary", "cursors", "responsemetadata", "response", "hits", "status"}
	// shards are members that count the parts of an index, and which of them failed.
	shards = []string{"shards", "clusters"}
	// links are members that may be lists of links to other pages.
	links = []string{"links", "link"}
)

const (
	saidPart    = "the vendor says that it is only a part"
	saidTooLong = "the vendor says that it ran out of time"
	saidError   = "the vendor reports an error beside the records"
)

// envelopesMost is how deep members within members are looked into.
const envelopesMost = 2

// member takes in what stands beside the records. How a name is written does not matter.
func (s *Said) member(name string, value jsontext.Value) {
	s.take(plainName(name), record.Parse(value), envelopesMost)
}

// plainName is a name in small letters and digits alone.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-@.$ ", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

func (s *Said) take(name string, v *record.Value, levels int) {
	is := func(names []string) bool { return slices.Contains(names, name) }
	failed := func() bool {
		return is(saysError) && reportsError(name, v) || is(saysFine) && saysNo(v) || is(saysStatus) && saysFailed(v)
	}
	switch {
	case is(saysPart) && saysSomething(v) && !saysNo(v), is(saysWhole) && saysFalse(v):
		s.against(saidPart)
	case is(saysTooLong) && saysYes(v):
		s.against(saidTooLong)
	case failed():
		s.against(saidError)
	case is(saysMore):
		s.More = s.More || saysSomething(v) && !saysNo(v)
	case is(saysEnd) && saysFalse(v):
		s.More = true
	case is(saysPages):
		n, _ := counted(v)
		s.Pages = max(s.Pages, n)
	case is(saysNext) && saysSomething(v):
		s.More, s.Next = true, s.Next+hashOf(name, v.Cell())
	case is(saysTotal):
		n, _ := counted(v)
		s.Total = max(s.Total, n)
	case v.IsObject() && is(shards):
		for _, f := range v.Fields() {
			if plain := plainName(f.Name); slices.Contains(saysError, plain) {
				s.take(plain, f.Value, 0)
			}
		}
	case v.IsObject() && is(envelopes) && levels > 0:
		for _, f := range v.Fields() {
			s.take(plainName(f.Name), f.Value, levels-1)
		}
	case v.IsList() && is(links):
		for _, f := range v.Fields() {
			s.link(f.Value)
		}
	}
}

// link takes in one of a list of links, {"rel":"next","href":…}.
func (s *Said) link(v *record.Value) {
	for _, name := range []string{"rel", "relation"} {
		if rel, _ := v.Get(name).Str(); rel == "next" {
			s.take(rel, v, 0)
		}
	}
}

// against notes what a page says against itself, once.
func (s *Said) against(what string) {
	if !slices.Contains(s.Partial, what) {
		s.Partial = append(s.Partial, what)
	}
}

// hashOf is never 0.
func hashOf(parts ...string) int64 {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return max(int64(binary.BigEndian.Uint64(sum[:])>>1), 1)
}

// saysYes reports whether a value is true, in any of the ways that vendors write it.
func saysYes(v *record.Value) bool {
	text, _ := v.Str()
	return slices.Contains([]string{"true", "1", "yes", "y"}, strings.ToLower(text))
}

func saysNo(v *record.Value) bool {
	text, _ := v.Str()
	return slices.Contains([]string{"false", "0", "no", "n"}, strings.ToLower(text))
}

// saysFalse reports whether a value is false, and no number: a number says where the end is.
func saysFalse(v *record.Value) bool {
	text, _ := v.Str()
	return slices.Contains([]string{"false", "no"}, strings.ToLower(text))
}

// saysFailed reports whether a status is one of failure: a word, or a number as of HTTP.
func saysFailed(v *record.Value) bool {
	text, _ := v.Str()
	n, err := strconv.Atoi(text)
	return err == nil && n >= 400 && n < 600 || slices.Contains(failedStatus, plainName(text))
}

// saysSomething reports whether a value is other than null, false, nought or empty, or has
// something inside that is. An object in a list is one thing more, whatever it says.
func saysSomething(v *record.Value) bool {
	if v.IsObject() || v.IsList() {
		return slices.ContainsFunc(v.Fields(), func(f record.Field) bool {
			return v.IsList() && f.Value.IsObject() && !f.Value.IsEmpty() || saysSomething(f.Value)
		})
	}
	return !saysNothing(v.Text())
}

func saysNothing(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n == 0 || slices.Contains([]string{"", "null", "false", "none", "nil", "undefined", "n/a"}, text)
}

// counted reads a whole number of records, however it is wrapped: 3, 3.0, "3",
// {"value":3}, {"$numberLong":"3"}.
func counted(v *record.Value) (n int64, is bool) {
	if v.IsObject() {
		for _, f := range v.Fields() {
			switch plainName(f.Name) {
			case "value", "count", "total", "numberlong", "numberint", "numberdouble", "numberdecimal":
				if n, is = counted(f.Value); is {
					return n, true
				}
			}
		}
		return 0, false
	}
	text, _ := v.Str()
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || f < 0 || f > 1e15 || f != float64(int64(f)) {
		return 0, false
	}
	return int64(f), true
}

func (s *Said) add(t Said) {
	s.Total, s.Pages, s.More = max(s.Total, t.Total), max(s.Pages, t.Pages), s.More || t.More
	s.Next, s.Held = s.Next+t.Next, s.Held+t.Held
	for _, what := range t.Partial {
		s.against(what)
	}
}

// faults says in words what a page says against itself; where names what it is a page of.
func (s Said) faults(where string) (why []dsr.Reason) {
	for _, said := range s.Partial {
		why = append(why, dsr.Reason{Code: dsr.ReasonPartial, Detail: where + ": " + said})
	}
	return why
}

// readSaid reads what a page's text says beside its records, whose array may be left out
// of it but for the brackets.
func readSaid(text []byte) (s Said) {
	_ = readObject(text, func(name string, dec *jsontext.Decoder) error {
		if name == "data" {
			return syntaxError(dec.SkipValue())
		}
		value, err := dec.ReadValue()
		if err != nil {
			return syntaxError(err)
		}
		s.member(name, bytes.Clone(value))
		return nil
	}) // the text has been proven to be a page, or what is wrong with it is named
	return s
}
