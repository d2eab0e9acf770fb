package export

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

func TestFactsOfAConversation(t *testing.T) {
	t.Parallel()
	start, last := time.Unix(1744750665, 0), time.Date(2025, 4, 15, 20, 58, 15, 384884000, time.UTC)
	for name, tc := range map[string]struct {
		record string
		want   Facts
	}{
		"as documented":  {`{"_id":"5c80","startTime":1744750665,"lastActionAt":"2025-04-15T20:58:15.384884","x":{"_id":"no"}}`, Facts{ID: "5c80", Start: start, LastAction: last}},
		"escaped":        {`{"\u005fid":"5c\u00380","startTim\u0065":1744750665,"lastActionAt":"2025-04-15T20:58:15.384884"}`, Facts{ID: "5c80", Start: start, LastAction: last}},
		"other case":     {`{"_ID":"x","STARTTIME":1,"_id":"5c80","startTime":1744750665,"lastActionAt":null}`, Facts{ID: "5c80", Start: start, Anomalies: []string{"Q11"}}},
		"repeated":       {`{"_id":"first","_id":"second","startTime":1744750665,"startTime":1,"lastActionAt":1744750665}`, Facts{ID: "first", Start: start, LastAction: start}},
		"nothing":        {`{}`, Facts{Anomalies: []string{"Q12", "Q11", "Q11"}}},
		"id a number":    {`{"_id":7,"startTime":1744750665,"lastActionAt":1744750665}`, Facts{Start: start, LastAction: start, Anomalies: []string{"Q12"}}},
		"id not UTF-8":   {"{\"_id\":\"a\xff\",\"startTime\":1744750665,\"lastActionAt\":1744750665}", Facts{Start: start, LastAction: start, Anomalies: []string{"Q12"}}},
		"half a letter":  {`{"_id":"a\ud800","startTime":1744750665,"lastActionAt":1744750665}`, Facts{Start: start, LastAction: start, Anomalies: []string{"Q12"}}},
		"U+FFFD itself":  {`{"_id":"a` + "\ufffd" + `","startTime":1744750665,"lastActionAt":1744750665}`, Facts{ID: "a\ufffd", Start: start, LastAction: start}},
		"U+FFFD escaped": {`{"_id":"a\uFFFD","startTime":1744750665,"lastActionAt":1744750665}`, Facts{ID: "a\ufffd", Start: start, LastAction: start}},
	} {
		got := conversationFacts(json.RawMessage(tc.record))
		if got.ID != tc.want.ID || !got.Start.Equal(tc.want.Start) || !got.LastAction.Equal(tc.want.LastAction) || !slices.Equal(got.Anomalies, tc.want.Anomalies) {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestFactsOfAMessage(t *testing.T) {
	t.Parallel()
	f := messageFacts(json.RawMessage(`{"_id":"33f34335-bd8a-41a7-8ce1-73542fcc2b9c","time":1744651778.652,"conversationId":"5c80"}`))
	if f.ID != "33f34335-bd8a-41a7-8ce1-73542fcc2b9c" || f.ConversationID != "5c80" || f.Time.UnixMilli() != 1744651778652 || len(f.Anomalies) > 0 {
		t.Errorf("got %+v", f)
	}
	if f.When() != f.Time || (Facts{Start: f.Time}).When() != f.Time {
		t.Error("When is not the time it is listed by")
	}
	if f = messageFacts(json.RawMessage(`{"_id":"x","time":1,"conversationId":5}`)); f.ConversationID != "" {
		t.Errorf("got conversation %q of a number", f.ConversationID)
	}
}

func TestFactsInAWindow(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2025, 1, 1, h, 0, 0, 0, time.UTC) }
	window, asOf := dsr.Window{Start: at(5), End: at(10)}, at(20)
	for name, tc := range map[string]struct {
		f    Facts
		w    dsr.Window
		want bool
	}{
		"inside":                    {Facts{Start: at(6), LastAction: at(7)}, window, true},
		"ends as it begins":         {Facts{Start: at(1), LastAction: at(5)}, window, true},
		"ends before":               {Facts{Start: at(1), LastAction: at(5).Add(-1)}, window, false},
		"begins as it ends":         {Facts{Start: at(10), LastAction: at(11)}, window, false},
		"begins before it ends":     {Facts{Start: at(10).Add(-1), LastAction: at(11)}, window, true},
		"around it":                 {Facts{Start: at(1), LastAction: at(15)}, window, true},
		"end unknown":               {Facts{Start: at(1)}, window, true},
		"start unknown":             {Facts{LastAction: at(12)}, window, true},
		"nothing known":             {Facts{}, window, true},
		"after as_of":               {Facts{Start: at(21), LastAction: at(22)}, dsr.Window{}, false},
		"window goes beyond as_of":  {Facts{Start: at(20), LastAction: at(20)}, dsr.Window{Start: at(1), End: at(23)}, false},
		"goes on behind as_of":      {Facts{Start: at(19), LastAction: at(22)}, dsr.Window{}, true},
		"before a window, no start": {Facts{Start: at(1), LastAction: at(2)}, dsr.Window{End: at(10)}, true},
	} {
		if got := tc.f.In(tc.w, asOf); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
	if d := (Facts{Start: at(5), LastAction: at(3)}).Active(); d != 0 {
		t.Errorf("active for %v", d)
	}
}
