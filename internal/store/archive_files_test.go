package store

import (
	"testing"

	"github.com/pressly/goose/v3"

	"dsr-server/internal/dsr"
	"dsr-server/migrations"
)

// TestArchivesOfAnOlderProgramAreOnRecord: what was made before names were kept is
// known after the migration, and can be deleted in its time.
func TestArchivesOfAnOlderProgramAreOnRecord(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id := l.ready("one")
	provider, err := goose.NewProvider(goose.DialectSQLite3, l.s.w, migrations.FS)
	l.must(err)
	_, err = provider.DownTo(t.Context(), 6)
	l.must(err)
	l.must(l.reopen())
	files, err := l.s.ArchiveFiles(t.Context())
	l.must(err)
	if got := files.States[id+".age"]; got != (dsr.ArchiveFile{Finished: true, InForce: true}) || len(files.States) != 1 {
		t.Errorf("got %+v", files)
	}
}

// TestAFileIsOnRecordFromBeforeItsBeginning follows the names of one request over a
// try that was cut short, one that ended, and the request's purge.
func TestAFileIsOnRecordFromBeforeItsBeginning(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx, id := t.Context(), l.submit("one")
	w := l.work()
	if abandoned, err := w.BeginArchive(ctx, id, "first"); err != nil || len(abandoned) != 0 {
		t.Fatalf("got %v, %v", abandoned, err)
	}
	l.wantFile("first", dsr.ArchiveFile{UnderWay: true})
	if abandoned, err := w.BeginArchive(ctx, id, "second"); err != nil || len(abandoned) != 1 || abandoned[0] != "first" {
		t.Errorf("got %v, %v, want the first", abandoned, err)
	}
	l.must(w.ForgetFiles(ctx, "first"))
	l.wantFile("first", dsr.ArchiveFile{})
	l.finish(id)
	l.wantFile(id+".age", dsr.ArchiveFile{Finished: true, InForce: true})
	l.wantFile("second", dsr.ArchiveFile{}) // nobody needs it any more
	_, err := l.s.Purge(ctx, byAdmin, id)
	l.must(err)
	l.wantFile(id+".age", dsr.ArchiveFile{Finished: true})
}

// TestAFileOfAPurgedRequestIsNeededByNobody, also while a purge on a full disk has left the
// row that names it.
func TestAFileOfAPurgedRequestIsNeededByNobody(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.Driver = onFullDisk() })
	id := l.ready("one")
	for _, statement := range []string{
		`INSERT INTO archive_files (name, request_id, finished) VALUES ('photo', '` + id + `', 1)`,
		`INSERT INTO attachments (request_id, source, address_key, address, state, file_name, detail, size) VALUES ('` + id + `', 'bot', x'01', x'02', 'fetched', 'photo', x'03', 4)`,
	} {
		_, err := l.s.w.ExecContext(t.Context(), statement)
		l.must(err)
	}
	l.wantFile("photo", dsr.ArchiveFile{Finished: true, InForce: true})
	_, err := l.s.Purge(t.Context(), byAdmin, id)
	l.must(err)
	var rows int
	l.must(l.s.r.QueryRowContext(t.Context(), `SELECT count(*) FROM attachments`).Scan(&rows))
	if rows != 1 {
		t.Fatalf("%d rows name the file: nothing is tested", rows)
	}
	l.wantFile("photo", dsr.ArchiveFile{Finished: true})
}

func (l *life) wantFile(name string, want dsr.ArchiveFile) {
	l.t.Helper()
	files, err := l.s.ArchiveFiles(l.t.Context())
	l.must(err)
	if got := files.States[name]; got != want {
		l.t.Errorf("%s is %+v, want %+v", name, got, want)
	}
}
