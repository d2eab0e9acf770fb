package check

import (
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Folder is a source that is a folder of files.
type Folder interface {
	// List returns the files to read, and what is not read although it may hold records.
	List() (export.Listing, error)
}

// Files says whether a search would find files to read, and all of them readable.
func Files(d Folder) (found []dsr.Finding) {
	l, err := d.List()
	if err != nil {
		return []dsr.Finding{{Name: "folder", Text: err.Error(), Advice: "check path, and that this account may read it"}}
	}
	var size int64
	conversations, messages := 0, 0
	for _, f := range l.Files {
		size += f.File.Size
		if f.Endpoint == dsr.Conversations {
			conversations++
		} else {
			messages++
		}
	}
	found = append(found, dsr.Finding{
		Name: "data", OK: conversations > 0 && messages > 0,
		Text: fmt.Sprintf("the folder has %d files of conversations and %d of messages, %d bytes in all", conversations, messages, size),
	})
	if !found[0].OK {
		found[0].Advice = "a dump holds conversations*.ndjson and messages*.ndjson, or the vendor's pages as *.json, each plain, .gz or .zst"
	}
	for _, r := range l.Refused {
		found = append(found, dsr.Finding{Name: "file", Text: r.Detail, Advice: "take it out of the folder, or put it there in a form that can be read"})
	}
	return found
}
