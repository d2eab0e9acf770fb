package export

import (
	"encoding/json"
	"time"
)

// restPosition is where a chain of declared pages stands; it is the cursor. Like
// listPosition it carries what the chain has seen, where that proves its end.
type restPosition struct {
	Begun bool `json:"begun,omitempty"` // a page of this piece has been read
	Piece int  `json:"piece,omitempty"` // of the interval
	// Placed is set once an answer of the chain had the declared place of the next page.
	Placed  bool   `json:"placed,omitempty"`
	Cursor  string `json:"cursor,omitempty"`
	Numeric bool   `json:"numeric,omitempty"` // the cursor was a number
	Link    string `json:"link,omitempty"`    // path and query
	Offset  int64  `json:"offset,omitempty"`
	Page    int    `json:"page,omitempty"` // how many have been read
	// Total is what the first page of the piece said of its list; -1: nothing.
	Total int64 `json:"total,omitempty"`
	// Seen are hashes of the records of the piece, in order: of all where a total is to be
	// proven; of a keyset those that may come again.
	Seen hashes `json:"seen,omitempty"`
	// Of a keyset: the time of the last record, and those of the latest records, which are in Near.
	At   time.Time    `json:"at,omitzero"`
	Near []nearRecord `json:"near,omitempty"`
	Most int          `json:"most,omitempty"` // records of the fullest page
	// Past is set while it is looked whether there is anything behind the last time.
	Past bool `json:"past,omitempty"`
	// Doubt is set where a piece before this one had an end that was not clear.
	Doubt bool `json:"doubt,omitempty"`
}

// nearRecord is a record that comes again when a keyset goes on from its last time.
type nearRecord struct {
	At   time.Time `json:"at"`
	Hash uint64    `json:"hash,string"`
}

// openRestPosition reads a cursor; an empty one is the beginning.
func openRestPosition(cursor string) (p restPosition, err error) {
	if cursor == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(cursor), &p); err != nil {
		return restPosition{}, errPosition
	}
	return p, nil
}

func (p restPosition) String() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // it always marshals
	}
	return string(text)
}
