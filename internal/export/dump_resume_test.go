package export

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// readOff is what was read of a file: everything that goes into its unit.
type readOff struct {
	ids    []string
	faults []string
	said   Said
}

func (r *readOff) add(b Batch) {
	r.ids = append(r.ids, b.Links.Listed...)
	for _, why := range b.Faults {
		r.faults = append(r.faults, why.Detail)
	}
	noPage := b.Said.NoPage
	r.said.add(b.Said)
	r.said.NoPage = noPage
}

func (r readOff) String() string {
	return fmt.Sprintf("%d ids, %q, %+v, %v", len(r.ids), r.faults, r.said, r.ids[max(0, len(r.ids)-3):])
}

// readOn reads a file from where u stands, batch by batch, each of which stop sees with the
// unit as it stands after it.
func readOn(t *testing.T, d *Dump, u dsr.Unit, read readOff, stop func(dsr.Unit, readOff)) readOff {
	t.Helper()
	needle := []match.Query{{Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "a", Value: "needle", Match: dsr.Exact}}}}}
	m, err := match.Compile(needle, converseSchema.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), u, Wanted{Matcher: m})
	if err != nil {
		read.faults = append(read.faults, err.Error())
		return read
	}
	defer r.Close()
	for {
		b, err := r.Next(t.Context())
		var failed *Error
		if errors.As(err, &failed) {
			read.faults = append(read.faults, failed.Detail)
			return read
		}
		if err != nil {
			t.Fatal(err)
		}
		read.add(b)
		b.Release()
		if b.End {
			return read
		}
		u.Position, u.Records = b.Position, u.Records+b.Others.Count+int64(len(b.Records))
		stop(u, readOff{slices.Clone(read.ids), slices.Clone(read.faults), read.said})
	}
}

// bigRecords go over several windows; some are looked for, so that batches end there.
func bigRecords(n int) (records []string) {
	for i := range n {
		value := strings.Repeat("y", 997)
		if i%400 == 7 {
			value = "needle"
		}
		records = append(records, fmt.Sprintf(`{"_id":"r%d","metadata":{"a":%q}}`, i, value))
	}
	return records
}

// TestAResumeSeesAllThatIsLeft: after a crash behind any batch the rest of the file is read as
// if there had been none, its end and what stands behind it included, and nothing counts twice.
func TestAResumeSeesAllThatIsLeft(t *testing.T) {
	t.Parallel()
	data := strings.Join(bigRecords(2500), ",\n")
	for what, c := range map[string]struct{ name, text, wrong string }{
		"a list":                          {"conversations.json", "[" + data + "]", ""},
		"a list under the name of lines":  {"conversations.ndjson", "\uFEFF [\n" + data + "\n]\n", ""},
		"a packed list":                   {"conversations.json.gz", inGzip(t, "["+data+"]"), ""},
		"a list without its end":          {"conversations.json", "[" + data, "conversations.json"},
		"a list that goes on":             {"conversations.json", "[" + data + ",", "conversations.json"},
		"a list with something behind it": {"conversations.json", "[" + data + "]x", "conversations.json"},
		"two lists":                       {"conversations.json", "[" + data + `][{"_id":"z","metadata":{"a":"b"}}]`, "conversations.json"},
		"a page":                          {"conversations.json", `{"total":2500,"data":[` + data + `],"cursor":"x"}`, ""},
		"a page that says it before":      {"conversations.json", `{"cursor":"x","total":9,"data":[` + data + `]}`, ""},
		"a page that says it twice":       {"conversations.json", `{"next":"x","data":[` + data + `],"next":"x","links":{"next":"x"}}`, ""},
		"a page without its end":          {"conversations.json", `{"data":[` + data + `]`, "conversations.json"},
		"a page with something behind it": {"conversations.json", `{"data":[` + data + `]} x`, "conversations.json"},
		"a page with a broken beginning":  {"conversations.json", `{"cursor":nope,"data":[` + data + `],"total":9}`, "conversations.json"},
		"a packed page, cut":              {"conversations.json.gz", cutEnd(inGzip(t, `{"data":[`+data+`],"next":"x"}`), 4), "cut short"},
		"lines":                           {"conversations.ndjson", strings.Join(bigRecords(2500), "\n"), ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.name), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			d := NewDump(dir)
			l, err := d.List()
			if err != nil || len(l.Files) != 1 {
				t.Fatal(l, err)
			}
			checkResumes(t, d, l.Files[0], c.wrong)
		})
	}
}

func cutEnd(text string, n int) string { return text[:len(text)-n] }

func checkResumes(t *testing.T, d *Dump, file dsr.Unit, wrong string) {
	t.Helper()
	type point struct {
		unit dsr.Unit
		read readOff
	}
	var points []point
	whole := readOn(t, d, file, readOff{}, func(u dsr.Unit, read readOff) { points = append(points, point{u, read}) })
	if len(points) < 4 || len(whole.ids) < 2500 {
		t.Fatalf("%d batches, %v", len(points), whole)
	}
	if said := strings.Join(whole.faults, "; "); wrong == "" && said != "" || !strings.Contains(said, wrong) {
		t.Errorf("wrong is %q, want %q", said, wrong)
	}
	for i, p := range points {
		if again := readOn(t, d, p.unit, p.read, func(dsr.Unit, readOff) {}); again.String() != whole.String() {
			t.Errorf("resumed behind batch %d of %d:\n%v\nwant\n%v", i+1, len(points), again, whole)
		}
	}
}
