package vendor

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Data is what the agent holds now.
func (s *Avaamo) Data() *AvaamoData {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// Insert adds records, as if they had arrived now.
func (s *Avaamo) Insert(r AvaamoRecords) error {
	more, err := NewAvaamoData(r)
	if err != nil {
		return fmt.Errorf("fake vendor: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := *s.data
	for _, list := range []struct{ to, from *[]*avaamoRow }{
		{&d.entries, &more.entries}, {&d.talk, &more.talk}, {&d.conversations, &more.conversations}, {&d.storage, &more.storage},
	} {
		for _, row := range *list.from {
			row.seq += len(*list.to) + 1<<20 // after everything that was there
		}
		*list.to = slices.Concat(*list.to, *list.from)
	}
	s.data = &d
	return nil
}

// Delete removes the entries and messages with these ids, as a purge does.
func (s *Avaamo) Delete(ids ...string) {
	s.each(func(r *avaamoRow) *avaamoRow {
		if slices.Contains(ids, r.id) {
			return nil
		}
		return r
	})
}

// Mask empties what was said in the entries and messages with these ids, for good.
func (s *Avaamo) Mask(ids ...string) error {
	var failed error
	s.each(func(r *avaamoRow) *avaamoRow {
		if !slices.Contains(ids, r.id) {
			return r
		}
		raw, err := setMember(r.raw, "content", json.RawMessage(`"****"`))
		if err != nil {
			failed = err
			return r
		}
		masked := *r
		masked.raw = raw
		return &masked
	})
	return failed
}

// each replaces every entry and message by what change makes of it; nil removes it.
func (s *Avaamo) each(change func(*avaamoRow) *avaamoRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := *s.data
	for _, list := range []*[]*avaamoRow{&d.entries, &d.talk} {
		var left []*avaamoRow
		for _, r := range *list {
			if changed := change(r); changed != nil {
				left = append(left, changed)
			}
		}
		*list = left
	}
	s.data = &d
}
