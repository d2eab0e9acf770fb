package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// canaries are what must not leak of a person, by what it is.
var canaries = map[string]string{
	"email":           "canary.q7xk@privacy.example",
	"phone":           "+4915199887766",
	"name":            "Kunigunde Kanarienvogel",
	"conversation id": "canary5c80f2a1b7d94e3388aa",
	"notes":           "caller said: the canary moved to Zebrafink Lane",
	"message":         "my account number is 7755-canary-3311",
}

// openReference is stored in clear, as everybody is told: it shows that the search
// for the canaries can find something.
const openReference = "REFERENCE-IN-CLEAR-4711"

// spellings are the forms in which a value could lie in a file.
func spellings(value string) [][]byte {
	out := [][]byte{[]byte(value)}
	little, big := []byte{}, []byte{}
	for _, unit := range utf16.Encode([]rune(value)) {
		little = append(little, byte(unit), byte(unit>>8))
		big = append(big, byte(unit>>8), byte(unit))
	}
	digits := hex.EncodeToString([]byte(value))
	out = append(out, little, big, []byte(digits), []byte(strings.ToUpper(digits)), []byte(url.QueryEscape(value)))
	for shift := range 3 { // where the value begins within a group of three bytes
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := alphabet.EncodeToString(append(make([]byte, shift), value...))
			out = append(out, []byte(text[4:len(text)-4])) // the edges depend on the neighbours
		}
	}
	return out
}

func holds(text []byte, value string) bool {
	return slices.ContainsFunc(spellings(value), func(s []byte) bool { return bytes.Contains(text, s) })
}

// filesWith names the files below a folder that hold the value in any spelling.
func filesWith(t testing.TB, dir, value string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		if err == nil && holds(body, value) {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestTheSearchForCanariesFindsEverySpelling(t *testing.T) {
	t.Parallel()
	for what, value := range canaries {
		wide := utf16.Encode([]rune("x" + value))
		for name, text := range map[string]string{
			"plain": "in the " + value + " middle", "hex": hex.EncodeToString([]byte("ab" + value)), "query": url.Values{"q": {value}}.Encode(),
			"base64, 0": base64.StdEncoding.EncodeToString([]byte(value + "tail")), "base64, 1": base64.URLEncoding.EncodeToString([]byte("1" + value + "t")),
			"base64, 2": base64.StdEncoding.EncodeToString([]byte("12" + value)), "UTF-16": string(wideBytes(wide)),
		} {
			if !holds([]byte(text), value) {
				t.Errorf("%s in %s is not found", what, name)
			}
		}
	}
}

func wideBytes(units []uint16) (out []byte) {
	for _, u := range units {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// canaryData is the sample and one more person.
func canaryData(t *testing.T) *vendor.Data {
	t.Helper()
	sample := vendor.Sample()
	meta, err := json.Marshal(map[string]string{"email": canaries["email"], "phone": canaries["phone"], "name": canaries["name"]})
	if err != nil {
		t.Fatal(err)
	}
	conversation, messages := vendor.LongConversation(canaries["conversation id"], time.Date(2025, 3, 3, 10, 0, 0, 0, time.UTC), 30, meta)
	for i, m := range messages {
		messages[i] = bytes.Replace(m, []byte("Question number"), []byte(canaries["message"]), 1)
	}
	data, _ := mustData(t, append(sample.Conversations(), conversation), append(sample.Messages(), messages...))
	return data
}

// askForCanary submits a request that holds every canary but the message.
func (h *harness) askForCanary(reference string) string {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{
		"reference": reference, "notes": canaries["notes"], "selectors": []any{
			map[string]any{"conversation_id": canaries["conversation id"]},
			map[string]any{"metadata": map[string]any{"key": "email", "value": canaries["email"]}},
			map[string]any{"metadata": map[string]any{"key": "*", "value": canaries["phone"]}},
			map[string]any{"metadata": map[string]any{"key": "name", "value": canaries["name"], "match": "contains"}},
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.submit(string(body))
}

// TestNothingPersonalLeaks sends one person's data through a run with faults, a run
// that ends in review and calls that are refused, and then looks everywhere.
func TestNothingPersonalLeaks(t *testing.T) {
	t.Parallel()
	h := open(t, canaryData(t), setup{pageSize: 30, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	h.exec(`CREATE TABLE jobs_seen (text TEXT)`) // what any row of jobs ever said
	for _, when := range []string{"INSERT", "UPDATE"} {
		h.exec(`CREATE TRIGGER seen_` + when + ` AFTER ` + when + ` ON jobs BEGIN
			INSERT INTO jobs_seen VALUES (NEW.kind || '|' || NEW.key || '|' || NEW.args || '|' || coalesce(NEW.last_error, '')); END`)
	}
	h.vendor.Flaky(0.3, 5)
	id := h.askForCanary(openReference)
	if r := h.until(id, "ready", "review"); r["status"] != "ready" || !strings.Contains(string(h.download(id).entries["data/bot/messages.ndjson"]), canaries["message"]) {
		t.Fatalf("the canary was not found: %v %v", r["status"], r["error"])
	}
	h.wantNoCanary("files while it runs", "")
	h.vendor.ClearFaults()
	h.vendor.Fault(chaos.Fault{Kind: chaos.StatusError, Status: http.StatusTeapot, Endpoint: vendor.Conversations, Times: chaos.Always})
	review := h.askForCanary("R-2")
	h.until(review, "ready", "review")
	for _, path := range []string{"/coverage", "/coverage?view=staff"} {
		h.wantNoCanary("coverage", string(h.call(http.MethodGet, "/api/v1/requests/"+review+path, "").raw))
	}
	problem, _ := json.Marshal(h.call(http.MethodGet, "/api/v1/requests/"+review, "").json["error"])
	h.wantNoCanary("the error of a request", string(problem))
	h.refuseCanaries()
	list := h.call(http.MethodGet, "/api/v1/requests", "")
	if !strings.Contains(string(list.raw), openReference) {
		t.Errorf("the list has not the reference: %s", list.raw)
	}
	h.wantNoCanary("the list", string(list.raw))
	h.stop()
	h.wantNoCanary("files afterwards", "")
}

// refuseCanaries makes calls that hold canaries where they do not belong.
func (h *harness) refuseCanaries() {
	h.t.Helper()
	for what, value := range canaries {
		quoted, _ := json.Marshal(value)
		escaped := url.QueryEscape(value)
		name, _ := json.Marshal(value + "!") // what could be a misspelt field is repeated
		for _, body := range []string{
			fmt.Sprintf(`{%s: 1}`, name), fmt.Sprintf(`{"selectors": %s}`, quoted), fmt.Sprintf(`{"selectors": [%s`, quoted),
			fmt.Sprintf(`{"selectors": [{"metadata": {"key": %s, "value": "  "}}]}`, quoted),
			fmt.Sprintf(`{"selectors": [{"metadata": {"key": "email", "value": "x", "match": %s}}]}`, quoted),
			fmt.Sprintf(`{"selectors": [{"conversation_id": %s, "metadata": {"value": %s}}]}`, quoted, quoted),
			fmt.Sprintf(`{"selectors": [{"conversation_id": %s}], "sources": [%s]}`, quoted, quoted),
			fmt.Sprintf(`{"selectors": [{"conversation_id": %s}], "window": {"start": %s}}`, quoted, quoted),
			fmt.Sprintf(`{"selectors": [{"conversation_id": %s}], "language": %s}`, quoted, quoted),
		} {
			a := h.call(http.MethodPost, "/api/v1/requests", body)
			if a.status < 400 || a.status >= 500 {
				h.t.Fatalf("%s: %d for a call that is wrong", what, a.status)
			}
			h.wantNoCanary("a refusal", string(a.raw))
		}
		for _, path := range []string{"/api/v1/requests/" + url.PathEscape(value), "/api/v1/requests?q=" + escaped, "/api/v1/requests?cursor=" + escaped, "/api/v1/requests?status=" + escaped, "/api/v1/requests?" + escaped + "!=1"} {
			h.wantNoCanary(path[:18], string(h.call(http.MethodGet, path, "").raw))
		}
	}
	h.call(http.MethodGet, "/api/v1/requests", "", "Authorization", "Bearer "+canaries["email"], "User-Agent", canaries["name"])
}

// wantNoCanary looks into text; without text into the data folder, the log, the rows of
// jobs and the audit log. It finds there what it may find, so that it is known to look.
func (h *harness) wantNoCanary(where, text string) {
	h.t.Helper()
	secrets := map[string]string{"the vendor's key": testKey, "a token": testToken, "another token": tokenOf("requester")}
	for what, value := range canaries {
		if secrets[what] = value; text != "" && holds([]byte(text), value) {
			h.t.Errorf("%s: there is the %s: %s", where, what, text)
		}
	}
	if text != "" {
		return
	}
	data := filepath.Join(h.dir, "data")
	if found := filesWith(h.t, data, openReference); len(found) == 0 {
		h.t.Errorf("%s: not even the reference is found, which is in clear", where)
	}
	h.exec(`PRAGMA wal_checkpoint(PASSIVE)`)
	jobs, events := h.column(`SELECT text FROM jobs_seen`), h.column(`SELECT leaf FROM audit_events`)
	if !strings.Contains(jobs, "package|") || !strings.Contains(events, "request.submitted") || !strings.Contains(h.log.String(), "vendor call failed") {
		h.t.Errorf("%s: %d bytes of jobs, %d of events: the search looks at nothing", where, len(jobs), len(events))
	}
	for what, value := range secrets {
		if found := filesWith(h.t, data, value); len(found) > 0 {
			h.t.Errorf("%s: the %s is in %v", where, what, found)
		}
		for place, text := range map[string]string{"log": h.log.String(), "jobs": jobs, "audit log": events} {
			if holds([]byte(text), value) {
				h.t.Errorf("%s: the %s is in the %s", where, what, place)
			}
		}
	}
}

// column is every value of a query's one column.
func (h *harness) column(query string) string {
	h.t.Helper()
	db := h.database()
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(h.t.Context(), query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			h.t.Fatal(err)
		}
		all.WriteString(value + "\n")
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return all.String()
}
