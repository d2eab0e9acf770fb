package dsr

import (
	"fmt"
	"slices"
	"time"
)

// DumpFile is one file of a dump, read once for every request in Requests. Name,
// Size, Modified and Inode are what it was when it was first looked at; a file that
// is another by its end is no proof of anything.
type DumpFile struct {
	ID       int64 // 0: not stored yet
	Source   string
	Kind     RecordKind // of its records
	Name     string     // in the dump's folder
	Size     int64      // in bytes, as the file lies there
	Modified time.Time
	Inode    uint64
	State    RangeState
	Requests []string

	Begun time.Time // when it was put in line
	At    int64     // how much of the text has been read: decompressed bytes
	Taken int64     // how much of the file that took
	Lines int64     // of the text read
	// Records counts those read, unreadable ones included.
	Records     int64
	Hash        []byte // SHA-256 so far, to go on with; empty where reading begins anew
	SHA256      []byte // of the whole file, once done
	First, Last time.Time
	Tally       Tally
	Faults      []Reason // why the file does not count as read whole: the first of them
	Unread      int64    // records that could not be read
}

// SameAs reports whether both are the same file in the same state.
func (f DumpFile) SameAs(g DumpFile) bool {
	return f.Kind == g.Kind && f.Name == g.Name && f.Size == g.Size && f.Inode == g.Inode && f.Modified.Equal(g.Modified)
}

// Settled reports whether there is nothing more to read in the file.
func (f DumpFile) Settled() bool { return f.State == RangeDone || f.State == RangeFailed }

// MaxDumpFaults is how many faults of one file are told one by one.
const MaxDumpFaults = 20

// Reasons are the file's faults with one more for those that are not told.
func (f DumpFile) Reasons() []Reason {
	if f.Unread <= MaxDumpFaults {
		return f.Faults
	}
	return append(slices.Clip(f.Faults), Reason{
		Code: ReasonUnreadable, Detail: fmt.Sprintf("%s: %d records cannot be read in all; the first %d are named", f.Name, f.Unread, MaxDumpFaults),
	})
}

// DumpRead is a stretch of a file with everything that follows from it; it is
// committed whole. Tally is what it adds; all else of the file is as it stands after it.
type DumpRead struct {
	DumpFile
	Finds []Find
	Near  []NearFind
	// Untold counts, by request, near misses beyond those that are kept.
	Untold map[string]int64
	Own    map[string]Tally // by request: what nobody it shares the file with sees
}

// DumpPart is how far the search of a dump has come for one request.
type DumpPart struct {
	RequestID string
	Source    string
	OpenedAt  time.Time // of the part; one that was opened again is listed anew
	// Collecting: all conversations are read, and their messages are in line.
	Collecting bool
	Bytes      int64    // of all files, for the progress
	Refused    []Reason // what in the folder cannot be read at all
}
