package propose

import (
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// metadata places what is searched: the objects and lists of a record beside what was placed.
// Where a single value beside them tells conversations apart, somebody might be found by it,
// and the whole record is searched.
func (w *placing) metadata() {
	t, c := w.conversations, &w.fields.Conversation
	var alone []*column
	for _, col := range t.where(func(col *column) bool { return len(col.path) == 1 && !w.placed(dsr.Conversations, col.path) }) {
		switch {
		case col.objects+col.lists > 0 && len(col.instants) < col.in:
			c.Metadata = append(c.Metadata, col.path)
		case col.scalars > 0 && 2*len(col.values) > col.in && len(col.instants) < col.in:
			alone = append(alone, col)
		}
	}
	if len(alone) > 0 || len(c.Metadata) == 0 {
		c.Metadata = []record.Path{{}}
		w.doubt(Whole, dsr.Conversations, "metadata", nil, alone)
	}
}

// leftOver says which fields no key takes.
func (w *placing) leftOver() {
	tables := map[dsr.Endpoint]*table{dsr.Conversations: w.conversations, dsr.Messages: w.messages}
	for _, of := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		if tables[of] == nil || of == dsr.Conversations && len(w.fields.Conversation.Metadata[0]) == 0 {
			continue
		}
		left := tables[of].where(func(c *column) bool { return len(c.path) == 1 && c.in > 0 && !w.placed(of, c.path) })
		if len(left) > 0 {
			w.doubt(Unplaced, of, "", nil, left)
		}
	}
}

// placed reports whether a key takes a field, or something in it.
func (w *placing) placed(of dsr.Endpoint, path record.Path) bool {
	c, m := w.fields.Conversation, w.fields.Message
	keys := slices.Concat([]record.Path{c.ID, c.Start, c.Last}, w.fields.Within, c.Metadata)
	if of == dsr.Messages {
		keys = slices.Concat([]record.Path{m.ID, m.Conversation, m.Time, m.Sender.Member}, m.Text)
	}
	return slices.ContainsFunc(keys, func(key record.Path) bool { return len(key) >= len(path) && same(key[:len(path)], path) })
}
