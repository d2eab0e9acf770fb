package declared

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFieldsAreStoredAsTheyAre: what is written is read again as the same, of each declaration
// that comes with the program.
func TestFieldsAreStoredAsTheyAre(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"odd": `{"conversations":{"id":"a.\"b.c\".d","start":"t","metadata":["*.x"],"partial":"p"},"messages":{"within":["."],"count":"n","id":"i","sender":{"member":"s","bot":["b","*"]},"text":["no","1e3","a b","a,b"],"text_is":"html"}}`}
	for _, name := range Names() {
		text, _ := Shipped(name)
		d, faults := Parse(text)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", name, faults)
		}
		written, err := json.Marshal(d.Fields)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(written)
	}
	for name, text := range texts {
		f, err := ParseFields([]byte(text))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		again, err := json.Marshal(f)
		if diff := cmp.Diff(text, string(again)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
		line, wrong := ReadFields(parts(t, "fields: "+f.Line())["fields"])
		if diff := cmp.Diff(f, line); diff != "" || len(wrong) > 0 {
			t.Errorf("%s as a line: %v (-want +got)\n%s\n%s", name, wrong, diff, f.Line())
		}
	}
	for text, want := range map[string]string{`{`: "", `[]`: "keys", `{"conversations":{"id":"a","start":"b","metadata":["c","c.d"]},"messages":{"conversation":"x","time":"t"}}`: "lies within another"} {
		if _, err := ParseFields([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
