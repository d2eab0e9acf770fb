package dsr

import (
	"encoding/json"
	"time"
)

// Why a request was purged.
const (
	PurgedOnDemand = "on_demand" // somebody asked for it
	PurgedOnTime   = "retention" // its retention ended
)

// Receipt is all that is left of a purged request: what went, when, why and by which
// role. It names nobody.
type Receipt struct {
	Version  int       `json:"version"` // 1
	Request  string    `json:"request"`
	PurgedAt time.Time `json:"purged_at"`
	Reason   string    `json:"reason"` // PurgedOnDemand or PurgedOnTime
	ByRole   string    `json:"by_role"`
	// What was there and is gone.
	Status        Status    `json:"status"` // before the purge
	ReceivedAt    time.Time `json:"received_at"`
	Answered      bool      `json:"answered"`
	Conversations int64     `json:"conversations"`
	Messages      int64     `json:"messages"`
	Archive       string    `json:"archive"` // SHA-256 of the ZIP in hex; empty: there was none
	Removed       []string  `json:"removed"`
}

// SignedReceipt is a receipt as it was signed. Text is exactly what Signature, an
// armored SSH signature in the namespace "dsr-receipt", is about.
type SignedReceipt struct {
	Receipt   json.RawMessage `json:"receipt"`
	Text      string          `json:"text"`
	Signature string          `json:"signature"`
}
