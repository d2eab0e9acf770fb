package declared

import (
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Declaration says where things are in a vendor's export. Read returns one that has been
// checked.
type Declaration struct {
	Identity
	Defaults Defaults // of the source's common settings
	Auth     Auth
	Headers  map[string]string
	// PerHost says that the vendor counts all calls together, whichever endpoint they are to.
	PerHost bool
	SizeMin int           // the smallest page that may be asked for
	Horizon time.Duration // the vendor keeps no longer; 0: that is not known

	Conversations Call
	Messages      Call // its Path is empty where messages stand in the conversation's record
	// Detail is set where Messages brings one conversation's whole record, with its messages
	// at Fields.Within.
	Detail bool
	Fields Fields
}

// Identity is what a coverage says of the declaration that was used.
type Identity struct {
	Name    string // of the shipped one; empty: none
	Version int    // of the shipped one
	// SHA256 is of the declaration as it was used, in canonical JSON, without base_url, auth
	// and the defaults of common settings: the same as the shipped one's where none of its
	// keys was overridden.
	SHA256 string
}

// Defaults are common settings of a source for which a declaration has a value; zero: none.
type Defaults struct {
	BaseURL      string
	Rate         dsr.Rate
	PageSize     int // the largest that the vendor gives
	IngestLag    time.Duration
	WindowMargin time.Duration
}

// Call is how one endpoint is asked.
type Call struct {
	Post    bool
	Path    Template
	Query   []Param
	Body    *Body // of a post; nil: none
	Records record.Path
	Next    Next
	End     End
	Total   record.Path // where a page counts all records of its list; nil: nowhere
	OK      *Is         // what a page says when all is well; nil: nothing is declared
	Window  Window
}

// Param is a parameter of a query.
type Param struct {
	Name  string
	Value Template
}

// Is is a member that has a certain value.
type Is struct {
	Member record.Path
	Value  string
}

// NextKind is how the next page is asked for.
type NextKind string

const (
	ByCursor     NextKind = "cursor"      // a text of the page, sent back
	ByLink       NextKind = "link"        // an address in the page
	ByLinkHeader NextKind = "link_header" // an address in the header Link
	ByOffset     NextKind = "offset"      // how many records have come
	ByPage       NextKind = "page"        // the page's number
	ByKeyset     NextKind = "keyset"      // from the last record's time on
)

// Next is how the next page is asked for.
type Next struct {
	Kind  NextKind
	Path  record.Path // of cursor, link, keyset
	Rel   string      // of link_header
	First int         // of page: the number of the first one
	// Query or Body is where a cursor, offset or number goes. Neither: where a placeholder
	// has it.
	Query string
	Body  record.Path
}

// End is what the last page of a list looks like.
type End struct {
	Kind EndKind
	Is   Is // of EndMember
}

// EndKind is by what the last page is known.
type EndKind string

const (
	EndNull   EndKind = "null"       // the next page's place is null
	EndAbsent EndKind = "absent"     // it is null, absent or empty
	EndEmpty  EndKind = "empty_page" // a page without a record
	EndMember EndKind = "member"     // a member says so
)

// Window is which records a call for an interval brings.
type Window struct {
	By   dsr.WindowField // of conversations
	Span time.Duration   // the widest that may be asked for; 0: any
	Step time.Duration   // ask for multiples of it only; 0: any
	Ends Ends
}

// Ends says whether records at the ends of an interval are in.
type Ends string

const (
	Inclusive Ends = "inclusive" // both
	Half      Ends = "half"      // the start is in, the end is not
	Exclusive Ends = "exclusive" // neither
	Unknown   Ends = "unknown"
)

// AuthKind is how a call shows that it may be made.
type AuthKind string

const (
	Header            AuthKind = "header"
	Query             AuthKind = "query"
	Basic             AuthKind = "basic"
	ClientCredentials AuthKind = "client_credentials"
)

// Auth is what a call shows to be let in. The secret itself is in a file.
type Auth struct {
	Kind   AuthKind // empty: none
	Name   string   // of the header or parameter; the user of basic; the id of client credentials
	Prefix string   // of the header's value
	URL    string   // of client credentials: where tokens are had
	Scope  string   // of client credentials; empty: none
	File   string   // holds the secret
	line   int
}
