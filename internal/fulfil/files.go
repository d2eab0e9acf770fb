package fulfil

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fetch"
	"dsr-server/internal/scan"
	"dsr-server/internal/vault"
)

// AttachmentStore is the record of the files that messages refer to.
type AttachmentStore interface {
	// UncountedSources are those whose messages have not been looked through in this run.
	UncountedSources(ctx context.Context, id string) ([]string, error)
	NoteAttachments(ctx context.Context, id, source string, found []dsr.Attachment) error
	CountedAttachments(ctx context.Context, id, source string, paths []string, fetch bool) error
	// NextAttachment is the first that waits, with how much has been fetched.
	NextAttachment(ctx context.Context, id string) (a dsr.Attachment, waiting bool, files, bytes int64, err error)
	// SettleAttachment stores what has become of one, if the request still wants it.
	SettleAttachment(ctx context.Context, id string, a dsr.Attachment) (wanted bool, err error)
	EndAttachments(ctx context.Context, id string) error
}

// Files says which files the messages of a source refer to, and how they are fetched.
type Files struct {
	Paths   []string // beside what shows by itself
	MaxSize int64    // of one file
	Fetch   Fetcher  // nil: they are counted and named, not fetched
}

// Fetcher is fetch.Fetcher.
type Fetcher interface {
	Listed(address string) error
	Get(ctx context.Context, address string, limit int64, w io.Writer) (fetch.Got, error)
}

const (
	fetchTries   = 4    // of one file
	filesFetched = 5000 // for one request
	notedAtOnce  = 200
)

// FetchFiles looks for the files that the messages found for a request refer to, and
// fetches those it may, one after the other. Each is committed by itself, so that a crash
// costs the one that was under way. Then the request goes on to packaging: a file that
// cannot be had is named, and holds nothing up.
func (f *Fulfiller) FetchFiles(ctx context.Context, st Store, id string) error {
	sources, err := st.UncountedSources(ctx, id)
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := f.countFiles(ctx, st, id, source); err != nil {
			return err
		}
	}
	for {
		a, waiting, files, bytes, err := st.NextAttachment(ctx, id)
		if err != nil {
			return err
		}
		if !waiting {
			return st.EndAttachments(ctx, id)
		}
		if err := f.fetchFile(ctx, st, id, a, f.room(a.Source, files, bytes)); err != nil {
			return err
		}
	}
}

// countFiles notes what the messages of one source refer to.
func (f *Fulfiller) countFiles(ctx context.Context, st Store, id, source string) error {
	s := f.sources[source].Files
	finder, found := attachment.NewFinder(s.Paths), f.o.Found(id)
	var conversations []string
	for rec, err := range found.Conversations(ctx, source) {
		if err != nil {
			return fmt.Errorf("look for files: %w", err)
		}
		if rec.ID != "" {
			conversations = append(conversations, rec.ID)
		}
	}
	var batch []dsr.Attachment
	for _, conversation := range conversations {
		for rec, err := range found.Messages(ctx, source, conversation) {
			if err != nil {
				return fmt.Errorf("look for files: %w", err)
			}
			for _, address := range finder.In(rec.Raw) {
				batch = append(batch, s.note(source, address))
			}
			if len(batch) < notedAtOnce {
				continue
			}
			if err := st.NoteAttachments(ctx, id, source, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := st.NoteAttachments(ctx, id, source, batch); err != nil {
		return err
	}
	return st.CountedAttachments(ctx, id, source, s.Paths, s.Fetch != nil)
}

// note is a file as it stands when a message refers to it.
func (s Files) note(source, address string) dsr.Attachment {
	a := dsr.Attachment{Source: source, Address: address, State: dsr.AttachmentWaiting}
	if s.Fetch == nil {
		return missing(a, dsr.MissingNotAllowed)
	}
	if why, ok := errors.AsType[*fetch.Failure](s.Fetch.Listed(address)); ok {
		return missing(a, why.Reason)
	}
	return a
}

func missing(a dsr.Attachment, reason string) dsr.Attachment {
	a.State, a.Reason, a.Content = dsr.AttachmentMissing, reason, dsr.AttachmentContent{}
	return a
}

// room is how large the next file of a source may be, and why not larger.
type room struct {
	bytes int64
	full  string
}

func (f *Fulfiller) room(source string, files, bytes int64) room {
	left := f.o.RequestFiles - bytes
	if files >= filesFetched {
		left = 0
	}
	if most := f.sources[source].Files.MaxSize; most <= left {
		return room{most, dsr.MissingTooLarge}
	}
	return room{max(left, 0), dsr.MissingRequestFull}
}

// fetchFile settles one file that waits.
func (f *Fulfiller) fetchFile(ctx context.Context, st Store, id string, a dsr.Attachment, r room) error {
	fetcher := f.sources[a.Source].Files.Fetch
	switch {
	case fetcher == nil: // switched off meanwhile
		a = missing(a, dsr.MissingNotAllowed)
	case r.bytes == 0:
		a = missing(a, r.full)
	default:
		var err error
		if a, err = f.tryFile(ctx, st, id, a, r); err != nil {
			return err
		}
	}
	wanted, err := st.SettleAttachment(ctx, id, a)
	if err != nil || !wanted || a.State != dsr.AttachmentFetched {
		return err
	}
	if err := f.o.Vault.MarkFinished(a.Content.FileName); err != nil {
		f.o.Log.WarnContext(ctx, "a fetched file is not marked as committed", slog.String("request", id), slog.Any("err", err))
	}
	return nil
}

// tryFile fetches a file, again after faults that may pass.
func (f *Fulfiller) tryFile(ctx context.Context, st Store, id string, a dsr.Attachment, r room) (dsr.Attachment, error) {
	identity, err := vault.NewIdentity()
	if err != nil {
		return a, fmt.Errorf("make a key for a file: %w", err)
	}
	a.Content = dsr.AttachmentContent{Identity: identity, FileName: id + "." + uuid.NewString()}
	if err := f.beginFile(ctx, st, id, a.Content.FileName); err != nil {
		return a, err
	}
	for failures := 1; ; failures++ {
		got, err := f.saveFile(ctx, a, r)
		why, failed := errors.AsType[*fetch.Failure](err)
		switch {
		case err == nil:
			a.State = dsr.AttachmentFetched
			a.Content.Size, a.Content.SHA256, a.Content.Declared = got.Size, hex.EncodeToString(got.SHA256[:]), got.Declared
			a.Content.Extension, a.Content.Type = got.Kind.Extension, got.Kind.Type
			return a, nil
		case !failed:
			return a, err
		case why.Reason == dsr.MissingTooLarge:
			return missing(a, r.full), nil
		case !why.Again || failures == fetchTries:
			return missing(a, why.Reason), nil
		}
		if err := pause(ctx, st, max(why.After, f.o.Backoff(failures))); err != nil {
			return a, err
		}
	}
}

// saveFile fetches a file into the vault. What is half there is removed with the error.
func (f *Fulfiller) saveFile(ctx context.Context, a dsr.Attachment, r room) (got fetch.Got, err error) {
	err = f.o.Vault.Save(ctx, a.Content.FileName, a.Content.Identity, func(w io.Writer) error {
		got, err = f.sources[a.Source].Files.Fetch.Get(ctx, a.Address, r.bytes, w)
		return err
	})
	return got, err
}

// pause waits, unless the program is about to stop.
func pause(ctx context.Context, st Store, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-st.Stopping():
		return scan.ErrStopping
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// openFile reads a file that was fetched.
func (f *Fulfiller) openFile(a dsr.Attachment) (io.ReadCloser, error) {
	file, _, err := f.o.Vault.Open(a.Content.FileName, a.Content.Identity)
	return file, err
}
