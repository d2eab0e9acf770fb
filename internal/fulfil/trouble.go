package fulfil

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
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
	// that spoils them: three for each halving of a range of a hundred years to a second
	// and of a page of a thousand to one.
	isolating = parseTries * (32 + 10)
	// narrowest is the range that is not split further when the vendor refuses it.
	narrowest = time.Hour
	// cursorTries is how often a range of a second begins again after its cursor was refused.
	cursorTries = 5
)

// trouble decides what a failed call means. nil: the page is tried again; errAside:
// the range has been changed or left; anything else is not the vendor's fault.
func (r *reader) trouble(ctx context.Context, e *export.Error) error {
	r.tries++
	dsr.Count(&r.g.Tally.Retries, cause(e), 1)
	r.l.log.WarnContext(ctx, "vendor call failed", slog.String("source", r.g.Source), slog.String("endpoint", string(r.g.Endpoint)),
		slog.Int64("range", r.g.ID), slog.Int("try", r.tries), slog.Any("err", e))
	switch e.Failure {
	case export.KeyRefused:
		return r.endForAll(ctx, dsr.Reason{
			Code: dsr.ReasonKeyRefused, Detail: fmt.Sprintf("the vendor refused the key with status %d; put a valid key into the source's key file and retry", e.Status),
		})
	case export.Refused:
		return r.endForReaders(ctx, refusal(e))
	case export.CursorRefused:
		return r.cursorRefused(ctx, e)
	case export.TooWide:
		return r.tooWide(ctx, e)
	case export.Unparsable:
		r.bad++
		if r.bad >= parseTries {
			return r.askForLess(ctx, e)
		}
	}
	return r.again(ctx, e)
}

func cause(e *export.Error) string {
	switch {
	case e.Failure == export.Unparsable:
		return "unparsable"
	case e.Status == 0:
		return "no_answer"
	}
	return "status_" + strconv.Itoa(e.Status)
}

func refusal(e *export.Error) dsr.Reason {
	detail := fmt.Sprintf("the vendor refused the call with status %d", e.Status)
	if said, ok := strings.CutPrefix(e.Detail, http.StatusText(e.Status)); ok {
		detail += said // what the source knows the refusal to mean
	}
	return dsr.Reason{Code: dsr.ReasonVendorRefused, Detail: detail}
}

// again waits before the next try; a source that fails and fails is left alone for longer.
func (r *reader) again(ctx context.Context, e *export.Error) error {
	most, inARow := snoozeAfter, 0
	if e.Failure == export.Unparsable {
		// The vendor answers; that may well be the way to the one record that is wrong.
		most, inARow = isolating, r.l.failed(unparsable(r.g.Source))
	} else {
		inARow = r.l.failed(r.g.Source)
	}
	if e.RetryAfter > holdMost {
		return r.snooze(ctx, e.RetryAfter)
	}
	if inARow >= most {
		return r.snooze(ctx, 0)
	}
	return sleep(r.pausing, max(e.RetryAfter, r.l.f.o.Backoff(r.tries)))
}

// unparsable is the name under which a source's unparsable answers are counted.
func unparsable(source string) string { return source + ", unparsable" }

// snooze leaves the source alone for d, or when d is 0 for longer than the last time,
// but never beyond the moment at which it would be given up.
func (r *reader) snooze(ctx context.Context, d time.Duration) error {
	if d == 0 && r.l.sleeps(r.g.Source) {
		return errAside // a neighbour has seen to it
	}
	board, err := r.l.st.Board(ctx, []string{r.g.Source})
	if err != nil {
		return err
	}
	if d == 0 {
		d = min(snoozeFirst<<min(board.States[r.g.Source].Snoozes, 10), snoozeMost)
	}
	until := r.l.f.o.Now().Add(min(d, r.source.GiveUpAfter))
	if err := r.l.st.Snooze(ctx, r.g.Source, until); err != nil {
		return err
	}
	r.l.sleepUntil(r.g.Source, until)
	r.l.log.WarnContext(ctx, "source snoozes", slog.String("source", r.g.Source), slog.Time("until", until))
	return errAside
}

// endForAll ends the source for every request that waits for it.
func (r *reader) endForAll(ctx context.Context, why dsr.Reason) error {
	board, err := r.l.st.Board(ctx, []string{r.g.Source})
	if err != nil {
		return err
	}
	return r.end(ctx, board.Parts, why)
}

// endForReaders ends the source for the requests this range is read for.
func (r *reader) endForReaders(ctx context.Context, why dsr.Reason) error {
	if r.g.Endpoint == dsr.Messages && r.direct() {
		// Nobody knows yet whether this source has the conversation at all.
		return aside(r.l.st.DropMessages(ctx, r.g))
	}
	board, err := r.l.st.Board(ctx, []string{r.g.Source})
	if err != nil {
		return err
	}
	return r.end(ctx, slices.DeleteFunc(board.Parts, func(p dsr.Part) bool {
		return !slices.Contains(r.g.Requests, p.RequestID)
	}), why)
}

func (r *reader) end(ctx context.Context, parts []dsr.Part, why dsr.Reason) error {
	for _, p := range parts {
		if err := r.l.endPart(ctx, p, []dsr.Reason{why}); err != nil {
			return err
		}
	}
	return errAside
}

// cursorRefused begins the range again: found records are kept once, so nothing is
// doubled. A cursor that does not live as long as the chain gets shorter chains.
func (r *reader) cursorRefused(ctx context.Context, e *export.Error) error {
	tried := r.g.Restarts["cursor"]
	switch {
	case tried > 0 && width(r.g) > time.Second:
		return r.split(ctx)
	case tried >= cursorTries:
		return r.endForReaders(ctx, refusal(e))
	}
	if err := sleep(r.pausing, r.l.f.o.Backoff(r.tries)); err != nil {
		return err
	}
	return r.restart(ctx, "cursor", r.g.PerPage)
}

// tooWide splits the range. A 504 may also be an outage, so it is tried again first,
// and once the range is narrow it is one.
func (r *reader) tooWide(ctx context.Context, e *export.Error) error {
	timeout := e.Status == http.StatusGatewayTimeout
	switch {
	case timeout && (r.tries < parseTries || width(r.g) <= narrowest):
		return r.again(ctx, e)
	case width(r.g) > narrowest:
		r.l.refuseSpan(r.g)
		return r.split(ctx)
	}
	return r.endForReaders(ctx, refusal(e))
}

// askForLess isolates what does not parse: at first a smaller page, in case the page
// is only too large; then half the range, down to a second; then smaller pages again,
// down to one record. What still fails is named, and the rest is read.
// docs/completeness.md says why in this order.
func (r *reader) askForLess(ctx context.Context, e *export.Error) error {
	switch wide := width(r.g) > time.Second; {
	case wide && r.g.PerPage == r.source.PageSize && r.g.Pages <= 2 && r.g.PerPage > 1, !wide && r.g.PerPage > 1:
		return r.restart(ctx, "unparsable", r.g.PerPage/2)
	case wide:
		return r.split(ctx)
	}
	what := fmt.Sprintf("conversations from %s to %s cannot be read: %s", clock(r.g.Reach.Start), clock(r.g.Reach.End), e.Detail)
	if r.g.Endpoint == dsr.Messages {
		what = fmt.Sprintf("messages of a conversation from %s to %s cannot be read: %s", clock(r.g.Reach.Start), clock(r.g.Reach.End), e.Detail)
	}
	return r.fail(ctx, dsr.Reason{Code: dsr.ReasonUnreadable, Detail: what})
}

func clock(s int64) string { return time.Unix(s, 0).UTC().Format(time.RFC3339) }

// stuck begins a chain that goes in circles again, once; then it is given up, because
// what lies behind the circle was not seen.
func (r *reader) stuck(ctx context.Context) error {
	dsr.Count(&r.g.Tally.Retries, "stuck", 1)
	if r.g.Restarts["stuck"] == 0 {
		return r.restart(ctx, "stuck", r.g.PerPage)
	}
	return r.fail(ctx, dsr.Reason{
		Code:   dsr.ReasonStuckCursor,
		Detail: fmt.Sprintf("the pages from %s to %s repeat themselves and have no end", clock(r.g.Reach.Start), clock(r.g.Reach.End)),
	})
}

// falseEnd reads a range again in two pieces whose end was not confirmed and, as records
// behind it show, was none. Where most of the records are is where it is cut.
func (r *reader) falseEnd(ctx context.Context) error {
	dsr.Count(&r.g.Tally.Retries, "false_end", 1)
	if width(r.g) <= time.Second {
		return r.fail(ctx, dsr.Reason{
			Code:   dsr.ReasonStuckCursor,
			Detail: fmt.Sprintf("the pages from %s to %s end before all records have come", clock(r.g.Reach.Start), clock(r.g.Reach.End)),
		})
	}
	mid := (r.course.first.Unix() + r.course.late.Unix()) / 2
	if mid <= r.g.Reach.Start || mid >= r.g.Reach.End {
		return r.split(ctx)
	}
	return aside(r.l.st.SplitRange(ctx, r.g, mid, r.source.PageSize))
}

func (r *reader) restart(ctx context.Context, cause string, perPage int) error {
	return aside(r.l.st.RestartRange(ctx, r.g, cause, perPage))
}

func (r *reader) split(ctx context.Context) error {
	return aside(r.l.st.SplitRange(ctx, r.g, (r.g.Reach.Start+r.g.Reach.End)/2, r.source.PageSize))
}

func (r *reader) fail(ctx context.Context, why dsr.Reason) error {
	return aside(r.l.st.FailRange(ctx, r.g, why))
}

func aside(err error) error {
	if err != nil {
		return err
	}
	return errAside
}
