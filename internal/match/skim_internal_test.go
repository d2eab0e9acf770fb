package match

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/index"
	"dsr-server/internal/record"
)

// scanned is how many records of a block were left to the walker, of how many.
func scanned(t *testing.T, block []byte, layout Layout, selectors ...dsr.Selector) (walked, all int) {
	t.Helper()
	if !index.Usable(block) {
		t.Skip("nothing is skimmed here")
	}
	m, err := Compile([]Query{{Selectors: selectors, Region: "DE"}}, Fields{ID: record.MustPath("_id"), Start: record.MustPath("startTime"), Metadata: []record.Path{record.MustPath("metadata")}})
	if err != nil {
		t.Fatal(err)
	}
	s := scanner{w: newWalker(m), block: block, yield: func(r Record) bool {
		if r.Err != nil {
			t.Errorf("record %d: %v", r.Number, r.Err)
		}
		return true
	}}
	defer s.w.release()
	s.begin(layout)
	if layout == NDJSON {
		s.lines()
	} else if s.w.b = block; !s.page() {
		t.Fatal(s.w.err)
	}
	return s.strange, s.number
}

// TestRecordsOfTheUsualKindAreSkimmed: it is what makes a search quick, and what makes the other
// tests of this package those of the skimming as well.
func TestRecordsOfTheUsualKindAreSkimmed(t *testing.T) {
	t.Parallel()
	const record = `{"_id":"5c%02d","startTime":1735703772.5,"tags":["a",{"b":[]}],"metadata":{"a":{"e":"x\n\u00e9\ud83d\ude00 é 荷物が届いて。😀"},"n":[-1.5e3,true,null,{}],"email":"ana.%d@example.com","transcript":"%s"}}`
	var lines []string
	for n := range 1000 {
		lines = append(lines, fmt.Sprintf(record, n, n, strings.Repeat("words ", n%400)))
	}
	selectors := map[string]dsr.Selector{
		"address": {Metadata: &dsr.Metadata{Key: "email", Value: "ana@example.com"}}, "id": {ConversationID: "5c21"},
		"number": {Metadata: &dsr.Metadata{Value: "12345678"}}, "within": {Metadata: &dsr.Metadata{Value: "words", Match: dsr.Contains}},
		"phone": {Metadata: &dsr.Metadata{Value: "+49 30 121256", Match: dsr.Phone}}, "accents": {Metadata: &dsr.Metadata{Value: "straße"}},
		"other script": {Metadata: &dsr.Metadata{Value: "荷物が届"}}, "short": {Metadata: &dsr.Metadata{Value: "xy"}},
	}
	for name, s := range selectors {
		page := []byte(`{"data":[` + strings.Join(lines, ",\n ") + `],"cursor":null}`)
		if walked, all := scanned(t, page, Page, s); walked > 20 || all != len(lines) {
			t.Errorf("%s: of a page %d of %d were walked", name, walked, all)
		}
		if walked, all := scanned(t, []byte(strings.Join(lines, "\n")), NDJSON, s); walked > 20 || all != len(lines) {
			t.Errorf("%s: of lines %d of %d were walked", name, walked, all)
		}
	}
}

// TestABlockOfOtherRecordsIsWalked from some record on, so that they are not begun twice.
func TestABlockOfOtherRecordsIsWalked(t *testing.T) {
	t.Parallel()
	lines := bytes.Repeat([]byte(`{"_id":"1","metadata":{"a":1,"a":2}}`+"\n"), 500)
	if walked, all := scanned(t, lines, NDJSON, dsr.Selector{ConversationID: "1"}); walked < 17 || walked > 100 || all != 500 {
		t.Errorf("%d of %d were tried", walked, all)
	}
}

// TestARecordWithMoreThanThereIsRoomForIsWalked, and those around it are not.
func TestARecordWithMoreThanThereIsRoomForIsWalked(t *testing.T) {
	t.Parallel()
	usual := `{"_id":"1","metadata":{"a":"ana"}}` + "\n"
	many := `{"_id":"1","metadata":[` + strings.Repeat(`"ana",`, 5000) + `""]}` + "\n"
	deep := `{"_id":"1","metadata":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}\n"
	block := strings.Repeat(usual, 200) + many + strings.Repeat(usual, 200) + deep + usual
	walked, all := scanned(t, []byte(block), NDJSON, dsr.Selector{Metadata: &dsr.Metadata{Value: "ana"}})
	if walked != 2 || all != 403 {
		t.Errorf("%d of %d were walked", walked, all)
	}
}
