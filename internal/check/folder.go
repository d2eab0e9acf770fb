package check

import (
	"context"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Folder is a source that is a folder of files.
type Folder interface {
	// List returns the files to read, and what is not read although it may hold records.
	List() (export.Listing, error)
	// First returns the first records of a kind.
	First(ctx context.Context, kind dsr.Endpoint) (export.First, error)
	// HoldsMessages reports whether messages stand in their conversations.
	HoldsMessages() bool
}

// Files says whether a search would find files to read, all of them readable, and whether it
// would understand their records; if not it proposes fields by which it would. The error is
// ctx's.
func Files(ctx context.Context, d Folder) (found []dsr.Finding, err error) {
	l, err := d.List()
	if err != nil {
		return []dsr.Finding{asItSays("folder", err.Error(), "check path, and that this account may read it")}, nil
	}
	found = append(found, files(d, l))
	for _, r := range l.Refused {
		found = append(found, asItSays("file", r.Detail, "take it out of the folder, or put it there in a form that can be read"))
	}
	understood, err := understanding(ctx, d)
	return append(found, understood...), err
}

// files says which files there are.
func files(d Folder, l export.Listing) dsr.Finding {
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
	if conversations == 0 || messages == 0 && !d.HoldsMessages() {
		advice.Text = "a dump holds conversations*.ndjson and messages*.ndjson, or the vendor's pages as *.json, each plain, .gz or .zst"
	}
	return dsr.NewFinding("data", advice.Text == "", dsr.Saying{
		Text: "files in the folder: %d of conversations, %d of messages; %d bytes in all", Args: []any{conversations, messages, size},
	}, advice)
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
