package export

import (
	"slices"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// TestEveryFieldThatIsReadIsDescribed: what this package reads it can also explain, in
// both languages.
func TestEveryFieldThatIsReadIsDescribed(t *testing.T) {
	t.Parallel()
	for sourceType, schema := range map[string]match.Schema{
		"converse": converseSchema, "dump": converseSchema, "avaamo": {Conversation: avaamoParticipants, Message: avaamoEntry}, // and below
	} {
		wantDescribed(t, sourceType, dsr.Conversation, schema.Conversation)
		wantDescribed(t, sourceType, dsr.Message, schema.Message)
	}
	wantDescribed(t, "avaamo", dsr.Message, avaamoTalk)
	for sourceType := range speeches {
		if sourceType == "rest" {
			continue // what its fields are called is declared
		}
		if RecordSchema(sourceType, "en") == nil || string(RecordSchema(sourceType, "en")) == string(RecordSchema(sourceType, "de")) {
			t.Errorf("%s is not described in two languages", sourceType)
		}
		for _, fields := range describedRecords[sourceType] {
			wantTwoLanguages(t, sourceType, fields)
		}
	}
	if RecordSchema("fax", "en") != nil {
		t.Error("an unknown type is described")
	}
}

// wantDescribed holds when the first key of every path is described.
func wantDescribed(t *testing.T, sourceType string, kind dsr.RecordKind, f match.Fields) {
	t.Helper()
	paths := []record.Path{f.ID, f.Conversation, f.Start, f.LastAction, f.Time, f.Sender, f.SenderName}
	for _, path := range slices.Concat(paths, f.Metadata, f.Evidence) {
		if len(path) == 0 {
			continue
		}
		key := path[0].Name
		if !slices.ContainsFunc(describedRecords[sourceType][kind], func(f recordField) bool { return f.name == key }) {
			t.Errorf("%s: %s of kind %v is not described", sourceType, key, kind)
		}
	}
}

func wantTwoLanguages(t *testing.T, sourceType string, fields []recordField) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range fields {
		if f.en == "" || f.de == "" || f.en == f.de || seen[f.name] {
			t.Errorf("%s: %s: %q, %q, described before: %v", sourceType, f.name, f.en, f.de, seen[f.name])
		}
		seen[f.name] = true
		wantTwoLanguages(t, sourceType, f.fields)
		wantTwoLanguages(t, sourceType, f.items)
	}
}
