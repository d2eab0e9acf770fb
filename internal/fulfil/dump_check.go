package fulfil

import (
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// dumpSpeed is how much of a dump is read a second, on one old core; for estimates.
const dumpSpeed = 200 << 20

// dumpTime estimates how long a whole dump takes: it is read twice over at most.
func dumpTime(s Source) (took time.Duration) {
	files, _, err := s.Dump.List()
	if err != nil {
		return 0 // the search will say why
	}
	for _, f := range files {
		took += time.Duration(float64(f.Size) / dumpSpeed * float64(time.Second))
	}
	return took
}

// dumpWant stands for a stretch of the timeline: a dump has none, so this only says
// how much of a request's progress it is, as much as a year of a live source.
func dumpWant(asOf time.Time) dsr.Reach {
	return dsr.Reach{Start: asOf.AddDate(-1, 0, 0).Unix(), End: asOf.Unix()}
}

// checkDump says whether a search would find files to read, and all of them readable.
func checkDump(s Source) (found []dsr.Finding) {
	files, refused, err := s.Dump.List()
	if err != nil {
		return []dsr.Finding{{Name: "folder", Text: err.Error(), Advice: "check path, and that this account may read it"}}
	}
	var size int64
	conversations, messages := 0, 0
	for _, f := range files {
		size += f.Size
		if f.Kind == dsr.Conversation {
			conversations++
		} else {
			messages++
		}
	}
	found = append(found, dsr.Finding{
		Name: "data", OK: conversations > 0 && messages > 0,
		Text: fmt.Sprintf("the folder has %d files of conversations and %d of messages, %d bytes in all", conversations, messages, size),
	})
	if !found[0].OK {
		found[0].Advice = "a dump holds conversations*.ndjson and messages*.ndjson, or the vendor's pages as *.json, each plain, .gz or .zst"
	}
	for _, r := range refused {
		found = append(found, dsr.Finding{Name: "file", Text: r.Detail, Advice: "take it out of the folder, or put it there in a form that can be read"})
	}
	return found
}
