package archive_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"dsr-server/internal/archive"
)

// compiled is a schema of an archive, or a part of it ("/$defs/message").
func compiled(t *testing.T, content map[string][]byte, entry, part string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("archive:"+entry, decoded(t, content[entry])); err != nil {
		t.Fatalf("%s: %v", entry, err)
	}
	s, err := c.Compile("archive:" + entry + "#" + part)
	if err != nil {
		t.Fatalf("%s: %v", entry, err)
	}
	return s
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestAnArchiveFitsTheSchemasInIt: who has nothing but the archive can read what its files hold.
func TestAnArchiveFitsTheSchemasInIt(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]archive.Input{"sample": sample(t), "attached": attached(t), "long": germanLong(t), "withheld": withholding(t, someWithheld()...)} {
		_, content := unpack(t, write(t, in))
		for entry, schema := range map[string]string{"manifest.json": "schemas/manifest.json", "coverage.json": "schemas/coverage.json", "withheld.json": "schemas/withheld.json"} {
			if content[entry] == nil && entry == "withheld.json" && name != "withheld" {
				continue
			}
			if err := compiled(t, content, schema, "").Validate(decoded(t, content[entry])); err != nil {
				t.Errorf("%s: %s: %v", name, entry, err)
			}
		}
		checked := 0
		for kind, file := range map[string]string{"conversation": "/conversations.ndjson", "message": "/messages.ndjson"} {
			s := compiled(t, content, "schemas/records-converse.json", "/$defs/"+kind)
			for entry, text := range content {
				if strings.HasPrefix(entry, "data/") && strings.HasSuffix(entry, file) {
					for line := range bytes.Lines(text) {
						checked++
						if err := s.Validate(decoded(t, line)); err != nil {
							t.Errorf("%s: %s: %v", name, entry, err)
						}
					}
				}
			}
		}
		if checked == 0 {
			t.Errorf("%s: no record was checked", name)
		}
	}
}

// TestTheFieldsOfTheRecordsAreExplained, in the request's language, but for one that only
// this test's records have.
func TestTheFieldsOfTheRecordsAreExplained(t *testing.T) {
	t.Parallel()
	for language, says := range map[string]string{"en": "The message's id.", "de": "Die ID der Nachricht."} {
		in := sample(t)
		in.Request.Language = language
		_, content := unpack(t, write(t, in))
		explained := propertiesOf(t, content["schemas/records-converse.json"], "message")
		if explained["_id"] != says {
			t.Errorf("%s: _id is %q", language, explained["_id"])
		}
		for line := range bytes.Lines(content["data/support-bot/messages.ndjson"]) {
			for field := range document(t, line) {
				if explained[field] == "" && field != "agent" {
					t.Errorf("%s: %s is not explained", language, field)
				}
			}
		}
	}
}

// propertiesOf are the descriptions of a kind's fields.
func propertiesOf(t *testing.T, schema []byte, kind string) map[string]string {
	t.Helper()
	var s struct {
		Defs map[string]struct {
			Properties map[string]struct{ Description string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, p := range s.Defs[kind].Properties {
		out[name] = p.Description
	}
	return out
}

// TestEachTypeIsDescribedOnce, and one that is not known not at all.
func TestEachTypeIsDescribedOnce(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Coverage.Sources[0].Type = "fax"
	names, _ := unpack(t, write(t, in))
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "schemas/records-") })
	if !slices.Equal(names, []string{"schemas/records-converse.json"}) {
		t.Errorf("got %q", names)
	}
}
