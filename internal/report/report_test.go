package report

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

var (
	day  = 24 * time.Hour
	asOf = time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)
	from = asOf.Add(-100 * day)
)

// live is a source that makes a call a second and has a thousand records a page.
func live(name string) Source {
	return Source{
		Source: dsr.Source{Name: name, Type: "converse", Lane: "host of " + name, Earliest: from, Margin: 7 * day, PageSize: 1000, WindowField: dsr.FieldUnknown},
		Gap:    map[dsr.Endpoint]time.Duration{dsr.Conversations: time.Second, dsr.Messages: time.Second},
	}
}

func folder(name string) Source {
	return Source{Source: dsr.Source{Name: name, Type: "dump", Lane: "dump:" + name}, Files: true}
}

func config(sources ...Source) Config {
	c := Config{Sources: map[string]Source{}, ManyMatches: 200}
	for _, s := range sources {
		c.Sources[s.Name] = s
	}
	return c
}

// running is a request for the sources of which nothing has been read.
func running(sources ...Source) dsr.Snapshot {
	snap := dsr.Snapshot{At: asOf, Request: dsr.Request{ID: "r", Status: dsr.Running, AsOf: asOf, DueAt: asOf.Add(30 * day), Language: "en"}, ReadRates: map[string]dsr.ReadRate{}}
	for _, s := range sources {
		snap.Request.Sources = append(snap.Request.Sources, s.Name)
		p := dsr.SourceSearch{RequestID: "r", Source: s.Name, AsOf: asOf}
		if !s.Files {
			p.Want = dsr.Interval{Start: from.Unix(), End: asOf.Unix()}
		}
		snap.Searches = append(snap.Searches, p)
		snap.Progress = append(snap.Progress, dsr.SourceProgress{Source: s.Name, Whole: p.Want.End - p.Want.Start})
	}
	return snap
}

// read is a range over the days from begin to end of the hundred.
func read(source string, begin, end int, state dsr.UnitState, requests ...string) dsr.Unit {
	return dsr.Unit{Source: source, Kind: dsr.Pages, Endpoint: dsr.Conversations, State: state, Requests: append(requests, "r"), Interval: dsr.Interval{
		Start: from.Add(time.Duration(begin) * day).Unix(), End: from.Add(time.Duration(end) * day).Unix(),
	}}
}

func TestCoverageIsOfEachSourceItsOwn(t *testing.T) {
	t.Parallel()
	bot, old := live("bot"), folder("old")
	snap := running(bot, old)
	snap.Searches[0].Ended, snap.Searches[0].Complete = true, true
	snap.Searches[1].Ended, snap.Searches[1].Reasons = true, []dsr.Reason{{Code: dsr.ReasonUnreadable, Detail: "a file"}}
	snap.Searches[0].Tally.Anomalies = map[string]int64{"Q11": 1}
	small, big := read("bot", 0, 50, dsr.UnitDone), read("bot", 50, 100, dsr.UnitDone)
	small.Records, small.Digest = dsr.DigestMinRecords-1, []byte{1}
	big.Records, big.Digest, big.Tally.Anomalies = dsr.DigestMinRecords, []byte{2}, map[string]int64{"Q11": 2, "Q3": 1}
	failed := read("bot", 10, 20, dsr.UnitFailed)
	snap.Units = []dsr.Unit{small, big, failed}
	for name, state := range map[string]dsr.UnitState{"conversations.ndjson": dsr.UnitDone, "messages.ndjson": dsr.UnitFailed} {
		snap.Units = append(snap.Units, dsr.Unit{Source: "old", Kind: dsr.File, State: state, File: dsr.FileInfo{Name: name, Size: 5}, SHA256: []byte{3}})
	}

	c := Coverage(snap, config(bot, old))
	if c.Complete || !c.Sources[0].Complete || c.Sources[1].Complete {
		t.Errorf("one source is complete and the whole is not: %+v", c)
	}
	var digests []string
	for _, r := range c.Sources[0].Read {
		digests = append(digests, r.Digest)
	}
	if !slices.Equal(digests, []string{"", "02"}) {
		t.Errorf("digests %q; that of a small range would give a record away", digests)
	}
	if diff := cmp.Diff([]dsr.Anomaly{{Rule: "Q3", Count: 1}, {Rule: "Q11", Count: 3}}, c.Sources[0].Anomalies); diff != "" {
		t.Error(diff)
	}
	if files := c.Sources[1].Read; len(files) != 1 || files[0].File != "conversations.ndjson" || files[0].SHA256 != "03" {
		t.Errorf("files read: %+v", files)
	}
	if snap.Searches[0].Tally.Anomalies["Q11"] != 1 {
		t.Error("the snapshot was changed")
	}
}

func TestCoverageOfWhatIsNotPlannedIsNotComplete(t *testing.T) {
	t.Parallel()
	if c := Coverage(dsr.Snapshot{}, config()); c.Complete || c.Sources == nil {
		t.Errorf("got %+v", c)
	}
	gone := Coverage(running(live("bot")), config()).Sources[0]
	if gone.Type != "unknown" || len(gone.Assumes) > 0 {
		t.Errorf("a source taken out of the configuration: %+v", gone)
	}
	searched := running(live("bot"))
	searched.Searches[0].Type = "avaamo"
	if gone := Coverage(searched, config()).Sources[0]; gone.Type != "avaamo" {
		t.Errorf("a source taken out of the configuration after its search: %+v", gone)
	}
}

func TestAskedKeepsToWhatTheSourceCanHold(t *testing.T) {
	t.Parallel()
	at := func(days int) time.Time { return from.Add(time.Duration(days) * day) }
	for name, c := range map[string]struct {
		window dsr.Window
		want   dsr.Span
	}{
		"no window":       {dsr.Window{}, dsr.Span{Start: from, End: asOf}},
		"inside":          {dsr.Window{Start: at(10), End: at(20)}, dsr.Span{Start: at(10), End: at(20)}},
		"beyond both":     {dsr.Window{Start: at(-10), End: at(200)}, dsr.Span{Start: from, End: asOf}},
		"before earliest": {dsr.Window{Start: at(-20), End: at(-10)}, dsr.Span{Start: from, End: from}},
	} {
		snap := running(live("bot"))
		snap.Searches[0].Window = c.window
		if got := Coverage(snap, config(live("bot"))).Sources[0].Asked; got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestETAIsWhatIsLeftAtThePresentPace(t *testing.T) {
	t.Parallel()
	bot, desk, old := live("bot"), live("desk"), folder("old")
	full := dsr.ReadRate{Records: 1000, Seconds: int64(day / time.Second)} // a page a day
	shared := desk
	shared.Lane = bot.Lane
	conversation := dsr.Unit{Source: "bot", Kind: dsr.Pages, Endpoint: dsr.Messages, State: dsr.UnitWaiting, Requests: []string{"r"}}
	done := conversation
	done.State = dsr.UnitDone
	begun := read("bot", 90, 100, dsr.UnitReading)
	begun.Pages = 4
	for name, c := range map[string]struct {
		sources []Source
		ranges  []dsr.Unit
		change  func(*dsr.Snapshot)
		want    time.Duration
	}{
		"nothing read":               {sources: []Source{bot}, want: 100 * time.Second},
		"half of it read":            {sources: []Source{bot}, ranges: []dsr.Unit{read("bot", 0, 50, dsr.UnitDone)}, want: 50 * time.Second},
		"some of a range read":       {sources: []Source{bot}, ranges: []dsr.Unit{read("bot", 0, 90, dsr.UnitDone), begun}, want: 6 * time.Second},
		"only messages left":         {sources: []Source{bot}, ranges: []dsr.Unit{read("bot", 0, 100, dsr.UnitDone), conversation, conversation, done}, want: 2 * time.Second},
		"lanes side by side":         {sources: []Source{bot, desk}, want: 100 * time.Second},
		"one lane after the other":   {sources: []Source{bot, shared}, want: 200 * time.Second},
		"ended":                      {sources: []Source{bot}, change: func(s *dsr.Snapshot) { s.Searches[0].Ended = true }},
		"all ids have been found":    {sources: []Source{bot}, change: func(s *dsr.Snapshot) { s.Searches[0].ShortCut = &dsr.ShortCut{} }},
		"a folder by its bytes":      {sources: []Source{old}, change: func(s *dsr.Snapshot) { s.Progress[0].Done, s.Progress[0].Whole = readingSpeed, 3*readingSpeed }, want: 2 * time.Second},
		"a folder that is not known": {sources: []Source{old}},
	} {
		snap := running(c.sources...)
		snap.Units, snap.ReadRates = c.ranges, map[string]dsr.ReadRate{"bot": full, "desk": full}
		if c.change != nil {
			c.change(&snap)
		}
		if got := ETA(snap, config(c.sources...)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestOnlyARunningRequestHasATimeLeft(t *testing.T) {
	t.Parallel()
	bot := live("bot")
	snap := running(bot)
	snap.ReadRates["bot"] = dsr.ReadRate{Records: 1000, Seconds: int64(day / time.Second)}
	if got := Request(snap, config(bot)).Progress.ETASeconds; got != 100 {
		t.Errorf("running: %d s", got)
	}
	packaging := snap
	packaging.Request.Progress = dsr.Progress{Packaging: true, Conversations: 1000, Messages: 27_000}
	if got := Request(packaging, config(bot)).Progress.ETASeconds; got != 29 {
		t.Errorf("an archive of 28,000 records is said to take %d s, want 29", got)
	}
	snap.Request.Status, snap.Request.Progress.ETASeconds = dsr.Queued, -1
	if got := Request(snap, config(bot)).Progress.ETASeconds; got != -1 {
		t.Errorf("queued: %d s", got)
	}
}

func TestEstimateTakesTheCheaperWay(t *testing.T) {
	t.Parallel()
	bot, old := live("bot"), folder("old")
	old.Size = 3 * readingSpeed
	bot.IngestLag = time.Minute
	known := map[string]dsr.ReadRate{"bot": {Records: 1000, Seconds: int64(day / time.Second)}}
	now := asOf.Add(time.Minute)
	by := func(s ...dsr.Selector) dsr.Submission {
		return dsr.Submission{Selectors: s, Sources: []string{"bot", "old"}}
	}
	mail := dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: "a@example.org"}}
	for name, c := range map[string]struct {
		s     dsr.Submission
		calls int64
	}{
		"a search":          {by(mail), 100},
		"by id":             {by(dsr.Selector{ConversationID: "c1"}), directCalls},
		"by id and by mail": {by(dsr.Selector{ConversationID: "c1"}, mail), 100},
	} {
		if got := Estimate(c.s, now.Add(day), now, known, config(bot, old)); got.Calls != c.calls || !got.MeetsDeadline {
			t.Errorf("%s: got %+v, want %d calls", name, got, c.calls)
		}
	}
	if got := Estimate(by(mail), now.Add(99*time.Second), now, known, config(bot, old)); got.MeetsDeadline || got.Took != 100*time.Second {
		t.Errorf("due before it ends: %+v", got)
	}
	if got := Estimate(dsr.Submission{Sources: []string{"old"}}, now, now, nil, config(old)); got.Calls != 0 || got.Took != 3*time.Second {
		t.Errorf("a folder: %+v", got)
	}
}

// warned are the codes of what staff are warned of.
func warned(snap dsr.Snapshot, c Config) (codes []string) {
	for _, w := range Staff(snap, c).Warnings {
		codes = append(codes, w.Code)
	}
	return codes
}

func TestStaffAreWarned(t *testing.T) {
	t.Parallel()
	bot := live("bot")
	bot.Information = complete()
	silent := live("bot")
	lost := bot
	lost.Assumes = func(dsr.SourceSearch, int, dsr.Tally, time.Duration, time.Time) []dsr.Assumption {
		return []dsr.Assumption{dsr.Assume(dsr.AssumesLostPaths, "messages.text body")}
	}
	for name, c := range map[string]struct {
		source Source
		change func(*dsr.Snapshot)
		want   []string
	}{
		"of nothing":        {source: bot},
		"just not too many": {source: bot, change: func(s *dsr.Snapshot) { s.Request.Progress.Conversations = 200 }},
		"too many":          {source: bot, change: func(s *dsr.Snapshot) { s.Request.Progress.Conversations = 201 }, want: []string{"many_matches"}},
		"a weak match":      {source: bot, change: func(s *dsr.Snapshot) { s.Searches[0].Tally.Anomalies = map[string]int64{dsr.WeakMatch: 1} }, want: []string{dsr.WeakMatch}},
		"paths of nothing":  {source: lost, want: []string{dsr.AssumesLostPaths}},
		"messages of nobody": {source: bot, change: func(s *dsr.Snapshot) {
			s.Searches[0].Declared, s.Searches[0].Ended, s.Progress[0].Conversations = &dsr.Declared{}, true, 3
			s.Searches[0].Tally.Calls = map[string]int64{string(dsr.Messages): 3}
		}, want: []string{dsr.AssumesNoMessages}},
		"messages of some": {source: bot, change: func(s *dsr.Snapshot) {
			s.Searches[0].Declared, s.Searches[0].Ended, s.Progress[0].Conversations, s.Progress[0].Messages = &dsr.Declared{}, true, 3, 1
			s.Searches[0].Tally.Calls = map[string]int64{string(dsr.Messages): 3}
		}},
		"nothing to tell":     {source: silent, change: func(s *dsr.Snapshot) { s.Progress[0].Conversations = 1 }, want: []string{"information_missing"}},
		"nothing found":       {source: silent},
		"late":                {source: bot, change: func(s *dsr.Snapshot) { s.Request.DueAt = s.At.Add(time.Minute) }, want: []string{"late"}},
		"late but ended long": {source: bot, change: func(s *dsr.Snapshot) { s.Request.DueAt, s.Request.Status = s.At, dsr.Ready }},
	} {
		snap := running(c.source)
		snap.ReadRates["bot"] = dsr.ReadRate{Records: 1000, Seconds: int64(day / time.Second)}
		if c.change != nil {
			c.change(&snap)
		}
		if got := warned(snap, config(c.source)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestWarningsAreThoseOfTheRunThatEnded: a person decides about what was found then, not
// about what a setting makes of it since.
func TestWarningsAreThoseOfTheRunThatEnded(t *testing.T) {
	t.Parallel()
	bot := live("bot")
	snap := running(bot)
	snap.Request.Progress.Conversations = 201
	if w := Warnings(snap, config(bot)); len(w) != 1 || w[0].Code != dsr.WarnManyMatches {
		t.Errorf("while it runs: %v", w)
	}
	complete := true
	snap.Request.Status, snap.Request.Complete = dsr.Ready, &complete
	if w := Warnings(snap, config(bot)); len(w) > 0 {
		t.Errorf("once it has ended without: %v", w)
	}
	snap.Request.Warnings = []dsr.Warning{{Code: dsr.WarnSeveralIdentities, Detail: "four addresses", Named: []string{"a@x", "b@x"}}}
	staff := Staff(snap, config(bot)).Warnings
	if want := (dsr.Reason{Code: dsr.WarnSeveralIdentities, Detail: "four addresses: a@x, b@x"}); !slices.ContainsFunc(staff, func(w dsr.StaffWarning) bool { return w.Reason == want }) {
		t.Errorf("staff are told %v", staff)
	}
}

// complete is all that Art. 15 asks for.
func complete() dsr.Information {
	words := dsr.Text{Any: "words"}
	return dsr.Information{
		Purposes: words, Categories: []dsr.Text{words}, Recipients: []dsr.Text{words}, Retention: words, Rights: words,
		Authority: words, Origin: words, AutomatedDecisions: words, Transfers: words,
	}
}

func TestWhoSharedTheReadingIsCountedOnce(t *testing.T) {
	t.Parallel()
	bot := live("bot")
	snap := running(bot)
	messages := read("bot", 0, 1, dsr.UnitDone, "z")
	messages.Endpoint = dsr.Messages
	snap.Units = []dsr.Unit{read("bot", 0, 50, dsr.UnitDone, "a", "b"), read("bot", 50, 100, dsr.UnitReading, "b"), messages}
	if diff := cmp.Diff([]dsr.Sharing{{Source: "bot", Requests: 2}}, Staff(snap, config(bot)).Shared); diff != "" {
		t.Error(diff)
	}
}

func TestASourceSaysWhatItsSearchRestsOn(t *testing.T) {
	t.Parallel()
	bot := live("bot")
	bot.Assumes = func(s dsr.SourceSearch, read int, total dsr.Tally, longest time.Duration, _ time.Time) []dsr.Assumption {
		return []dsr.Assumption{dsr.Assume("", fmt.Sprint(s.Source, read, total.Anomalies["Q11"], longest))}
	}
	snap := running(bot)
	snap.Searches[0].Tally.Anomalies = map[string]int64{"Q11": 4}
	one := read("bot", 0, 50, dsr.UnitDone)
	one.Longest = time.Hour
	snap.Units = []dsr.Unit{one, read("bot", 50, 100, dsr.UnitReading)}
	if got := Coverage(snap, config(bot)).Sources[0].Assumes; fmt.Sprint(got) != "[bot1 4 1h0m0s]" {
		t.Errorf("got %q", got)
	}
}

// TestAMissingFileMakesASourceIncompleteWhereItWasToBeFetched and nowhere else.
func TestAMissingFileMakesASourceIncompleteWhereItWasToBeFetched(t *testing.T) {
	t.Parallel()
	count := func(fetch bool, waiting int64, missing ...string) map[string]dsr.AttachmentCount {
		c := dsr.AttachmentCount{Fetch: fetch}.Plus(dsr.AttachmentFetched, "", 1).Plus(dsr.AttachmentWaiting, "", waiting)
		for _, reason := range missing {
			c = c.Plus(dsr.AttachmentMissing, reason, 2)
		}
		return map[string]dsr.AttachmentCount{"a": c}
	}
	for name, c := range map[string]struct {
		counts   map[string]dsr.AttachmentCount
		complete bool
		told     bool
	}{
		"not counted":     {nil, true, false},
		"still fetching":  {count(true, 1, dsr.MissingGone), true, false},
		"all here":        {count(true, 0), true, true},
		"not fetched":     {count(false, 0, dsr.MissingNotAllowed), true, true},
		"held by others":  {count(true, 0, dsr.MissingHostNotListed), true, true},
		"not allowed":     {count(true, 0, dsr.MissingNotAllowed), false, true},
		"private address": {count(true, 0, dsr.MissingPrivateAddress), false, true},
		"too large":       {count(true, 0, dsr.MissingTooLarge), false, true},
		"request full":    {count(true, 0, dsr.MissingRequestFull), false, true},
		"refused":         {count(true, 0, dsr.MissingRefused), false, true},
		"gone":            {count(true, 0, dsr.MissingGone), false, true},
		"broken":          {count(true, 0, dsr.MissingBroken, dsr.MissingHostNotListed), false, true},
	} {
		snap := running(live("a"))
		snap.Searches[0].Ended, snap.Searches[0].Complete = true, true
		snap.Attachments = c.counts
		got := Coverage(snap, config(live("a")))
		s := got.Sources[0]
		if got.Complete != c.complete || s.Complete != c.complete || len(s.Reasons) != 0 == c.complete || (s.Files != nil) != c.told {
			t.Errorf("%s: got %+v", name, s)
		}
		if !c.complete && (s.Reasons[0].Code != dsr.ReasonFilesMissing || s.Reasons[0].Detail != "2 of the files that messages refer to could not be fetched") {
			t.Errorf("%s: got %+v", name, s.Reasons)
		}
		if f := s.Files; f != nil && f.Referred != f.Fetched+2*int64(len(f.Missing)) {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}
