package export

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
)

// listPosition is where a chain of numbered pages stands; it is the cursor. It carries what the
// chain has seen, so that a chain that is taken up again after a crash still proves at its
// end that the list did not move under it: the first page's total, and a hash of every
// record's id. What it cannot see is a removal and an addition that cancel each other out
// within the seconds in which one range is read.
type listPosition struct {
	page     int
	total    int64 // total_entries of the first page
	seen     hashes
	checking bool // every page has been read; the total is asked for once more
}

var errPosition = errors.New("the cursor is not one of ours")

// openListPosition reads a cursor; an empty one is the first page.
func openListPosition(cursor string) (listPosition, error) {
	if cursor == "" {
		return listPosition{page: 1}, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(cursor)
	if err != nil || len(raw) < 17 || (len(raw)-17)%8 != 0 {
		return listPosition{}, errPosition
	}
	p := listPosition{
		page:     int(binary.BigEndian.Uint64(raw)),       //nolint:gosec // written by String
		total:    int64(binary.BigEndian.Uint64(raw[8:])), //nolint:gosec // written by String
		checking: raw[16] == 1,
	}
	for rest := raw[17:]; len(rest) > 0; rest = rest[8:] {
		p.seen = append(p.seen, binary.BigEndian.Uint64(rest))
	}
	return p, nil
}

func (p listPosition) String() string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(p.page)) //nolint:gosec // from 1 on
	raw = binary.BigEndian.AppendUint64(raw, uint64(p.total)) //nolint:gosec // read back as it is
	raw = append(raw, 0)
	if p.checking {
		raw[16] = 1
	}
	for _, id := range p.seen {
		raw = binary.BigEndian.AppendUint64(raw, id)
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

// after is the position after a page. The chain is done on a page that is empty and lies
// past the last one the vendor counts: neither alone says so, for total_pages is a hint,
// and an empty page may come before others. Then moved says whether the list has moved:
// the first page's total, the last one's and the number of distinct records must agree.
func (p listPosition) after(n numbered, perPage int) (next listPosition, done, moved bool) {
	next = p
	next.seen = slices.Clone(p.seen)
	if p.page == 1 {
		next.total = n.total()
	}
	for _, record := range n.entries {
		next.seen.add(recordHash(anyID(record), record))
	}
	if len(n.entries) > 0 || int64(p.page) <= n.pages {
		next.page++
		return next, false, false
	}
	distinct := int64(len(next.seen))
	switch {
	case n.total() != next.total:
		return next, true, true
	case distinct == next.total:
		return next, true, false
	case distinct < next.total && n.equation(perPage):
		// The documentation says that total_entries = per_page * total_pages. Where that
		// is so, it is rounded up, but not with one record per page.
		next.page, next.checking = 1, true
		return next, false, false
	}
	return next, true, true
}

func anyID(record json.RawMessage) string {
	return cmp.Or(avaamoEntry.Facts(record).ID, avaamoTalk.Facts(record).ID)
}
