package check

import (
	"context"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// entries tests what is particular about a source that lists entries: whether it keeps to
// the stretch it is asked for, and whether an entry leads to its conversation.
func (c *checker) entries(ctx context.Context, e export.Entries, page export.Page) error {
	if page.Outside > 0 {
		c.add("window", false, "ask the vendor why; searches of this source will end incomplete",
			"%d of %d entries lie outside the stretch that was asked for", page.Outside, len(page.Records))
	} else {
		c.add("window", true, "", "every entry lies in the stretch that was asked for")
	}
	if !e.Joined() {
		c.add("agent_token", true, "set agent_token_file to include what the bot answered, and to find conversations by their id",
			"without an agent token there is only what users said")
		return nil
	}
	for _, entry := range page.Records {
		for _, next := range e.Found(entry).Next {
			return c.follow(ctx, e, next)
		}
	}
	return nil
}

func (c *checker) follow(ctx context.Context, e export.Entries, next export.Follow) error {
	end := next.End
	if end == 0 {
		end = c.asOf.Unix()
	}
	q := export.Query{Endpoint: dsr.Messages, ConversationID: next.ConversationID, Start: next.Start, End: max(next.Start, end), PerPage: c.s.PageSize}
	page, err := c.s.Call(ctx, q)
	switch {
	case refused(err, export.KeyRefused):
		c.add("agent_token", false, "put a valid token into agent_token_file", "the vendor refuses the agent token")
		return nil
	case err != nil:
		return err
	}
	if found := e.Followed(q, page); len(found.Move) == 0 {
		c.add("agent_token", true, "", "the agent token is accepted, but the entry that was tried leads to no conversation")
		return nil
	}
	c.add("agent_token", true, "", "the agent token is accepted, and an entry leads to its conversation")
	return nil
}
