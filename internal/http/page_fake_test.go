package http

import (
	"context"
	"slices"
	"sync"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// fakePeople keeps the promises of People in memory.
type fakePeople struct {
	mu         sync.Mutex
	people     map[string]dsr.Person // by login
	setupToken [32]byte
	events     []string
	fault      error
}

func (f *fakePeople) enter() error {
	f.mu.Lock()
	return f.fault
}

func (f *fakePeople) PersonByLogin(_ context.Context, login string) (dsr.Person, error) {
	defer f.mu.Unlock()
	if err := f.enter(); err != nil {
		return dsr.Person{}, err
	}
	if p, ok := f.people[login]; ok {
		return p, nil
	}
	return dsr.Person{}, dsr.Errorf(dsr.NotFound, "not_found", "there is no such person")
}

func (f *fakePeople) Person(ctx context.Context, id string) (dsr.Person, error) {
	return f.PersonByLogin(ctx, whoIs(id))
}

func (f *fakePeople) RecordSignIn(_ context.Context, person string, accepted bool) error {
	what := "refused "
	if accepted {
		what = "signed in "
	}
	return f.record(what + person)
}

func (f *fakePeople) RecordSignOut(_ context.Context, person string) error {
	return f.record("signed out " + person)
}

func (f *fakePeople) record(event string) error {
	defer f.mu.Unlock()
	if err := f.enter(); err != nil {
		return err
	}
	f.events = append(f.events, event)
	return nil
}

func (f *fakePeople) NeedsSetup(context.Context) (bool, error) {
	defer f.mu.Unlock()
	return len(f.people) == 0, f.enter()
}

func (f *fakePeople) CheckSetupToken(_ context.Context, hash [32]byte) error {
	defer f.mu.Unlock()
	if err := f.enter(); err != nil {
		return err
	}
	switch {
	case len(f.people) > 0:
		return dsr.Errorf(dsr.Conflict, "already_set_up", "the first account has been made already")
	case f.setupToken == [32]byte{} || hash != f.setupToken:
		return dsr.Errorf(dsr.Unauthenticated, "setup_token_refused", "not the token")
	}
	return nil
}

func (f *fakePeople) CreateFirstAdmin(ctx context.Context, hash [32]byte, p dsr.Person) (dsr.Person, error) {
	if err := f.CheckSetupToken(ctx, hash); err != nil {
		return dsr.Person{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p.Role, f.setupToken = dsr.Admin, [32]byte{}
	f.people[p.Login] = p
	f.events = append(f.events, "created "+p.ID)
	return p, nil
}

// change alters a person behind the pages' back.
func (f *fakePeople) change(login string, how func(*dsr.Person)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.people[login]
	how(&p)
	f.people[login] = p
}

func (f *fakePeople) recorded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

var _ People = (*fakePeople)(nil)
var _ auth.People = (*fakePeople)(nil)

// fakeSessions is a session store whose clock can be moved on. The session manager
// reads the real time, so this one does, too.
type fakeSessions struct {
	mu     sync.Mutex
	later  time.Duration
	rows   map[string]fakeSession
	tokens []string // every token that was ever stored
}

type fakeSession struct {
	data    []byte
	expires time.Time
}

func (f *fakeSessions) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.later += d
}

func (f *fakeSessions) Find(token string) ([]byte, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.rows[token]
	return s.data, ok && time.Now().Add(f.later).Before(s.expires), nil
}

func (f *fakeSessions) Commit(token string, data []byte, expires time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[token] = fakeSession{data, expires.Add(f.later)}
	f.tokens = append(f.tokens, token)
	return nil
}

func (f *fakeSessions) Delete(token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.rows, token)
	return nil
}

// pageService is fakeService with coverage worth looking at and, when asked for, a
// search that comes a step further each time somebody looks.
type pageService struct {
	*fakeService
	loc      *time.Location
	coverage map[string]dsr.Coverage
	working  bool
}

func (s *pageService) Submit(ctx context.Context, call dsr.Call, sub dsr.Submission) (dsr.Request, error) {
	r, err := s.fakeService.Submit(ctx, call, sub)
	if err == nil {
		s.set(r.ID, func(r *dsr.Request) { r.DueAt = dsr.DueAt(r.ReceivedAt, s.loc) })
	}
	return r, err
}

func (s *pageService) Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error) {
	r, err := s.fakeService.Request(ctx, by, id)
	if err == nil && s.working && r.Status.Open() {
		s.step(r)
	}
	return r, err
}

// step goes from queued over a third and two thirds of the search to its end.
func (s *pageService) step(r dsr.Request) {
	if r.Progress.Percent >= 66 {
		s.set(r.ID, func(r *dsr.Request) { r.Status = dsr.Queued })
		s.finish(r.ID, true, []byte("PK a small archive"))
		return
	}
	s.set(r.ID, func(r *dsr.Request) {
		r.Status = dsr.Running
		p := &r.Progress
		p.Percent, p.Pages, p.Records, p.ETASeconds = p.Percent+33, p.Pages+20, p.Records+19_940, 60
	})
}

func (s *pageService) View(ctx context.Context, by dsr.Principal, id string) (View, error) {
	if r, err := s.Request(ctx, by, id); err != nil || r.Complete == nil {
		return View{Request: r, Coverage: s.coverage[id], Staff: s.staff(r)}, err
	}
	v, err := s.fakeService.View(ctx, by, id)
	if c, ok := s.coverage[id]; ok {
		v.Coverage = c
	}
	return v, err
}
