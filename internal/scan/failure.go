package scan

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

const (
	// snoozeAfter is how many failures in a row of one source send it to sleep, for
	// snoozeFirst, doubling to snoozeMost.
	snoozeAfter = 10
	snoozeFirst = time.Minute
	snoozeMost  = 15 * time.Minute
	// holdMost is the longest Retry-After that is waited for in place; beyond it the
	// source sleeps, which the request shows.
	holdMost = 30 * time.Second
	// parseTries is how often a page must fail to parse before less is asked for.
	parseTries = 3
	// isolating is how many unparsable answers in a row are still a search for the record
	// that spoils them: three for each halving of an interval of a hundred years to a second
	// and of a page of a thousand to one.
	isolating = parseTries * (32 + 10)
	// cursorTries is how often a chain of a second begins again after its cursor was refused.
	cursorTries = 5
	// driftTries is how often a chain is read again whose list moved.
	driftTries = 2
)

// What a chain of pages may show, beside a call that fails.
const (
	// Stuck: its pages go in circles.
	Stuck export.Failure = "stuck"
	// FalseEnd: there are records after an end that was not confirmed.
	FalseEnd export.Failure = "false_end"
	// ListMoved: the list changed while its pages were read.
	ListMoved export.Failure = "list_moved"
	// TotalDiffers: its records are not as many as the vendor counts.
	TotalDiffers export.Failure = "total_differs"
	// WindowIgnored: records lie outside the interval that was asked for.
	WindowIgnored export.Failure = "window_ignored"
)

// Failure is why a batch did not come, or why a chain cannot be believed.
type Failure struct {
	Kind       export.Failure
	Status     int           // 0 when there was no answer
	RetryAfter time.Duration // as the vendor asked
	Detail     string        // without data
	Outside    int           // of WindowIgnored: records
}

// lastAnswer says of an answer that was no page, for all that its status was good, what it
// lacked, for the end of a reason. It is empty where there was none.
func (f Failure) lastAnswer() string {
	if f.Status != http.StatusOK || f.Detail == "" {
		return ""
	}
	return "; it answers, but " + f.Detail
}

// History is what has gone before a failure.
type History struct {
	Tries          int // failures of the present batch in a row, this one included
	Unparsed       int // of these, answers that did not parse
	InARow         int // failures of the source, this one included, but for those:
	UnparsedInARow int // answers of the source that did not parse
	Snoozes        int // of the source, without a good page between
	Asleep         bool
	Rows           int   // records that the unit's reader has seen
	Middle         int64 // where most of the unit's records are; 0 if none has a time
	PageSize       int   // the source's
	PageMin        int   // the source's, 1 at least
	Whole          bool  // less than all cannot be asked for
	GiveUpAfter    time.Duration
	Failing        time.Duration // since when the unit has had no good page; 0 where that is not noted
	// Guide says that the unit is a question of a short cut, so that nobody knows yet whether
	// the source has the conversation at all.
	Guide bool
}

// divides reports whether a unit that is wider than the least can be read in two pieces.
func (h History) divides(u dsr.Unit, least time.Duration) bool { return !h.Whole && u.Width() > least }

// What may be done about a failure, from mild to severe.
const (
	Retry       = "retry"        // the same batch, after Wait or longer
	Snooze      = "snooze"       // leave the source alone for Wait
	Reschedule  = "reschedule"   // another reader has seen to it
	Postpone    = "postpone"     // the unit, behind others of its kind
	Restart     = "restart"      // the chain begins again, with PerPage
	Split       = "split"        // the interval is read in two pieces, cut at At
	GiveUp      = "give up"      // the unit, for the reason Why
	DropGuide   = "drop guide"   // a question of a short cut; what is none any more: IfNoGuide
	EndSearches = "end searches" // the source, for those who need the unit
	EndSource   = "end source"   // for all who wait for it
)

// Action is what is done about a failure.
type Action struct {
	Do        string
	IfNoGuide string // done in the place of DropGuide where the unit is none any more
	Wait      time.Duration
	Cause     string // of a restart
	PerPage   int
	BacksOff  bool // a restart waits
	At        int64
	Refused   bool // intervals as wide as this are refused
	Why       dsr.Reason
	Probes    bool   // a unit that is given up: whether the key still opens the list
	Whole     bool   // a unit that is given up: with all pieces of the same question
	Counts    string // what is counted among the retries
}

// Decide says what a failure of a unit means: try again, leave the source alone, begin
// again, ask for less, give the unit up with a reason, end the source. It changes nothing.
func Decide(u dsr.Unit, f Failure, h History) Action {
	if refusesConversation(u, f) {
		return giveUpRefused(f, h)
	}
	if a := leaveUnanswered(u, f, h); a.Do != "" {
		return a
	}
	switch f.Kind {
	case export.Transient, export.Throttled:
		return retryOrSnooze(f, h)
	case export.KeyRefused:
		return Action{Do: EndSource, Why: dsr.Reason{
			Code: dsr.ReasonKeyRefused, Detail: fmt.Sprintf("the vendor refused the key with status %d", f.Status),
		}}
	case export.Refused:
		return endRefused(f, h)
	case export.CursorRefused:
		return restartChain(u, f, h)
	case export.TooWide:
		return splitInterval(u, f, h)
	case export.Unparsable:
		if h.Unparsed >= parseTries {
			return askForLess(u, f, h)
		}
	case export.Damaged, export.Changed:
		return Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonUnreadable, Detail: f.Detail}}
	case Stuck:
		return breakCircle(u)
	case FalseEnd:
		return splitAtFalseEnd(u, h)
	case ListMoved:
		return rereadMovedList(u, h, dsr.ReasonPageDrift, "the vendor's list from %s changed each time it was read, so that a record may be missing")
	case TotalDiffers:
		return rereadMovedList(u, h, dsr.ReasonTotalDiffers, "the vendor's list from %s had not as many records as the vendor counts in it, each time it was read")
	case WindowIgnored:
		return Action{Do: EndSearches, Why: dsr.Reason{Code: dsr.ReasonWindowIgnored, Detail: fmt.Sprintf(
			"%d records of a page lie outside %s, which was asked for: the vendor ignored it, and what it left out is not known", f.Outside, span(u))}}
	}
	return retryOrSnooze(f, h)
}

// refusesConversation reports whether the vendor refuses the messages of one conversation, which
// says nothing about another's. It may also be the key that is refused: the list of
// conversations is asked for once to tell.
func refusesConversation(u dsr.Unit, f Failure) bool {
	if u.Query.Kind != dsr.ByConversation || f.Kind != export.Refused && f.Kind != export.KeyRefused {
		return false
	}
	return f.Status >= 400 && f.Status < 500 // a redirect is about the vendor's address
}

// giveUpRefused gives up the messages of one conversation. Which it is is for staff alone.
func giveUpRefused(f Failure, h History) Action {
	return dropIfGuide(h, Action{Do: GiveUp, Probes: f.Kind == export.KeyRefused, Why: dsr.Reason{
		Code: dsr.ReasonMessagesRefused, Detail: fmt.Sprintf("the vendor refused the messages of a conversation that was found, with status %d", f.Status),
	}})
}

// dropIfGuide drops a guide of a short cut instead: the list tells whether the source has the
// conversation at all.
func dropIfGuide(h History, a Action) Action {
	if h.Guide {
		a.Do, a.IfNoGuide = DropGuide, a.Do
	}
	return a
}

// leaveUnanswered leaves a question that fails and fails behind the others, so that they are
// answered, and gives it up when it has had no answer for as long as a source may be
// silent. Whether it is the source, the list of conversations is asked for once to tell.
func leaveUnanswered(u dsr.Unit, f Failure, h History) (a Action) {
	outage := f.Kind == export.Transient || f.Kind == export.TooWide && f.Status == http.StatusGatewayTimeout
	switch {
	case !u.Query.Asks() || !outage || h.Tries < parseTries:
		return a
	case h.Guide && h.Tries >= snoozeAfter: // the list may be there all the same
		return dropIfGuide(h, retryOrSnooze(f, h))
	case h.Failing >= h.GiveUpAfter:
		return Action{Do: GiveUp, Probes: true, Why: dsr.Reason{
			Code: dsr.ReasonMessagesRefused, Detail: fmt.Sprintf("the vendor gave no messages of a conversation that was found for %s (give_up_after)%s", h.GiveUpAfter, f.lastAnswer()),
		}}
	case h.Tries >= snoozeAfter && h.InARow < snoozeAfter:
		return Action{Do: Postpone}
	}
	return a
}

// endRefused ends the source, unless it is about a guide of a short cut.
func endRefused(f Failure, h History) Action {
	detail := fmt.Sprintf("the vendor refused the call with status %d", f.Status)
	if said, ok := strings.CutPrefix(f.Detail, http.StatusText(f.Status)); ok {
		detail += said // what the source knows the refusal to mean
	}
	return dropIfGuide(h, Action{Do: EndSearches, Why: dsr.Reason{Code: dsr.ReasonVendorRefused, Detail: detail}})
}

// retryOrSnooze waits before the next try; a source that fails and fails is left alone for longer,
// but never beyond the moment at which it would be given up.
func retryOrSnooze(f Failure, h History) Action {
	most, inARow := snoozeAfter, h.InARow
	if f.Kind == export.Unparsable {
		// The vendor answers; that may well be the way to the one record that is wrong.
		most, inARow = isolating, h.UnparsedInARow
	}
	switch {
	case f.RetryAfter > holdMost:
		return Action{Do: Snooze, Wait: min(f.RetryAfter, h.GiveUpAfter)}
	case inARow < most:
		return Action{Do: Retry, Wait: f.RetryAfter}
	case h.Asleep:
		return Action{Do: Reschedule}
	}
	return Action{Do: Snooze, Wait: min(snoozeFirst<<min(h.Snoozes, 10), snoozeMost, h.GiveUpAfter)}
}

// restartChain begins the chain again: found records are kept once, so nothing is
// doubled. A cursor that does not live as long as the chain gets shorter chains.
func restartChain(u dsr.Unit, f Failure, h History) Action {
	tried := u.Restarts["cursor"]
	switch {
	case tried > 0 && h.divides(u, time.Second):
		return Action{Do: Split, At: middle(u)}
	case tried >= cursorTries:
		return refusedHoweverLittle(u, f, h)
	}
	return Action{Do: Restart, Cause: "cursor", PerPage: u.PerPage, BacksOff: true}
}

// splitInterval splits the interval. A 504 may also be an outage, so it is tried again first,
// and once the interval is narrow it is one. What is too much of one conversation's messages
// says nothing about another's, and in the end it is that conversation that is refused.
func splitInterval(u dsr.Unit, f Failure, h History) Action {
	timeout := f.Status == http.StatusGatewayTimeout
	switch {
	case timeout && (h.Tries < parseTries || !h.divides(u, narrowest)):
		return retryOrSnooze(f, h)
	case h.divides(u, narrowest) && timeout:
		return Action{Do: Split, At: middle(u), Refused: !u.Query.Asks()}
	case h.divides(u, narrowest): // of an id that is not known, no piece is
		return dropIfGuide(h, Action{Do: Split, At: middle(u), Refused: !u.Query.Asks()})
	}
	return refusedHoweverLittle(u, f, h)
}

// refusedHoweverLittle is about the least that can be asked for. Of one conversation's
// messages the other pieces are not asked for then.
func refusedHoweverLittle(u dsr.Unit, f Failure, h History) Action {
	if u.Query.Kind != dsr.ByConversation {
		return endRefused(f, h)
	}
	a := giveUpRefused(f, h)
	a.Whole = true
	return a
}

// askForLess isolates what does not parse: at first a smaller page, in case the page
// is only too large; then half the interval, down to a second; then smaller pages again,
// down to one record. What still fails is named, and the rest is read.
// docs/completeness.md says why in this order.
func askForLess(u dsr.Unit, f Failure, h History) Action {
	least := max(h.PageMin, 1)
	switch wide := h.divides(u, time.Second); {
	case wide && u.PerPage == h.PageSize && u.Pages <= 2 && u.PerPage > least, !wide && u.PerPage > least:
		return Action{Do: Restart, Cause: "unparsable", PerPage: max(u.PerPage/2, least)}
	case wide:
		return Action{Do: Split, At: middle(u)}
	}
	what := "conversations"
	if u.Endpoint == dsr.Messages {
		what = "messages of a conversation"
	}
	return Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonUnreadable, Detail: fmt.Sprintf("%s from %s cannot be read: %s", what, span(u), f.Detail)}}
}

// breakCircle begins a chain that goes in circles again, once; then it is given up, because
// what lies beyond the circle was not seen.
func breakCircle(u dsr.Unit) Action {
	if u.Restarts["stuck"] == 0 {
		return Action{Do: Restart, Cause: "stuck", PerPage: u.PerPage, Counts: "stuck"}
	}
	return Action{Do: GiveUp, Counts: "stuck", Why: dsr.Reason{
		Code: dsr.ReasonStuckCursor, Detail: fmt.Sprintf("the pages from %s repeat themselves and have no end", span(u)),
	}}
}

// splitAtFalseEnd reads a chain again in two pieces whose end was not confirmed and, as records
// after it show, was none. Where most of the records are is where it is cut.
func splitAtFalseEnd(u dsr.Unit, h History) Action {
	if !h.divides(u, time.Second) {
		return Action{Do: GiveUp, Counts: "false_end", Why: dsr.Reason{
			Code: dsr.ReasonStuckCursor, Detail: fmt.Sprintf("the pages from %s end before all records have come", span(u)),
		}}
	}
	at := h.Middle
	if at <= u.Interval.Start || at >= u.Interval.End {
		at = middle(u)
	}
	return Action{Do: Split, At: at, Counts: "false_end"}
}

// rereadMovedList reads a chain again whose list changed while its pages were read; after that
// shorter ones, because a list on one page cannot change under its pages.
func rereadMovedList(u dsr.Unit, h History, code, detail string) Action {
	a := Action{Counts: code}
	switch {
	case u.Restarts[code] < driftTries:
		a.Do, a.Cause, a.PerPage = Restart, code, u.PerPage
	case h.Rows > u.PerPage && h.divides(u, time.Second):
		a.Do, a.At = Split, middle(u)
	default:
		a.Do, a.Why = GiveUp, dsr.Reason{Code: code, Detail: fmt.Sprintf(detail, span(u))}
	}
	return a
}

func middle(u dsr.Unit) int64 { return (u.Interval.Start + u.Interval.End) / 2 }

// span is a unit's interval in words.
func span(u dsr.Unit) string { return clock(u.Interval.Start) + " to " + clock(u.Interval.End) }

func clock(s int64) string { return time.Unix(s, 0).UTC().Format(time.RFC3339) }
