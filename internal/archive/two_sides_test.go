package archive_test

import (
	"testing"

	"dsr-server/internal/archive"
)

// TestAChangedRecordWithTwoSidesIsSeen: the second side has a row of its own in the table,
// which must not stand for the record.
func TestAChangedRecordWithTwoSidesIsSeen(t *testing.T) {
	t.Parallel()
	answering := func(answer string) archive.Input {
		in, f := sample(t), newFound()
		f.conversation("support-bot", `{"_id":"c","startTime":1,"metadata":{}}`)
		f.message("support-bot", `{"_id":"m","time":2,"type":"UserInput","userInput":"hi","outMsg":"`+answer+`","conversationId":"c"}`)
		in.Contents = f
		return in
	}
	for answer, changed := range map[string]int64{"no": 0, "yes": 1} {
		d := compared(t, answering("no"), answering(answer))
		if got := d.Sources[1].Messages; got != (archive.Changes{Changed: changed}) {
			t.Errorf("no, then %s: got %+v", answer, got)
		}
	}
}
