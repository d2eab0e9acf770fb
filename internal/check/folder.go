package check

import (
	"time"

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
		return []dsr.Finding{asItSays("folder", err.Error(), "check path, and that this account may read it")}
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
	advice := dsr.Saying{}
	if conversations == 0 || messages == 0 {
		advice.Text = "a dump holds conversations*.ndjson and messages*.ndjson, or the vendor's pages as *.json, each plain, .gz or .zst"
	}
	found = append(found, dsr.NewFinding("data", advice.Text == "", dsr.Saying{
		Text: "files in the folder: %d of conversations, %d of messages; %d bytes in all", Args: []any{conversations, messages, size},
	}, advice))
	for _, r := range l.Refused {
		found = append(found, asItSays("file", r.Detail, "take it out of the folder, or put it there in a form that can be read"))
	}
	return found
}

// asItSays is a finding about what a file or its system says itself.
func asItSays(name, text string, advice dsr.FindingText) dsr.Finding {
	return dsr.Finding{Name: name, Text: text, Advice: string(advice), Advised: dsr.Saying{Text: advice}}
}

// TookTooLong is the finding that a test was given up.
func TookTooLong(limit time.Duration) dsr.Finding {
	return dsr.NewFinding("time", false, dsr.Saying{Text: "the test did not end within %s", Args: []any{limit}},
		dsr.Saying{Text: "see whether the vendor answers, and how fast; dsr-server check has no limit"})
}
