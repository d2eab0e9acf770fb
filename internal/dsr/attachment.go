package dsr

// Attachment is a file that messages of one source refer to, once for each address.
type Attachment struct {
	ID      int64  // of its row
	Source  string // where the messages are of
	Address string // as it stands in the message
	State   AttachmentState
	Reason  string // why it is missing
	Content AttachmentContent
}

// AttachmentContent is what is known of a file that was fetched.
type AttachmentContent struct {
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
	Extension string `json:"extension"` // by the content, of a fixed list; with its dot
	Type      string `json:"type"`      // by the content
	Declared  string `json:"declared"`  // what the server called it; never trusted
	Identity  string `json:"identity"`  // opens its file
	FileName  string `json:"-"`         // in the vault
}

// AttachmentState says how far a file has come.
type AttachmentState string

const (
	AttachmentWaiting AttachmentState = "waiting" // to be fetched
	AttachmentFetched AttachmentState = "fetched"
	AttachmentMissing AttachmentState = "missing" // not in the archive; Reason says why
)

// Why a file that a message refers to is not in the archive.
const (
	MissingNotAllowed     = "not_allowed"     // fetching is off, or this address is none that is fetched
	MissingHostNotListed  = "host_not_listed" // its host, or where it redirects to, is not in files.hosts
	MissingPrivateAddress = "private_address" // its host is a machine of an inner network
	MissingTooLarge       = "too_large"       // larger than files.max_size
	MissingRequestFull    = "request_full"    // the files of one request have reached their limit
	MissingRefused        = "refused"         // the server refused it
	MissingGone           = "gone"            // the server does not have it, or not any more
	MissingBroken         = "broken"          // it could not be had whole, however often it was tried
)

// MissingWithheld is counted by an archive for a file to which only something withheld refers.
const MissingWithheld = "withheld"

// MissingReasons are all of them but MissingWithheld: why a file could not be had.
var MissingReasons = []string{MissingNotAllowed, MissingHostNotListed, MissingPrivateAddress, MissingTooLarge, MissingRequestFull,
	MissingRefused, MissingGone, MissingBroken}

// FileCount is how many files the messages of a source refer to, and how many of them
// are in the archive. Referred is Fetched and all of Missing.
type FileCount struct {
	Referred int64            `json:"referred"`
	Fetched  int64            `json:"fetched"`
	Missing  map[string]int64 `json:"missing"` // by reason
}

// AttachmentCount is what is stored of a source's files. It is there once they have been
// counted.
type AttachmentCount struct {
	FileCount
	Paths   []string // where messages were taken to refer to files, beside what shows by itself
	Fetch   bool     // fetching was switched on
	Waiting int64    // are still to be fetched
}

// Failed is how many files were to be fetched and could not be had. A host that is not
// listed is a decision of the configuration, as is not fetching at all.
func (c AttachmentCount) Failed() (n int64) {
	if !c.Fetch {
		return 0
	}
	for reason, count := range c.Missing {
		if reason != MissingHostNotListed {
			n += count
		}
	}
	return n
}

// Plus is c with n more files in a state.
func (c AttachmentCount) Plus(s AttachmentState, reason string, n int64) AttachmentCount {
	switch s {
	case AttachmentWaiting:
		c.Waiting += n
	case AttachmentFetched:
		c.Fetched += n
	case AttachmentMissing:
		Count(&c.Missing, reason, n)
	}
	c.Referred += n
	return c
}
