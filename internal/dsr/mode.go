package dsr

// Mode is what a request asks for.
type Mode string

const (
	// ModePackage: everything that is found, in an archive.
	ModePackage Mode = "package"
	// ModeScreen: how many conversations each source holds. No messages are asked for, and
	// there is no archive.
	ModeScreen Mode = "screen"
)

// Modes are all of them.
var Modes = []Mode{ModePackage, ModeScreen}

// Screens reports whether the request asks only how much is held.
func (r Request) Screens() bool { return r.Mode == ModeScreen }

// Screened is what a screening has found so far.
type Screened struct {
	Request   string // its id
	Reference string
	Status    Status
	Sources   map[string]ScreenedSource // those asked for, by name; none of a purged request
}

// ScreenedSource is what one source holds: nil, and not complete, while that is not known.
type ScreenedSource struct {
	Conversations *int64
	Complete      *bool // whether all that was asked for was searched
}
