package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// TestContentsAreInTheSameOrderWhateverCameFirst: by time, then by id, then by content.
func TestContentsAreInTheSameOrderWhateverCameFirst(t *testing.T) {
	t.Parallel()
	start := time.Unix(1735703772, 0).UTC()
	records := []dsr.Record{
		{ID: "", Start: start, Raw: []byte(`{"n":1}`)}, {ID: "", Start: start, Raw: []byte(`{"n":2}`)}, {ID: "a", Start: start, Raw: []byte(`{"n":0}`)},
		{ID: "b", Start: start, Raw: []byte(`{}`)}, {ID: "0", Start: start.Add(time.Nanosecond), Raw: []byte(`{}`)},
		{ID: "", Raw: []byte(`{"n":8}`)}, {ID: "", Raw: []byte(`{"n":9}`)}, {ID: "c", Raw: []byte(`{}`)},
	}
	const want = `{"n":1} {"n":2} a:{"n":0} b:{} 0:{} {"n":8} {"n":9} c:{}`
	for range 2 {
		f := newFollowing(t)
		var finds []dsr.Find
		for _, r := range records {
			r.Source, r.Kind = "bot", dsr.Conversation
			finds = append(finds, dsr.Find{RequestID: f.id, Record: r})
		}
		f.commit(f.scan, dsr.PageRead{Records: int64(len(finds)), Finds: finds})
		var got []string
		for r, err := range f.s.Contents(f.id).Conversations(t.Context(), "bot") {
			f.must(err)
			got = append(got, strings.TrimPrefix(r.ID+":"+string(r.Raw), ":"))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		slices.Reverse(records)
	}
}
