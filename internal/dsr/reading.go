package dsr

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Found is a conversation that was found, as staff read it before its archive is released.
type Found struct {
	Source     string
	ID         string // Record.Name
	Start      time.Time
	LastAction time.Time
	Messages   int64
	Why        []Why
	Opened     bool       // by whoever asks
	Withheld   []Withheld // all of it, or passages of its own record
}

// FoundPage is one page of what was found, in the archive's order.
type FoundPage struct {
	Items      []Found
	NextCursor string // empty on the last page
}

// FoundConversation is a conversation with some of its messages, as they are stored.
type FoundConversation struct {
	Found
	Record     Record
	Messages   []Record
	Cut        map[string][]Withheld // of messages, by their names
	Files      map[string]Attachment // which the messages refer to, by address
	FilePaths  []string              // where those were looked for, beside what shows by itself
	SourceType string
	Declared   *Declared // by which the source was searched
	NextCursor string
}

// Transcript is a conversation with some of its messages, as the archive shows them.
type Transcript struct {
	Found
	Details    []TextAt // what the conversation's own record says; on the first page
	Said       []Said
	NextCursor string
}

// Said is what one sender says in a message: a record that holds a question and its answer
// is two of them with one id.
type Said struct {
	ID        string // Record.Name
	Time      time.Time
	Sender    string // user, bot or unknown, as in the archive
	Kind      string // what the source calls this kind of message
	LiveAgent bool   // said by a person on the vendor's side
	Action    string // how the user answered
	Texts     []string
	Options   []string
	Form      []TextAt
	Files     []SaidFile
	Further   []TextAt   // what else the record says
	Withheld  []Withheld // all of the message, or passages of it
}

// TextAt is a text of a record and the keys that lead to it.
type TextAt struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// SaidFile is a file that a message refers to.
type SaidFile struct {
	Address string
	State   AttachmentState
	Reason  string // why it is missing
	Type    string
	Size    int64
}

// PageOf says which page of a list is wanted.
type PageOf struct {
	Limit  int
	Cursor string // as returned with the page before; empty: the first
}

// MayBeRead returns nil when by may read now what was found for r: whoever may have the
// archive of this result.
func (r Request) MayBeRead(by Principal) error {
	switch {
	case r.Screens():
		return Errorf(Conflict, "no_archive", "the request screens only (mode screen): no messages were collected, and there is nothing to read; submit it with mode package")
	case r.Status == Ready, r.Status == Review && by.May(DownloadReview):
		return nil
	case r.Status == Review:
		return Errorf(Conflict, "not_ready", "the result is in review; an approver may read it, others once it is approved")
	}
	return Errorf(Conflict, "not_ready", "a request that is %s cannot be read; it must be in review or ready", r.Status)
}

// UnknownConversation is the error about a conversation that was not found for a request.
func UnknownConversation(field string) *Error {
	e := Errorf(NotFound, "not_found", "no such conversation was found for this request; GET …/conversations lists those that were")
	e.Field = field
	return e
}

// Names are the ids that say which record it is. They are its place, and stay where
// something of it is withheld.
func (r Record) Names() (names []string) {
	for _, name := range []string{r.ID, r.ConversationID} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// nameless begins the name of a record that has no id.
const nameless = "without-id-"

// Nameless reports whether a name was made from a record's content.
func Nameless(name string) bool { return strings.HasPrefix(name, nameless) }

// Name is what a record is called: its id or, where it has none, after its content.
func (r Record) Name() string {
	if r.ID != "" {
		return r.ID
	}
	sum := sha256.Sum256(r.Raw)
	return nameless + hex.EncodeToString(sum[:16])
}
