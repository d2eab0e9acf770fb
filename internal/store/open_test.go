package store

import (
	"errors"
	"sync"
	"testing"

	"dsr-server/internal/dsr"
)

// TestManyMayOpenANewDatabaseAtOnce: one makes it, and the others find it made.
func TestManyMayOpenANewDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	stores, failures := make([]*Store, 8), make([]error, 8)
	for i := range stores {
		wg.Go(func() { stores[i], failures[i] = Open(t.Context(), Options{Dir: dir}) })
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Error(err)
	}
	for _, s := range stores {
		if s == nil {
			continue
		}
		defer s.Close()
		// What one seals all can open: they have the same keys.
		r, err := s.Submit(t.Context(), byAdmin, dsr.Submission{Selectors: []dsr.Selector{{ConversationID: "c"}}, Sources: []string{"bot"}, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stores[0].Snapshot(t.Context(), r.ID); err != nil {
			t.Errorf("what one has stored another cannot read: %v", err)
		}
	}
}
