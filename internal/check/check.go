// Package check tests a configured source before anybody relies on it: with a handful of
// live calls, or a look into its folder. It keeps true that it changes nothing, stores
// nothing and shows no record, and that what the vendor does wrong is a finding with
// advice and never an error.
//
// It is apart from internal/fulfil because it is not part of a request's way: it shares
// only the paced call with it, which the caller hands in.
package check

import (
	"context"
	"errors"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Vendor is a source that is read by calls.
type Vendor struct {
	dsr.Source
	Export export.Source
	// Read reads one batch when the host's pace allows it and the caller's lease on the
	// host holds. A failure that is the vendor's is an *export.Error.
	Read func(context.Context, dsr.Unit) (export.Batch, error)
	Now  func() time.Time
}

// Check finds out whether the key is accepted, how far the vendor's clock is off, whether
// there is data, and what the vendor does where its documentation is silent. The error is
// not about the vendor.
func (v Vendor) Check(ctx context.Context) ([]dsr.Finding, error) {
	c := &checker{s: v, asOf: v.Now().Add(-v.IngestLag).Truncate(time.Second)}
	err := c.run(ctx)
	if failure, ok := errors.AsType[*export.Error](err); ok {
		c.refused(failure)
		err = nil
	}
	return c.found, err
}

type checker struct {
	s     Vendor
	asOf  time.Time
	found []dsr.Finding
}

func (c *checker) add(name string, ok bool, advice, format dsr.FindingText, args ...any) {
	c.advise(name, ok, dsr.Saying{Text: advice}, format, args...)
}

// advise is add where the advice has values too.
func (c *checker) advise(name string, ok bool, advice dsr.Saying, format dsr.FindingText, args ...any) {
	c.found = append(c.found, dsr.NewFinding(name, ok, dsr.Saying{Text: format, Args: args}, advice))
}

// run returns the first failure of a call, which ends the test.
func (c *checker) run(ctx context.Context) error {
	page, err := c.page(ctx, c.asOf.Add(-24*time.Hour), c.asOf)
	if err != nil {
		return err
	}
	c.add("key", true, "", "the key is accepted")
	c.clock(page.Date)
	full, err := c.data(ctx, page)
	if err != nil || len(full.Records) == 0 {
		return err
	}
	c.pageSize(full)
	if full.Records[0].Kind == dsr.Message {
		return c.utterances(ctx, full)
	}
	if err := c.windowField(ctx, full); err != nil {
		return err
	}
	return c.longRange(ctx)
}

func (c *checker) page(ctx context.Context, start, end time.Time) (export.Batch, error) {
	start = later(start, c.s.Earliest)
	return c.s.Read(ctx, dsr.Unit{
		Source: c.s.Name, Kind: dsr.Pages, Endpoint: dsr.Conversations, PerPage: c.s.PageSize,
		Interval: dsr.Interval{Start: start.Unix(), End: max(start.Unix(), end.Unix())},
	})
}

// refused says what a failed call means for the one who set the source up.
func (c *checker) refused(e *export.Error) {
	switch e.Failure {
	case export.KeyRefused:
		c.add("key", false, "put a valid key into the source's key file", "the vendor refuses the key with status %d", e.Status)
	case export.Throttled:
		c.add("rate", false, "lower the source's rate, or see who else uses the key", "the vendor answers that it is called too often")
	default:
		c.add("answer", false, "check base_url, the keys that say what is asked for, and whether the vendor is up", "the vendor returned no page: %s", e.Detail)
	}
}

// skewMost is how far the vendor's clock may be off before it matters: ingest_lag
// covers less.
const skewMost = time.Minute

func (c *checker) clock(date time.Time) {
	if date.IsZero() {
		c.add("clock", true, "", "the vendor's answers carry no date, so the clocks cannot be compared")
		return
	}
	skew := date.Sub(c.s.Now()).Round(time.Second)
	if skew.Abs() <= skewMost {
		c.add("clock", true, "", "the clocks agree within %s", skewMost)
		return
	}
	c.add("clock", false, "set this machine's clock by NTP, or make ingest_lag longer than the difference", "the vendor's clock is off by %s", skew)
}

// lookBack bounds the calls that look for a conversation.
const lookBack = 40

// data looks back in longer and longer steps until there are conversations; a step that
// the vendor refuses as too long is halved. It returns the fullest page.
func (c *checker) data(ctx context.Context, page export.Batch) (export.Batch, error) {
	end, step := c.asOf, c.step(30*24*time.Hour)
	for range lookBack {
		if len(page.Records) > 1 || !end.After(c.s.Earliest) {
			break
		}
		next, err := c.page(ctx, end.Add(-step), end)
		if refused(err, export.TooWide) && step > time.Hour {
			step /= 2
			continue
		}
		if err != nil {
			return page, err
		}
		if len(next.Records) > len(page.Records) {
			page = next
		}
		end, step = end.Add(-step), c.step(2*step)
	}
	if len(page.Records) == 0 {
		c.add("data", false, c.nothingAdvice(), "there is no conversation since %s", later(end, c.s.Earliest).Format(time.DateOnly))
		return page, nil
	}
	c.add("data", true, "", "there are conversations")
	return page, nil
}

// step keeps to the longest range that may be asked for.
func (c *checker) step(d time.Duration) time.Duration {
	if c.s.MaxRange > 0 {
		return min(d, c.s.MaxRange)
	}
	return d
}

func (c *checker) nothingAdvice() dsr.FindingText {
	if c.s.Export.NothingListed(c.s.Source) != nil {
		return "check agent_id, timetoken_unit and earliest: times in another unit than the vendor's find nothing"
	}
	if c.s.Type == "rest" {
		return "check earliest, and the declaration's query: how times are written, and of which bot or account"
	}
	return "check bot_name and earliest: a vendor may answer for a bot that does not exist"
}

func refused(err error, as export.Failure) bool {
	failure, ok := errors.AsType[*export.Error](err)
	return ok && failure.Failure == as
}

func (c *checker) pageSize(page export.Batch) {
	n := len(page.Records)
	switch {
	case page.End || n == c.s.PageSize:
		c.add("page_size", true, "", "pages of %d are accepted", c.s.PageSize)
	case n < c.s.PageSize:
		c.advise("page_size", true, dsr.Saying{Text: "set page_size: %d", Args: []any{n}}, "a page holds %d records although %d were asked for", n, c.s.PageSize)
	default:
		c.add("page_size", true, "", "a page holds %d records although %d were asked for; that does no harm", n, c.s.PageSize)
	}
}

// windowField finds out by which time the vendor's window selects: it asks for the
// seconds around the start, and around the last action, of one conversation.
func (c *checker) windowField(ctx context.Context, page export.Batch) error {
	if c.s.Whole {
		c.add("window_field", true, "", "the vendor takes no interval with two ends, so that every search reads its whole list")
		return nil
	}
	for _, record := range page.Records {
		facts := record.Facts
		if facts.ID == "" || facts.Active() < 10*time.Second+2*c.s.Step { // or both ends of it are asked for at once
			continue
		}
		atStart, err := c.returns(ctx, facts.ID, facts.Start)
		if err != nil {
			return err
		}
		atEnd, err := c.returns(ctx, facts.ID, facts.LastAction)
		if err != nil {
			return err
		}
		c.concludeField(atStart, atEnd)
		return nil
	}
	c.add("window_field", true, "", "no conversation is long enough to show which time the window filters by")
	return nil
}

func (c *checker) returns(ctx context.Context, id string, at time.Time) (bool, error) {
	page, err := c.page(ctx, at.Add(-time.Second), at.Add(2*time.Second))
	return slices.ContainsFunc(page.Records, func(record export.Record) bool {
		return record.Facts.ID == id
	}), err
}

func (c *checker) concludeField(atStart, atEnd bool) {
	field, known := map[[2]bool]dsr.WindowField{
		{true, true}: dsr.FieldOverlap, {true, false}: dsr.FieldStartTime, {false, true}: dsr.FieldLastAction,
	}[[2]bool{atStart, atEnd}]
	switch {
	case !known:
		c.add("window_field", true, "", "the answers do not show which time the window filters by")
	case c.s.WindowField == field:
		c.add("window_field", true, "", "the window filters by %s, as configured", field)
	case c.s.WindowField == dsr.FieldUnknown:
		c.advise("window_field", true, dsr.Saying{Text: "set window_field: %s to search with fewer calls", Args: []any{field}}, "the window filters by %s", field)
	default:
		c.advise("window_field", false, dsr.Saying{Text: "set window_field: %s, or unknown", Args: []any{field}},
			"the window filters by %s, but %s is configured: conversations would be missed", field, c.s.WindowField)
	}
}

// longRange asks for everything at once: a vendor may cap the span.
func (c *checker) longRange(ctx context.Context) error {
	_, err := c.page(ctx, c.s.Earliest, c.asOf)
	if refused(err, export.TooWide) {
		c.add("range", true, "set max_range below the vendor's longest span, to save the refused calls",
			"the vendor refuses the whole time since earliest as one range; searches split it automatically")
		return nil
	}
	if err == nil {
		c.add("range", true, "", "the vendor accepts the whole time since earliest as one range")
	}
	return err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
