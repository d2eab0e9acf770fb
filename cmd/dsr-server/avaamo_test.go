package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

var (
	typedAddress = selector{Key: "*", Value: vendor.SampleEmail}
	firstDevice  = selector{Key: "user.layer_id", Value: vendor.SampleLayers()[0]}
	nobody       = selector{Key: "user.layer_id", Value: "nobody"}
)

// TestOneRequestOverEveryTypeOfSource gives one archive with a coverage of each.
func TestOneRequestOverEveryTypeOfSource(t *testing.T) {
	t.Parallel()
	sample := vendor.Sample()
	d := openWithAvaamo(t, avaamoSetup{dump: map[string][]byte{
		"conversations.ndjson": asLines(sample.Conversations()), "messages.ndjson": asLines(soundMessages(sample)),
	}})
	q := ask(typedAddress, firstDevice)
	id := d.submit(q.over("bot", "desk", "old"))
	if r := d.until(id, "ready", "review", "failed"); r["status"] != "ready" || r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	b := d.download(id)
	conversations, messages := sampleCorpus(t).expect(t, q)
	users, entries := expectEntries(t, d.avaamo.Data().Entries(), q)
	if len(conversations) == 0 || len(entries) < 5 || len(users) < 2 {
		t.Fatalf("the question is about %d conversations and %d entries of %d users only", len(conversations), len(entries), len(users))
	}
	for name, want := range map[string][]string{
		"bot/conversations": conversations, "bot/messages": messages, "desk/messages": entries,
		"old/conversations": conversations, "old/messages": messages,
	} {
		if diff := cmp.Diff(want, b.lines(t, "data/"+name+".ndjson")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	wantGroups(t, b.lines(t, "data/desk/conversations.ndjson"), users)
	proof := d.proof(id)
	for _, s := range proof.Sources {
		if !s.Complete || s.Type != map[string]string{"bot": "converse", "desk": "avaamo", "old": "dump"}[s.Name] {
			t.Errorf("coverage of %s: %+v", s.Name, s)
		}
	}
	if len(proof.Sources) != 3 || !proof.Complete {
		t.Errorf("the coverage is of %d sources, complete %v", len(proof.Sources), proof.Complete)
	}
	_, assumes, _, _ := d.sourceCoverage(id)
	if !strings.Contains(assumes, "the answers of the bot and of live agents are missing") || strings.Contains(assumes, "no conversation is active for longer") {
		t.Errorf("got assumptions %s", assumes)
	}
	if widest, pages := d.windowsOf(t); widest > 72*time.Hour || pages < 30 {
		t.Errorf("asked for %v at once, in %d calls", widest, pages)
	}
	index := string(b.entries["index.html"])
	for _, user := range users {
		if !strings.Contains(index, "Conversation unknown, user "+user) {
			t.Errorf("the start page does not list the group of %s", user)
		}
	}
}

func TestEveryEntryUnderEveryReadingOfTheDocumentation(t *testing.T) {
	t.Parallel()
	for _, v := range chaos.AvaamoVariants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			d := openWithAvaamo(t, avaamoSetup{options: vendor.AvaamoOptions{Choices: v.Choices}, source: "page_size: 4"})
			questions := []question{ask(firstDevice), ask(typedAddress), ask(nobody), ask(selector{Key: "channel_name", Value: "WEB"})}
			ids := make([]string, len(questions))
			for i, q := range questions {
				ids[i] = d.submit(q.over("desk"))
			}
			for i, q := range questions {
				if r := d.until(ids[i], "ready", "review", "failed"); r["complete"] != true {
					t.Fatalf("%v: %v, error %v", q.selectors, r["status"], r["error"])
				}
				users, entries := expectEntries(t, d.avaamo.Data().Entries(), q)
				b := d.download(ids[i])
				if diff := cmp.Diff(entries, b.lines(t, "data/desk/messages.ndjson")); diff != "" {
					t.Errorf("%v (-want +got):\n%s", q.selectors, diff)
				}
				wantGroups(t, b.lines(t, "data/desk/conversations.ndjson"), users)
			}
		})
	}
}

func TestEntryBelongsByItsOwnTimeToTheSecond(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	var r vendor.AvaamoRecords
	for i := range 7 {
		r.Entries = append(r.Entries, fmt.Appendf(nil, `{"message_uuid":"m%d","created_at":%d.0,"user":{"layer_id":"u"}}`, i, at.Unix()+int64(i)))
	}
	data, err := vendor.NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	d := openWithAvaamo(t, avaamoSetup{data: data, earliest: "2025-03-01"})
	q := question{selectors: []selector{{Key: "user.layer_id", Value: "u"}}, start: at.Add(2 * time.Second).Format(time.RFC3339), end: at.Add(5 * time.Second).Format(time.RFC3339)}
	id := d.submit(q.over("desk"))
	d.until(id, "ready")
	got := d.download(id).lines(t, "data/desk/messages.ndjson")
	if len(got) != 3 || !strings.Contains(got[0], `"m2"`) || !strings.Contains(got[2], `"m4"`) {
		t.Errorf("got %v, want m2, m3 and m4", got)
	}
}

// unrest changes the list between pages for as many calls as it is told to.
type unrest struct {
	t      *testing.T
	avaamo atomic.Pointer[chaos.Avaamo]
	calls  atomic.Int64
	most   int64
	grows  bool // nothing is deleted
	at     time.Time
}

func (u *unrest) onCall(c vendor.Call) {
	s := u.avaamo.Load()
	if s == nil || c.Endpoint != vendor.AvaamoEntries {
		return
	}
	if from, to := c.Params.Get("from_timetoken"), c.Params.Get("to_timetoken"); from > fmt.Sprint(u.at.Unix()) || to < fmt.Sprint(u.at.Unix()) {
		return // it would not show
	}
	n := u.calls.Add(1)
	if n > u.most {
		return
	}
	if n%2 == 0 && !u.grows {
		s.Delete(fmt.Sprintf("new%d", n-1), fmt.Sprintf("old%02d", n%30))
		return
	}
	raw := fmt.Appendf(nil, `{"message_uuid":"new%d","created_at":%d,"content":"x","user":{"layer_id":"other"}}`, n, u.at.Unix())
	if err := s.Insert(vendor.AvaamoRecords{Entries: []json.RawMessage{raw}}); err != nil {
		u.t.Error(err)
	}
}

// restless is an agent of 60 entries within a minute, of which the person's never change.
func restless(t *testing.T, u *unrest, pageSize int) (*avaamoHarness, question) {
	t.Helper()
	at := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	var r vendor.AvaamoRecords
	for i := range 60 {
		user, id := "hers", fmt.Sprintf("her%02d", i)
		if i%2 == 0 {
			user, id = "other", fmt.Sprintf("old%02d", i/2)
		}
		r.Entries = append(r.Entries, fmt.Appendf(nil, `{"message_uuid":%q,"created_at":%d,"content":"x","user":{"layer_id":%q}}`, id, at.Unix()+int64(i), user))
	}
	data, err := vendor.NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	u.t, u.at = t, at
	d := openWithAvaamo(t, avaamoSetup{data: data, earliest: "2025-03-01", source: fmt.Sprintf("page_size: %d", pageSize), options: vendor.AvaamoOptions{OnCall: u.onCall}})
	u.avaamo.Store(d.avaamo)
	return d, question{selectors: []selector{{Key: "user.layer_id", Value: "hers"}}, start: "2025-03-03T00:00:00Z", end: "2025-03-05T00:00:00Z"}
}

func TestListThatMovesIsReadAgain(t *testing.T) {
	t.Parallel()
	d, q := restless(t, &unrest{most: 9}, 10)
	id := d.submit(q.over("desk"))
	if r := d.until(id, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	_, want := expectEntries(t, d.avaamo.Data().Entries(), q)
	if diff := cmp.Diff(want, d.download(id).lines(t, "data/desk/messages.ndjson")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if retries := d.proof(id).Sources[0].Retries["page_drift"]; retries == 0 {
		t.Error("nothing was read again")
	}
}

func TestListThatNeverRestsEndsIncomplete(t *testing.T) {
	t.Parallel()
	d, q := restless(t, &unrest{most: 1 << 40, grows: true}, 100)
	id := d.submit(q.over("desk"))
	r := d.until(id, "ready", "review", "failed")
	reasons, _, _, complete := d.sourceCoverage(id)
	if r["status"] != "review" || complete || !slices.Equal(reasons, []string{"page_drift"}) {
		t.Errorf("%v, complete %v, reasons %v", r["status"], complete, reasons)
	}
	if n := d.avaamo.Count(""); n > 500 {
		t.Errorf("%d calls before it gave up", n)
	}
	if got := d.download(id).lines(t, "data/desk/messages.ndjson"); len(got) == 0 {
		t.Error("what was found is not in the archive")
	}
}

func TestIgnoredWindowEndsIncomplete(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{options: vendor.AvaamoOptions{
		Now: func() time.Time { return time.Date(2025, 6, 14, 0, 0, 0, 0, time.UTC) }, Choices: vendor.AvaamoChoices{WindowIgnored: true},
	}})
	id := d.submit(ask(firstDevice).over("desk"))
	r := d.until(id, "ready", "review", "failed")
	reasons, _, _, complete := d.sourceCoverage(id)
	if r["status"] != "review" || complete || !slices.Equal(reasons, []string{"window_ignored"}) {
		t.Errorf("%v, complete %v, reasons %v", r["status"], complete, reasons)
	}
	if !strings.Contains(d.log.String(), "ignores the window") {
		t.Error("the log does not say so")
	}
}

func TestWrongUnitEndsIncomplete(t *testing.T) {
	t.Parallel()
	for _, unit := range []vendor.TimeUnit{vendor.Milliseconds, vendor.Microseconds} {
		d := openWithAvaamo(t, avaamoSetup{earliest: "2025-01-01", options: vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{Unit: unit}}})
		id := d.submit(ask(firstDevice).over("desk"))
		r := d.until(id, "ready", "review", "failed")
		if reasons, _, _, complete := d.sourceCoverage(id); r["status"] != "review" || complete || !slices.Equal(reasons, []string{"window_unverified"}) {
			t.Errorf("unit %v: %v, complete %v, reasons %v", unit, r["status"], complete, reasons)
		}
	}
}

func TestWindowWithoutAnEntryIsProvenByOneOutsideOfIt(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{})
	q := question{selectors: []selector{firstDevice}, start: "2026-02-01T00:00:00Z", end: "2026-02-03T00:00:00Z"}
	id := d.submit(q.over("desk"))
	if r := d.until(id, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	if _, _, read, _ := d.sourceCoverage(id); !strings.Contains(read, "2025-") {
		t.Errorf("no entry was looked for outside of the window: read %s", read)
	}
}

func TestAgentWithoutAnyEntryProvesNothing(t *testing.T) {
	t.Parallel()
	empty, err := vendor.NewAvaamoData(vendor.AvaamoRecords{})
	if err != nil {
		t.Fatal(err)
	}
	d := openWithAvaamo(t, avaamoSetup{data: empty, earliest: "2025-01-01"})
	id := d.submit(ask(firstDevice).over("desk"))
	r := d.until(id, "ready", "review", "failed")
	if reasons, _, _, complete := d.sourceCoverage(id); r["status"] != "review" || complete || !slices.Equal(reasons, []string{"window_unverified"}) {
		t.Errorf("%v, complete %v, reasons %v", r["status"], complete, reasons)
	}
}

func TestConversationIDNeedsTheAgentsToken(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{})
	byID := selector{ID: "11111111111111111111111111111111"}
	id := d.submit(question{selectors: []selector{byID}}.over("desk"))
	r := d.until(id, "ready", "review", "failed")
	if reasons, _, _, complete := d.sourceCoverage(id); r["status"] != "review" || complete || !slices.Equal(reasons, []string{"conversation_id_unsupported"}) {
		t.Errorf("%v, complete %v, reasons %v", r["status"], complete, reasons)
	}
	if n := d.avaamo.Count(""); n > 0 {
		t.Errorf("%d calls, although none can help", n)
	}
	q := ask(byID, firstDevice)
	id = d.submit(q.over("desk"))
	r = d.until(id, "ready", "review", "failed")
	reasons, _, _, _ := d.sourceCoverage(id)
	_, entries := expectEntries(t, d.avaamo.Data().Entries(), q)
	if diff := cmp.Diff(entries, d.download(id).lines(t, "data/desk/messages.ndjson")); diff != "" || len(entries) == 0 {
		t.Errorf("what else was asked for (-want +got):\n%s", diff)
	}
	if r["status"] != "review" || !slices.Equal(reasons, []string{"conversation_id_unsupported"}) {
		t.Errorf("%v, reasons %v", r["status"], reasons)
	}
}

// expectJoined adds to the entries both sides of every conversation they belong to.
func expectJoined(t *testing.T, data *vendor.AvaamoData, entries []string, ids ...string) (conversations, messages []string) {
	t.Helper()
	in := map[string][]said{}
	for _, raw := range entries {
		s := readSaid(t, json.RawMessage(raw))
		id := data.ConversationOf(s.id)
		in[id] = append(in[id], s)
	}
	for _, id := range ids {
		if in[id] == nil { // asked for, without an entry
			in[id] = []said{}
		}
	}
	var records []said
	for id := range in {
		raw, ok := data.Conversation(id)
		if !ok {
			t.Fatalf("no conversation %s", id)
		}
		records = append(records, readSaid(t, raw))
	}
	for _, c := range inTime(records) {
		conversations = append(conversations, c.raw)
		all := in[c.id]
		for _, raw := range data.TalkOf(c.id) {
			all = append(all, readSaid(t, raw))
		}
		for _, s := range inTime(all) {
			messages = append(messages, s.raw)
		}
	}
	return conversations, messages
}

func TestEntriesAreJoinedWithTheirConversations(t *testing.T) {
	t.Parallel()
	for _, names := range []vendor.TalkNames{vendor.SinceMicroseconds, vendor.FromSeconds} {
		d := openWithAvaamo(t, avaamoSetup{joined: true, options: vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{TalkNames: names}}})
		q := ask(typedAddress, firstDevice)
		id := d.submit(q.over("desk"))
		if r := d.until(id, "ready", "review", "failed"); r["complete"] != true {
			t.Fatalf("%v, error %v", r["status"], r["error"])
		}
		data := d.avaamo.Data()
		_, entries := expectEntries(t, data.Entries(), q)
		conversations, messages := expectJoined(t, data, entries)
		b := d.download(id)
		if diff := cmp.Diff(conversations, b.lines(t, "data/desk/conversations.ndjson")); diff != "" {
			t.Errorf("conversations (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(messages, b.lines(t, "data/desk/messages.ndjson")); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if _, assumes, _, _ := d.sourceCoverage(id); strings.Contains(assumes, "is missing") {
			t.Errorf("got assumptions %s", assumes)
		}
		pages := ""
		for name, body := range b.entries {
			if strings.HasPrefix(name, "conversations/desk/") {
				pages += string(body)
			}
		}
		for _, want := range []string{"Which e-mail address may we write to?", `class="message bot`, `class="message user`} {
			if !strings.Contains(pages, want) {
				t.Errorf("no transcript has %s", want)
			}
		}
	}
}

func TestConversationIsAskedForByItsID(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{joined: true})
	data := d.avaamo.Data()
	mine := readSaid(t, data.EntriesOf(vendor.SampleLayers()[0])[0])
	id := data.ConversationOf(mine.id)
	request := d.submit(question{selectors: []selector{{ID: id}, {ID: "nobody-knows-this-one"}}}.over("desk"))
	if r := d.until(request, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	conversations, messages := expectJoined(t, data, nil, id)
	b := d.download(request)
	if diff := cmp.Diff(conversations, b.lines(t, "data/desk/conversations.ndjson")); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(messages, b.lines(t, "data/desk/messages.ndjson")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if n := d.avaamo.Count(vendor.AvaamoEntries); n > 0 {
		t.Errorf("%d calls searched although the id says all", n)
	}
	request = d.submit(question{selectors: []selector{{ID: id}}, end: "2024-01-01T12:00:00Z"}.over("desk"))
	d.until(request, "ready")
	if got := d.download(request).lines(t, "data/desk/messages.ndjson"); len(got) > 0 {
		t.Errorf("got %d messages of a conversation outside the window", len(got))
	}
}

func TestIDsAndEntriesInOneRequest(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{joined: true})
	data := d.avaamo.Data()
	other := readSaid(t, data.Entries()[len(data.Entries())-1])
	id := data.ConversationOf(other.id)
	q := ask(selector{ID: id}, firstDevice)
	q.end = ""
	request := d.submit(q.over("desk"))
	if r := d.until(request, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	_, entries := expectEntries(t, data.Entries(), q)
	conversations, messages := expectJoined(t, data, entries, id)
	b := d.download(request)
	if diff := cmp.Diff(conversations, b.lines(t, "data/desk/conversations.ndjson")); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(messages, b.lines(t, "data/desk/messages.ndjson")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestTokenRefusedMidwayEndsIncompleteWithWhatWasFound(t *testing.T) {
	t.Parallel()
	for name, agent := range map[string]bool{"user's": false, "agent's": true} {
		d := prepareWithAvaamo(t, avaamoSetup{joined: true})
		d.avaamo.RevokeTokensAfter(map[bool]int{false: 45, true: 2}[agent], agent)
		d.start(setup{})
		id := d.submit(ask(firstDevice).over("desk"))
		r := d.until(id, "ready", "review", "failed")
		reasons, _, _, complete := d.sourceCoverage(id)
		if r["status"] != "review" || complete || !slices.Equal(reasons, []string{"key_refused"}) {
			t.Errorf("%s token: %v, complete %v, reasons %v", name, r["status"], complete, reasons)
		}
		if got := d.download(id).lines(t, "data/desk/messages.ndjson"); len(got) == 0 {
			t.Errorf("%s token: nothing of what was found is in the archive", name)
		}
	}
}

func TestFirstNameAloneIsAWeakMatch(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{})
	q := ask(selector{Key: "user.first_name", Value: "Ana"})
	id := d.submit(q.over("desk"))
	d.until(id, "ready", "review")
	_, entries := expectEntries(t, d.avaamo.Data().Entries(), q)
	_, assumes, _, _ := d.sourceCoverage(id)
	if want := fmt.Sprintf("weak match: %d records matched on a first name alone", len(entries)); len(entries) == 0 || !strings.Contains(assumes, want) {
		t.Errorf("got %s, want %q", assumes, want)
	}
	weak := func(w dsr.StaffWarning) bool {
		return w.Code == dsr.WeakMatch && strings.Contains(w.Detail, "a first name alone")
	}
	if w := d.staff(id).Warnings; !slices.ContainsFunc(w, weak) {
		t.Errorf("staff are not warned of it: %v", w)
	}
	id = d.submit(ask(firstDevice).over("desk"))
	d.until(id, "ready")
	if _, assumes, _, _ := d.sourceCoverage(id); strings.Contains(assumes, "weak") {
		t.Errorf("a match by layer_id is called weak: %s", assumes)
	}
	if w := d.staff(id).Warnings; slices.ContainsFunc(w, weak) {
		t.Errorf("staff are warned of a match by layer_id: %v", w)
	}
}

func TestStopInTheMiddleOfAListChangesNothing(t *testing.T) {
	t.Parallel()
	var reached = make(chan struct{})
	var calls atomic.Int64
	d := openWithAvaamo(t, avaamoSetup{joined: true, source: "page_size: 3", options: vendor.AvaamoOptions{OnCall: func(vendor.Call) {
		if calls.Add(1) == 70 {
			close(reached)
		}
	}}})
	q := ask(firstDevice, typedAddress)
	id := d.submit(q.over("desk"))
	d.come("70 calls", reached)
	d.stop()
	d.start(setup{})
	if r := d.until(id, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	data := d.avaamo.Data()
	_, entries := expectEntries(t, data.Entries(), q)
	conversations, messages := expectJoined(t, data, entries)
	b := d.download(id)
	if diff := cmp.Diff(conversations, b.lines(t, "data/desk/conversations.ndjson")); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(messages, b.lines(t, "data/desk/messages.ndjson")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// TestFiftyCallsInAMinute keeps the documented limit against a fake that counts it, over
// all endpoints together.
func TestFiftyCallsInAMinute(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes as long as the vendor's limit makes it")
	}
	d := openWithAvaamo(t, avaamoSetup{joined: true, rate: "50/min", earliest: "2025-06-10", options: vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{LimitScope: vendor.PerIP}}})
	q := question{selectors: []selector{{Key: "*", Value: vendor.SampleEmail}}, start: "2025-06-12T00:00:00Z", end: "2025-06-14T00:00:00Z"}
	id := d.submit(q.over("desk"))
	if r := d.until(id, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	calls := d.avaamo.Calls()
	for i := 1; i < len(calls); i++ {
		if gap := calls[i].Time.Sub(calls[i-1].Time); gap < 1100*time.Millisecond {
			t.Errorf("%s came %v after %s", calls[i].Endpoint, gap, calls[i-1].Endpoint)
		}
	}
	if len(calls) < 4 {
		t.Errorf("only %d calls", len(calls))
	}
}

// recent is an agent of ten entries of today and three of two days ago.
func recent(t *testing.T) *vendor.AvaamoData {
	t.Helper()
	r := vendor.AvaamoRecords{Conversations: []json.RawMessage{json.RawMessage(`{"uuid":"c1"}`)}}
	for i := range 13 {
		at := time.Now().Add(-time.Duration(i+1) * time.Hour)
		if i >= 10 {
			at = at.Add(-48 * time.Hour)
		}
		r.Entries = append(r.Entries, fmt.Appendf(nil, `{"message_uuid":"m%d","created_at":%d,"user":{"layer_id":"u"}}`, i, at.Unix()))
		r.Talk = append(r.Talk, fmt.Appendf(nil, `{"uuid":"m%d","created_at":%d,"conversation":{"uuid":"c1"}}`, i, at.Unix()))
	}
	data, err := vendor.NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCheckOfAnAvaamoSource(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup avaamoSetup
		good  bool
		says  []string
	}{
		"entries only":        {good: true, says: []string{"every entry lies in", "set agent_token_file"}},
		"joined":              {setup: avaamoSetup{joined: true}, good: true, says: []string{"an entry leads to its conversation"}},
		"agent token refused": {setup: avaamoSetup{source: "agent_token_file: ./key"}, says: []string{"the vendor refuses the agent token"}},
		"other unit":          {setup: avaamoSetup{source: "timetoken_unit: us"}, says: []string{"there is no conversation since", "check agent_id, timetoken_unit"}},
		"window ignored": {
			setup: avaamoSetup{options: vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{WindowIgnored: true}}},
			says:  []string{"3 of 13 entries lie outside the interval that was asked for"},
		},
		"other agent": {setup: avaamoSetup{options: vendor.AvaamoOptions{Agent: "1"}}, says: []string{"refuses the key with status 403"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.setup.data = recent(t)
			d := openWithAvaamo(t, c.setup)
			var out bytes.Buffer
			good, err := checkSource(t.Context(), d.besides(t), &out, "desk")
			if err != nil {
				t.Fatal(err)
			}
			if good != c.good {
				t.Errorf("good is %v:\n%s", good, &out)
			}
			for _, says := range c.says {
				if !strings.Contains(out.String(), says) {
					t.Errorf("%q is not in:\n%s", says, &out)
				}
			}
			if widest, _ := d.windowsOf(t); widest > 72*time.Hour && name != "other unit" {
				t.Errorf("asked for %v at once", widest)
			}
		})
	}
}

func TestEstimateKnowsWhatAnAvaamoSourceCosts(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{})
	first := d.submit(question{selectors: []selector{nobody}, start: "2024-09-01T00:00:00Z", end: "2025-02-01T00:00:00Z"}.over("desk"))
	d.until(first, "ready") // tells how dense the source is
	q := ask(firstDevice)
	a := d.call(http.MethodPost, "/api/v1/requests/estimate", q.over("desk"))
	before := d.avaamo.Count("")
	d.until(d.submit(q.over("desk")), "ready")
	told, _ := a.json["calls"].(float64)
	if made := float64(d.avaamo.Count("") - before); a.status != http.StatusOK || told < made/2 || told > made*2 {
		t.Errorf("the estimate, %d, was %v calls; it took %v", a.status, told, made)
	}
}
