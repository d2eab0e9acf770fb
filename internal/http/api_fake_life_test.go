package http

import (
	"context"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// fakeReceipt is what the fake leaves of every purged request.
const fakeReceipt = `{"version":1,"request":"0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c","purged_at":"2025-06-30T10:00:00Z","reason":"on_demand",` +
	`"by_role":"admin","status":"ready","received_at":"2025-06-30T09:00:00Z","answered":true,"conversations":1,"messages":2,"archive":"","removed":["archive"]}`

// edit changes a request without moving it.
func (f *fakeService) edit(method string, call dsr.Call, id string, change func(*dsr.Request) error) (dsr.Request, error) {
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
	if err := change(r); err != nil {
		return dsr.Request{}, err
	}
	r.UpdatedAt = f.now()
	f.remember(call, id)
	return *r, nil
}

func (f *fakeService) Extend(_ context.Context, call dsr.Call, id string, e dsr.Extension) (dsr.Request, error) {
	return f.edit("Extend", call, id, func(r *dsr.Request) error {
		if err := r.MayExtend(f.now(), time.UTC); err != nil {
			return err
		}
		r.Extended, r.ExtensionReason, r.DueAt = true, e.Reason, dsr.ExtendedDueAt(r.ReceivedAt, e.Months, time.UTC)
		return nil
	})
}

func (f *fakeService) Answered(_ context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return f.edit("Answered", call, id, func(r *dsr.Request) error {
		if err := r.MayAnswer(); err != nil {
			return err
		}
		r.AnsweredAt = f.now()
		return nil
	})
}

func (f *fakeService) Hold(_ context.Context, call dsr.Call, id, reason string) (dsr.Request, error) {
	return f.edit("Hold", call, id, func(r *dsr.Request) error {
		if r.Hold != nil {
			return dsr.Errorf(dsr.Conflict, "held", "a legal hold keeps this request: %s", r.Hold.Reason)
		}
		r.Hold = &dsr.Hold{Reason: reason, Since: f.now(), By: call.By.ID}
		return nil
	})
}

func (f *fakeService) Release(_ context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return f.edit("Release", call, id, func(r *dsr.Request) error {
		if r.Hold == nil {
			return dsr.Errorf(dsr.Conflict, "not_held", "no legal hold keeps this request")
		}
		r.Hold = nil
		return nil
	})
}

func (f *fakeService) Purge(_ context.Context, by dsr.Principal, id string) error {
	_, err := f.edit("Purge", dsr.Call{By: by}, id, func(r *dsr.Request) error {
		if r.Hold != nil {
			return dsr.Errorf(dsr.Conflict, "held", "a legal hold keeps this request: %s", r.Hold.Reason)
		}
		*r = dsr.Request{ID: r.ID, Status: dsr.Purged, ReceivedAt: r.ReceivedAt, DueAt: r.DueAt, CreatedAt: r.CreatedAt}
		return nil
	})
	return err
}

func (f *fakeService) Receipt(_ context.Context, id string) (dsr.SignedReceipt, error) {
	defer f.mu.Unlock()
	if err := f.enter("Receipt"); err != nil {
		return dsr.SignedReceipt{}, err
	}
	if _, err := f.find(id); dsr.KindOf(err) == dsr.Gone {
		return dsr.SignedReceipt{Receipt: []byte(fakeReceipt), Text: fakeReceipt, Signature: "-----BEGIN SSH SIGNATURE-----\n"}, nil
	} else if err != nil {
		return dsr.SignedReceipt{}, err
	}
	return dsr.SignedReceipt{}, dsr.Errorf(dsr.NotFound, "no_receipt", "the request has not been purged")
}

func (f *fakeService) CreateLink(_ context.Context, by dsr.Principal, id string, hash [32]byte, life time.Duration) (dsr.Link, error) {
	defer f.mu.Unlock()
	if err := f.enter("CreateLink"); err != nil {
		return dsr.Link{}, err
	}
	r, err := f.find(id)
	if err != nil {
		return dsr.Link{}, err
	}
	if r.Status != dsr.Ready {
		return dsr.Link{}, dsr.Errorf(dsr.Conflict, "not_ready", "the request is %s", r.Status)
	}
	f.links[hash] = &dsr.Link{ID: uuid.Must(uuid.NewV7()).String(), RequestID: id, ExpiresAt: f.now().Add(life)}
	f.events = append(f.events, "link to "+id+" by "+by.ID)
	return *f.links[hash], nil
}

func (f *fakeService) Link(_ context.Context, hash [32]byte) (dsr.Link, error) {
	defer f.mu.Unlock()
	if err := f.enter("Link"); err != nil {
		return dsr.Link{}, err
	}
	if l := f.links[hash]; l != nil && f.now().Before(l.ExpiresAt) {
		return *l, nil
	}
	return dsr.Link{}, dsr.Errorf(dsr.NotFound, "link_ended", "this link has been used, has expired or was never made; ask for a new one")
}

func (f *fakeService) OpenLink(ctx context.Context, hash [32]byte) (*Archive, error) {
	l, err := f.Link(ctx, hash)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.links, hash)
	f.events = append(f.events, "downloaded "+l.RequestID+" by link:"+l.ID)
	return f.archive(l.RequestID, "link:"+l.ID), nil
}

func (f *fakeService) SigningKey() SigningKey {
	return SigningKey{AllowedSigner: `dsr-archive namespaces="dsr-archive" ssh-ed25519 AAAA`, Fingerprint: "SHA256:abc", Verifier: "dsr-server/1+2+3"}
}

// happen appends an event to the fake's log.
func (f *fakeService) happen(kind audit.Kind, request string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := int64(len(f.leaves))
	leaf, err := audit.Event{At: f.now(), Kind: kind, Actor: "system", Request: request}.Leaf(n)
	if err != nil {
		panic(err)
	}
	hashes, err := audit.Append(n, leaf, f.reader())
	if err != nil {
		panic(err)
	}
	f.leaves, f.hashes = append(f.leaves, leaf), append(f.hashes, hashes...)
}

func (f *fakeService) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = f.hashes[index]
		}
		return out, nil
	})
}

func (f *fakeService) AuditEvents(_ context.Context, _ dsr.Principal, after int64, limit int) ([][]byte, int64, error) {
	defer f.mu.Unlock()
	if err := f.enter("AuditEvents"); err != nil {
		return nil, 0, err
	}
	n := int64(len(f.leaves))
	from := min(after+1, n)
	return f.leaves[from:min(from+int64(limit), n)], n, nil
}

func (f *fakeService) Checkpoint(context.Context) ([]byte, error) {
	defer f.mu.Unlock()
	if err := f.enter("Checkpoint"); err != nil {
		return nil, err
	}
	tree, err := audit.Tree(int64(len(f.leaves)), f.reader())
	return audit.FormatCheckpoint("dsr-server/1", tree), err
}

func (f *fakeService) ProveEvent(_ context.Context, index, size int64) (p audit.EventProof, err error) {
	defer f.mu.Unlock()
	if err := f.enter("ProveEvent"); err != nil {
		return p, err
	}
	if size == 0 {
		size = int64(len(f.leaves))
	}
	if index >= size {
		return p, dsr.FieldErrorf("index", "must be below %d", size)
	}
	p.Index, p.Leaf = index, f.leaves[index]
	if p.Tree, err = audit.Tree(size, f.reader()); err != nil {
		return p, err
	}
	p.Proof, err = audit.ProveRecord(size, index, f.reader())
	return p, err
}

func (f *fakeService) ProveGrowth(_ context.Context, older, size int64) (p audit.GrowthProof, err error) {
	defer f.mu.Unlock()
	if err := f.enter("ProveGrowth"); err != nil {
		return p, err
	}
	if size == 0 {
		size = int64(len(f.leaves))
	}
	if p.Tree, err = audit.Tree(size, f.reader()); err != nil {
		return p, err
	}
	if p.Older, err = audit.Tree(older, f.reader()); err != nil {
		return p, err
	}
	p.Proof, err = audit.ProveTree(size, older, f.reader())
	return p, err
}
