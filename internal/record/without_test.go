package record_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dsr-server/internal/record"
)

func TestAPassageIsCutOutHoweverItIsSpelt(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"a":"call Eve now","n":1.50}`:                     `{"a":"call █████ now","n":1.50}`,
		`{"a":"\u0045\u0076e \/ \u00e9"}`:                   `{"a":"█████ \/ \u00e9"}`,
		`{"a":"Eve, Eve"}`:                                  `{"a":"█████, █████"}`,
		`{"Eve":"x","Evening":"x","a":{"about Eve!":1}}`:    `{"█████":"x","Evening":"x","a":{"about █████!":1}}`,
		`{"a":"{\"k\":\"Eve \\u0045ve\",\"n\":1e0}"}`:       `{"a":"{\"k\":\"█████ █████\",\"n\":1e0}"}`,
		`{"a":"\"{\\\"k\\\":\\\"\\\\u0045ve\\\"}\""}`:       `{"a":"\"{\\\"k\\\":\\\"█████\\\"}\""}`,
		`{"a":"{\"broken\":\"Eve"}`:                         `{"a":"{\"broken\":\"█████"}`,
		`{"a":"E&#118;e &amp; &Eve; &nbsp;E&#x76;e"}`:       `{"a":"█████ &amp; &█████; &nbsp;█████"}`,
		`{"_id":"Eve","a":"Eve","b":"Eve!"}`:                `{"_id":"Eve","a":"Eve","b":"█████!"}`,
		`{"a":"<b>","z":12345678901234567890,"z":"\ud83d"}`: `{"a":"<b>","z":12345678901234567890,"z":"\ud83d"}`,
	} {
		names := []string{}
		if strings.Contains(raw, `"_id"`) {
			names = []string{"Eve"}
		}
		got, _ := record.Without([]byte(raw), []string{"Eve"}, names...)
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
	got, counts := record.Without([]byte(`{"card":4111111111111111,"in":"{\"card\":4111111111111111}","both":"ana smith"}`), []string{"4111111111111111", "ana", "a smith"})
	if want := `{"card":"█████","in":"{\"card\":\"█████\"}","both":"█████"}`; string(got) != want || !cmp.Equal(counts, []int{2, 1, 1}) {
		t.Errorf("got %s, counted %v", got, counts)
	}
}

// TestNothingOfAPassageIsLeft: whatever surrounds it and however deep it stands, the cut
// record is JSON that says the same but for the passage, which no leaf has any more.
func TestNothingOfAPassageIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		passage := rapid.StringMatching(`[a-z@"\\/<é👋]{3,8}`).Draw(t, "passage")
		around := rapid.StringMatching(`[ -~é\n]{0,6}`)
		text := around.Draw(t, "before") + passage + around.Draw(t, "after")
		for range rapid.IntRange(0, 3).Draw(t, "levels") {
			inner, err := json.Marshal(map[string]any{"k": text, "n": 1})
			if err != nil {
				t.Fatal(err)
			}
			text = string(inner)
		}
		raw, err := json.Marshal(map[string]any{"a": text, "b": "kept"})
		if err != nil {
			t.Fatal(err)
		}
		cut, counts := record.Without(raw, []string{passage})
		if counts[0] == 0 {
			t.Fatalf("%q is not found in %s", passage, raw)
		}
		if !json.Valid(cut) {
			t.Fatalf("no JSON any more: %s", cut)
		}
		for _, leaf := range record.Leaves(cut) {
			if strings.Contains(leaf.Text, passage) {
				t.Fatalf("%q is still in %s", passage, cut)
			}
		}
		if !strings.Contains(string(cut), `"b":"kept"`) || !strings.Contains(string(cut), record.Mark) {
			t.Fatalf("got %s", cut)
		}
	})
}
