package archive_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
)

// schemas are those that docs/ publishes for readers of archives, by entry.
var schemas = map[string]string{
	"manifest.json": "manifest.schema.json",
	"coverage.json": "coverage.schema.json",
	"withheld.json": "withheld.schema.json",
}

func schemaOf(t *testing.T, entry string) *openapi3.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", schemas[entry]))
	if err != nil {
		t.Fatal(err)
	}
	s := new(openapi3.Schema)
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatalf("%s: %v", schemas[entry], err)
	}
	return s
}

func document(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsWrittenFitsThePublishedSchemas(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*archive.Input){
		"complete":   func(*archive.Input) {},
		"incomplete": func(in *archive.Input) { in.Coverage = incomplete(in.Coverage, "it-desk") },
		"nothing found, nothing read": func(in *archive.Input) {
			in.Contents = newFound()
			in.Coverage.Sources[0].Read = nil
		},
		"no window, no reference": func(in *archive.Input) { in.Request.Window, in.Request.Reference = dsr.Window{}, "" },
		"a small range, a moment with a fraction": func(in *archive.Input) {
			in.Coverage.Sources[0].Read = []dsr.RangeRead{{Start: at(1, 1, 0, 0), End: at(2, 1, 0, 0), Pages: 1, Records: dsr.DigestMinRecords - 1}}
			in.Request.ReceivedAt = in.Request.ReceivedAt.Add(105 * time.Millisecond)
		},
		"something withheld": func(in *archive.Input) { in.Contents.(*found).withheld = someWithheld() },
		"files of messages":  func(in *archive.Input) { *in = attached(t) },
		"files of a dump": func(in *archive.Input) {
			file := dsr.RangeRead{Start: at(1, 1, 0, 0), End: at(6, 30, 9, 5), Pages: 1, Records: 41873, File: "conversations.ndjson.gz", Size: 5_120_000, SHA256: strings.Repeat("ab", 32)}
			empty := dsr.RangeRead{Start: at(1, 1, 0, 0), End: at(6, 30, 9, 5), Pages: 1, File: "messages.ndjson", SHA256: strings.Repeat("e3", 32)}
			in.Coverage.Sources[0].Type, in.Coverage.Sources[0].Read = "dump", []dsr.RangeRead{file, empty}
		},
	} {
		in := sample(t)
		change(&in)
		_, content := unpack(t, write(t, in))
		for entry := range schemas {
			if content[entry] == nil && entry == "withheld.json" {
				continue
			}
			if err := schemaOf(t, entry).VisitJSON(document(t, content[entry]), openapi3.EnableJSONSchema2020()); err != nil {
				t.Errorf("%s: %s: %v", name, entry, err)
			}
		}
	}
}

// first is the first object of a list in v.
func first(v map[string]any, list string) map[string]any { return v[list].([]any)[0].(map[string]any) }

var gaveUp = []any{map[string]any{"code": dsr.ReasonGaveUp, "detail": "x"}}

func TestThePublishedSchemasRefuseWhatIsNeverWritten(t *testing.T) {
	t.Parallel()
	refuses := map[string]map[string]func(map[string]any){
		"manifest.json": {
			"another version":        func(m map[string]any) { m["version"] = 2.0 },
			"a path out of the ZIP":  func(m map[string]any) { first(m, "files")["name"] = "data/../x.csv" },
			"itself":                 func(m map[string]any) { first(m, "files")["name"] = "manifest.json" },
			"half a digest":          func(m map[string]any) { first(m, "files")["sha256"] = "abcd" },
			"a time that is not UTC": func(m map[string]any) { m["request"].(map[string]any)["as_of"] = "2025-06-30T09:05:00+02:00" },
			"a selector of no kind":  func(m map[string]any) { first(m["request"].(map[string]any), "selectors")["email"] = "x" },
			"an unknown field":       func(m map[string]any) { m["counts"].(map[string]any)["people"] = 1.0 },
		},
		"coverage.json": {
			"complete with a reason": func(c map[string]any) { first(c, "sources")["reasons"] = gaveUp },
			"complete on half a search": func(c map[string]any) {
				first(c, "sources")["reasons"], first(c, "sources")["complete"] = gaveUp, false
			},
			"incomplete without a source": func(c map[string]any) { c["complete"] = false },
			"a digest of few records":     func(c map[string]any) { first(first(c, "sources"), "read")["records"] = 99.0 },
			"many records, no digest":     func(c map[string]any) { delete(first(first(c, "sources"), "read"), "digest") },
			"a digest of no file":         func(c map[string]any) { first(first(c, "sources"), "read")["sha256"] = strings.Repeat("ab", 32) },
			"an unknown field":            func(c map[string]any) { first(c, "sources")["near_misses"] = 1.0 },
			"files by no known reason": func(c map[string]any) {
				first(c, "sources")["files"] = map[string]any{"referred": 1.0, "fetched": 0.0, "missing": map[string]any{"lost": 1.0}}
			},
			"half a count of files": func(c map[string]any) { first(c, "sources")["files"] = map[string]any{"referred": 1.0, "fetched": 1.0} },
		},
	}
	_, content := unpack(t, write(t, sample(t)))
	for entry, changes := range refuses {
		for name := range document(t, content[entry]) {
			changes["no "+name] = func(v map[string]any) { delete(v, name) }
		}
		s := schemaOf(t, entry)
		for name, change := range changes {
			v := document(t, content[entry])
			change(v)
			if s.VisitJSON(v, openapi3.EnableJSONSchema2020()) == nil {
				t.Errorf("%s: %s is taken", entry, name)
			}
		}
	}
}
