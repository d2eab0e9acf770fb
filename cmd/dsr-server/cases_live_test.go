package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// oddVendor answers an export as the documentation says, but for what answer changes. It
// knows nothing of the program's own stand-in for the vendors.
type oddVendor struct {
	talks, said []string
	perPage     int
	// answer may write an answer of its own; false: the documented one follows.
	answer func(w http.ResponseWriter, endpoint string, q url.Values) bool
	// cursor is how the vendor writes the place of the next page.
	cursor func(next int) string
	// beside stands in each page beside data and cursor.
	beside string
}

func (v oddVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	endpoint := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	w.Header().Set("Content-Type", "application/json")
	if v.answer != nil && v.answer(w, endpoint, q) {
		return
	}
	records, timeOf := v.talks, "startTime"
	if endpoint == "messages" {
		records, timeOf = v.said, "time"
	}
	records = within(records, timeOf, q)
	from, _ := strconv.Atoi(strings.Trim(q.Get("cursor"), `"{}n: `))
	to := len(records)
	if v.perPage > 0 {
		to = min(from+v.perPage, to)
	}
	cursor := "null"
	if to < len(records) {
		cursor = v.cursor(to)
	}
	_, _ = fmt.Fprintf(w, `{"data":[%s],%s"cursor":%s}`, strings.Join(records[min(from, to):to], ","), v.beside, cursor)
}

// within are the records of the window and, of messages, of the conversation asked for.
func within(records []string, timeOf string, q url.Values) (out []string) {
	start, _ := strconv.ParseFloat(q.Get("start_time"), 64)
	end, _ := strconv.ParseFloat(q.Get("end_time"), 64)
	for _, record := range records {
		var fields map[string]any
		if err := json.Unmarshal([]byte(record), &fields); err != nil {
			panic(err)
		}
		at, timed := fields[timeOf].(float64)
		id := q.Get("conversation_id")
		if timed && (at < start || at > end) || id != "" && fmt.Sprint(fields["conversationId"]) != id {
			continue
		}
		out = append(out, record)
	}
	return out
}

// asked runs extract against the vendor and returns what it said.
func (v oddVendor) asked(t *testing.T, args string) reported {
	t.Helper()
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "key"), testKey)
	put(t, filepath.Join(dir, "dsr.yaml"), fmt.Sprintf(
		"sources:\n  - {name: bot, type: converse, base_url: %q, bot_name: b1, api_key_file: ./key, earliest: 2025-04-01, rate: 200/s, window_field: start_time, give_up_after: 1m}\n", server.URL))
	screen := runsExtract(t, dir, strings.Split(args, "\n")...)
	return reports(t, filepath.Join(dir, "A.zip"), screen)["bot"]
}

// TestLiveInputsThatPeopleMet has the kinds that only a vendor who answers can show, and
// shows of some of a dump's that a live source keeps the same rules.
func TestLiveInputsThatPeopleMet(t *testing.T) {
	t.Parallel()
	two, both := []string{talk("c1"), talk("c2", `"startTime":1744750699`)}, []string{spoke("m1", "c1"), spoke("m2", "c2")}
	refuse := func(status int) func(http.ResponseWriter, string, url.Values) bool {
		return func(w http.ResponseWriter, endpoint string, q url.Values) bool {
			if endpoint != "messages" || q.Get("conversation_id") != "c1" {
				return false
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error":"conversation not found"}`))
			return true
		}
	}
	for name, c := range map[string]struct {
		vendor oddVendor
		want   input
	}{
		"cursor is a number":                   {oddVendor{talks: two, said: both, perPage: 1, cursor: strconv.Itoa}, input{conversations: 2, messages: 2}},
		"cursor is a long number":              {oddVendor{talks: two, said: both, perPage: 1, cursor: func(n int) string { return fmt.Sprintf("1%020d", n) }, answer: longCursor}, input{conversations: 2, messages: 2}},
		"lists nothing":                        {oddVendor{}, input{reason: "nothing_listed"}},
		"messages refused 404":                 {oddVendor{talks: two, said: both, answer: refuse(404)}, input{conversations: 2, messages: 1, reason: "messages_refused"}},
		"messages refused 403":                 {oddVendor{talks: two, said: both, answer: refuse(403)}, input{conversations: 2, messages: 1, reason: "messages_refused"}},
		"messages refused 410":                 {oddVendor{talks: two, said: both, answer: refuse(410)}, input{conversations: 2, messages: 1, reason: "messages_refused"}},
		"messages of the id asked for refused": {oddVendor{talks: two, said: both, answer: refuse(404)}, input{ask: "--conversation-id\nc1", conversations: 1, reason: "messages_refused"}},
		"envelopes":                            {oddVendor{talks: []string{`{"record":` + talk("c1") + `}`}}, input{conversations: anyNumber, messages: anyNumber, reason: "not_understood"}},
		"error among records":                  {oddVendor{talks: append([]string{`{"error":"shard 3 failed"}`}, two...), said: both}, input{conversations: 2, messages: 2, reason: "not_understood"}},
		"message not understood":               {oddVendor{talks: two, said: append([]string{`{"conversationId":"c1","code":5}`}, both...)}, input{conversations: 2, messages: anyNumber, reason: "not_understood"}},
		"partial":                              {oddVendor{talks: two, said: both, beside: `"partial":true,`}, input{conversations: 2, messages: 2, reason: "vendor_partial"}},
		"more follows, no cursor":              {oddVendor{talks: two, said: both, beside: `"has_more":true,`}, input{conversations: 2, messages: 2, reason: "more_follows"}},
		"timed out":                            {oddVendor{talks: two, said: both, beside: `"timed_out":true,`}, input{conversations: 2, messages: 2, reason: "vendor_partial"}},
		"errors":                               {oddVendor{talks: two, said: both, beside: `"errors":["shard 3"],`}, input{conversations: 2, messages: 2, reason: "vendor_partial"}},
		"partial in meta":                      {oddVendor{talks: two, said: both, beside: `"meta":{"partial":true},`}, input{conversations: 2, messages: 2, reason: "vendor_partial"}},
		"failed shards":                        {oddVendor{talks: two, said: both, beside: `"_shards":{"total":5,"failed":1},`}, input{conversations: 2, messages: 2, reason: "vendor_partial"}},
		"status is error":                      {oddVendor{talks: two, said: both, beside: `"status":"error",`}, input{conversations: 2, messages: 2, reason: "vendor_partial"}},
		"next link, no cursor":                 {oddVendor{talks: two, said: both, beside: `"links":{"next":"https://x"},`}, input{conversations: 2, messages: 2, reason: "more_follows"}},
		"total, one record twice":              {oddVendor{talks: append(two[:2:2], two[0]), said: both, beside: `"total":3,`}, input{conversations: 2, messages: anyNumber, reason: "total_contradicted"}},
		"elements of no record":                {oddVendor{talks: two, said: both, answer: withNoRecords}, input{conversations: 1, messages: 1, reason: "not_understood"}},
		"envelopes with metadata":              {oddVendor{talks: []string{`{"_id":"9","metadata":{},"value":` + talk("c1") + `}`}}, input{conversations: anyNumber, messages: anyNumber, reason: "not_understood"}},
		"metadata of nothing":                  {oddVendor{talks: []string{talk("c1", `"metadata":"{}"`)}, said: both}, input{reason: "nothing_to_search"}},
		"cursor false at the end":              {oddVendor{talks: two, said: both, answer: endingWith("false")}, input{conversations: 2, messages: 2, anomaly: "Q3"}},
		"cursor 0 at the end":                  {oddVendor{talks: two, said: both, answer: endingWith("0")}, input{conversations: 2, messages: 2, anomaly: "Q3"}},
		"cursor is an object":                  {oddVendor{talks: two, said: both, answer: endingWith(`{"next":"x"}`)}, input{conversations: 2, messages: anyNumber, reason: "more_follows"}},
		"no errors":                            {oddVendor{talks: two, said: both, beside: `"partial":false,"errors":[],"timed_out":false,`}, input{conversations: 2, messages: 2}},
		"no metadata":                          {oddVendor{talks: []string{talk("c1", `-"metadata"`)}, said: both}, input{reason: "nothing_to_search"}},
		"count contradicted":                   {oddVendor{talks: []string{talk("c1", `"userMessageCount":3`)}}, input{conversations: 1, reason: "messages_missing"}},
		"ids of messages repeat":               {oddVendor{talks: two, said: []string{spoke("1", "c1"), spoke("2", "c1"), spoke("1", "c2"), spoke("2", "c2")}}, input{conversations: 2, messages: 4}},
		"numeric ids":                          {oddVendor{talks: []string{talk("c1", `"_id":77`)}, said: []string{spoke("m1", "c1", `"conversationId":77`)}}, input{conversations: 1, messages: 1}},
		"metadata in capitals":                 {oddVendor{talks: []string{talk("c1", `-"metadata"`, `"MetaData":{"email":"ana@example.com"}`)}, said: both[:1]}, input{conversations: 1, messages: 1}},
		"byte order mark":                      {oddVendor{talks: two, said: both, answer: marked}, input{conversations: anyNumber, messages: anyNumber, anomaly: "Q13"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.compare(t, c.vendor.asked(t, cmp.Or(c.want.ask, anasAddress)))
		})
	}
}

// longCursor refuses a cursor that was not sent back digit by digit.
func longCursor(w http.ResponseWriter, _ string, q url.Values) bool {
	cursor := q.Get("cursor")
	if cursor == "" {
		return false
	}
	if len(cursor) != 21 || !strings.HasPrefix(cursor, "1") {
		w.WriteHeader(http.StatusBadRequest)
		return true
	}
	q.Set("cursor", strings.TrimLeft(cursor[1:], "0"))
	return false
}

func marked(w http.ResponseWriter, endpoint string, _ url.Values) bool {
	if endpoint != "conversations" {
		return false
	}
	_, _ = w.Write([]byte(byteOrderMark + vendorPage("null", talk("c1"))))
	return true
}

func withNoRecords(w http.ResponseWriter, endpoint string, _ url.Values) bool {
	if endpoint != "conversations" {
		return false
	}
	_, _ = w.Write([]byte(`{"data":[null,` + talk("c1") + `,"c2"],"cursor":null}`))
	return true
}

// endingWith lists what there is on one page, with another end than null.
func endingWith(cursor string) func(http.ResponseWriter, string, url.Values) bool {
	return func(w http.ResponseWriter, endpoint string, q url.Values) bool {
		records, timeOf := []string{talk("c1"), talk("c2", `"startTime":1744750699`)}, "startTime"
		if endpoint == "messages" {
			records, timeOf = []string{spoke("m1", "c1"), spoke("m2", "c2")}, "time"
		}
		_, _ = w.Write([]byte(vendorPage(cursor, within(records, timeOf, q)...)))
		return true
	}
}
