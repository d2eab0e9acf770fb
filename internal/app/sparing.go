package app

import (
	"context"
	"runtime/debug"
	"sync"

	"dsr-server/internal/fulfil"
)

// packagingGC is the collector's GOGC while an archive is written. What packaging holds
// lives to its end, so the usual 100 would let as much garbage again lie beside it;
// at 50 an archive of 100,000 conversations takes a quarter less memory.
const packagingGC = 50

// sparing counts the packagings under way; the first sets the collector, the last sets
// it back.
var sparing struct {
	sync.Mutex
	running, before int
}

func spare(change int) {
	sparing.Lock()
	defer sparing.Unlock()
	if sparing.running == 0 {
		sparing.before = debug.SetGCPercent(packagingGC)
	}
	if sparing.running += change; sparing.running == 0 {
		debug.SetGCPercent(sparing.before)
	}
}

// sparingly is a step that leaves less garbage lie while it runs.
func sparingly(step func(context.Context, fulfil.Store, string) error) func(context.Context, fulfil.Store, string) error {
	return func(ctx context.Context, st fulfil.Store, id string) error {
		spare(1)
		defer spare(-1)
		return step(ctx, st, id)
	}
}
