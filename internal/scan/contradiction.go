package scan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// proof tells why a search is not complete.
type proof struct {
	st      Store
	source  Source
	request dsr.Request
	search  dsr.SourceSearch
	units   []dsr.Unit
}

// orphans compares the conversations that a folder's files list with those that their
// messages refer to.
func (p proof) orphans(ctx context.Context) ([]dsr.Reason, error) {
	search := p.search
	if search.Stage != dsr.StageMessages || !files(p.units) {
		return nil, nil
	}
	window := dsr.Window{Start: later(search.Window.Start, p.source.Earliest), End: search.Window.End}
	o, err := p.st.Orphans(ctx, search.RequestID, search.Source, window)
	if err != nil || o.Messages == 0 {
		return nil, err
	}
	detail := fmt.Sprintf("%d messages belong to conversations that no file lists (%d conversations)", o.Messages, o.Conversations)
	if !o.First.IsZero() {
		detail += fmt.Sprintf(", from %s to %s", o.First.Format(time.RFC3339), o.Last.Format(time.RFC3339))
	}
	return []dsr.Reason{{Code: dsr.ReasonOrphanMessages, Detail: detail}}, nil
}

// withoutMessages reports whether a folder has no file of messages, which is named.
func withoutMessages(units []dsr.Unit) bool {
	return files(units) && !slices.ContainsFunc(units, func(u dsr.Unit) bool { return u.Endpoint == dsr.Messages })
}

// refusedMessages counts the conversations whose messages were refused, in however many pieces.
func refusedMessages(units []dsr.Unit) int64 {
	refused := map[dsr.MessageQuery]bool{}
	for _, u := range units {
		if u.Query.Asks() && u.State == dsr.UnitFailed {
			refused[dsr.MessageQuery{Kind: u.Query.Kind, ID: u.Query.ID}] = true
		}
	}
	return int64(len(refused))
}

// moreFollows names the pages of a folder that point to one that is not there.
func moreFollows(units []dsr.Unit) (why []dsr.Reason) {
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		var names []string
		pages := pagesOf(units, e)
		for _, u := range pages {
			if u.Shown.More {
				names = append(names, u.File.Name)
			}
		}
		c := chainsOf(pages)
		if stated := statedPages(pages); stated > int64(len(c.held)) {
			why = append(why, dsr.Reason{Code: dsr.ReasonMoreFollows, Detail: fmt.Sprintf("the pages of %s say that there are %d of them; the folder holds %d", e, stated, len(c.held))})
			continue
		}
		if len(names) == 0 || len(c.named) < len(c.held) || c.exportedTwice() {
			continue
		}
		why = append(why, dsr.Reason{Code: dsr.ReasonMoreFollows, Detail: fmt.Sprintf("%s: these pages say that more pages follow (there must be at least %d different ones, and %d are here)", first(names), len(c.named)+1, len(c.held))})
	}
	return why
}

// statedPages is how many pages there are, as they state it themselves.
func statedPages(pages []dsr.Unit) (n int64) {
	for _, u := range pages {
		n = max(n, u.Shown.Pages)
	}
	return n
}

// first are the first of many names.
func first(names []string) string {
	if more := len(names) - dsr.MaxFaults; more > 0 {
		names = append(names[:dsr.MaxFaults:dsr.MaxFaults], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// totalContradicted compares the vendor's count of all records, as the pages of a folder
// state it, with how many different ones these pages hold together: what other files hold may
// be the same records again.
func (p proof) totalContradicted(ctx context.Context) (why []dsr.Reason, err error) {
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		var total int64
		var pages []int64
		for _, u := range p.units {
			if u.Kind == dsr.File && u.Endpoint == e && isPage(u) {
				total, pages = max(total, u.Shown.Total), append(pages, u.ID)
			}
		}
		if total == 0 {
			continue
		}
		records, err := p.st.Listed(ctx, p.search.Source, pages)
		if err != nil {
			return nil, err
		}
		if total > records {
			why = append(why, dsr.Reason{Code: dsr.ReasonTotal, Detail: fmt.Sprintf("the pages of %s state a total of %d records, but hold only %d different ones", e, total, records)})
		}
	}
	return why, nil
}

// files reports whether the source is a folder: its messages contradict it where they are
// of conversations that it does not list, whoever was found.
func files(units []dsr.Unit) bool {
	return slices.ContainsFunc(units, func(u dsr.Unit) bool { return u.Kind == dsr.File })
}
