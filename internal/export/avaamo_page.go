package export

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// numbered is a page of a list: {"total_entries":…,"total_pages":…,"entries":[…]}.
type numbered struct {
	entries   []json.RawMessage
	listed    bool
	totals    int64
	counted   bool // totals is known
	pages     int64
	perPage   int64
	timeToken json.RawMessage
	said      Said // but for the totals, which have rules of their own
}

func parseNumbered(body []byte, most bounds) (numbered, error) {
	var n numbered
	err := readObject(body, func(name string, dec *jsontext.Decoder) (err error) {
		if name == "entries" {
			if n.listed {
				return errors.New("entries appears twice")
			}
			n.listed = true
			n.entries, err = readRecords(dec, body, most)
			return err
		}
		value, err := dec.ReadValue()
		if err != nil {
			return syntaxError(err)
		}
		switch name {
		case "total_entries":
			n.totals, n.counted = counted(record.Parse(value))
		case "total_pages":
			n.pages, _ = counted(record.Parse(value))
		case "per_page":
			n.perPage, _ = counted(record.Parse(value))
		case "time_token":
			n.timeToken = json.RawMessage(value.Clone())
		default:
			n.said.member(name, value.Clone())
			n.said.Total, n.said.Pages, n.said.More = 0, 0, false // its pages have numbers
		}
		return nil
	})
	if err == nil && !n.listed {
		err = errNotExport
	}
	return n, err
}

// total is the vendor's count of the list; -1, which agrees with nothing, when it gave none.
func (n numbered) total() int64 {
	if !n.counted {
		return -1
	}
	return n.totals
}

// truth is the count of a page that was asked for with one record per page: where it is
// rounded to whole pages, it is exact then, but for an empty list of one page.
func (n numbered) truth() int64 {
	if len(n.entries) == 0 {
		return 0
	}
	return n.total()
}

// equation reports whether the total may have been rounded up to whole pages.
func (n numbered) equation(asked int) bool {
	perPage := n.perPage
	if perPage == 0 {
		perPage = int64(asked)
	}
	return n.pages > 0 && n.total() == n.pages*perPage
}

// date is the vendor's clock: its own in the page, or else the header's.
func (n numbered) date(got answer) time.Time {
	if t, ok := match.Instant(n.timeToken); ok {
		return t
	}
	return got.date()
}

// parseConversation reads {"conversation":{…}}, or the conversation by itself, which is
// known by those who take part.
func parseConversation(body []byte) (json.RawMessage, error) {
	var record json.RawMessage
	bare := false
	err := readObject(body, func(name string, dec *jsontext.Decoder) error {
		value, err := dec.ReadValue()
		switch {
		case err != nil:
		case name == "conversation" && value.Kind() == '{':
			end := dec.InputOffset()
			record = body[end-int64(len(value)) : end]
		case name == "receivers" && value.Kind() == '[':
			bare = true
		}
		return syntaxError(err)
	})
	switch {
	case err != nil || record != nil:
		return record, err
	case bare:
		return body, nil
	}
	return nil, errNotExport
}

// outside counts the records whose time lies outside what was asked for. A second more on
// each side is allowed, because the vendor may round; a time that cannot be read proves nothing.
func outside(records []json.RawMessage, q query) (n int) {
	from, to := time.Unix(q.interval.Start-1, 0), time.Unix(q.interval.End+2, 0)
	for _, record := range records {
		at := avaamoTalk.Facts(record).Time
		if !at.IsZero() && (at.Before(from) || !at.Before(to)) {
			n++
		}
	}
	return n
}
