package fulfil

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"

	"github.com/google/uuid"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/report"
	"dsr-server/internal/vault"
)

// Package writes the archive of a request whose sources have all ended, unless it only
// screens, and moves the request on.
func (f *Fulfiller) Package(ctx context.Context, st Store, id string) error {
	snap, err := st.Snapshot(ctx, id)
	if err != nil || snap.Request.Status != dsr.Running {
		return err
	}
	c := f.Reported()
	coverage := report.Coverage(snap, c)
	warnings, err := f.identities(ctx, snap.Request)
	if err != nil {
		return err
	}
	o := dsr.FinishedRun{RequestID: id, Complete: coverage.Complete}
	if !snap.Request.Screens() {
		if o, err = f.writeNew(ctx, st, snap.Request, coverage); err != nil {
			return err
		}
	}
	o.Problem, o.Warnings = problem(coverage), append(report.Warnings(snap, c), warnings...)
	unneeded, err := st.Finish(ctx, o)
	if err != nil {
		return err
	}
	f.o.Log.InfoContext(ctx, "request finished", slog.String("request", id), slog.Bool("complete", o.Complete), slog.Bool("archive", o.Found.Archive != nil))
	return f.settleFile(ctx, o, unneeded)
}

// writeNew writes an archive of what is stored. Its bytes follow from that; its file gets a
// name and a key of its own, so that a crash before the commit leaves the old one in force.
func (f *Fulfiller) writeNew(ctx context.Context, st Store, r dsr.Request, c dsr.Coverage) (o dsr.FinishedRun, err error) {
	identity, err := vault.NewIdentity()
	if err != nil {
		return o, fmt.Errorf("make archive key: %w", err)
	}
	o = dsr.FinishedRun{RequestID: r.ID, Complete: c.Complete, Identity: identity, WithheldChanges: r.WithheldChanges, FileName: r.ID + "." + uuid.NewString()}
	if err := f.beginFile(ctx, st, r.ID, o.FileName); err != nil {
		return o, err
	}
	err = f.write(ctx, r, c, &o)
	return o, err
}

// settleFile marks the file as committed, unless the request no longer wanted it, and
// removes the one that is needed no longer.
func (f *Fulfiller) settleFile(ctx context.Context, o dsr.FinishedRun, unneeded string) error {
	if o.FileName != "" && unneeded != o.FileName {
		if err := f.o.Vault.MarkFinished(o.FileName); err != nil {
			f.o.Log.WarnContext(ctx, "an archive is not marked as committed", slog.String("request", o.RequestID), slog.Any("err", err))
		}
	}
	if unneeded == "" {
		return nil
	}
	return f.o.Vault.Remove(unneeded)
}

// beginFile puts a file of the archive folder on record before there is one, and clears away
// what earlier tries have left.
func (f *Fulfiller) beginFile(ctx context.Context, st Store, id, name string) error {
	abandoned, err := st.BeginArchive(ctx, id, name)
	if err != nil || len(abandoned) == 0 {
		return err
	}
	return f.Discard(ctx, st, abandoned)
}

// Discard removes files that the database has named and does not need, and then their
// names. What the vault refuses to remove stays, with its name.
func (f *Fulfiller) Discard(ctx context.Context, st FileStore, names []string) error {
	known, err := st.ArchiveFiles(ctx)
	if err != nil {
		return err
	}
	var gone []string
	for _, name := range names {
		done, err := f.o.Vault.Discard(name, known.States[name], known.Since)
		if err != nil {
			return err
		}
		if done {
			gone = append(gone, name)
		}
	}
	return st.ForgetFiles(ctx, gone...)
}

func (f *Fulfiller) write(ctx context.Context, r dsr.Request, c dsr.Coverage, o *dsr.FinishedRun) error {
	var sum archive.Summary
	err := f.o.Vault.Save(ctx, o.FileName, o.Identity, func(w io.Writer) (err error) {
		sum, err = archive.Write(ctx, w, archive.Input{
			Request: r, Coverage: c, Software: f.o.Software, Contents: f.o.Found(r.ID), Signer: f.o.Signer,
			Information: f.information(r.Sources), Speech: speechOf,
			Describe: export.RecordSchema, OpenFile: f.openFile,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	o.Found = dsr.Result{
		Conversations: sum.Conversations, Messages: sum.Messages,
		Archive: &dsr.ArchiveInfo{Size: sum.Size, SHA256: hex.EncodeToString(sum.SHA256[:])},
	}
	return nil
}

// speechOf reads records as those of the source that was searched.
func speechOf(sourceType string, d *dsr.Declared) archive.Speech {
	return export.SpeechOf(sourceType, d)
}

// information is what the configuration says of the sources.
func (f *Fulfiller) information(sources []string) map[string]dsr.Information {
	out := map[string]dsr.Information{}
	for _, name := range sources {
		out[name] = f.sources[name].Information
	}
	return out
}

// problem is the first reason of the first incomplete source, for the request's error.
func problem(c dsr.Coverage) *dsr.Problem {
	for _, s := range c.Sources {
		for _, why := range s.Reasons {
			return &dsr.Problem{Code: why.Code, Detail: s.Name + ": " + why.Detail}
		}
	}
	return nil
}
