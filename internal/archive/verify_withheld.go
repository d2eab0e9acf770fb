package archive

import (
	"bytes"
	"encoding/json"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// maxWithheldList bounds withheld.json: an item has some hundred bytes and two ids.
const maxWithheldList = 64 << 20

// checkWithheld holds withheld.json against the manifest and the records: what was left out
// is listed, item by item, and what is listed was left out.
func (v *verifier) checkWithheld() {
	want := v.manifest.Counts.Withheld
	if v.entries[withheldName] == nil {
		if want != nil || v.stubs != (dsr.WithheldCount{}) {
			v.problem(Missing, withheldName, "things were left out, and nothing says which")
		}
		return
	}
	text, ok := v.read(withheldName, maxWithheldList)
	if !ok {
		return
	}
	if n := countsObjects(text); n > maxObjects {
		v.problem(Counts, withheldName, "has %d objects and lists; there are %d at most", n, maxObjects)
		return
	}
	var list withheldList
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&list); err != nil || list.Version != withheldVersion {
		v.problem(Counts, withheldName, "is not the JSON of what was left out, version %d", withheldVersion)
		return
	}
	var items dsr.WithheldCount
	for _, item := range list.Items {
		items.Add(item.Kind)
	}
	switch {
	case want == nil || list.Counts != *want || items != *want:
		v.problem(Counts, withheldName, "does not list what the manifest counts as left out")
	case v.stubs.Conversations != items.Conversations || v.stubs.Messages != items.Messages:
		v.problem(Counts, withheldName, "lists %d conversations and %d messages, of the records %d and %d were left out",
			items.Conversations, items.Messages, v.stubs.Conversations, v.stubs.Messages)
	}
}

// isStub reports whether a record stands for one that was left out.
func isStub(rec *record.Value) bool {
	fields := rec.Fields()
	return len(fields) > 0 && fields[0].Name == "withheld" && fields[0].Value.Text() == "true"
}

// sameCount compares counts that may be absent.
func sameCount(a, b *dsr.WithheldCount) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
