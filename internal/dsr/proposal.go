package dsr

// Proposal is a passage that may have to be withheld, as an item that can be: nobody has
// decided about it.
type Proposal struct {
	Place
	Kind string // what it holds, as finder.Kind
	Rule string // by what it was recognised, as finder.Rule
	Why  string // the same as a sentence without a subject, in the request's language
}

// ProposalPage is what is proposed of some of the conversations, in the archive's order.
type ProposalPage struct {
	Items []Proposal
	// AlsoHere are, on the first page, where else passages stand that are withheld.
	AlsoHere   []Place
	NextCursor string // empty on the last page
}
