package apptest

import (
	"context"
	"sync"

	"dsr-server/internal/app"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
	"dsr-server/internal/http/ui"
)

// Interceptor is a wrapper around what the edge calls: it can fail a call and change what is
// seen of a request. Every other call reaches the program unchanged.
type Interceptor struct {
	app.Backend

	mu      sync.Mutex
	fault   func(method string) error
	changes map[string]func(*dsr.View) // by request
	content func(*edge.Archive)
}

// Nobody is a token whose role has no right at all.
const Nobody = "nobody"

// Fail makes calls fail as f says, which gets the method's name: nil lets a call through.
func (b *Interceptor) Fail(f func(method string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// Show changes what is seen of a request from now on.
func (b *Interceptor) Show(id string, change func(*dsr.View)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changes == nil {
		b.changes = map[string]func(*dsr.View){}
	}
	before := b.changes[id]
	b.changes[id] = func(v *dsr.View) {
		if before != nil {
			before(v)
		}
		change(v)
	}
}

// Forget takes back what Show has changed.
func (b *Interceptor) Forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.changes, id)
}

// ChangeArchives changes every archive that is opened from now on.
func (b *Interceptor) ChangeArchives(change func(*edge.Archive)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.content = change
}

// enter fails when the test wants that, without holding a lock: it may panic.
func (b *Interceptor) enter(method string) error {
	b.mu.Lock()
	f := b.fault
	b.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(method)
}

func (b *Interceptor) changed(id string, v dsr.View) dsr.View {
	b.mu.Lock()
	defer b.mu.Unlock()
	if change := b.changes[id]; change != nil {
		change(&v)
	}
	return v
}

// Authenticate implements api.Service.
func (b *Interceptor) Authenticate(ctx context.Context, token string) (dsr.Principal, error) {
	if err := b.enter("Authenticate"); err != nil {
		return dsr.Principal{}, err
	}
	if token == Nobody {
		return dsr.Principal{ID: "token:nobody", Name: Nobody, Role: "visitor"}, nil
	}
	return b.Backend.Authenticate(ctx, token)
}

// Submit implements api.Service and ui.Service.
func (b *Interceptor) Submit(ctx context.Context, call dsr.Call, s dsr.Submission) (dsr.Request, error) {
	if err := b.enter("Submit"); err != nil {
		return dsr.Request{}, err
	}
	return b.Backend.Submit(ctx, call, s)
}

// Request implements api.Service and ui.Service.
func (b *Interceptor) Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error) {
	if err := b.enter("Request"); err != nil {
		return dsr.Request{}, err
	}
	r, err := b.Backend.Request(ctx, by, id)
	if err != nil {
		return r, err
	}
	return b.changed(id, dsr.View{Request: r}).Request, nil
}

// View implements api.Service and ui.Service.
func (b *Interceptor) View(ctx context.Context, by dsr.Principal, id string) (dsr.View, error) {
	if err := b.enter("View"); err != nil {
		return dsr.View{}, err
	}
	v, err := b.Backend.View(ctx, by, id)
	if err != nil {
		return v, err
	}
	return b.changed(id, v), nil
}

// Told implements ui.Service.
func (b *Interceptor) Told(ctx context.Context, by dsr.Principal, id string) (dsr.View, dsr.History, error) {
	if err := b.enter("View"); err != nil {
		return dsr.View{}, dsr.History{}, err
	}
	v, h, err := b.Backend.Told(ctx, by, id)
	if err != nil {
		return v, h, err
	}
	return b.changed(id, v), h, nil
}

// Requests implements api.Service and ui.Service.
func (b *Interceptor) Requests(ctx context.Context, f dsr.Filter) (dsr.Page, error) {
	if err := b.enter("Requests"); err != nil {
		return dsr.Page{}, err
	}
	page, err := b.Backend.Requests(ctx, f)
	for i, r := range page.Items {
		page.Items[i] = b.changed(r.ID, dsr.View{Request: r}).Request
	}
	return page, err
}

// Cancel implements api.Service and ui.Service.
func (b *Interceptor) Cancel(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	if err := b.enter("Cancel"); err != nil {
		return dsr.Request{}, err
	}
	return b.Backend.Cancel(ctx, call, id)
}

// OpenArchive implements api.Service and ui.Service.
func (b *Interceptor) OpenArchive(ctx context.Context, by dsr.Principal, id string) (*edge.Archive, error) {
	if err := b.enter("OpenArchive"); err != nil {
		return nil, err
	}
	a, err := b.Backend.OpenArchive(ctx, by, id)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && b.content != nil {
		b.content(a)
	}
	return a, err
}

// people is the program's people behind an Interceptor.
type people struct {
	ui.People
	between *Interceptor
}

func (p people) Person(ctx context.Context, id string) (dsr.Person, error) {
	if err := p.between.enter("Person"); err != nil {
		return dsr.Person{}, err
	}
	return p.People.Person(ctx, id)
}
