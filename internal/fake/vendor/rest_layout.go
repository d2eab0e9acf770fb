package vendor

import "time"

// Further endpoints of [Rest], beside [Conversations] and [Messages].
const (
	Detail = "detail" // one conversation with what was said in it
	Token  = "token"  // access tokens for a client's secret
)

// Layout says where things are in a vendor's export, as its documentation has it: how it is
// called, what its answers and records look like, and in [Layout.Choices] what it leaves open.
type Layout struct {
	name     string
	auth     Auth
	headers  []string // names that every call must have
	calls    int      // per
	per      time.Duration
	overHost bool // all endpoints are counted together
	lists    []restList
	choices  RestChoices
	write    func(t talk, n int) RestRecord
}

// Name is the name of the vendor's declaration.
func (l Layout) Name() string { return l.name }

// Auth is how the vendor wants to be shown its key.
func (l Layout) Auth() Auth { return l.auth }

// Choices are what the vendor documents, and the likeliest reading of what it leaves open.
func (l Layout) Choices() RestChoices { return l.choices }

// Limit is the documented limit, or what the layout takes for one: calls per time.
func (l Layout) Limit() (calls int, per time.Duration, overHost bool) {
	return l.calls, l.per, l.overHost
}

// PagesByCursor is true where a cursor, or a link that holds one, leads to the next page.
func (l Layout) PagesByCursor() bool {
	n := l.lists[0].next
	return !n.numbered() && n.Kind != ByKeyset
}

// LargestPage is the documented maximum of records in a page of conversations.
func (l Layout) LargestPage() int { return l.lists[0].largest }

// Auth is one way to show a key: a header, a parameter, basic authentication, or an access
// token that is given for a client's secret.
type Auth struct {
	Header, Prefix string
	Query          string
	User           string // of basic authentication
	TokenPath      string // of client credentials
	ClientID       string
	Scope          string
}

// restList is one endpoint of a layout.
type restList struct {
	endpoint string
	method   string
	path     string   // * is one segment: a conversation's id
	knows    []string // names of the query's parameters
	ask      func(a *asked)

	records string // path of the list in the answer; ".": the answer is the list; of Detail: of the record
	around  []placed
	next    Next
	total   string // path of the number of all records; empty: not told

	smallest, usual, largest int // of a page
}

// Next says how a list goes on behind a page.
type Next struct {
	Kind NextKind
	To   string // query.NAME or body.PATH: where a call has the cursor or the number
	From string // path in the answer
	// Gone is what is null or absent behind the last page, if it is not From itself.
	Gone string
	// Member, if set, is the path of a flag that says whether there is more; the cursor is
	// then always there.
	Member string
}

// NextKind is one way to page.
type NextKind int

// Ways to page.
const (
	ByCursor NextKind = iota
	ByLink
	ByLinkHeader
	ByOffset
	ByPage
	ByKeyset // the client asks again from the last record's time on
)

// numbered is true for pages that are cut by number from a list that lives.
func (n Next) numbered() bool { return n.Kind == ByOffset || n.Kind == ByPage }
