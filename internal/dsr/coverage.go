package dsr

import "time"

// Coverage is the proof of what was searched: the archive's coverage.json and
// GET /requests/{id}/coverage. It names and counts nobody else's records.
type Coverage struct {
	AsOf     time.Time        `json:"as_of"`
	Complete bool             `json:"complete"`
	Sources  []SourceCoverage `json:"sources"`
	// Withheld is how much of what was found is left out of the archive; absent when nothing is.
	Withheld *WithheldCount `json:"withheld,omitempty"`
}

// SourceCoverage is the part of one source.
type SourceCoverage struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Declaration is by what the source was searched; absent of a type that the program knows.
	Declaration *Declared        `json:"declaration,omitempty"`
	Complete    bool             `json:"complete"`
	Reasons     []Reason         `json:"reasons"` // empty exactly when complete
	Assumes     []Assumption     `json:"assumes"` // what the completeness rests on, in words
	Asked       Span             `json:"asked"`   // what the request asked of this source
	Read        []RangeRead      `json:"read"`
	Calls       map[string]int64 `json:"calls"`   // per endpoint
	Retries     map[string]int64 `json:"retries"` // per cause
	Anomalies   []Anomaly        `json:"anomalies"`
	// Files are those that the messages found refer to; absent until they have been counted.
	Files *FileCount `json:"files,omitempty"`
}

// Reason says why a source is not complete: a stable code and a sentence without
// personal data.
type Reason struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Span is a part of a source's timeline.
type Span struct {
	Start time.Time `json:"start,omitzero"` // zero: there is no beginning
	End   time.Time `json:"end"`
}

// RangeRead is one range that was read to its end.
type RangeRead struct {
	Start   time.Time  `json:"start,omitzero"`
	End     time.Time  `json:"end"`
	Pages   int64      `json:"pages"`
	Records int64      `json:"records"`
	First   *time.Time `json:"first,omitempty"` // earliest start of a conversation, or time of a message, read
	Last    *time.Time `json:"last,omitempty"`  // latest
	// Digest is the head of the chain h = SHA-256(h || SHA-256(page body)) over the
	// range's pages; absent below DigestMinRecords records, where it could be
	// guessed back to one person's record.
	Digest string `json:"digest,omitempty"`
	// Of a dump: the file's name in its folder, its size and the SHA-256 of its bytes.
	File   string `json:"file,omitempty"`
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// DigestMinRecords is the least number of records in a range for its digest to be shown.
const DigestMinRecords = 100

// Anomaly counts how often a rule of docs/quirks.md was seen.
type Anomaly struct {
	Rule  string `json:"rule"`
	Count int64  `json:"count"`
}

// Reason codes of incomplete sources.
const (
	ReasonKeyRefused      = "key_refused"        // 401 or 403
	ReasonVendorRefused   = "vendor_refused"     // a status that retrying does not mend
	ReasonStuckCursor     = "stuck_cursor"       // pages repeat without new records
	ReasonUnreadable      = "unreadable"         // a piece of the export does not parse
	ReasonGaveUp          = "gave_up"            // no good page for give_up_after
	ReasonNotConfigured   = "not_configured"     // the source was taken out of the configuration
	ReasonRecordWithoutID = "record_without_id"  // messages of a match cannot be asked for
	ReasonOrphanMessages  = "orphan_messages"    // messages whose conversation is not listed
	ReasonPageDrift       = "page_drift"         // a list changed each time its pages were read
	ReasonWindowIgnored   = "window_ignored"     // records outside the interval asked for
	ReasonWindowUnproven  = "window_unverified"  // nothing at all was listed, which proves nothing
	ReasonNotUnderstood   = "not_understood"     // a record that is none of its kind: it was not searched
	ReasonNothingListed   = "nothing_listed"     // a source that lists not one conversation proves nothing
	ReasonNothingToSearch = "nothing_to_search"  // no record had any metadata
	ReasonMoreFollows     = "more_follows"       // a page of a dump names a page that is not there
	ReasonMissing         = "messages_missing"   // a conversation counts messages, and none was found
	ReasonTotal           = "total_contradicted" // the vendor counts more records than there are
	ReasonTotalDiffers    = "total_differs"      // a list has not as many records as the vendor counts in it, each time it is read
	ReasonPartial         = "vendor_partial"     // the vendor says that a page is not all
	ReasonFilesIgnored    = "files_ignored"      // files of records that are not read
	ReasonMessagesRefused = "messages_refused"   // of one conversation
	ReasonFewer           = "fewer_than_stated"  // a conversation states more messages than it holds, where a declaration says what it counts
	// ReasonIDUnsupported: the source's records do not say which conversation they belong to.
	ReasonIDUnsupported = "conversation_id_unsupported"
	// ReasonFilesMissing: files were to be fetched, and could not be had.
	ReasonFilesMissing = "files_missing"
)

// ReasonCodes are all of them.
var ReasonCodes = []string{
	ReasonKeyRefused, ReasonVendorRefused, ReasonStuckCursor, ReasonUnreadable, ReasonGaveUp, ReasonNotConfigured, ReasonRecordWithoutID,
	ReasonOrphanMessages, ReasonPageDrift, ReasonWindowIgnored, ReasonWindowUnproven, ReasonNotUnderstood, ReasonNothingListed,
	ReasonNothingToSearch, ReasonMoreFollows, ReasonMissing, ReasonTotal, ReasonTotalDiffers, ReasonFewer, ReasonPartial, ReasonFilesIgnored, ReasonFilesMissing, ReasonMessagesRefused, ReasonIDUnsupported,
}
