package store

import (
	"context"
	"errors"
	"fmt"
)

// mostTogether is how many parts share a commit at most: the last of them waits for all.
const mostTogether = 64

// commitTogether runs f in a writing transaction that it may share; f's error rolls back what
// f has done, and nothing else. Once it has returned nil, what f did is on disk. f must not
// use a context that can end: an interrupted statement would take the others' work with it.
func (s *Store) commitTogether(f func(tx) error) error {
	p := &part{f: f, ended: make(chan error, 1)}
	s.group.mu.Lock()
	s.group.waiting = append(s.group.waiting, p)
	begins := !s.group.running
	s.group.running = true
	s.group.mu.Unlock()
	if begins {
		go s.commitGroups()
	}
	err := <-p.ended
	if p.fault != nil {
		panic(p.fault)
	}
	return err
}

// commitGroups goes on until nobody waits.
func (s *Store) commitGroups() {
	for {
		s.group.mu.Lock()
		n := min(len(s.group.waiting), mostTogether)
		parts := s.group.waiting[:n:n]
		s.group.waiting = s.group.waiting[n:]
		s.group.running = n > 0
		s.group.mu.Unlock()
		if n == 0 {
			return
		}
		errs := make([]error, n)
		err := s.update(context.Background(), func(t tx) error { return t.runParts(parts, errs) })
		for i, p := range parts {
			if errs[i] == nil {
				errs[i] = err
			}
			p.ended <- errs[i]
		}
	}
}

// runParts runs each part; errs has what became of it. Its own error is that of the whole
// transaction, which then ends.
func (t tx) runParts(parts []*part, errs []error) error {
	for i, p := range parts {
		var err error
		if errs[i], err = t.apart(func() error { return p.run(t.s.in(t.Tx)) }); err != nil {
			return err
		}
	}
	return nil
}

// apart runs f under a savepoint, to which an error of f's returns. err is that of the whole
// transaction.
func (t tx) apart(f func() error) (ofF, err error) {
	if err := t.savepoint(`SAVEPOINT part`); err != nil {
		return nil, err
	}
	if ofF = f(); ofF != nil {
		if err := t.savepoint(`ROLLBACK TO part`); err != nil {
			return ofF, err
		}
	}
	return ofF, t.savepoint(`RELEASE part`)
}

func (t tx) savepoint(statement string) error {
	if _, err := t.ExecContext(context.Background(), statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

var errPanicked = errors.New("the caller's part panicked")

// run runs f. A panic is kept for the caller, and undoes what f did like any error.
func (p *part) run(t tx) (err error) {
	defer func() {
		if p.fault = recover(); p.fault != nil {
			err = errPanicked
		}
	}()
	return p.f(t)
}
