package dsr

import "encoding/json"

// Declared is the declaration by which a source was searched, as far as it is needed once the
// search has ended: archives are made, made again and checked by it, whatever the
// configuration says by then.
type Declared struct {
	Name    string `json:"name,omitempty"`    // of one that comes with the program; empty: it was given whole
	Version int    `json:"version,omitempty"` // of that one
	SHA256  string `json:"sha256,omitempty"`  // of the declaration as it was used
	// Fields say where in the records things are, as a declaration does.
	Fields json.RawMessage `json:"fields"`
}
