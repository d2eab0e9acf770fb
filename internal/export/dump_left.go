package export

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"dsr-server/internal/dsr"
)

// leftovers are what lies in a dump's folder and is not read: files that may hold records,
// and others.
type leftovers struct {
	records []string
	many    int // of records
	looked  int
	left    dsr.FilesLeft
	// patterned: the configuration says which files are read.
	patterned bool
}

const (
	// namedFiles is how many files are named one by one.
	namedFiles = 20
	// mostLooks bounds how many files and folders inside of a folder are looked at.
	mostLooks = 100_000
)

var (
	// recordsName is how a file is called that may hold records, packed or not.
	recordsName = regexp.MustCompile(`(?i)\.(ndjson|ldjson|jsonlines|jsonl|json)([._~ -].*|~)?$|\.(zip|tar|tgz|7z|rar)$|\.tar\.[a-z0-9]+$`)
	// besideName is how a file is called that goes with others: checksums, signatures, notes.
	besideName = regexp.MustCompile(`(?i)(\.(md5|sha1|sha224|sha256|sha384|sha512|sig|asc|sum|md|log)|sums?)$`)
	// desktopName are the files that desktops leave behind.
	desktopName = regexp.MustCompile(`^(\._.*|\.DS_Store|Thumbs\.db|desktop\.ini)$`)
)

// take takes in a file, or all files in a folder at any depth.
func (l *leftovers) take(folder fs.FS, name string, entry fs.DirEntry) {
	if info, err := fs.Stat(folder, name); entry.Type()&fs.ModeSymlink != 0 && err == nil && info.IsDir() {
		l.note(name + " (a link to a folder)")
		return
	}
	if !entry.IsDir() {
		l.file(name)
		return
	}
	if recordsName.MatchString(name) {
		l.note(name)
	}
	_ = fs.WalkDir(folder, name, func(at string, e fs.DirEntry, err error) error {
		if l.looked++; l.looked > mostLooks {
			l.note(name + " (a folder with too many files to look at)")
			return fs.SkipAll
		}
		switch {
		case err != nil:
			l.note(at + " (it cannot be looked into)")
			return fs.SkipDir
		case !e.IsDir():
			l.file(at)
		}
		return nil
	}) // what cannot be looked into has been noted
}

func (l *leftovers) file(name string) {
	base := path.Base(name)
	switch {
	case desktopName.MatchString(base):
	case !besideName.MatchString(base) && (recordsName.MatchString(base) || likeOurs(name)):
		l.note(name)
	case len(l.left.Names) < namedFiles:
		l.left.Names = append(l.left.Names, printableName(name))
	default:
		l.left.More++
	}
}

// likeOurs reports whether somebody who put the file there may have thought that it would
// be read.
func likeOurs(name string) bool {
	low := strings.ToLower(name)
	return strings.HasPrefix(low, "conversations") || strings.HasPrefix(low, "messages")
}

func (l *leftovers) note(name string) {
	if l.many++; l.many <= namedFiles {
		l.records = append(l.records, name)
	}
}

// whyLeft says what about a file is not as of one that is read. It is a fact for whoever reads
// the archive; what to do about it is the runbook's.
func (l *leftovers) whyLeft(name string) string {
	switch {
	case strings.HasSuffix(name, ")"):
		return "" // it says so itself
	case l.patterned:
		return ": no pattern of the source's files names it"
	case strings.Contains(name, "/"):
		return ": it lies in a folder of its own"
	case !likeOurs(name):
		return ": its name begins neither with conversations nor with messages"
	}
	return ": files of its ending are not read"
}

// reasons name the files that may hold records.
func (l *leftovers) reasons() (why []dsr.Reason) {
	for _, name := range l.records {
		why = append(why, dsr.Reason{Code: dsr.ReasonFilesIgnored, Detail: printableName(name) + ": may hold records and was not read" + l.whyLeft(name)})
	}
	if l.many > namedFiles {
		why = append(why, dsr.Reason{Code: dsr.ReasonFilesIgnored, Detail: fmt.Sprintf("%d files that may hold records were not read; the first %d are named", l.many, namedFiles)})
	}
	return why
}
