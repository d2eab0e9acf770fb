package dsr

import (
	"strconv"
	"strings"
	"time"
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
	AssumesHorizon      = "horizon"         // %1 days
	AssumesByNumber     = "by_number"       //
	AssumesLostPaths    = "lost_paths"      // %1 keys and paths
	AssumesNoMessages   = "no_messages"     // %1 number of conversations
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
	AssumesUniqueIDs:    "conversation IDs are unique within the source: every conversation that was asked for was found, so no other period was searched",
	AssumesNoneBefore:   "nothing was recorded before %1 (the source's setting earliest)",
	AssumesWholeUpTo:    "the vendor's export is complete up to %1",
	AssumesStillListed:  "the vendor's export is complete up to %1, and conversations that went on after that were still listed under their earlier activity",
	AssumesMargin:       "no conversation is active for longer than %1 h; longest seen %2 h",
	AssumesHorizon:      "the vendor keeps conversations for %1 days: what is older is gone, and was not searched (the source's setting horizon)",
	AssumesByNumber:     "the vendor numbers the pages of its list and does not say how many records it has: that none was deleted while the list was read was supposed, because a deletion moves later records to pages that were read before",
	AssumesLostPaths:    "no record that was read has what the source's declaration names here: %1; either none has such a detail, or the vendor has changed the shape of its records",
	AssumesNoMessages:   "none of the conversations found (%1) has a message: the vendor was asked for the messages of each and gave none; either there are none, or the source's declaration asks for them in a way that the vendor does not understand",
	AssumesOpenEnd:      "the window has no end, or one in the future: it was searched up to as_of",
	AssumesLookedAt:     "only the IDs and metadata of conversations were searched: a conversation that names the person elsewhere, in another field or in its messages, is not found",
	AssumesUnreadActive: "%1 times in records could not be read; a conversation with such a time counts as active up to as_of",
	AssumesUnreadSaid:   "%1 times in records could not be read; an entry with such a time counts as said inside the window",
	AssumesUtterances:   "the vendor lists everything that users said with its time, in Unix %1 (the setting timetoken_unit); it was checked that each entry lay in the range asked for, and that there were as many as the vendor counts",
	AssumesOneSide:      "only what users said is exported: the answers of the bot and of live agents are missing, and it is not stated which conversation an entry belongs to (there is no agent_token_file)",
	AssumesWeak:         "weak match: %1 records matched on a first name alone, which many people share; it is not proven that they are the person's",
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

// Said is the assumption in words of a language, its times as moment writes them. What has no
// words there is said in English.
func (a Assumption) Said(words map[string]string, moment func(time.Time) string) string {
	text, known := words[a.Code]
	if !known {
		return a.String()
	}
	said := Assumption{Code: a.Code}
	for _, arg := range a.Args {
		if at, err := time.Parse(time.RFC3339, arg); err == nil {
			arg = moment(at)
		}
		said.Args = append(said.Args, arg)
	}
	return said.Fill(text)
}

// MarshalText is String.
func (a Assumption) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText takes a sentence, of which no code is known.
func (a *Assumption) UnmarshalText(text []byte) error {
	*a = Assumption{Args: []string{string(text)}}
	return nil
}
