package export_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/match"
)

// This file holds every Source to what the interface promises, whatever the vendor or
// the folder does. It knows the sources by how they are made, and nothing else of them.

const (
	secret     = "secret-key-5d1f"
	agentKey   = "agent-key-77aa"
	sampleSize = 50 // records a page
)

// now is the clock of everything here: later than all samples.
func now() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }

// candidate is one source with what it holds.
type candidate struct {
	export.Source
	settings dsr.Source
	selector dsr.Selector      // of a person who is there
	scanned  []json.RawMessage // what units of conversations should bring
	calls    func() int        // made so far; nil: there is no vendor
	held     *vendor.RestData  // nil: vendor.Sample
}

type maker func(t *testing.T) *candidate

func converse(choices vendor.Choices, faults ...chaos.Fault) maker {
	return func(t *testing.T) *candidate {
		data := vendor.Sample()
		fake := chaos.New(data, vendor.Options{Now: now, Keys: []string{secret}, RateWindow: vendor.Off, Choices: choices})
		for _, f := range faults {
			fake.Fault(f)
		}
		server := httptest.NewServer(fake)
		c := export.NewConverse(export.ConverseConfig{BaseURL: server.URL, BotName: vendor.DefaultBot, APIKey: secret, Timeout: time.Second, Agent: "test"})
		t.Cleanup(func() { c.Close(); server.Close() })
		return &candidate{
			Source: c, settings: settings(dsr.FieldUnknown), scanned: data.Conversations(), calls: func() int { return fake.Count("") },
			selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}},
		}
	}
}

func avaamo(choices vendor.AvaamoChoices, faults ...chaos.Fault) maker {
	return func(t *testing.T) *candidate {
		data := vendor.AvaamoSample()
		fake := chaos.NewAvaamo(data, vendor.AvaamoOptions{Now: now, UserTokens: []string{secret}, AgentTokens: []string{agentKey}, RateWindow: vendor.Off, Choices: choices})
		for _, f := range faults {
			fake.Fault(f)
		}
		server := httptest.NewServer(fake)
		a := export.NewAvaamo(export.AvaamoConfig{BaseURL: server.URL, AgentID: vendor.DefaultAgent, AccessToken: secret, AgentToken: agentKey, Unit: export.Seconds, Timeout: time.Second})
		t.Cleanup(func() { a.Close(); server.Close() })
		layer := firstLayer(t, data.Entries())
		return &candidate{
			Source: a, settings: settings(dsr.FieldOverlap), scanned: data.Entries(), calls: func() int { return len(fake.Calls()) },
			selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "user.layer_id", Value: layer, Match: dsr.Exact}},
		}
	}
}

func firstLayer(t *testing.T, entries []json.RawMessage) string {
	t.Helper()
	for _, raw := range entries {
		var e struct {
			User struct {
				Layer string `json:"layer_id"`
			}
		}
		if json.Unmarshal(raw, &e) == nil && e.User.Layer != "" {
			return e.User.Layer
		}
	}
	t.Fatal("no entry of the sample names a user")
	return ""
}

// dump is a folder with the sample in the form that write gives it.
func dump(write func(conversations, messages []json.RawMessage) map[string][]byte) maker {
	return func(t *testing.T) *candidate {
		data, dir := vendor.Sample(), t.TempDir()
		for name, body := range write(data.Conversations(), data.Messages()) {
			if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return &candidate{
			Source: export.NewDump(dir), settings: dsr.Source{Name: "old", Type: "dump"}, scanned: data.Conversations(),
			selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}},
		}
	}
}

func settings(field dsr.WindowField) dsr.Source {
	return dsr.Source{Name: "bot", Earliest: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), WindowField: field, Margin: 168 * time.Hour, PageSize: sampleSize}
}

func lines(records []json.RawMessage) []byte {
	var b bytes.Buffer
	for _, r := range records {
		if err := json.Compact(&b, r); err != nil {
			b.Write(r)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func paged(records []json.RawMessage) []byte {
	return slices.Concat([]byte(`{"data":[`), bytes.Join(slices.Collect(func(yield func([]byte) bool) {
		for _, r := range records {
			if !yield(r) {
				return
			}
		}
	}), []byte(", ")), []byte(`],"cursor":null}`))
}

func packed(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

// listed is a list without an envelope.
func listed(records []json.RawMessage) []byte {
	return bytes.TrimSuffix(bytes.TrimPrefix(paged(records), []byte(`{"data":`)), []byte(`,"cursor":null}`))
}

func inLines(conversations, messages []json.RawMessage) map[string][]byte {
	return map[string][]byte{"conversations.ndjson": lines(conversations), "messages.ndjson": lines(messages)}
}

// variants are all sources under every reading of what their vendors leave open.
func variants() map[string]maker {
	all := map[string]maker{
		"dump/lines": dump(inLines),
		"dump/packed lines": dump(func(c, m []json.RawMessage) map[string][]byte {
			return map[string][]byte{"conversations.ndjson.gz": packed(lines(c)), "messages.ndjson.gz": packed(lines(m))}
		}),
		"dump/pages": dump(func(c, m []json.RawMessage) map[string][]byte {
			return map[string][]byte{"conversations-1.json": paged(c[:20]), "conversations-2.json": paged(c[20:]), "messages.json": paged(m)}
		}),
		"dump/packed page": dump(func(c, m []json.RawMessage) map[string][]byte {
			return map[string][]byte{"conversations.json.gz": packed(paged(c)), "messages.json.gz": packed(paged(m))}
		}),
		"dump/lists": dump(func(c, m []json.RawMessage) map[string][]byte {
			return map[string][]byte{"conversations.json": listed(c), "messages.ndjson.gz": packed(listed(m))}
		}),
	}
	for _, v := range chaos.Variants() {
		all["converse/"+v.Name] = converse(v.Choices)
	}
	for _, v := range chaos.AvaamoVariants() {
		if v.Choices.UnstableTies {
			continue // says so each time it is read; internal/export has its own test
		}
		all["avaamo/"+v.Name] = avaamo(v.Choices)
	}
	maps.Copy(all, shippedVariants())
	return all
}

// outcome is what reading units to their ends brought.
type outcome struct {
	raws     []string // of the records shown, compact
	found    []string // of those that matched
	count    int64
	faults   int
	suspect  bool // an end that was not confirmed
	damaged  int  // units that could not be read to their end
	failures []*export.Error
	kept     []dsr.Record
}

// tries is how often in a row a batch may fail.
const tries = 6

// read reads a request's conversations as the interface allows: what fails is tried
// again, a chain whose cursor is refused or whose list moved begins again, an interval
// that is too wide is halved. resume opens a new reader for each batch.
func (c *candidate) read(t *testing.T, resume bool) (o outcome) {
	t.Helper()
	request := dsr.Request{Selectors: []dsr.Selector{c.selector}, Sources: []string{c.settings.Name}}
	before := 0
	if c.calls != nil {
		before = c.calls()
	}
	p, err := c.Plan(t.Context(), export.Ask{Source: c.settings, Request: request, AsOf: now(), Stage: dsr.StageConversations})
	if err != nil || p.Ended {
		t.Fatalf("plan: %+v, %v", p, err)
	}
	if c.calls != nil && c.calls() != before {
		t.Error("planning makes calls")
	}
	units := p.Units
	if !p.Interval.Empty() {
		units = append(units, dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: p.Interval, PerPage: sampleSize})
	}
	if len(units) == 0 {
		t.Fatal("there is nothing to read")
	}
	m, err := match.Compile([]match.Query{{Selectors: request.Selectors}}, c.Schema().Conversation)
	if err != nil {
		t.Fatal(err)
	}
	for len(units) > 0 {
		units = append(c.unit(t, units[0], export.Wanted{Matcher: m}, resume, &o), units[1:]...)
	}
	return o
}

// unit reads one unit, and returns what has to be read in its place.
func (c *candidate) unit(t *testing.T, u dsr.Unit, w export.Wanted, resume bool, o *outcome) (instead []dsr.Unit) {
	t.Helper()
	kept := *o
	restarts := 0
	again := func(u dsr.Unit) []dsr.Unit {
		failures := o.failures
		*o = kept
		o.failures = failures
		if restarts++; restarts > tries {
			t.Fatalf("a unit began again %d times; failures: %v", restarts, failures)
		}
		return []dsr.Unit{u}
	}
	whole := u
	for {
		end, failure := c.batches(t, &u, w, resume, o)
		switch {
		case end.Moved || end.Differs:
			u = again(whole)[0]
		case end.Outside > 0:
			t.Fatalf("%d records lie outside the interval", end.Outside)
		case failure == nil:
			return nil
		case failure.Failure == export.Damaged || failure.Failure == export.Changed:
			o.damaged++
			return nil
		case failure.Failure == export.CursorRefused:
			u = again(whole)[0]
		case failure.Failure == export.TooWide && u.Width() > time.Hour:
			again(whole)
			mid := (whole.Interval.Start + whole.Interval.End) / 2
			a, b := whole, whole
			a.Interval.End, b.Interval.Start = mid, mid
			return []dsr.Unit{a, b}
		default:
			t.Fatalf("given up: %v", failure)
		}
	}
}

// batches reads on until the unit ends or a failure that is not mended by trying again.
func (c *candidate) batches(t *testing.T, u *dsr.Unit, w export.Wanted, resume bool, o *outcome) (end export.Batch, failure *export.Error) {
	t.Helper()
	var r export.Reader
	defer func() {
		if r != nil {
			r.Close()
		}
	}()
	for failed, n := 0, 0; ; n++ {
		if n > 5000 {
			t.Fatal("the unit does not end")
		}
		var err error
		if r == nil {
			if r, err = c.Open(t.Context(), *u, w); err != nil {
				return end, c.failure(t, err, o)
			}
		}
		before := 0
		if c.calls != nil {
			before = c.calls()
		}
		b, err := r.Next(t.Context())
		if c.calls != nil && c.calls() > before+1 {
			t.Fatalf("%d calls for one batch", c.calls()-before)
		}
		if err != nil {
			f := c.failure(t, err, o)
			if failed++; failed >= tries || !slices.Contains([]export.Failure{export.Transient, export.Throttled, export.Unparsable, export.Refused}, f.Failure) {
				return end, f
			}
			continue
		}
		failed = 0
		c.take(t, b, o)
		u.Position, u.Records = b.Position, u.Records+int64(len(b.Records))+b.Others.Count
		if b.End || b.Moved || b.Differs || b.Outside > 0 {
			o.suspect = o.suspect || b.Suspect
			return b, nil
		}
		if resume {
			r.Close()
			r = nil
		}
	}
}

// failure holds an error to what errors promise.
func (c *candidate) failure(t *testing.T, err error, o *outcome) *export.Error {
	t.Helper()
	f, ok := errors.AsType[*export.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *export.Error", err)
	}
	for _, hidden := range []string{secret, agentKey, "http://", os.TempDir()} {
		if strings.Contains(f.Error(), hidden) {
			t.Errorf("the error tells %q: %v", hidden, f)
		}
	}
	o.failures = append(o.failures, f)
	return f
}

// take takes a batch in and holds it to what batches promise.
func (c *candidate) take(t *testing.T, b export.Batch, o *outcome) {
	t.Helper()
	o.count += int64(len(b.Records)) + b.Others.Count
	o.faults += len(b.Faults)
	for _, r := range b.Records {
		if len(r.Hits) > 0 && len(r.Raw) == 0 {
			t.Error("a record that is wanted comes without its text")
		}
		if len(r.Raw) == 0 {
			continue
		}
		o.raws = append(o.raws, compact(r.Raw))
		if len(r.Hits) == 0 {
			continue
		}
		o.found = append(o.found, compact(r.Raw))
		x := c.Expand(dsr.MessageQuery{}, r, r.Hits[0].Why)
		if !keptAsItCame(r, x.Keep) {
			t.Error("a record that was found is not kept as it came")
		}
		o.kept = append(o.kept, x.Keep...)
	}
}

// keptAsItCame is true of a record that is kept byte for byte, or without the messages that
// stood in it, each of which is.
func keptAsItCame(r export.Record, kept []dsr.Record) bool {
	inside := 0
	for _, k := range kept {
		if compact(k.Raw) == compact(r.Raw) {
			return true
		}
		if k.Kind == dsr.Message && bytes.Contains(r.Raw, k.Raw) {
			inside++
		}
	}
	return inside > 0 && inside == len(kept)-1
}

func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// matching are the records that should be found.
func (c *candidate) matching(t *testing.T) (out []string) {
	t.Helper()
	m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{c.selector}}}, c.Schema().Conversation)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range c.scanned {
		if v, err := m.Decide(raw); err == nil && len(v.Hits) > 0 {
			out = append(out, compact(raw))
		}
	}
	if len(out) == 0 || len(out) == len(c.scanned) {
		t.Fatalf("%d of %d records of the sample match: this proves nothing", len(out), len(c.scanned))
	}
	return unique(out)
}

func compactAll(raws []json.RawMessage) (out []string) {
	for _, raw := range raws {
		out = append(out, compact(raw))
	}
	return out
}

func unique(s []string) []string { return slices.Compact(slices.Sorted(slices.Values(s))) }

// wantAll holds when everything that was asked for was found.
func (c *candidate) wantAll(t *testing.T, o outcome) {
	t.Helper()
	if got, want := unique(o.found), c.matching(t); !slices.Equal(got, want) {
		t.Errorf("found %d records, want %d; failures %v", len(got), len(want), o.failures)
	}
	if o.count < int64(len(c.scanned)) {
		t.Errorf("%d records were read, want at least %d", o.count, len(c.scanned))
	}
	if c.calls == nil {
		return
	}
	var all []string
	for _, raw := range c.scanned {
		all = append(all, compact(raw))
	}
	if !slices.Equal(unique(o.raws), unique(all)) {
		t.Errorf("the pages show %d records, want %d", len(unique(o.raws)), len(unique(all)))
	}
}

func eachVariant(t *testing.T, f func(t *testing.T, c *candidate)) {
	t.Parallel()
	for name, make := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, make(t))
		})
	}
}

func TestASourceShowsAllItHas(t *testing.T) {
	eachVariant(t, func(t *testing.T, c *candidate) { c.wantAll(t, c.read(t, false)) })
}

// TestAPositionIsAllThatIsNeeded opens every batch anew, as after a crash.
func TestAPositionIsAllThatIsNeeded(t *testing.T) {
	eachVariant(t, func(t *testing.T, c *candidate) {
		o := c.read(t, true)
		c.wantAll(t, o)
		if c.calls == nil && o.count != int64(len(c.scanned)) {
			t.Errorf("%d records were counted, want %d", o.count, len(c.scanned))
		}
	})
}

func TestASourceSaysWhatItRestsOn(t *testing.T) {
	eachVariant(t, func(t *testing.T, c *candidate) {
		s := dsr.SourceSearch{Source: c.settings.Name, AsOf: now(), Ended: true, Complete: true}
		if said := c.Assumes(export.Searched{Source: c.settings, Search: s, Read: 1}); len(said) == 0 || slices.ContainsFunc(said, func(a dsr.Assumption) bool { return a.String() == "" || strings.Contains(a.String(), "%") }) {
			t.Errorf("got %q", said)
		}
		if why := c.NothingListed(c.settings); why != nil && (why.Code == "" || why.Detail == "") {
			t.Errorf("got %+v", why)
		}
	})
}

// TestAnEndedContextEndsReading: the error is the context's, and says nothing of the source.
func TestAnEndedContextEndsReading(t *testing.T) {
	eachVariant(t, func(t *testing.T, c *candidate) {
		m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{c.selector}}}, c.Schema().Conversation)
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Plan(t.Context(), export.Ask{Source: c.settings, Request: dsr.Request{Selectors: []dsr.Selector{c.selector}}, AsOf: now(), Stage: dsr.StageConversations})
		if err != nil {
			t.Fatal(err)
		}
		u := dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: p.Interval, PerPage: sampleSize}
		if len(p.Units) > 0 {
			u = p.Units[0]
		}
		ctx, cancel := context.WithCancel(t.Context())
		r, err := c.Open(ctx, u, export.Wanted{Matcher: m})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cancel()
		for range 100 {
			b, err := r.Next(ctx)
			if err == nil && !b.End {
				continue // it was read already
			}
			if f, ok := errors.AsType[*export.Error](err); ok && (f.Failure == export.Damaged || f.Failure == export.Changed) {
				t.Errorf("the source is blamed: %v", err)
			}
			return
		}
		t.Error("it reads on")
	})
}

// faultsOnce are all kinds of fault, each to strike once.
func faultsOnce() (all []chaos.Fault) {
	for _, kind := range chaos.FaultKinds() {
		f := chaos.Fault{Kind: kind, Page: 2}
		switch kind {
		case chaos.CycleCursor:
			f.Page = 3
		case chaos.NeverNull:
			f.Page = 0
		case chaos.SlowDrip:
			f.Delay = time.Millisecond
		}
		all = append(all, f)
	}
	return all
}

// faults are things that go wrong once, for each source.
func faults() map[string]maker {
	all := shippedFaults()
	for _, f := range faultsOnce() {
		all["converse/"+string(f.Kind)] = converse(vendor.Choices{}, f)
		all["avaamo/"+string(f.Kind)] = avaamo(vendor.AvaamoChoices{}, f)
	}
	return all
}

// TestASourceSaysWhenItIsDisturbed: each fault once. What was read is whole all the same,
// or the source says that it may not be.
func TestASourceSaysWhenItIsDisturbed(t *testing.T) {
	t.Parallel()
	// What these do cannot be told from a vendor that means it, by any one page: the engine
	// notices a chain in a circle, and only the vendor knows of a record left out.
	for name, make := range faults() {
		source, kind, _ := strings.Cut(name, "/")
		if slices.Contains(untold[source], chaos.FaultKind(kind)) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := make(t)
			o := c.read(t, false)
			want := unique(o.found)
			if !slices.Equal(want, c.matching(t)) {
				t.Errorf("found %d records of %d, and failures %v say why not", len(want), len(c.matching(t)), o.failures)
			}
		})
	}
}

// TestADamagedFolderSaysSo: whatever is wrong with a file, what can be read is found and
// the rest is named.
func TestADamagedFolderSaysSo(t *testing.T) {
	t.Parallel()
	with := func(change func(files map[string][]byte, c []json.RawMessage)) maker {
		return dump(func(c, m []json.RawMessage) map[string][]byte {
			files := inLines(c, m)
			change(files, c)
			return files
		})
	}
	for name, tc := range map[string]struct {
		make maker
		all  bool // everything is found although
	}{
		"a line that is no JSON": {with(func(f map[string][]byte, _ []json.RawMessage) {
			f["conversations.ndjson"] = append([]byte("{\"_id\":\n"), f["conversations.ndjson"]...)
		}), true},
		"bytes that are not UTF-8": {with(func(f map[string][]byte, _ []json.RawMessage) {
			f["conversations.ndjson"] = append([]byte("{\"_id\":\"\xff\"}\n"), f["conversations.ndjson"]...)
		}), true},
		"gzip without its end": {with(func(f map[string][]byte, c []json.RawMessage) {
			delete(f, "conversations.ndjson")
			body := packed(lines(c))
			f["conversations.ndjson.gz"] = body[:len(body)-9]
		}), false},
		"gzip with a wrong checksum": {with(func(f map[string][]byte, c []json.RawMessage) {
			delete(f, "conversations.ndjson")
			body := packed(lines(c))
			body[len(body)-6] ^= 1
			f["conversations.ndjson.gz"] = body
		}), true},
		"a page with a broken record": {with(func(f map[string][]byte, c []json.RawMessage) {
			delete(f, "conversations.ndjson")
			f["conversations.json"] = paged(append([]json.RawMessage{[]byte(`{"_id":NaN}`)}, c...))
		}), true},
		"no page at all": {with(func(f map[string][]byte, _ []json.RawMessage) { f["conversations-2.json"] = []byte("<html>") }), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tc.make(t)
			o := c.read(t, false)
			if o.faults+o.damaged == 0 {
				t.Error("nothing is said")
			}
			got, want := unique(o.found), c.matching(t)
			if tc.all && !slices.Equal(got, want) {
				t.Errorf("found %d records, want %d", len(got), len(want))
			}
			for _, r := range got {
				if !slices.Contains(want, r) {
					t.Errorf("found %s", r)
				}
			}
		})
	}
}

// TestMessagesOfWhatWasFound asks for messages in the way that the source says.
func TestMessagesOfWhatWasFound(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	byConversation := map[string][]string{}
	for _, raw := range data.Messages() {
		var m struct {
			Conversation string `json:"conversationId"`
		}
		if json.Unmarshal(raw, &m) == nil && m.Conversation != "" {
			byConversation[m.Conversation] = append(byConversation[m.Conversation], compact(raw))
		}
	}
	asked := slices.Sorted(maps.Keys(byConversation))[:3]
	all := map[string]maker{"converse": converse(vendor.Choices{}), "dump": dump(inLines)}
	for _, l := range vendor.Layouts() {
		all[l.Name()] = shipped(l, l.Choices())
	}
	for name, make := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := make(t)
			for _, id := range asked {
				got, want := c.messages(t, id), unique(byConversation[id])
				if c.held != nil {
					want = unique(compactAll(c.held.MessagesOf(id)))
				}
				if !slices.Equal(unique(got), want) {
					t.Errorf("conversation %s: %d messages, want %d", id, len(got), len(want))
				}
			}
		})
	}
}

// messages are those that are kept of one conversation.
func (c *candidate) messages(t *testing.T, id string) (out []string) {
	t.Helper()
	for _, kept := range c.messageRecords(t, id) {
		out = append(out, compact(kept.Raw))
	}
	return out
}

func (c *candidate) messageRecords(t *testing.T, id string) (out []dsr.Record) {
	t.Helper()
	conversation := export.Record{Kind: dsr.Conversation, Facts: match.Facts{ID: id}, Raw: []byte("{}")}
	if c.held != nil {
		conversation.Raw, _ = c.held.Conversation(id)
	}
	x := c.Expand(dsr.MessageQuery{}, conversation, nil)
	for _, kept := range x.Keep {
		if kept.Kind == dsr.Message { // it stands in the conversation's record
			out = append(out, kept)
		}
	}
	p, err := c.Plan(t.Context(), export.Ask{Source: c.settings, AsOf: now(), Stage: dsr.StageMessages})
	if err != nil {
		t.Fatal(err)
	}
	units := p.Units
	for _, q := range x.Next {
		units = append(units, dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Messages, Query: q, PerPage: sampleSize,
			Interval: dsr.Interval{Start: c.settings.Earliest.Unix(), End: now().Unix()}})
	}
	if len(units) == 0 && len(out) == 0 {
		t.Fatal("nobody says where its messages are")
	}
	nothing, err := match.Compile(nil, c.Schema().Message)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		var o outcome
		var read []export.Record
		r, err := c.Open(t.Context(), u, export.Wanted{Matcher: nothing, Conversation: func(other string) bool { return other == id }})
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(c.failure(t, err, &o))
			}
			for _, rec := range b.Records {
				rec.Raw = slices.Clone(rec.Raw)
				read = append(read, rec)
			}
			if b.End {
				break
			}
		}
		r.Close()
		for _, rec := range read {
			for _, kept := range c.Expand(u.Query, rec, nil).Keep {
				if kept.ConversationID != id {
					t.Errorf("a message of %s is kept", kept.ConversationID)
				}
				out = append(out, kept)
			}
		}
	}
	return out
}

// TestAnotherConversationsMessagesAreNotKept: what a vendor returns beside what it was
// asked for may be somebody else's.
func TestAnotherConversationsMessagesAreNotKept(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]maker{"converse": converse(vendor.Choices{}), "avaamo": avaamo(vendor.AvaamoChoices{})} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := dsr.MessageQuery{Kind: dsr.ByConversation, ID: "asked for"}
			r := export.Record{Kind: dsr.Message, Raw: []byte("{}"), Facts: match.Facts{ID: "m", ConversationID: "another"}}
			if x := make(t).Expand(q, r, nil); len(x.Keep) > 0 {
				t.Errorf("kept %+v", x.Keep)
			}
			r.Facts.ConversationID = "asked for"
			if x := make(t).Expand(q, r, nil); len(x.Keep) != 1 || x.Keep[0].ConversationID != "asked for" {
				t.Errorf("kept %+v", x.Keep)
			}
		})
	}
}

// TestAFileThatIsAnotherIsNoProof replaces a file between two batches.
func TestAFileThatIsAnotherIsNoProof(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "conversations.ndjson")
	var body bytes.Buffer
	for i := range 200_000 {
		fmt.Fprintf(&body, `{"_id":"c%d","startTime":1735703772,"lastActionAt":"2025-01-01T04:00:17","metadata":{"email":"a%d@example.org","note":"%s"}}`+"\n", i, i, strings.Repeat("x", 60))
	}
	if err := os.WriteFile(path, body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d := export.NewDump(dir)
	c := &candidate{Source: d, settings: dsr.Source{Name: "old"}, selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: "nobody@example.org", Match: dsr.Normalized}}}
	p, err := c.Plan(t.Context(), export.Ask{AsOf: now(), Stage: dsr.StageConversations})
	if err != nil || len(p.Units) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{c.selector}}}, c.Schema().Conversation)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open(t.Context(), p.Units[0], export.Wanted{Matcher: m})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := r.Next(t.Context()); err != nil || b.End {
		t.Fatalf("the file is too short for this test: %v", err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for {
		b, err := r.Next(t.Context())
		if b.End {
			t.Fatal("the changed file counts as read")
		}
		if err == nil {
			continue
		}
		if f := c.failure(t, err, &outcome{}); f.Failure != export.Changed {
			t.Errorf("got %v", f)
		}
		return
	}
}
