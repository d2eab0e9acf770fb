package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

func postCSV(g *apptest.Rig, path, table string) apptest.Answer {
	return g.Call("POST", path, "requester", table, "Content-Type", "text/csv; charset=utf-8")
}

func TestRowOfATableIsASubmission(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	table := "\uFEFFreference, identifier,conversation_id,key,value,match,region,sources,window_start,window_end,received_at,language,regime,mode,notes\r\n" +
		"B-1,ana@example.com,c-7,phone,030 123456,phone,DE,it-desk| support-bot,2025-01-01T00:00:00Z,2025-07-01T00:00:00Z,2025-06-29,de,uk,screen,\"called, \"\"twice\"\"\r\nand wrote\"\r\n" +
		"\r\n" +
		",,c-8,,,,,,,,,,,,\r\n"
	ids, short := results(postCSV(g, batchPath, table))
	if diff := cmp.Diff([]string{"id", "id"}, short); diff != "" {
		t.Fatalf("results (-want +got):\n%s", diff)
	}
	r := g.Lookup(ids[0])
	selectors, err := json.Marshal(r.Selectors)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"metadata":{"key":"*","value":"ana@example.com","match":"normalized"}},{"conversation_id":"c-7"},` +
		`{"metadata":{"key":"phone","value":"+4930123456","match":"phone","region":"DE"}}]`
	if string(selectors) != want {
		t.Errorf("got selectors %s, want %s", selectors, want)
	}
	if r.Reference != "B-1" || r.Language != "de" || r.Regime != "uk" || !r.Screens() || r.Notes != "called, \"twice\"\nand wrote" || len(r.Sources) != 2 ||
		!r.Window.Start.Equal(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) || r.Window.End.Month() != time.July || r.ReceivedAt.Day() != 29 {
		t.Errorf("got %+v", r)
	}
	if r := g.Lookup(ids[1]); len(r.Sources) != 2 || r.Language != "en" || !r.Window.Start.IsZero() || len(r.Selectors) != 1 {
		t.Errorf("empty cells are not absent: %+v", r)
	}
}

func TestWhatIsWrongWithARowNamesItsColumn(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	table := "reference,identifier,key,value,match,sources,window_start\n" +
		"B-1,ana@example.com,,,,,\n" +
		"B-2,,,,,,\n" +
		"B-3,,email,,,,\n" +
		"B-4,,email,x,near,,\n" +
		"B-5,x,,,,nowhere,\n" +
		"B-6,x,,,,,yesterday\n" +
		"B-7,x,,\n" +
		"B-1,x,,,,,\n" +
		"\"two\nlines\",x,,,,,\n" +
		"B-8,ana@example.com,email,abc,contains,,\n"
	want := []string{"id", "invalid_value identifier", "invalid_value value", "invalid_value match", "invalid_value sources", "invalid_value window_start",
		"wrong_number_of_values", "duplicate_reference reference", "invalid_value reference", "invalid_value value"}
	if _, got := results(postCSV(g, batchPath, table)); cmp.Diff(want, got) != "" {
		t.Errorf("results (-want +got):\n%s", cmp.Diff(want, got))
	}
	before := stored(g)
	p := postCSV(g, batchPath+"?atomic=true", strings.ReplaceAll(table, "B-1", "B-9")).Problem(422, "batch_refused")
	if len(p.Problems) != 9 || p.Problems[0].Row != 2 || p.Problems[0].Field != "identifier" || stored(g) != before {
		t.Errorf("got %d problems, the first %+v; stored are %d", len(p.Problems), p.Problems[0], stored(g)-before)
	}
}

// TestTableThatCannotBeReadIsRefusedAsAWhole: nothing of it is stored.
func TestTableThatCannotBeReadIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	good := "reference,identifier\nB-1,x\n"
	for _, c := range []struct {
		table, code, field, says string
		row, status              int
	}{
		{"", "wrong_header", "", "reference, identifier", 0, 422},
		{"reference,notes\nB-1,x\n", "wrong_header", "", "add identifier", 0, 422},
		{"reference,identifiers\nB-1,x\n", "wrong_header", "identifiers", "did you mean identifier?", 0, 422},
		{"ana@example.com,identifier\nB-1,x\n", "wrong_header", "", "column 1", 0, 422},
		{"identifier,reference,identifier\n", "wrong_header", "identifier", "column 3", 0, 422},
		{"reference;identifier\nB-1;x\n", "wrong_header", "", "commas", 0, 422},
		{"reference,identifier\n", "invalid_value", "", "1000", 0, 422},
		{"reference,identifier\n" + strings.Repeat(",x\n", dsr.MaxBatch+1), "too_many_rows", "", "1000", dsr.MaxBatch + 1, 422},
		{good + "B-2,\"x\n", "malformed_csv", "", "line 3", 2, 400},
		{good + "B-2,x\"y\n", "malformed_csv", "", "line 3", 2, 400},
		{"reference,\"identi\"fier\n", "malformed_csv", "", "line 1", 0, 400},
		{good + "B-2,M\xfcller\n", "not_utf8", "identifier", "column 2", 2, 400},
		{"r\xe9f\xe9rence,identifier\n", "not_utf8", "", "column 1", 0, 400},
		{"\xff\xfer\x00e\x00", "not_utf8", "", "UTF-8", 0, 400},
	} {
		p := postCSV(g, batchPath, c.table).Problem(c.status, c.code)
		if p.Field != c.field || p.Row != c.row || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%.40q: got field %q, row %d, detail %q", c.table, p.Field, p.Row, p.Detail)
		}
	}
	if p := postCSV(g, batchPath+"?atomic=yes", good).Problem(422, "invalid_value"); p.Field != "atomic" {
		t.Errorf("got field %q", p.Field)
	}
	g.Call("POST", batchPath+"?atomic=true", "requester", `{"requests":[]}`).Problem(400, "unknown_field")
	if n := stored(g); n != 0 {
		t.Errorf("%d requests are stored, want none", n)
	}
}
