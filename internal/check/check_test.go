package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

var now = time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)

// vendor has one conversation and filters by one of its times, unless it fails.
type vendor struct {
	export.Source
	start, last time.Time
	by          dsr.WindowField
	widest      time.Duration // 0: any
	step        time.Duration // what it rounds intervals outwards to; 0: it does not
	whole       bool          // it takes no interval
	err         error
	clock       time.Time
	calls       int
}

func (v *vendor) NothingListed(dsr.Source) *dsr.Reason { return nil }

func (v *vendor) read(_ context.Context, u dsr.Unit) (b export.Batch, err error) {
	v.calls++
	b.Date, b.End = v.clock, true
	from, to := time.Unix(u.Interval.Start, 0), time.Unix(u.Interval.End, 0)
	if v.err != nil {
		return b, v.err
	}
	if v.widest > 0 && to.Sub(from) > v.widest {
		return b, &export.Error{Failure: export.TooWide, Status: 400}
	}
	if v.step > 0 {
		from, to = from.Truncate(v.step), to.Truncate(v.step).Add(v.step)
	}
	within := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	listed := map[dsr.WindowField]bool{
		dsr.FieldStartTime: within(v.start), dsr.FieldLastAction: within(v.last), dsr.FieldOverlap: !v.last.Before(from) && !v.start.After(to),
	}[v.by]
	if listed {
		r := export.Record{Kind: dsr.Conversation, Facts: match.Facts{ID: "c", Start: v.start, LastAction: v.last}}
		b.Records = []export.Record{r}
	}
	return b, nil
}

func (v *vendor) check(configured dsr.WindowField) ([]dsr.Finding, error) {
	return Vendor{
		Source: dsr.Source{Name: "bot", Earliest: now.AddDate(-2, 0, 0), WindowField: configured, PageSize: 10, Step: v.step, Whole: v.whole},
		Export: v, Read: v.read, Now: func() time.Time { return now },
	}.Check(context.Background())
}

func newVendor() *vendor {
	at := now.AddDate(0, -7, 0)
	return &vendor{start: at, last: at.Add(time.Hour), by: dsr.FieldStartTime, clock: now}
}

// finding is the one of that name.
func finding(t *testing.T, found []dsr.Finding, name string) dsr.Finding {
	t.Helper()
	i := slices.IndexFunc(found, func(f dsr.Finding) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("nothing is said of %s: %+v", name, found)
	}
	return found[i]
}

func TestTheWindowsFieldIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, by := range []dsr.WindowField{dsr.FieldStartTime, dsr.FieldLastAction, dsr.FieldOverlap} {
		for _, configured := range dsr.WindowFields {
			v := newVendor()
			v.by = by
			found, err := v.check(configured)
			if err != nil {
				t.Fatal(err)
			}
			f := finding(t, found, "window_field")
			wrong := configured != by && configured != dsr.FieldUnknown
			if f.OK == wrong || !strings.Contains(f.Text, "filters by "+string(by)) || (configured == by) != (f.Advice == "") {
				t.Errorf("%s, configured %s: %+v", by, configured, f)
			}
		}
	}
}

func TestAFailureIsAFindingAndEndsTheCheck(t *testing.T) {
	t.Parallel()
	for failure, name := range map[export.Failure]string{export.KeyRefused: "key", export.Throttled: "rate", export.Refused: "answer", export.Transient: "answer"} {
		v := newVendor()
		v.err = fmt.Errorf("conversations: %w", &export.Error{Failure: failure, Status: 401, Detail: "no"})
		found, err := v.check(dsr.FieldUnknown)
		if err != nil || len(found) != 1 || v.calls != 1 {
			t.Fatalf("%s: %+v, %v after %d calls", failure, found, err, v.calls)
		}
		if f := finding(t, found, name); f.OK || f.Advice == "" {
			t.Errorf("%s: %+v", failure, f)
		}
	}
	v := newVendor()
	v.err = errors.New("the lease is over")
	if _, err := v.check(dsr.FieldUnknown); !errors.Is(err, v.err) {
		t.Errorf("an error that is not the vendor's: %v", err)
	}
}

func TestWhatElseIsFound(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(*vendor)
		name   string
		ok     bool
		says   string
	}{
		"a clock that is off":     {func(v *vendor) { v.clock = now.Add(-2 * time.Hour) }, "clock", false, "off by -2h"},
		"no clock":                {func(v *vendor) { v.clock = time.Time{} }, "clock", true, "carry no date"},
		"a vendor without data":   {func(v *vendor) { v.start, v.last = time.Time{}, time.Time{} }, "data", false, "no conversation since 2023-06-30"},
		"a longest span":          {func(v *vendor) { v.widest = 100 * 24 * time.Hour }, "range", true, "refuses the whole time"},
		"too short to tell":       {func(v *vendor) { v.last = v.start.Add(time.Second) }, "window_field", true, "long enough"},
		"a vendor that rounds":    {func(v *vendor) { v.step, v.last = 10*time.Minute, v.start.Add(10*time.Minute) }, "window_field", true, "long enough"},
		"no interval":             {func(v *vendor) { v.whole = true }, "window_field", true, "whole list"},
		"a page of what is there": {func(*vendor) {}, "page_size", true, "pages of 10"},
	} {
		v := newVendor()
		c.change(v)
		found, err := v.check(dsr.FieldUnknown)
		if err != nil {
			t.Fatal(err)
		}
		if f := finding(t, found, c.name); f.OK != c.ok || !strings.Contains(f.Text, c.says) {
			t.Errorf("%s: %+v", what, f)
		}
	}
}

// folder is a folder of files.
type folder struct {
	files   []dsr.Unit
	refused []dsr.Reason
	err     error
	inside  bool // messages stand in conversations
	first   map[dsr.Endpoint]export.First
}

func (f folder) List() (export.Listing, error) {
	return export.Listing{Files: f.files, Refused: f.refused}, f.err
}

func (f folder) First(_ context.Context, kind dsr.Endpoint) (export.First, error) {
	return f.first[kind], nil
}

func (f folder) HoldsMessages() bool { return f.inside }

func TestAFolderNeedsFilesOfBothKinds(t *testing.T) {
	t.Parallel()
	file := func(e dsr.Endpoint) dsr.Unit { return dsr.Unit{Endpoint: e, File: dsr.FileInfo{Size: 5}} }
	both := []dsr.Unit{file(dsr.Conversations), file(dsr.Messages), file(dsr.Messages)}
	for name, c := range map[string]struct {
		folder folder
		good   bool
		says   string
	}{
		"both":          {folder{files: both}, true, "files in the folder: 1 of conversations, 2 of messages; 15 bytes"},
		"one kind":      {folder{files: both[:1]}, false, "0 of messages"},
		"all in one":    {folder{files: both[:1], inside: true}, true, "0 of messages"},
		"empty":         {folder{}, false, "0 of conversations"},
		"one unread":    {folder{files: both, refused: []dsr.Reason{{Detail: "x.json: is a folder"}}}, false, "is a folder"},
		"cannot be had": {folder{err: errors.New("no such folder")}, false, "no such folder"},
	} {
		good, text := true, ""
		found, err := Files(t.Context(), c.folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			good, text = good && f.OK, text+f.Text
			if !f.OK && f.Advice == "" {
				t.Errorf("%s: nothing is advised about %q", name, f.Text)
			}
		}
		if good != c.good || !strings.Contains(text, c.says) {
			t.Errorf("%s: good %v, %q", name, good, text)
		}
	}
}

// TestFieldsAreProposedWhereMostRecordsAreNotUnderstood, of either kind.
func TestFieldsAreProposedWhereMostRecordsAreNotUnderstood(t *testing.T) {
	t.Parallel()
	talks := [][]byte{[]byte(`{"id":"a","began":1740787200,"contact":{"mail":"ana@example.com"}}`), []byte(`{"id":"b","began":1740787300,"contact":{"mail":"bo@example.com"}}`)}
	words := [][]byte{[]byte(`{"id":"1","talk":"a","at":1740787200,"from":"bot","body":"Hello Ana"}`), []byte(`{"id":"2","talk":"b","at":1740787300,"from":"bot","body":"Hello Bo"}`)}
	const whole = `fields: {conversations: {id: id, start: began, metadata: [contact]}, messages: {id: id, conversation: talk, time: at, sender: {member: from, bot: [bot]}, text: [body]}}`
	for name, c := range map[string]struct {
		talks, words export.First
		says         string // empty: nothing is proposed
	}{
		"all are understood":        {export.First{Records: talks, Understood: 2, Files: 1}, export.First{Records: words, Understood: 2, Files: 1}, ""},
		"half are":                  {export.First{Records: talks, Understood: 1, Files: 1}, export.First{Records: words, Understood: 1, Files: 1}, ""},
		"no conversation is":        {export.First{Records: talks, Files: 1}, export.First{Records: words, Understood: 2, Files: 1}, whole},
		"no message is":             {export.First{Records: talks, Understood: 2, Files: 1}, export.First{Records: words, Files: 1}, whole},
		"nothing can be placed":     {export.First{Records: [][]byte{[]byte(`{"x":1}`)}, Files: 1}, export.First{}, "give fields by hand"},
		"files without any records": {export.First{Files: 1}, export.First{}, "a list called data"},
	} {
		found, err := Files(t.Context(), folder{first: map[dsr.Endpoint]export.First{dsr.Conversations: c.talks, dsr.Messages: c.words}})
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprint(found[1:]) // the first is about files
		if c.says == "" && len(found) > 1 || !strings.Contains(said, c.says) || strings.Contains(said, "example.com") || strings.Contains(said, "Hello") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
