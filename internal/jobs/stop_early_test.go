package jobs

import (
	"context"
	"testing"
)

func TestStopBeforeTheFirstLookIsNoError(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(db, Options{}).Run(ctx); err != nil {
		t.Errorf("got %v", err)
	}
}
