package fulfil

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"dsr-server/internal/dsr"
	"dsr-server/internal/report"
	"dsr-server/internal/vault"
)

// Repackage makes the archive of a request once more from what is sealed. Packaging is a
// pure function of that, so the bytes are those of the archive that was lost, unless the
// program, its signing key or what the configuration tells of the sources is another.
func (f *Fulfiller) Repackage(ctx context.Context, st Store, id string) error {
	snap, err := st.Snapshot(ctx, id)
	if err != nil || !snap.Request.Repackaging {
		return err
	}
	coverage := report.Coverage(snap, f.Reported())
	identity, err := vault.NewIdentity()
	if err != nil {
		return fmt.Errorf("make archive key: %w", err)
	}
	o := dsr.FinishedRun{RequestID: id, Complete: coverage.Complete, Identity: identity, FileName: id + "." + uuid.NewString()}
	if err := f.beginFile(ctx, st, id, o.FileName); err != nil {
		return err
	}
	if err := f.write(ctx, snap.Request, coverage, &o); err != nil {
		return err
	}
	unneeded, err := st.Repackaged(ctx, o)
	if err != nil {
		return err
	}
	f.o.Log.InfoContext(ctx, "request packaged again", slog.String("request", id), slog.Int64("bytes", o.Found.Archive.Size))
	return f.settleFile(ctx, o, unneeded)
}
