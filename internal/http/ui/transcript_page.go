package ui

// transcriptPage is one conversation as its archive will show it, page by page. It is one of
// our pages, not a frame with the archive's own: texts are escaped as everywhere, the policy
// of the pages lets no script or style of a record in, and what is withheld can be marked and
// undone where it stands.
type transcriptPage struct {
	aboutRequest
	Source, Conversation string
	Path                 string // of this page without its query
	Start                instant
	Before, After        string // the conversations before and after it
	Details              []textView
	Messages             []saidView
	Find                 field
	Hits                 string   // how often the text stands on this page; empty while none is looked for
	Next, Previous       string   // the pages of this conversation, as queries
	Look                 []hidden // this page, as a form carries it along
	Whole                *withheldView
	Parts                []withheldView // passages of its own record
	May                  bool           // withhold
	Reason               choices
	Passage              field
}

func (transcriptPage) template() string { return "transcript" }

// textView is a text of the record, and where it stands.
type textView struct{ Path, Text string }

// saidView is what one side says in a message.
type saidView struct {
	N             int // people count from one
	Pick          string
	Sender, Class string
	Time          instant
	Action        string
	Texts         [][]segment
	Options       []string
	Form, Further []textView
	Files         []string
	Whole         *withheldView  // all of it is withheld
	Parts         []withheldView // passages of it are
	Proposals     []proposalView
}

// withheldView is something that is left out.
type withheldView struct{ ID, Text, Reason string }

// proposalView is a passage that may have to be left out.
type proposalView struct{ Text, Why, Pick string }
