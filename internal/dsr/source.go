package dsr

import "time"

// WindowField is which time the vendor's window filters conversations by. It is
// not documented, so it is a setting.
type WindowField string

const (
	FieldUnknown    WindowField = "unknown"
	FieldOverlap    WindowField = "overlap"
	FieldStartTime  WindowField = "start_time"
	FieldLastAction WindowField = "last_action"
)

// WindowFields are all of them, the default first.
var WindowFields = []WindowField{FieldUnknown, FieldOverlap, FieldStartTime, FieldLastAction}

// Source is what planning needs to know about a configured source.
type Source struct {
	Name        string
	Type        string // converse, avaamo, dump
	Lane        string // the vendor's host: all sources on it share limits and one lane
	Earliest    time.Time
	WindowField WindowField
	Margin      time.Duration // how long a conversation is taken to be active at most
	IngestLag   time.Duration // how far behind now the vendor's export is complete
	MaxRange    time.Duration // 0: unlimited
	PageSize    int
	GiveUpAfter time.Duration
	Region      string // ISO 3166: where phone numbers without a country code are dialled; or empty
}
