package match

import "fmt"

// MaxDepth is how deep arrays and objects may be nested inside one record, the
// record itself included. Real records stay under ten; the limit keeps a crafted one
// from exhausting the stack.
const MaxDepth = 512

// SyntaxError says where the input stops being JSON, or what this package takes as a
// record or page. It repeats nothing of the input.
type SyntaxError struct {
	Offset int    // byte offset in what was handed over: the record or the block
	Record int    // number of the record in its block, from 1; 0 outside of records
	Reason string // in plain words
}

func (e *SyntaxError) Error() string {
	if e.Record == 0 {
		return fmt.Sprintf("byte %d: %s", e.Offset, e.Reason)
	}
	return fmt.Sprintf("record %d, byte %d: %s", e.Record, e.Offset, e.Reason)
}
