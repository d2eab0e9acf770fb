package dsr

import "time"

// ArchiveFile is what the database says of one file in the archive folder.
type ArchiveFile struct {
	Finished bool // it is, or was, a request's archive
	InForce  bool // it is a request's archive, or goes into it
	UnderWay bool // it may be being written
}

// ArchiveFiles are the files in the archive folder that the database has on record.
// Whatever else lies there belongs to somebody else.
type ArchiveFiles struct {
	States map[string]ArchiveFile // by name, without what the folder adds to it
	Since  time.Time              // of the first request; zero: there has never been one
}
