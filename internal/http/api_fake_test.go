package http

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/dsr"
)

// fakeService is the rooms behind the edge, in memory: it keeps the promises of
// Service, moves requests along dsr.Status.CanMove, and fails when told to.
type fakeService struct {
	Service // what the API does not use

	mu       sync.Mutex
	now      func() time.Time
	tokens   map[string]dsr.Principal
	requests map[string]*dsr.Request
	order    []string // of submission
	zips     map[string][]byte
	byKey    map[string]idempotent
	calls    []dsr.Call
	events   []string
	ends     []string // of downloads
	links    map[[32]byte]*dsr.Link
	sources  []dsr.SourceHealth
	made     map[string]dsr.Token // through the API
	leaves   [][]byte             // of the audit log
	hashes   []tlog.Hash
	fault    func(method string) error // of ours, when set
	ready    error
	readErr  error // of every archive, after its first byte
}

type idempotent struct {
	key dsr.IdempotencyKey
	id  string
}

func newFakeService(now func() time.Time) *fakeService {
	f := &fakeService{now: now, requests: map[string]*dsr.Request{}, zips: map[string][]byte{},
		links: map[[32]byte]*dsr.Link{}, made: map[string]dsr.Token{}, byKey: map[string]idempotent{}}
	f.tokens = map[string]dsr.Principal{}
	for _, role := range dsr.Roles {
		f.tokens[string(role)] = dsr.Principal{ID: "token:" + string(role), Name: string(role), Role: role}
	}
	f.tokens["other-requester"] = dsr.Principal{ID: "token:other", Name: "other", Role: dsr.Requester}
	f.tokens["nobody"] = dsr.Principal{ID: "token:nobody", Name: "nobody", Role: "visitor"}
	return f
}

func (f *fakeService) enter(method string) error {
	f.mu.Lock()
	if f.fault == nil {
		return nil
	}
	return f.fault(method)
}

func (f *fakeService) Authenticate(_ context.Context, token string) (dsr.Principal, error) {
	defer f.mu.Unlock()
	if err := f.enter("Authenticate"); err != nil {
		return dsr.Principal{}, err
	}
	if p, ok := f.tokens[token]; ok {
		return p, nil
	}
	return dsr.Principal{}, dsr.Errorf(dsr.Unauthenticated, "bad_token", "the token is not known")
}

func (f *fakeService) Ready(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ready
}

func (f *fakeService) Submit(_ context.Context, call dsr.Call, s dsr.Submission) (dsr.Request, error) {
	defer f.mu.Unlock()
	if err := f.enter("Submit"); err != nil {
		return dsr.Request{}, err
	}
	if id, err := f.repeated(call); id != "" || err != nil {
		return f.copyOf(id), err
	}
	for _, r := range f.requests {
		if s.Reference != "" && r.Reference == s.Reference {
			return dsr.Request{}, &dsr.Error{Kind: dsr.Conflict, Code: "duplicate_reference", Field: "reference",
				Detail: "another request has this reference", ID: r.ID}
		}
	}
	id := uuid.Must(uuid.NewV7()).String()
	f.requests[id] = &dsr.Request{ID: id, Reference: s.Reference, Status: dsr.Queued, Selectors: s.Selectors, Sources: s.Sources,
		Window: s.Window, ReceivedAt: s.ReceivedAt, DueAt: dsr.DueAt(s.ReceivedAt, time.UTC), Language: s.Language, Notes: s.Notes,
		CreatedAt: f.now(), CreatedBy: call.By.ID, UpdatedAt: f.now(), Progress: dsr.Progress{ETASeconds: -1}}
	f.order = append(f.order, id)
	f.remember(call, id)
	return f.copyOf(id), nil
}

// repeated finds the call that this one repeats.
func (f *fakeService) repeated(call dsr.Call) (string, error) {
	before, ok := f.byKey[call.By.ID+"\n"+call.Key.Key]
	switch {
	case call.Key.Key == "" || !ok:
		return "", nil
	case before.key != call.Key:
		return "", dsr.Errorf(dsr.Conflict, "idempotency_key_reused", "this key belongs to another call")
	}
	return before.id, nil
}

func (f *fakeService) remember(call dsr.Call, id string) {
	f.calls = append(f.calls, call)
	if call.Key.Key != "" {
		f.byKey[call.By.ID+"\n"+call.Key.Key] = idempotent{call.Key, id}
	}
}

func (f *fakeService) copyOf(id string) dsr.Request {
	if r := f.requests[id]; r != nil {
		return *r
	}
	return dsr.Request{}
}

func (f *fakeService) find(id string) (*dsr.Request, error) {
	r := f.requests[id]
	switch {
	case r == nil:
		return nil, dsr.Errorf(dsr.NotFound, "not_found", "there is no request with this id")
	case r.Status == dsr.Purged:
		e := dsr.Errorf(dsr.Gone, "purged", "the request was purged")
		e.Receipt = []byte(fakeReceipt)
		return nil, e
	}
	return r, nil
}

func (f *fakeService) Request(_ context.Context, by dsr.Principal, id string) (dsr.Request, error) {
	defer f.mu.Unlock()
	if err := f.enter("Request"); err != nil {
		return dsr.Request{}, err
	}
	r, err := f.find(id)
	if err != nil {
		return dsr.Request{}, err
	}
	f.events = append(f.events, "viewed "+id+" by "+by.ID)
	return *r, nil
}

func (f *fakeService) Requests(_ context.Context, filter dsr.Filter) (dsr.Page, error) {
	defer f.mu.Unlock()
	if err := f.enter("Requests"); err != nil {
		return dsr.Page{}, err
	}
	newest := slices.Clone(f.order)
	slices.Reverse(newest)
	if filter.Cursor != "" {
		i := slices.Index(newest, filter.Cursor)
		if i < 0 {
			return dsr.Page{}, dsr.FieldErrorf("cursor", "is not a cursor of this list")
		}
		newest = newest[i+1:]
	}
	var page dsr.Page
	for _, id := range newest {
		if !fits(*f.requests[id], filter) {
			continue
		}
		if len(page.Items) == filter.Limit {
			page.NextCursor = page.Items[len(page.Items)-1].ID
			break
		}
		page.Items = append(page.Items, masked(*f.requests[id]))
	}
	return page, nil
}

func fits(r dsr.Request, f dsr.Filter) bool {
	return (f.Status == "" || r.Status == f.Status) &&
		(f.Source == "" || slices.Contains(r.Sources, f.Source)) &&
		(f.DueBefore.IsZero() || r.DueAt.Before(f.DueBefore)) &&
		(f.Query == "" || r.ID == f.Query || strings.HasPrefix(r.Reference, f.Query))
}

func masked(r dsr.Request) dsr.Request {
	r.Selectors = slices.Clone(r.Selectors)
	for i, s := range r.Selectors {
		r.Selectors[i] = s.Masked()
	}
	return r
}

func (f *fakeService) Cancel(_ context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return f.change("Cancel", call, id, dsr.Cancelled, nil)
}

func (f *fakeService) Retry(_ context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return f.change("Retry", call, id, dsr.Queued, func(r *dsr.Request) bool { return r.Retryable() })
}

func (f *fakeService) Approve(_ context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return f.change("Approve", call, id, dsr.Ready, func(r *dsr.Request) bool { return r.Status == dsr.Review })
}

func (f *fakeService) Reject(_ context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return f.change("Reject", call, id, dsr.Rejected, nil)
}

func (f *fakeService) change(method string, call dsr.Call, id string, to dsr.Status, may func(*dsr.Request) bool) (dsr.Request, error) {
	defer f.mu.Unlock()
	if err := f.enter(method); err != nil {
		return dsr.Request{}, err
	}
	r, err := f.find(id)
	if err != nil {
		return dsr.Request{}, err
	}
	if before, err := f.repeated(call); before != "" || err != nil {
		return f.copyOf(before), err
	}
	decides := method == "Approve" || method == "Reject"
	if decides && r.CreatedBy == call.By.ID {
		return dsr.Request{}, dsr.Errorf(dsr.Forbidden, "own_request", "nobody decides on their own request")
	}
	if !r.Status.CanMove(to) || may != nil && !may(r) {
		return dsr.Request{}, dsr.Errorf(dsr.Conflict, "wrong_status", "not from the status %s", r.Status)
	}
	r.Status, r.UpdatedAt = to, f.now()
	f.remember(call, id)
	return *r, nil
}

func (f *fakeService) View(_ context.Context, by dsr.Principal, id string) (View, error) {
	defer f.mu.Unlock()
	if err := f.enter("View"); err != nil {
		return View{}, err
	}
	r, err := f.find(id)
	if err != nil {
		return View{}, err
	}
	f.events = append(f.events, "viewed "+id+" by "+by.ID)
	return View{Request: *r, Coverage: searched(*r), Staff: f.staff(*r)}, nil
}

// searched is the coverage of a request that has been planned.
func searched(r dsr.Request) dsr.Coverage {
	if r.AsOf.IsZero() {
		return dsr.Coverage{}
	}
	first := r.AsOf.Add(-time.Hour)
	c := dsr.Coverage{AsOf: r.AsOf, Complete: *r.Complete}
	for _, name := range r.Sources {
		c.Sources = append(c.Sources, dsr.SourceCoverage{Name: name, Type: "dump", Complete: *r.Complete,
			Asked: dsr.Span{Start: first, End: r.AsOf},
			Read:  []dsr.RangeRead{{Start: first, End: r.AsOf, Pages: 1, Records: 3, First: &first}}})
	}
	return c
}

func (f *fakeService) OpenArchive(_ context.Context, by dsr.Principal, id string, access dsr.Access) (*Archive, error) {
	defer f.mu.Unlock()
	if err := f.enter("OpenArchive"); err != nil {
		return nil, err
	}
	r, err := f.find(id)
	if err != nil {
		return nil, err
	}
	zip := f.zips[id]
	inReview := r.Status == dsr.Review && by.Role.May(dsr.DownloadReview)
	if zip == nil || r.Status != dsr.Ready && !inReview {
		return nil, dsr.Errorf(dsr.Conflict, "not_ready", "there is no archive to download: the request is %s", r.Status)
	}
	if access == dsr.Describe {
		return f.archive(id, ""), nil
	}
	f.events = append(f.events, "downloaded "+id+" by "+by.ID)
	r.Result.Archive.Downloads++
	return f.archive(id, by.ID), nil
}

// archive opens the zip; the end of its download is put on record as actor's.
func (f *fakeService) archive(id, actor string) *Archive {
	zip := f.zips[id]
	content := &fakeContent{Reader: bytes.NewReader(zip), err: f.readErr}
	a := &Archive{ReadSeekCloser: content, Name: "dsr-" + id + ".zip", Size: int64(len(zip)), SHA256: sha256.Sum256(zip)}
	if actor != "" {
		a.Finish = func(_ context.Context, sent int64, finished bool) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.ends = append(f.ends, fmt.Sprintf("%s sent %d bytes, finished %v", actor, sent, finished))
			return nil
		}
	}
	return a
}

type fakeContent struct {
	*bytes.Reader
	err error
}

func (c *fakeContent) Read(p []byte) (int, error) {
	if c.err == nil {
		return c.Reader.Read(p)
	}
	if c.Len() < int(c.Size()) {
		return 0, c.err
	}
	return c.Reader.Read(p[:1])
}

func (c *fakeContent) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

func (c *fakeContent) Close() error { return nil }

// finish takes a queued request to the end of its run: to ready when it is
// complete, else to review.
func (f *fakeService) finish(id string, complete bool, zip []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.requests[id]
	to := dsr.Ready
	if !complete {
		to = dsr.Review
		r.Problem = &dsr.Problem{Code: dsr.ReasonKeyRefused, Detail: "the source refused its key"}
	}
	if !r.Status.CanMove(dsr.Running) || !dsr.Running.CanMove(to) {
		panic("no such way from " + string(r.Status))
	}
	sum := sha256.Sum256(zip)
	r.Status, r.Complete, r.AsOf, r.UpdatedAt = to, &complete, f.now(), f.now()
	r.Progress = dsr.Progress{Pages: 1, Records: 3, Conversations: 1, Messages: 2, Percent: 100}
	r.Result = &dsr.Result{Conversations: 1, Messages: 2, Archive: &dsr.ArchiveInfo{Size: int64(len(zip)),
		SHA256: hex.EncodeToString(sum[:]), ExpiresAt: f.now().Add(2160 * time.Hour)}}
	f.zips[id] = zip
}

// set moves a request to a status, which the way there need not lead through.
func (f *fakeService) set(id string, change func(*dsr.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.requests[id])
}
