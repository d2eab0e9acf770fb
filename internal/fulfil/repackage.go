package fulfil

import (
	"context"
	"log/slog"

	"dsr-server/internal/report"
)

// Repackage makes the archive of a request once more from what is sealed. Packaging is a
// pure function of that, so the bytes are those of the archive that was lost, unless the
// program, its signing key or what the configuration tells of the sources is another.
func (f *Fulfiller) Repackage(ctx context.Context, st Store, id string) error {
	snap, err := st.Snapshot(ctx, id)
	if err != nil || !snap.Request.Repackaging {
		return err
	}
	o, err := f.writeNew(ctx, st, snap.Request, report.Coverage(snap, f.Reported()))
	if err != nil {
		return err
	}
	unneeded, err := st.Repackaged(ctx, o)
	if err != nil {
		return err
	}
	f.o.Log.InfoContext(ctx, "request packaged again", slog.String("request", id), slog.Int64("bytes", o.Found.Archive.Size))
	return f.settleFile(ctx, o, unneeded)
}
