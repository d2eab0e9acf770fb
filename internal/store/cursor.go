package store

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// position is where a page of a list ended: at this time, of what the list is sorted by, with
// this request.
type position struct {
	at int64
	id string
}

// cursorAfter is where the page after r begins. It is signed together with the filter, so that
// it goes on with the list that it is of and with no other; the key outlives the master key.
func (s *Store) cursorAfter(f dsr.Filter, r dsr.Request) string {
	at := map[dsr.Order]int64{"": r.CreatedAt.UnixMilli(), dsr.OrderCreated: r.CreatedAt.UnixMilli(), dsr.OrderDue: r.DueAt.UnixMilli(), dsr.OrderUpdated: r.UpdatedAt.UnixMilli()}
	plain := strconv.FormatInt(at[f.Order], 10) + " " + r.ID
	return base64.RawURLEncoding.EncodeToString(append(s.signCursor(f, plain), plain...))
}

// cursorTag is how many bytes of the signature a cursor carries.
const cursorTag = 16

func (s *Store) signCursor(f dsr.Filter, plain string) []byte {
	return s.equal.MAC("list cursor", []byte(plain+"\n"+sameFilter(f)))[:cursorTag]
}

// sameFilter is a text that filters have in common which select and sort alike.
func sameFilter(f dsr.Filter) string {
	f.Limit, f.Cursor = 0, ""
	f.Statuses = slices.Compact(slices.Sorted(slices.Values(f.Statuses)))
	f.Labels = slices.SortedFunc(slices.Values(f.Labels), func(a, b dsr.LabelFilter) int { return strings.Compare(a.Name+"="+a.Value, b.Name+"="+b.Value) })
	f.DueBefore, f.UpdatedAfter = f.DueBefore.UTC(), f.UpdatedAfter.UTC()
	if f.Order == "" {
		f.Order = dsr.OrderCreated
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("a filter has nothing that JSON cannot hold: %v", err))
	}
	return string(text)
}

// parseCursor reads the filter's cursor; nil where it has none.
func (s *Store) parseCursor(f dsr.Filter) (*position, error) {
	if f.Cursor == "" {
		return nil, nil
	}
	signed, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err != nil || len(signed) < cursorTag {
		return nil, notOurCursor()
	}
	plain := string(signed[cursorTag:])
	if !hmac.Equal(signed[:cursorTag], s.signCursor(f, plain)) {
		return nil, notOurCursor()
	}
	at, id, _ := strings.Cut(plain, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil, notOurCursor()
	}
	return &position{ms, id}, nil
}

func notOurCursor() error {
	return dsr.FieldErrorf("cursor", "is not one that this service returned for these filters; leave it out to begin at the first page")
}
