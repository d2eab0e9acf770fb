package auth

import (
	"context"
	"sync"
)

// turns lets one password of a client be checked at a time: however many attempts a
// client sends at once, it has one place among those who wait for a check. How many
// there can be is bounded by the Throttle, for which they all count.
type turns struct {
	mu      sync.Mutex
	clients map[string]*turn
}

type turn struct {
	attempts int // that wait or are being checked
	free     chan struct{}
}

// take waits for the client's turn until ctx ends. Call give when the check has ended.
func (t *turns) take(ctx context.Context, client string) (give func(), err error) {
	mine := t.enter(client)
	select {
	case mine.free <- struct{}{}:
		return func() {
			<-mine.free
			t.leave(client)
		}, nil
	case <-ctx.Done():
		t.leave(client)
		return nil, errNoSlot(ctx)
	}
}

func (t *turns) enter(client string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clients == nil {
		t.clients = map[string]*turn{}
	}
	mine := t.clients[client]
	if mine == nil {
		mine = &turn{free: make(chan struct{}, 1)}
		t.clients[client] = mine
	}
	mine.attempts++
	return mine
}

func (t *turns) leave(client string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.clients[client]
	if mine.attempts--; mine.attempts == 0 {
		delete(t.clients, client)
	}
}
