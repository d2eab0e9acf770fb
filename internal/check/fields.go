package check

import (
	"context"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/propose"
)

// understanding says whether a search would understand the first records of a folder, and
// proposes fields where it would not understand most of those of a kind.
func understanding(ctx context.Context, d Folder) (found []dsr.Finding, err error) {
	kinds := []dsr.Endpoint{dsr.Conversations, dsr.Messages}
	first := make([]export.First, len(kinds))
	strange := false
	for i, kind := range kinds {
		if first[i], err = d.First(ctx, kind); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		} else if err != nil {
			found = append(found, asItSays("file", err.Error(), "take it out of the folder, or put it there in a form that can be read"))
		}
		if first[i].Files > 0 && len(first[i].Records) == 0 && err == nil {
			found = append(found, dsr.NewFinding("fields", false, dsr.Saying{Text: "the files of %s begin with no record", Args: []any{kind}},
				dsr.Saying{Text: "a file holds one JSON object a line, a list of them, or pages with a list called data"}))
		}
		strange = strange || 2*first[i].Understood < len(first[i].Records)
	}
	if strange && len(first[0].Records) > 0 {
		found = append(found, proposed(first[0], first[1])...)
	}
	return found, nil
}

func proposed(conversations, messages export.First) (found []dsr.Finding) {
	p := propose.Of(conversations.Records, messages.Records)
	advice := dsr.Saying{Text: "give fields by hand: no proposal can be made of what follows"}
	if line := p.Line(); line != "" {
		advice = dsr.Saying{Text: "put this under the source, look at what follows, and check again: fields: %s", Args: []any{line}}
	}
	found = append(found, dsr.NewFinding("fields", false, dsr.Saying{
		Text: "of the first %d records of conversations %d are understood, of the first %d of messages %d",
		Args: []any{len(conversations.Records), conversations.Understood, len(messages.Records), messages.Understood},
	}, advice))
	for _, d := range p.Doubts {
		found = append(found, dsr.NewFinding("fields", d.Kind != propose.Missing && d.Kind != propose.Unlinked, doubted(d), dsr.Saying{}))
	}
	return found
}

// doubted puts a doubt into words.
func doubted(d propose.Doubt) dsr.Saying {
	paths := strings.Join(d.Paths, ", ")
	switch {
	case d.Kind == propose.Missing && d.Key == "within":
		return dsr.Saying{Text: "there are no files of messages, and no list in the conversations has texts with times"}
	case d.Kind == propose.Missing:
		return dsr.Saying{Text: "%s: no field looks like %s", Args: []any{d.Of, d.Key}}
	case d.Kind == propose.Several:
		return dsr.Saying{Text: "%s: %s is taken for %s; as well would fit: %s", Args: []any{d.Of, d.Taken, d.Key, paths}}
	case d.Kind == propose.Sides:
		return dsr.Saying{Text: "%s: %s says who spoke, but not only in words that are known; say which are those of bot, agent and user", Args: []any{d.Of, d.Taken}}
	case d.Kind == propose.Unlinked:
		return dsr.Saying{Text: "none of the first messages names one of the first conversations: whether the ids are the right ones is not known"}
	case d.Kind == propose.Whole && paths == "":
		return dsr.Saying{Text: "the whole record of a conversation is searched: nothing in it could be singled out"}
	case d.Kind == propose.Whole:
		return dsr.Saying{Text: "the whole record of a conversation is searched: people may be found by: %s", Args: []any{paths}}
	}
	return dsr.Saying{Text: "%s: not understood, and left out: %s", Args: []any{d.Of, paths}}
}
