package dsr

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// WithholdReason is why something that was found is not handed out (Art. 15(4) GDPR).
type WithholdReason string

const (
	OtherPerson    WithholdReason = "other_person"    // it is about somebody else
	WrongPerson    WithholdReason = "wrong_person"    // it is not about who asks at all
	Secret         WithholdReason = "secret"          // a trade secret
	Credentials    WithholdReason = "credentials"     // what opens something
	LegalPrivilege WithholdReason = "legal_privilege" // between a lawyer and their client
	OtherReason    WithholdReason = "other"
)

// WithholdReasons are all of them.
var WithholdReasons = []WithholdReason{OtherPerson, WrongPerson, Secret, Credentials, LegalPrivilege, OtherReason}

// WithheldKind says how much of a conversation is withheld.
type WithheldKind string

const (
	WithheldConversation WithheldKind = "conversation"
	WithheldMessage      WithheldKind = "message"
	WithheldPassage      WithheldKind = "passage"
)

// Place is what of a find is withheld: a conversation; with Message that message; with Text
// each occurrence of that passage in the message or, without one, in the conversation's own
// record. Ids are those of Record.Name.
type Place struct {
	Source       string `json:"source"`
	Conversation string `json:"conversation"`
	Message      string `json:"message,omitempty"`
	Text         string `json:"text,omitempty"`
}

// Kind is how much of a conversation the place is.
func (p Place) Kind() WithheldKind {
	switch {
	case p.Text != "":
		return WithheldPassage
	case p.Message != "":
		return WithheldMessage
	}
	return WithheldConversation
}

// Withheld is something that archives leave out. What was found stays as it is.
type Withheld struct {
	ID string // "w1", unique within its request
	Place
	Reason WithholdReason
	Note   string // for staff; sealed
	At     time.Time
	By     string // principal, as in Principal.ID
}

// WithheldCount is how much archives leave out. What lies within something else that is left
// out does not count.
type WithheldCount struct {
	Conversations int64 `json:"conversations"`
	Messages      int64 `json:"messages"`
	Passages      int64 `json:"passages"`
}

// Add counts one more.
func (n *WithheldCount) Add(kind WithheldKind) {
	switch kind {
	case WithheldConversation:
		n.Conversations++
	case WithheldMessage:
		n.Messages++
	case WithheldPassage:
		n.Passages++
	}
}

// WithheldMark begins what an archive has in the place of a record that is withheld.
const WithheldMark = `{"withheld":true,`

// Withholding is what somebody wants to be withheld, for one reason.
type Withholding struct {
	Items  []Place
	Reason WithholdReason
	Note   string
}

// Bounds of what is withheld.
const (
	MaxWithheldAtOnce  = 1000
	MaxWithheld        = 10000 // of one request
	MaxWithheldPassage = 10000 // bytes
)

// Check returns an *Error about what no find could have.
func (w Withholding) Check() error {
	switch {
	case len(w.Items) == 0:
		return FieldErrorf("items", "is missing or empty; name what is to be withheld")
	case len(w.Items) > MaxWithheldAtOnce:
		return TooLong("items", MaxWithheldAtOnce, "items")
	case !slices.Contains(WithholdReasons, w.Reason):
		return FieldErrorf("reason", "must be one of: %s", withholdReasonNames())
	case utf8.RuneCountInString(w.Note) > MaxNoteRunes:
		return TooLong("note", MaxNoteRunes, "characters")
	}
	for i, p := range w.Items {
		if err := p.check(fmt.Sprintf("items[%d].", i)); err != nil {
			return err
		}
	}
	return nil
}

func (p Place) check(item string) error {
	switch {
	case p.Source == "":
		return FieldErrorf(item+"source", "is missing; name the source that the conversation is of")
	case p.Conversation == "":
		return FieldErrorf(item+"conversation", "is missing; name the conversation, as GET …/conversations does")
	case len(p.Text) > MaxWithheldPassage:
		return TooLong(item+"text", MaxWithheldPassage, "bytes")
	case p.Text != "" && strings.TrimSpace(p.Text) == "":
		return FieldErrorf(item+"text", "is white space; give the passage, or leave it out to withhold all of the message")
	}
	return nil
}

func withholdReasonNames() string {
	names := make([]string, len(WithholdReasons))
	for i, r := range WithholdReasons {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// MayWithhold returns nil when what is withheld of r may change: until the person has the
// answer.
func (r Request) MayWithhold() error {
	switch {
	case !r.AnsweredAt.IsZero():
		return Errorf(Conflict, "already_answered", "the request has been answered, so what is withheld stays; take the answer back first (POST …/reopen)")
	case r.Screens():
		return Errorf(Conflict, "no_archive", "the request screens only (mode screen), so there is nothing to withhold; submit it with mode package")
	case r.Status != Review && r.Status != Ready:
		return Errorf(Conflict, "wrong_status", "a request that is %s has nothing to withhold; it must be in review or ready", r.Status)
	}
	return nil
}

// AlreadyWithheld is the error about an item that is withheld as it stands.
func AlreadyWithheld(item int, id string) *Error {
	e := Errorf(Conflict, "already_withheld", "this is withheld already, as %s; undo that first (DELETE …/withheld/%s) to withhold it for another reason", id, id)
	e.Field = fmt.Sprintf("items[%d]", item)
	return e
}
