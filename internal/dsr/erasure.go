package dsr

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// ErasureList names what was found of one request, for whoever deletes it at the vendors:
// this program has no right to, and deletes nothing there.
type ErasureList struct {
	Version  int             `json:"version"` // 1
	Request  string          `json:"request"`
	MadeAt   time.Time       `json:"made_at"`
	Archive  string          `json:"archive"`  // SHA-256 in hex of the archive that holds the same
	Complete bool            `json:"complete"` // false: there may be more at the vendors
	Sources  []ErasureSource `json:"sources"`  // by name
}

// ErasureSource is one source of an ErasureList.
type ErasureSource struct {
	Source        string           `json:"source"`
	Vendor        string           `json:"vendor"` // the source's type; empty in searches of earlier versions
	Conversations []string         `json:"conversations"`
	WithoutID     int              `json:"without_id"`  // conversations that the vendor gave no id
	Identifiers   []IdentifierKind `json:"identifiers"` // by which they were found
}

// IdentifierKind says where a person's identifier stood, not what it is.
type IdentifierKind struct {
	Kind string `json:"kind"`           // IdentifierConversation or IdentifierMetadata
	Path string `json:"path,omitempty"` // in the metadata
}

// Kinds of identifiers.
const (
	IdentifierConversation = "conversation_id"
	IdentifierMetadata     = "metadata"
)

// Add adds a conversation that was found.
func (s *ErasureSource) Add(id string, why []Why) {
	if id == "" {
		s.WithoutID++
	} else {
		s.Conversations = append(s.Conversations, id)
	}
	for _, w := range why {
		kind := IdentifierKind{IdentifierMetadata, w.Path}
		if w.Path == "" {
			kind.Kind = IdentifierConversation
		}
		if !slices.Contains(s.Identifiers, kind) {
			s.Identifiers = append(s.Identifiers, kind)
		}
	}
}

// Sort puts everything in the one order it has, whichever it was found in.
func (s *ErasureSource) Sort() {
	slices.Sort(s.Conversations)
	s.Conversations = slices.Compact(s.Conversations)
	slices.SortFunc(s.Identifiers, func(a, b IdentifierKind) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Path, b.Path))
	})
}

// MayListErasure returns nil when what was found of r is settled: it has been released,
// and nothing is being added to it.
func (r Request) MayListErasure() error {
	if r.Status == Ready || r.Status == Expired {
		return nil
	}
	return Errorf(Conflict, "not_ready", "a request that is %s has no list for erasure; it must be ready, or have been until its archive expired", r.Status)
}

// SignedErasureList is a list as it was signed. Text is exactly what Signature, an armored
// SSH signature in the namespace "dsr-erasure", is about.
type SignedErasureList struct {
	List      json.RawMessage `json:"list"`
	Text      string          `json:"text"`
	Signature string          `json:"signature"`
}
