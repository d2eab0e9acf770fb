package check

import (
	"context"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// utterances tests what is particular about a source that lists what was said: whether it
// keeps to the interval it is asked for, and whether an utterance leads to its conversation.
func (c *checker) utterances(ctx context.Context, page export.Batch) error {
	if page.Outside > 0 {
		c.add("window", false, "ask the vendor why; searches of this source will end incomplete",
			"%d of %d entries lie outside the interval that was asked for", page.Outside, len(page.Records))
	} else {
		c.add("window", true, "", "every entry lies in the interval that was asked for")
	}
	for _, record := range page.Records {
		for _, next := range c.s.Export.Expand(dsr.MessageQuery{}, record, nil).Next {
			return c.follow(ctx, next)
		}
	}
	c.add("agent_token", true, "set agent_token_file to include what the bot answered, and to find conversations by their id",
		"without an agent token there is only what users said")
	return nil
}

func (c *checker) follow(ctx context.Context, q dsr.MessageQuery) error {
	if q.Interval.End == 0 {
		q.Interval.End = max(q.Interval.Start, c.asOf.Unix())
	}
	page, err := c.s.Read(ctx, dsr.Unit{Source: c.s.Name, Kind: dsr.Pages, Endpoint: dsr.Messages, Query: q, Interval: q.Interval, PerPage: c.s.PageSize})
	switch {
	case refused(err, export.KeyRefused):
		c.add("agent_token", false, "put a valid token into agent_token_file", "the vendor refuses the agent token")
		return nil
	case err != nil:
		return err
	}
	for _, record := range page.Records {
		if len(c.s.Export.Expand(q, record, nil).Moves) > 0 {
			c.add("agent_token", true, "", "the agent token is accepted, and an entry leads to its conversation")
			return nil
		}
	}
	c.add("agent_token", true, "", "the agent token is accepted, but the entry that was tried leads to no conversation")
	return nil
}
