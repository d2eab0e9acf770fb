package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	nethtml "golang.org/x/net/html"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/record"
)

// told is a find whose messages hold tokens: texts that every format spells otherwise.
type told struct {
	conversations, messages []json.RawMessage
	in                      map[string][]dsr.Place // where a token stands
	of                      map[dsr.Place][]string // which tokens stand in a record
}

func tokenNumber(i int) string { return fmt.Sprintf("Zoë-%03d \"q\" </b>&\\ 'x'/👋\t%03d", i, i) }

// kept is a text of every record that nobody withholds.
func kept(place dsr.Place) string {
	return "kept-" + place.Conversation + "-" + place.Message + "-text"
}

// spelt is a text as one of the ways of JSON has it, and as JSON within texts.
func spelt(rng *rand.Rand, text string) string {
	for range rng.IntN(4) {
		inner, _ := json.Marshal(map[string]any{"said": text, "n": 1})
		text = string(inner)
	}
	plain, _ := json.Marshal(text)
	if rng.IntN(3) > 0 {
		return strings.ReplaceAll(string(plain), "/", `\/`)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, `\u%04X`, unit)
	}
	b.WriteByte('"')
	return b.String()
}

func newTold(rng *rand.Rand) *told {
	d := &told{in: map[string][]dsr.Place{}, of: map[dsr.Place][]string{}}
	next := 0
	var earlier []string
	for c := range 6 {
		talk := fmt.Sprintf("talk%d", c)
		var said []string
		for m := range 2 + rng.IntN(4) {
			at := dsr.Place{Source: "bot", Conversation: talk, Message: fmt.Sprintf("%s-m%d", talk, m)}
			tokens := []string{tokenNumber(next), tokenNumber(next + 1)}
			next += 2
			if len(earlier) > 0 && rng.IntN(2) == 0 {
				tokens = append(tokens, earlier[rng.IntN(len(earlier))]) // a quotation
			}
			earlier, said = append(earlier, tokens[:2]...), append(said, tokens...)
			d.message(rng, at, tokens, m)
		}
		at := dsr.Place{Source: "bot", Conversation: talk}
		d.note(at, said...)
		d.conversations = append(d.conversations, json.RawMessage(fmt.Sprintf(
			`{"_id":%q,"startTime":%d,"metadata":{"email":"ana@example.com","name":%s,"transcript":%s,"more":%q},"lastActionAt":"2025-04-14T20:58:15"}`,
			talk, 1744651778+c*1000, spelt(rng, said[0]), spelt(rng, strings.Join(said, " and ")), kept(at))))
	}
	return d
}

func (d *told) message(rng *rand.Rand, at dsr.Place, tokens []string, n int) {
	d.note(at, tokens...)
	d.messages = append(d.messages, json.RawMessage(fmt.Sprintf(
		`{"_id":%q,"conversationId":%q,"time":%d,"type":"UserInput","userInput":%s,"detail":{"note":%s,"list":[%s,1.50]}}`,
		at.Message, at.Conversation, 1744651778+n, spelt(rng, "say "+strings.Join(tokens, ", ")+" "+kept(at)), spelt(rng, tokens[0]), spelt(rng, tokens[1]))))
}

func (d *told) note(at dsr.Place, tokens ...string) {
	for _, token := range tokens {
		if !slices.Contains(d.of[at], token) {
			d.of[at] = append(d.of[at], token)
			d.in[token] = append(d.in[token], at)
		}
	}
}

// some are random places, none twice.
func (d *told) some(rng *rand.Rand) (items []dsr.Place) {
	var records []dsr.Place
	for at := range d.of {
		records = append(records, at)
	}
	slices.SortFunc(records, func(a, b dsr.Place) int {
		return strings.Compare(a.Conversation+a.Message, b.Conversation+b.Message)
	})
	for range 1 + rng.IntN(6) {
		p := records[rng.IntN(len(records))]
		if rng.IntN(4) > 0 {
			p.Text = d.of[p][rng.IntN(len(d.of[p]))]
		}
		if p.Kind() == dsr.WithheldConversation && rng.IntN(2) == 0 {
			continue // rarely all of it
		}
		if !slices.Contains(items, p) {
			items = append(items, p)
		}
	}
	return items
}

// TestNothingThatIsWithheldIsInTheArchive: of random passages, messages and conversations,
// with every other place of the passages accepted, no byte says them in any spelling; and all
// else is there.
func TestNothingThatIsWithheldIsInTheArchive(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	d := newTold(rng)
	data, err := vendor.NewData(d.conversations, d.messages)
	if err != nil {
		t.Fatal(err)
	}
	h := build(t, data, setup{earliest: "2025-01-01", options: vendor.Options{RateWindow: vendor.Off}})
	selector, _ := json.Marshal(d.of[dsr.Place{Source: "bot", Conversation: "talk0"}][0])
	id := h.submit(`{"selectors":[{"metadata":{"key":"email","value":"ana@example.com"}},{"metadata":{"key":"name","value":` + string(selector) + `,"match":"exact"}}]}`)
	h.until(id, "ready")
	whole := h.download(id).raw
	packaged := func() bundle { // by the service, which packages while others still withhold
		h.await("the archive is made again", func() bool {
			return h.do(http.MethodGet, "/api/v1/requests/"+id, "", http.StatusOK).json["repackaging"] == false
		})
		return h.download(id)
	}
	call := dsr.Call{By: dsr.Principal{ID: "token:ci", Name: "ci", Role: dsr.Admin}}
	for round := range 25 {
		items := d.some(rng)
		for len(items) > 0 {
			if _, err := h.p.Store.Withhold(t.Context(), call, id, dsr.Withholding{Items: items, Reason: dsr.OtherPerson}); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if items, err = h.p.Store.AlsoHere(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		all, err := h.p.Store.Contents(id).Withheld(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		list := h.wantLeftOut(id, d, all)
		if round%8 == 0 && !bytes.Equal(packaged().entries["withheld.json"], list) {
			t.Errorf("round %d: the service has packaged something else", round)
		}
		for _, item := range all {
			if err := h.p.Store.Disclose(t.Context(), call, id, item.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(packaged().raw, whole) {
		t.Error("with nothing withheld any more the bytes are other than at first")
	}
}

// wantLeftOut packages what is stored, looks for what is withheld, and returns withheld.json.
func (h *harness) wantLeftOut(id string, d *told, all []dsr.Withheld) []byte {
	h.t.Helper()
	in := h.inputOf(id)
	in.Contents = h.p.Store.Contents(id)
	var packed, again bytes.Buffer
	if _, err := archive.Write(h.t.Context(), &packed, in); err != nil {
		h.t.Fatal(err)
	}
	if _, err := archive.Write(h.t.Context(), &again, in); err != nil || !bytes.Equal(packed.Bytes(), again.Bytes()) {
		h.t.Fatalf("the same result has other bytes, %v", err)
	}
	file := filepath.Join(h.t.TempDir(), "archive.zip")
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if _, err := archive.Verify(file, []byte(h.p.Signer.AllowedSigner()), export.Named); err != nil {
		h.t.Fatalf("verify: %v", err)
	}
	b := sayingsOf(h.t, unzip(h.t, packed.Bytes()))
	gone := map[dsr.Place]bool{}
	said := map[string]bool{} // passages
	for _, item := range all {
		gone[item.Place] = item.Text == ""
		if item.Text != "" {
			said[item.Text] = true
		}
	}
	lost := func(at dsr.Place) bool {
		return gone[at] || gone[dsr.Place{Source: at.Source, Conversation: at.Conversation}]
	}
	for token, places := range d.in {
		if !said[token] && strings.Contains(fmt.Sprint(in.Request.Selectors[1].Metadata.Value), token) {
			continue // that it was searched for is no secret
		}
		if said[token] || !slices.ContainsFunc(places, func(at dsr.Place) bool { return !lost(at) }) {
			b.wantNowhere(h.t, token)
		} else {
			b.wantSomewhere(h.t, token)
		}
	}
	for at := range d.of {
		if lost(at) {
			b.wantNowhere(h.t, kept(at))
		} else {
			b.wantSomewhere(h.t, kept(at))
		}
	}
	if b.entries["withheld.json"] == nil {
		h.t.Error("nothing says what was left out")
	}
	return b.entries["withheld.json"]
}

// spellingsOf are a text as JSON, pages and tables may have it.
func spellingsOf(text string) []string {
	once, _ := json.Marshal(text)
	inner := strings.Trim(string(once), `"`)
	twice, _ := json.Marshal(inner)
	return []string{text, inner, strings.Trim(string(twice), `"`), html.EscapeString(text), strings.ReplaceAll(text, `"`, `""`),
		strings.ReplaceAll(inner, "/", `\/`), strings.ReplaceAll(record.Visible(text), "/", `\/`)}
}

// sayings are the entries of an archive with everything they say, as their formats mean it.
type sayings struct {
	entries map[string][]byte
	texts   map[string][]string
}

func sayingsOf(t testing.TB, entries map[string][]byte) sayings {
	t.Helper()
	s := sayings{entries, map[string][]string{}}
	for name, text := range entries {
		s.texts[name] = textsOf(t, name, text)
	}
	return s
}

func textsOf(t testing.TB, name string, text []byte) (all []string) {
	t.Helper()
	switch filepath.Ext(name) {
	case ".json":
		for _, leaf := range record.Leaves(text) {
			all = append(all, leaf.Text)
		}
	case ".ndjson":
		for line := range bytes.Lines(text) {
			for _, leaf := range record.Leaves(line) {
				all = append(all, leaf.Text)
			}
		}
	case ".csv":
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		all = slices.Concat(rows...)
	case ".html":
		root, err := nethtml.Parse(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			all = append(all, n.Data)
			for _, a := range n.Attr {
				all = append(all, a.Val)
			}
		}
	}
	return all
}

func (s sayings) wantNowhere(t testing.TB, token string) {
	t.Helper()
	for name, text := range s.entries {
		for _, spelling := range spellingsOf(token) {
			if strings.Contains(string(text), spelling) {
				t.Errorf("%s has %q", name, spelling)
			}
		}
		for _, said := range s.texts[name] {
			if strings.Contains(said, token) {
				t.Errorf("%s says %q in %.300q", name, token, said)
			}
		}
	}
}

func (s sayings) wantSomewhere(t testing.TB, token string) {
	t.Helper()
	for name, texts := range s.texts {
		if strings.HasSuffix(name, ".ndjson") && slices.ContainsFunc(texts, func(said string) bool { return strings.Contains(said, token) }) {
			return
		}
	}
	t.Errorf("%q is gone and was not withheld", token)
}

// TestWhatIsWithheldHasToBeLookedAtAgain takes a ready request through withholding, its
// faults, another release and the answer.
func TestWhatIsWithheldHasToBeLookedAtAgain(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(canaryRequest)
	h.until(id, "ready")
	path := "/api/v1/requests/" + id
	released := h.download(id).raw
	found := h.do(http.MethodGet, path+"/conversations", "", http.StatusOK).json["items"].([]any)[0].(map[string]any)
	messages := h.do(http.MethodGet, transcriptAt(id, found), "", http.StatusOK).json["messages"].([]any)
	first := messages[0].(map[string]any)
	item := func(change map[string]any) string {
		place := map[string]any{"source": "bot", "conversation": found["id"], "message": first["id"]}
		for name, value := range change {
			place[name] = value
		}
		body, err := json.Marshal(map[string]any{"reason": "other_person", "note": "CANARY-NOTE", "items": []any{place}})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for field, change := range map[string]map[string]any{
		"items[0].source": {"source": "nobody"}, "items[0].conversation": {"conversation": "CANARY-77"}, "items[0].message": {"message": "CANARY-77"}, "items[0].text": {"text": "CANARY-77"},
	} {
		a := h.call(http.MethodPost, path+"/withheld", item(change))
		if a.status != http.StatusUnprocessableEntity || a.json["field"] != field || strings.Contains(string(a.raw), "CANARY") {
			t.Errorf("%s: %d %s", field, a.status, a.raw)
		}
	}
	for _, bad := range []string{`{"items":[],"reason":"other"}`, strings.Replace(item(nil), "other_person", "because", 1), item(map[string]any{"text": ""}), item(map[string]any{"text": " "})} {
		if a := h.call(http.MethodPost, path+"/withheld", bad); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", bad, a.status, a.raw)
		}
	}
	good := item(nil)
	both := strings.Replace(good, `"items":[`, `"items":[`+strings.TrimSuffix(strings.TrimPrefix(item(map[string]any{"message": nil}), `{"items":[`), `],"note":"CANARY-NOTE","reason":"other_person"}`)+",", 1)
	if a := h.call(http.MethodPost, path+"/withheld", strings.Replace(both, first["id"].(string), "CANARY-77", 1)); a.status != http.StatusUnprocessableEntity || a.json["field"] != "items[1].message" {
		t.Errorf("one of two that is not there: %d %s", a.status, a.raw)
	}
	if r := h.do(http.MethodGet, path, "", http.StatusOK).json; r["status"] != "ready" || r["withheld"].(map[string]any)["messages"] != 0.0 {
		t.Errorf("after calls that were refused: %v", r)
	}

	a := h.call(http.MethodPost, path+"/withheld", good, "Idempotency-Key", "k")
	again := h.call(http.MethodPost, path+"/withheld", good, "Idempotency-Key", "k")
	if a.status != http.StatusOK || again.status != http.StatusOK || !bytes.Equal(a.raw, again.raw) {
		t.Fatalf("withholding: %d %s, repeated: %d %s", a.status, a.raw, again.status, again.raw)
	}
	w := a.json["items"].([]any)[0].(map[string]any)
	if list := h.as("auditor", http.MethodGet, id+"/withheld"); !bytes.Equal(list.raw, a.raw) || w["note"] != "CANARY-NOTE" || w["text"] != nil {
		t.Errorf("the list is %s, was told %s", list.raw, a.raw)
	}
	if a := h.as("requester", http.MethodGet, id+"/withheld"); a.status != http.StatusForbidden {
		t.Errorf("a requester reads what is withheld: %d", a.status)
	}
	if again := h.call(http.MethodPost, path+"/withheld", item(nil)); again.status != http.StatusConflict || again.json["code"] != "already_withheld" {
		t.Errorf("a second time: %d %s", again.status, again.raw)
	}
	if r := h.do(http.MethodGet, path, "", http.StatusOK).json; r["status"] != "review" || r["released"] == nil || r["withheld"].(map[string]any)["messages"] != 1.0 {
		t.Errorf("afterwards: %v", r)
	}
	h.await("the archive is made again", func() bool { return h.do(http.MethodGet, path, "", http.StatusOK).json["repackaging"] == false })
	if a := h.as("requester", http.MethodGet, id+"/archive"); !bytes.Equal(a.raw, released) {
		t.Errorf("what was released is not in force: %d", a.status)
	}
	b := h.download(id)
	if !strings.Contains(string(b.entries["data/bot/messages.ndjson"]), `{"withheld":true,"conversation":"`+found["id"].(string)+`","id":"`+first["id"].(string)+`"}`) {
		t.Error("the archive has no mark in the message's place")
	}
	if list := string(b.entries["withheld.json"]); !strings.Contains(list, `"other_person"`) || strings.Contains(list, "CANARY") {
		t.Errorf("withheld.json: %s", list)
	}
	if a := h.call(http.MethodPost, path+"/approve", "", "Authorization", "Bearer "+tokenOf("approver")); a.status != http.StatusOK {
		t.Fatalf("approving: %d %s", a.status, a.raw)
	}
	if a := h.as("requester", http.MethodGet, id+"/archive"); !bytes.Equal(a.raw, b.raw) {
		t.Errorf("what was approved is not in force: %d", a.status)
	}
	read := strings.TrimPrefix(transcriptAt(id, found), "/api/v1/requests/")
	for role, shown := range map[string]bool{"requester": false, "auditor": true} {
		m := h.as(role, http.MethodGet, read).json["messages"].([]any)[0].(map[string]any)
		if text := fmt.Sprint(m["texts"], m["further"]); strings.Contains(text, fmt.Sprint(first["texts"].([]any)...)) != shown || len(m["withheld"].([]any)) != 1 || m["id"] != first["id"] {
			t.Errorf("%s reads %v", role, m)
		}
	}
	if r := h.do(http.MethodPost, path+"/answered", "", http.StatusOK).json; r["answer"].(map[string]any)["outcome"] != "partly" {
		t.Errorf("the answer is %v", r["answer"])
	}
	undo := path + "/withheld/" + url.PathEscape(w["id"].(string))
	for _, a := range []answer{h.call(http.MethodDelete, undo, ""), h.call(http.MethodPost, path+"/withheld", item(map[string]any{"message": nil}))} {
		if a.status != http.StatusConflict || a.json["code"] != "already_answered" || !strings.Contains(string(a.raw), "reopen") {
			t.Errorf("after the answer: %d %s", a.status, a.raw)
		}
	}
	h.do(http.MethodPost, path+"/reopen", `{"reason":"x"}`, http.StatusOK)
	h.do(http.MethodDelete, undo, "", http.StatusNoContent)
	if a := h.call(http.MethodPost, path+"/approve", "", "Authorization", "Bearer "+tokenOf("approver")); a.status != http.StatusConflict && h.do(http.MethodGet, path, "", http.StatusOK).json["repackaging"] == true {
		t.Errorf("an outdated archive is approved: %d %s", a.status, a.raw)
	}
	h.await("the archive is made again", func() bool { return h.do(http.MethodGet, path, "", http.StatusOK).json["repackaging"] == false })
	if !bytes.Equal(h.download(id).raw, released) {
		t.Error("with nothing withheld any more the bytes are other than at first")
	}
	if a := h.call(http.MethodDelete, undo, ""); a.status != http.StatusNotFound {
		t.Errorf("undone twice: %d %s", a.status, a.raw)
	}
	if status, said := h.program("audit", "verify"); status != 0 {
		t.Errorf("audit verify ends with %d and says:\n%s", status, said)
	}
	if log := h.do(http.MethodGet, "/api/v1/audit?limit=1000", "", http.StatusOK).raw; strings.Contains(string(log), "CANARY-NOTE") || strings.Contains(string(log), first["id"].(string)) {
		t.Error("the log says what is withheld")
	}
}
