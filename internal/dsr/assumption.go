package dsr

import (
	"strconv"
	"strings"
)

// Assumption is something that the completeness of a search rests on. Its text is an
// English sentence, which is all that JSON has of it; an archive says it by its code, in the
// words of its language.
type Assumption struct {
	Code string
	Args []string // a time is written as RFC 3339
}

// Codes of assumptions.
const (
	AssumesUniqueIDs    = "unique_ids"
	AssumesNoneBefore   = "none_before"     // %1 earliest
	AssumesWholeUpTo    = "whole_up_to"     // %1 as_of
	AssumesStillListed  = "still_listed"    // %1 as_of
	AssumesMargin       = "margin"          // %1 margin, %2 longest seen, in hours
	AssumesOpenEnd      = "open_end"        //
	AssumesLookedAt     = "looked_at"       //
	AssumesUnreadActive = "unread_active"   // %1 number of times
	AssumesUnreadSaid   = "unread_said"     // %1 number of times
	AssumesUtterances   = "utterances"      // %1 unit of time
	AssumesOneSide      = "one_side"        //
	AssumesWeak         = "weak"            // %1 number of records
	AssumesWholeFolder  = "whole_folder"    //
	AssumesFolderTo     = "whole_folder_to" // %1 newest record
	AssumesExported     = "exported_at"     // %1
	AssumesLeftAlone    = "left_alone"      // %1 names
	AssumesMoreAlone    = "more_left_alone" // %1 names, %2 how many more
)

// AssumptionWords are the sentences in English, by code.
var AssumptionWords = map[string]string{
	AssumesUniqueIDs:    "conversation ids are unique within the source: every conversation asked for was found, so no other part of the timeline was searched",
	AssumesNoneBefore:   "nothing was recorded before %1 (the source's setting earliest)",
	AssumesWholeUpTo:    "the vendor's export is complete up to %1",
	AssumesStillListed:  "the vendor's export is complete up to %1, and conversations active after it were still listed by their earlier activity",
	AssumesMargin:       "no conversation is active for longer than %1 h; longest seen %2 h",
	AssumesOpenEnd:      "the window has no end or one in the future: it was searched up to as_of",
	AssumesLookedAt:     "the person stands in a conversation's ID or metadata: a conversation in which they are named elsewhere alone, in another field or in its messages, is not found",
	AssumesUnreadActive: "%1 times in records could not be read; such a conversation counts as active up to as_of",
	AssumesUnreadSaid:   "%1 times in records could not be read; such a record counts as said inside the window",
	AssumesUtterances:   "the vendor lists each thing a user said with its time, in Unix %1 (the setting timetoken_unit); that every one lay in the range asked for was checked, and that their number was the vendor's own total",
	AssumesOneSide:      "only what users said is exported: what the bot or a live agent answered is missing, and so is which conversation an entry belongs to (there is no agent_token_file)",
	AssumesWeak:         "weak match: %1 records matched on a first name alone, which many people share; whether they are the person's was not proved",
	AssumesWholeFolder:  "the dump is complete: its files hold every conversation and message up to their newest record, and none was cut off between two records; what came later is not in them",
	AssumesFolderTo:     "the dump is complete: its files hold every conversation and message up to their newest record, which is of %1, and none was cut off between two records; what came later is not in them",
	AssumesExported:     "the files were exported at %1 (the source's setting exported_at)",
	AssumesLeftAlone:    "these files were not looked into, because nothing in their names says that they hold records: %1",
	AssumesMoreAlone:    "these files were not looked into, because nothing in their names says that they hold records: %1 and %2 more",
}

// Assume is the assumption of a code.
func Assume(code string, args ...string) Assumption { return Assumption{code, args} }

// Fill puts the arguments in place of %1, %2, … in words for the assumption.
func (a Assumption) Fill(words string) string {
	for i, arg := range a.Args {
		words = strings.ReplaceAll(words, "%"+strconv.Itoa(i+1), arg)
	}
	return words
}

// String is the assumption in English.
func (a Assumption) String() string {
	words, known := AssumptionWords[a.Code]
	if !known {
		return strings.Join(a.Args, " ") // as it was read
	}
	return a.Fill(words)
}

// MarshalText is String.
func (a Assumption) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText takes a sentence, of which no code is known.
func (a *Assumption) UnmarshalText(text []byte) error {
	*a = Assumption{Args: []string{string(text)}}
	return nil
}
