package export

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"
)

// DefaultMemory is the budget of a process that is not given another.
const DefaultMemory = 256 << 20

// Budget bounds the bytes of vendors' answers and of dumps that all readers of a process
// hold at the same time. It is the setting limits.memory.
//
// A quarter is a pool for everybody. The rest is for one reader at a time: whoever finds the
// pool used up waits for it, and then takes from it without waiting again, up to all that
// one reader may hold. So the holder of the rest always gets on, whatever the others
// hold, and nobody waits for ever.
type Budget struct {
	bytes int64
	pool  *semaphore.Weighted
	rest  *semaphore.Weighted // one token: the right to take from the rest
}

// NewBudget returns a budget of so many bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{bytes: bytes, pool: semaphore.NewWeighted(bytes / 4), rest: semaphore.NewWeighted(1)}
}

// orDefault is b, or a budget of its own for a reader that was given none.
func (b *Budget) orDefault() *Budget {
	if b == nil {
		return NewBudget(DefaultMemory)
	}
	return b
}

// LargestAnswer is the size of the largest answer that is read.
func (b *Budget) LargestAnswer() int64 { return b.bytes / 8 }

// LargestRecord is the size of the largest record. It is less, because a record is not
// only read but also put into an archive, with a page of its own.
func (b *Budget) LargestRecord() int64 { return b.bytes / 16 }

// How often bytes are counted: as they came, put together, compacted and sealed. A large
// record of a dump is all of that at once, and then the database has copies of its own.
const (
	copies       = 4
	recordCopies = 8
)

// alone is the most that one reader may hold.
func (b *Budget) alone() int64 { return b.bytes - b.bytes/4 }

// TooLarge says that one reader would need more than it may hold, however long it waited.
type TooLarge struct{ words string }

func (e *TooLarge) Error() string { return e.words }

func (b *Budget) answerTooLarge() *TooLarge {
	return &TooLarge{"larger than " + inMiB(b.LargestAnswer()) + ", an eighth of limits.memory"}
}

func (b *Budget) recordTooLarge() *TooLarge {
	return &TooLarge{"larger than " + inMiB(b.LargestRecord()) + ", the limit for one record (a sixteenth of limits.memory)"}
}

func inMiB(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// Share returns a share for one reader, with nothing taken yet. Close it.
func (b *Budget) Share() *Share { return &Share{b: b} }

// Share is what one reader has taken from a budget. Any goroutine may take, one after the
// other, and any may give back. A nil Share holds nothing.
type Share struct {
	b      *Budget
	taking sync.Mutex

	mu     sync.Mutex
	pooled int64
	rested int64
	owner  bool // of the rest
}

// Take takes n bytes more. It waits until they are there or ctx ends. It fails with
// *TooLarge at once if the reader would hold more than one may.
func (s *Share) Take(ctx context.Context, n int64) error {
	s.taking.Lock()
	defer s.taking.Unlock()
	if n > s.left() {
		return s.b.answerTooLarge()
	}
	if s.tryTake(n) {
		return nil
	}
	if err := s.b.rest.Acquire(ctx, 1); err != nil {
		return context.Cause(ctx)
	}
	if s.tryTake(n) { // somebody has given back meanwhile
		s.b.rest.Release(1)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owner, s.rested = true, n
	return nil
}

// left is how much more the reader may take.
func (s *Share) left() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.alone() - s.pooled - s.rested
}

func (s *Share) tryTake(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.owner:
		s.rested += n
	case s.b.pool.TryAcquire(n):
		s.pooled += n
	default:
		return false
	}
	return true
}

// Give gives n of the taken bytes back, or what is left of them.
func (s *Share) Give(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, s.pooled+s.rested)
	first := min(n, s.rested)
	s.rested -= first
	if s.owner && s.rested == 0 {
		s.owner = false
		s.b.rest.Release(1)
	}
	s.pooled -= n - first
	s.b.pool.Release(n - first)
}

// Close gives everything back. It may be called again.
func (s *Share) Close() {
	if s == nil {
		return
	}
	s.Give(s.pooledAndRested())
}

func (s *Share) pooledAndRested() int64 { return s.b.alone() - s.left() }
