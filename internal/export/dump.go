package export

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"syscall"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// Dump is a folder of exported files: conversations*.ndjson and messages*.ndjson with
// one record a line, or the vendor's pages as *.json under the same prefixes, each
// plain, .gz or .zst. It keeps true that nothing outside the folder is read, that
// what stands in it under these prefixes is read or named, and that a file that
// changes while it is being read is an error.
type Dump struct {
	path    string
	form    DumpForm
	names   dumpNames
	schema  match.Schema
	buffers chan []byte // as many as blocks may be searched at once, over all files
	budget  *Budget
}

// NewDump reads nothing yet.
func NewDump(path string) *Dump { return NewDumpOf(path, DumpForm{}) }

// NewDumpOf is NewDump of other records or names. The form has been checked.
func NewDumpOf(path string, form DumpForm) *Dump {
	d := &Dump{path: path, form: form, names: namesOf(form), schema: schemaOfDump(form), budget: NewBudget(DefaultMemory), buffers: make(chan []byte, runtime.GOMAXPROCS(0)+1)}
	for range cap(d.buffers) {
		d.buffers <- nil // made when needed
	}
	return d
}

// Within makes the dump share a budget with others. It returns d, which nobody may have
// used before.
func (d *Dump) Within(b *Budget) *Dump {
	d.budget = b
	return d
}

// Listing is what lies in a dump's folder.
type Listing struct {
	Files   []dsr.Unit   // to be read, in the order of their names
	Refused []dsr.Reason // in words: what may hold records and is not read
	Others  dsr.FilesLeft
}

// List looks at what lies in the folder. The error says why it cannot be looked at.
func (d *Dump) List() (l Listing, err error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return l, fmt.Errorf("the folder cannot be opened: %w", withoutPath(err))
	}
	defer func() { _ = root.Close() }()
	others := leftovers{patterned: d.names.deep}
	if err := d.listFolder(root, ".", &l, &others); err != nil {
		return l, fmt.Errorf("the folder cannot be listed: %w", withoutPath(err))
	}
	slices.SortFunc(l.Files, func(a, b dsr.Unit) int { return cmp.Compare(a.File.Name, b.File.Name) })
	l.Refused, l.Others = append(l.Refused, others.reasons()...), others.left
	return l, nil
}

// listFolder takes in what lies in a folder, and in those inside of it where patterns may name
// files there.
func (d *Dump) listFolder(root *os.Root, folder string, l *Listing, others *leftovers) error {
	entries, err := fs.ReadDir(root.FS(), folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		kind, both := d.names.kindOf(name)
		switch {
		case entry.IsDir() && d.names.deep:
			if err := d.listFolder(root, name, l, others); err != nil {
				others.note(name + " (it cannot be looked into)")
			}
		case entry.IsDir() || kind == "":
			others.take(root.FS(), name, entry)
		case both:
			l.Refused = append(l.Refused, unreadable(name, errors.New("is named by the patterns of conversations and by those of messages")))
		default:
			l.take(root, name, kind)
		}
	}
	return nil
}

// take takes in a file that is to be read.
func (l *Listing) take(root *os.Root, name string, kind dsr.Endpoint) {
	file, err := inspect(root, name)
	if err != nil {
		l.Refused = append(l.Refused, unreadable(name, err))
		return
	}
	l.Files = append(l.Files, dsr.Unit{Kind: dsr.File, Endpoint: kind, State: dsr.UnitWaiting, File: file})
}

// inspect says what a file is at this moment.
func inspect(root *os.Root, name string) (f dsr.FileInfo, err error) {
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return f, linkError(root, name, err)
	case !info.Mode().IsRegular():
		return f, errors.New("is not a regular file")
	}
	return identify(name, info), nil
}

func linkError(root *os.Root, name string, err error) error {
	info, failed := root.Lstat(name)
	if failed == nil && info.Mode()&fs.ModeSymlink != 0 && !errors.Is(err, fs.ErrPermission) {
		return errors.New("is a link out of the folder, or to nothing; links out of a dump are refused")
	}
	return withoutPath(err)
}

func identify(name string, info fs.FileInfo) dsr.FileInfo {
	f := dsr.FileInfo{Name: name, Size: info.Size(), Modified: info.ModTime().UTC()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		f.Inode = s.Ino
	}
	return f
}

// unreadable is the reason for which a file does not count as read.
func unreadable(name string, err error) dsr.Reason {
	return dsr.Reason{Code: dsr.ReasonUnreadable, Detail: fmt.Sprintf("%s: %v", printableName(name), err)}
}

// printableName keeps control characters of a file's name out of texts.
func printableName(name string) string {
	quoted := fmt.Sprintf("%q", name)
	if quoted == `"`+name+`"` {
		return name
	}
	return quoted
}

// withoutPath keeps the cause and drops the path, which is nobody else's business.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
