package match_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

var messageFields = match.Fields{
	ID: at("_id"), Conversation: at("conversationId"), Time: at("time"), Evidence: ways("time", "type", "userInput", "outMsg"),
}

// readEveryWay reads a record alone, within a page and within lines.
func readEveryWay(t *testing.T, f match.Fields, record string) match.Facts {
	t.Helper()
	alone := f.Facts([]byte(record))
	m, err := match.Compile(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	v, err := decideTwice(t, m, []byte(record))
	if diff := cmp.Diff(alone, v.Facts); diff != "" || err != nil {
		t.Errorf("%s: %v, facts (-alone +decided):\n%s", record, err, diff)
	}
	for layout, block := range map[match.Layout]string{match.Page: `{"data":[{}, ` + record + `]}`, match.NDJSON: "{}\n" + record + "\n"} {
		err := m.Scan([]byte(block), layout, func(r match.Record) bool {
			if diff := cmp.Diff(alone, r.Facts()); diff != "" && r.Number == 2 {
				t.Errorf("%s: facts (-alone +in layout %d):\n%s", record, layout, diff)
			}
			return true
		})
		if err != nil {
			t.Errorf("%s: %v", record, err)
		}
	}
	return alone
}

func TestFactsOfAConversation(t *testing.T) {
	t.Parallel()
	start, last := time.Unix(1744750665, 0).UTC(), time.Date(2025, 4, 15, 20, 58, 15, 384884000, time.UTC)
	at := `,"startTime":1744750665,"lastActionAt":1744750665`
	for name, tc := range map[string]struct {
		record string
		want   match.Facts
	}{
		"as documented":        {`{"_id":"5c80","startTime":1744750665,"lastActionAt":"2025-04-15T20:58:15.384884","metadata":{"a":1},"x":{"_id":"no"}}`, match.Facts{ID: "5c80", Start: start, LastAction: last, HasMetadata: true}},
		"escaped":              {`{"\u005fid":"5c\u00380","startTim\u0065":1744750665,"lastActionAt":"2025-04-15T20:58:15.384884"}`, match.Facts{ID: "5c80", Start: start, LastAction: last}},
		"other case":           {`{"_ID":"x","STARTTIME":1,"_id":"5c80","startTime":1744750665,"lastActionAt":null,"Metadata":"x"}`, match.Facts{ID: "5c80", Start: start, HasMetadata: true, Anomalies: []string{"Q11", "Q14"}}},
		"only in other case":   {`{"_ID":"5c80","STARTTIME":1744750665,"LastActionAt":1744750665}`, match.Facts{ID: "5c80", Start: start, LastAction: start, Anomalies: []string{"Q14"}}},
		"repeated":             {`{"_id":"one","_id":"two","startTime":1744750665,"startTime":null,"lastActionAt":1744750665}`, match.Facts{ID: "one", Start: start, LastAction: start, Anomalies: []string{"Q14"}}},
		"first says nothing":   {`{"_id":"","_id":"two","startTime":null,"startTime":1744750665,"lastActionAt":1744750665}`, match.Facts{ID: "two", Start: start, LastAction: start, Anomalies: []string{"Q14"}}},
		"nothing":              {`{}`, match.Facts{Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12", "Q11", "Q11"}}},
		"id a number":          {`{"_id":7` + at + `}`, match.Facts{ID: "7", Start: start, LastAction: start}},
		"id a large number":    {`{"_id":-12345678901234567890` + at + `}`, match.Facts{ID: "-12345678901234567890", Start: start, LastAction: start}},
		"id a fraction":        {`{"_id":7.0` + at + `}`, match.Facts{Start: start, LastAction: start, Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12"}}},
		"id with an exponent":  {`{"_id":7e1` + at + `}`, match.Facts{Start: start, LastAction: start, Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12"}}},
		"id an object":         {`{"_id":{"$oid":"7"}` + at + `}`, match.Facts{Start: start, LastAction: start, Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12"}}},
		"id not UTF-8":         {"{\"_id\":\"a\xff\"" + at + "}", match.Facts{Start: start, LastAction: start, Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12", "Q13"}}},
		"half a letter":        {`{"_id":"a\ud800"` + at + `}`, match.Facts{Start: start, LastAction: start, Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12", "Q13"}}},
		"U+FFFD itself":        {`{"_id":"a` + "\ufffd" + `"` + at + `}`, match.Facts{ID: "a\ufffd", Start: start, LastAction: start}},
		"U+FFFD escaped":       {`{"_id":"a\uFFFD"` + at + `}`, match.Facts{ID: "a\ufffd", Start: start, LastAction: start}},
		"nought is no time":    {`{"_id":"a","startTime":0,"lastActionAt":1744750665}`, match.Facts{ID: "a", LastAction: start, Anomalies: []string{"Q11"}}},
		"ends before it began": {`{"_id":"a","startTime":1744750665,"lastActionAt":1744750664}`, match.Facts{ID: "a", Start: start, LastAction: start.Add(-time.Second), Anomalies: []string{"Q34"}}},
		"milliseconds":         {`{"_id":"a","startTime":1744750665000,"lastActionAt":"2025-04-15 20:58:15.384884+00:00"}`, match.Facts{ID: "a", Start: start, LastAction: last}},
		"an envelope":          {`{"data":[{"_id":"a","startTime":1744750665}],"cursor":null}`, match.Facts{Missing: "it has no _id, or none that can be read", Anomalies: []string{"Q12", "Q11", "Q11"}}},
		"another kind":         {`{"_id":"a","conversationId":"c","time":1744750665,"type":"UserInput"}`, match.Facts{ID: "a", Missing: "it has none of startTime, lastActionAt, metadata", Anomalies: []string{"Q11", "Q11"}}},
		"metadata alone":       {`{"_id":"a","metadata":null}`, match.Facts{ID: "a", Anomalies: []string{"Q11", "Q11"}}},
		"empty metadata":       {`{"_id":"a"` + at + `,"metadata":{ }}`, match.Facts{ID: "a", Start: start, LastAction: start}},
		"metadata a list":      {`{"_id":"a"` + at + `,"metadata":[1]}`, match.Facts{ID: "a", Start: start, LastAction: start, HasMetadata: true}},
		"metadata twice":       {`{"_id":"a"` + at + `,"metadata":"","metadata":"x"}`, match.Facts{ID: "a", Start: start, LastAction: start, HasMetadata: true, Anomalies: []string{"Q14"}}},
	} {
		got := readEveryWay(t, fields, tc.record)
		got.Text = match.TextAnomalies{}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.Understood() != (tc.want.Missing == "") {
			t.Errorf("%s: understood is %v", name, got.Understood())
		}
	}
}

func TestFactsOfAMessage(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1744651778652).UTC()
	for name, tc := range map[string]struct {
		record string
		want   match.Facts
	}{
		"as documented":      {`{"_id":"33f34335","time":1744651778.652,"conversationId":"5c80"}`, match.Facts{ID: "33f34335", ConversationID: "5c80", Time: at}},
		"numbers":            {`{"_id":1,"time":1744651778652,"conversationId":5}`, match.Facts{ID: "1", ConversationID: "5", Time: at}},
		"no id":              {`{"time":1744651778.652,"conversationId":"5c80"}`, match.Facts{ConversationID: "5c80", Time: at, Anomalies: []string{"Q12"}}},
		"no conversation":    {`{"_id":"1","time":1744651778.652,"conversationId":null}`, match.Facts{ID: "1", Time: at, Unlinked: true, Missing: "it has no conversationId, or none that can be read"}},
		"says nothing":       {`{"_id":"1","conversationId":"5c80"}`, match.Facts{ID: "1", ConversationID: "5c80", Missing: "it has none of time, type, userInput, outMsg", Anomalies: []string{"Q11"}}},
		"a text, no time":    {`{"_id":"1","conversationId":"5c80","userInput":""}`, match.Facts{ID: "1", ConversationID: "5c80", Anomalies: []string{"Q11"}}},
		"conversation twice": {`{"_id":"1","time":1744651778.652,"conversationId":"","conversationId":"5c80"}`, match.Facts{ID: "1", ConversationID: "5c80", Time: at, Anomalies: []string{"Q14"}}},
	} {
		got := readEveryWay(t, messageFields, tc.record)
		got.Text = match.TextAnomalies{}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	f := match.Facts{Time: at}
	if f.When() != at || (match.Facts{Start: at}).When() != at {
		t.Error("When is not the time it is listed by")
	}
}

// Fields may lie deeper, and the whole record may be what is searched.
func TestFactsByPath(t *testing.T) {
	t.Parallel()
	f := match.Fields{ID: at("uuid"), NotAsked: true, Conversation: at("talk.uuid"), Start: at("at"), LastAction: at("last.at"), Time: at("at"), Sender: at("user.id"), SenderName: at("user.name"), Metadata: ways("."), Evidence: ways("at")}
	at := time.Unix(1744750665, 0).UTC()
	got := readEveryWay(t, f, `{"uuid":"u","talk":{"x":{"uuid":"no"},"uuid":"","uu\u0069d":"c"},"at":1744750665,"last":{"at":1744750666},"user":{"id":7,"name":"Ana"}}`)
	got.Text = match.TextAnomalies{}
	want := match.Facts{ID: "u", ConversationID: "c", Start: at, LastAction: at.Add(time.Second), Time: at, Sender: "7", HasMetadata: true, Anomalies: []string{"Q14"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = f.Facts([]byte(`{"uuid":"u","talk":"c","at":1744750665,"last":[],"user":{"name":17}}`))
	if got.ConversationID != "" || !got.LastAction.IsZero() || !slices.Equal(got.Anomalies, []string{"Q11", "Q29"}) {
		t.Errorf("got %+v", got)
	}
	m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{by("user.name", "ANA", ""), by("", "u", dsr.Exact), byID("u")}}}, f)
	if err != nil {
		t.Fatal(err)
	}
	v, err := decideTwice(t, m, []byte(`{"uuid":"u","user":{"name":"Ana"}}`))
	if diff := cmp.Diff([]match.Hit{{Query: 0, Why: []dsr.Why{{Selector: 0, Path: "user.name"}, {Selector: 1, Path: "uuid"}}}}, v.Hits); diff != "" || err != nil {
		t.Errorf("%v, hits (-want +got):\n%s", err, diff)
	}
}

func TestATimeInTheFuture(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, f := range []match.Facts{{Start: now.Add(time.Hour)}, {LastAction: now.Add(time.Hour)}, {Time: now.Add(time.Hour)}} {
		if !f.Ahead(now) || f.Ahead(now.Add(time.Hour)) {
			t.Errorf("%+v", f)
		}
	}
	if (match.Facts{Start: now.Add(time.Minute)}).Ahead(now) {
		t.Error("a clock may be a minute ahead")
	}
}

func TestFactsInAWindow(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2025, 1, 1, h, 0, 0, 0, time.UTC) }
	window, asOf, now := dsr.Window{Start: at(5), End: at(10)}, at(20), at(23)
	for name, tc := range map[string]struct {
		f    match.Facts
		w    dsr.Window
		want bool
	}{
		"inside":                       {match.Facts{Start: at(6), LastAction: at(7)}, window, true},
		"ends as it begins":            {match.Facts{Start: at(1), LastAction: at(5)}, window, true},
		"ends before":                  {match.Facts{Start: at(1), LastAction: at(5).Add(-1)}, window, false},
		"begins as it ends":            {match.Facts{Start: at(10), LastAction: at(11)}, window, false},
		"begins before it ends":        {match.Facts{Start: at(10).Add(-1), LastAction: at(11)}, window, true},
		"around it":                    {match.Facts{Start: at(1), LastAction: at(15)}, window, true},
		"end unknown":                  {match.Facts{Start: at(1)}, window, true},
		"start unknown":                {match.Facts{LastAction: at(12)}, window, true},
		"nothing known":                {match.Facts{}, window, true},
		"after as_of":                  {match.Facts{Start: at(21), LastAction: at(22)}, dsr.Window{}, false},
		"window goes beyond as_of":     {match.Facts{Start: at(20), LastAction: at(20)}, dsr.Window{Start: at(1), End: at(23)}, false},
		"goes on behind as_of":         {match.Facts{Start: at(19), LastAction: at(22)}, dsr.Window{}, true},
		"last action before its start": {match.Facts{Start: at(6), LastAction: at(1)}, window, true},
		"turned round, before":         {match.Facts{Start: at(4), LastAction: at(1)}, window, false},
		"turned round, after":          {match.Facts{Start: at(12), LastAction: at(11)}, window, false},
		"turned round, begins before":  {match.Facts{Start: at(12), LastAction: at(9)}, window, true},
		"start in the future":          {match.Facts{Start: at(24)}, window, true},
		"both in the future":           {match.Facts{Start: at(24).AddDate(7000, 0, 0), LastAction: at(24).AddDate(7000, 0, 0)}, window, true},
		"future start, ended before":   {match.Facts{Start: at(24), LastAction: at(4)}, window, true},
		"before a window, no start":    {match.Facts{Start: at(1), LastAction: at(2)}, dsr.Window{End: at(10)}, true},
	} {
		if got := tc.f.In(tc.w, asOf, now); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
	for _, f := range []match.Facts{{Start: at(5), LastAction: at(3)}, {Start: at(3), LastAction: at(5)}} {
		if f.Active() != 2*time.Hour {
			t.Errorf("active for %v", f.Active())
		}
	}
}

// TestAnIDTooLongForAnAddressIsNone, because it could not be asked for.
func TestAnIDTooLongForAnAddressIsNone(t *testing.T) {
	t.Parallel()
	fields := match.Fields{ID: at("_id"), Time: at("time")}
	const longest = 64 << 10 // with its quotes
	for extra, want := range map[int]bool{-2: true, -1: false} {
		id := strings.Repeat("x", longest+extra)
		f := fields.Facts([]byte(`{"_id":"` + id + `","time":"` + id + `"}`))
		if (f.ID == id) != want || !f.Time.IsZero() {
			t.Errorf("%d characters: got %d, %v", len(id), len(f.ID), f.Time)
		}
	}
}
