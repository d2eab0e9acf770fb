package export

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

func TestAssumptionsSayWhatTheSearchRestsOn(t *testing.T) {
	t.Parallel()
	asOf := time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)
	converse, avaamo, dump := NewConverse(ConverseConfig{}), NewAvaamo(AvaamoConfig{}), NewDump("")
	for name, c := range map[string]struct {
		source Source
		change func(*Searched)
		want   []string
	}{
		"live":             {source: converse, want: []string{"nothing was recorded before", "no end, or one in the future"}},
		"with a window":    {source: converse, change: func(s *Searched) { s.Search.Window = dsr.Window{Start: asOf.AddDate(-1, 0, 0), End: asOf} }, want: []string{"active for longer than"}},
		"unread times":     {source: converse, change: func(s *Searched) { s.Tally.Anomalies = map[string]int64{"Q11": 4} }, want: []string{"4 times in records could not be read"}},
		"every id found":   {source: converse, change: func(s *Searched) { s.Search.ShortCut, s.Search.Ended, s.Search.Complete = &dsr.ShortCut{}, true, true }, want: []string{"IDs are unique"}},
		"a folder":         {source: dump, want: []string{"the dump is complete"}},
		"a folder's reach": {source: dump, change: func(s *Searched) { s.Newest = asOf.AddDate(-1, 0, 0) }, want: []string{asOf.AddDate(-1, 0, 0).Format(time.RFC3339)}},
		"when exported":    {source: dump, change: func(s *Searched) { s.Source.ExportedAt = asOf }, want: []string{"exported at " + asOf.Format(time.RFC3339)}},
		"other files":      {source: dump, change: func(s *Searched) { s.Search.LeftAlone = dsr.FilesLeft{Names: []string{"README.md"}, More: 2} }, want: []string{"README.md and 2 more"}},
		"utterances":       {source: avaamo, want: []string{"everything that users said"}},
		"on a first name":  {source: avaamo, change: func(s *Searched) { s.Tally.Anomalies = map[string]int64{dsr.WeakMatch: 2} }, want: []string{"2 records matched on a first name"}},
	} {
		s := Searched{Search: dsr.SourceSearch{AsOf: asOf}, Read: 1}
		if c.change != nil {
			c.change(&s)
		}
		got := fmt.Sprint(c.source.Assumes(s))
		for _, words := range c.want {
			if !strings.Contains(got, words) {
				t.Errorf("%s: %q is not in:\n%s", name, words, got)
			}
		}
	}
}
