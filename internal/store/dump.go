package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// DumpParts returns how far the search of a dump has come for each request that waits
// for it; one that has not been put in line is not among them.
func (w *Work) DumpParts(ctx context.Context, source string) (parts []dsr.DumpPart, err error) {
	err = w.view(ctx, func(t tx) error {
		rows, err := t.QueryContext(ctx, `
			SELECT d.request_id, d.opened_at, d.collecting, d.bytes, d.refused FROM dump_parts d
			JOIN request_sources p ON p.request_id = d.request_id AND p.source = d.source AND p.state = 'open'
			WHERE d.source = ?`, source)
		if err != nil {
			return fmt.Errorf("read dump parts: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			p := dsr.DumpPart{Source: source}
			var opened int64
			var refused string
			if err := rows.Scan(&p.RequestID, &opened, &p.Collecting, &p.Bytes, &refused); err != nil {
				return fmt.Errorf("read dump part: %w", err)
			}
			p.OpenedAt = time.UnixMilli(opened).UTC()
			if err := json.Unmarshal([]byte(refused), &p.Refused); err != nil {
				return fmt.Errorf("decode refusals: %w", err)
			}
			parts = append(parts, p)
		}
		return rows.Err()
	})
	return parts, err
}

// forOpenParts says of a file f that a request still waits for its source.
const forOpenParts = `EXISTS (
	SELECT 1 FROM dump_file_requests m JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source
	JOIN requests r ON r.id = m.request_id
	WHERE m.file_id = f.id AND p.state = 'open' AND r.status = 'running')`

// DumpLine returns the first files of a kind that are in line or begun, up to the one
// numbered upTo, for requests that wait: those begun first, then by name.
func (w *Work) DumpLine(ctx context.Context, source string, kind dsr.RecordKind, upTo int64, limit int) (files []dsr.DumpFile, err error) {
	err = w.view(ctx, func(t tx) error {
		files, err = t.dumpFiles(ctx, `d.id IN (SELECT f.id FROM dump_files f
			WHERE f.source = ? AND f.kind = ? AND f.state IN ('reading', 'waiting') AND f.id <= ? AND `+forOpenParts+`
			ORDER BY f.state, f.name, f.id LIMIT ?)`, source, string(kind), upTo, limit)
		if err != nil {
			return err
		}
		return t.openDumpHashes(ctx, source, files)
	})
	return files, err
}

// LastDumpFile is the number of the file that was put in line last.
func (w *Work) LastDumpFile(ctx context.Context) (id int64, err error) {
	if err := w.r.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM dump_files`).Scan(&id); err != nil {
		return 0, fmt.Errorf("count dump files: %w", err)
	}
	return id, nil
}

// DumpSettled reports whether no file of a kind is left to read for a request.
func (w *Work) DumpSettled(ctx context.Context, id, source string, kind dsr.RecordKind) (settled bool, err error) {
	err = w.r.QueryRowContext(ctx, `
		SELECT NOT EXISTS (SELECT 1 FROM dump_file_requests m JOIN dump_files d ON d.id = m.file_id
			WHERE m.request_id = ? AND m.source = ? AND d.kind = ? AND d.state IN ('waiting', 'reading'))`,
		id, source, string(kind)).Scan(&settled)
	if err != nil {
		return false, fmt.Errorf("look for dump files: %w", err)
	}
	return settled, nil
}

// DumpFiles returns the files of one request in a dump, in the order of their names;
// of all of them, or of those with faults.
func (w *Work) DumpFiles(ctx context.Context, id, source string, faulty bool) (files []dsr.DumpFile, err error) {
	err = w.view(ctx, func(t tx) error {
		files, err = t.dumpFiles(ctx, `(d.faults <> '[]' OR NOT ?) AND EXISTS (
			SELECT 1 FROM dump_file_requests m WHERE m.file_id = d.id AND m.request_id = ? AND m.source = ?)`, faulty, id, source)
		return err
	})
	return files, err
}

func (t tx) dumpFiles(ctx context.Context, where string, args ...any) ([]dsr.DumpFile, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT d.id, d.source, d.kind, d.name, d.size, d.modified_ns, d.inode, d.state, d.at, d.taken, d.lines, d.records,
			d.first_ms, d.last_ms, d.hash, d.sha256, d.tally, d.faults, d.unread, d.created_at,
			(SELECT group_concat(request_id) FROM dump_file_requests m WHERE m.file_id = d.id)
		FROM dump_files d WHERE `+where+` ORDER BY d.source, d.kind, d.name, d.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read dump files: %w", err)
	}
	defer rows.Close()
	var files []dsr.DumpFile
	for rows.Next() {
		f, err := scanDumpFile(rows)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, rows.Err()
}

func scanDumpFile(rows *sql.Rows) (f dsr.DumpFile, err error) {
	var modified, inode, created int64
	var first, last sql.NullInt64
	var tally, faults, requests string
	err = rows.Scan(&f.ID, &f.Source, &f.Kind, &f.Name, &f.Size, &modified, &inode, &f.State, &f.At, &f.Taken, &f.Lines, &f.Records,
		&first, &last, &f.Hash, &f.SHA256, &tally, &faults, &f.Unread, &created, &requests)
	if err != nil {
		return f, fmt.Errorf("read dump file: %w", err)
	}
	f.Modified, f.Inode, f.Begun = time.Unix(0, modified).UTC(), uint64(inode), time.UnixMilli(created).UTC() //nolint:gosec // G115: as it was stored
	f.First, f.Last, f.Requests = fromMillis(first), fromMillis(last), strings.Split(requests, ",")
	if err := json.Unmarshal([]byte(faults), &f.Faults); err != nil {
		return f, fmt.Errorf("decode faults: %w", err)
	}
	return f, decodeTally(tally, &f.Tally)
}

// openDumpHashes unseals the digests to go on with.
func (t tx) openDumpHashes(ctx context.Context, source string, files []dsr.DumpFile) error {
	for i := range files {
		f := &files[i]
		if len(f.Hash) == 0 {
			continue
		}
		k, err := t.rangeKey(ctx, dsr.Conversations, source)
		if err != nil {
			return err
		}
		if f.Hash, err = k.Open(dumpPlace("hash", f.ID), f.Hash); err != nil {
			return err
		}
	}
	return nil
}

func dumpPlace(column string, id int64) seal.Place {
	return seal.At("dump_files", column, fmt.Sprint(id))
}

// QueueDump puts a request's files in line. A file that nobody has begun to read is
// joined; a file that was read for the request before is not read again unless it is
// among those to drop.
func (w *Work) QueueDump(ctx context.Context, p dsr.DumpPart, files []dsr.DumpFile, drop []int64) error {
	refused, err := json.Marshal(append([]dsr.Reason{}, p.Refused...))
	if err != nil {
		return fmt.Errorf("encode refusals: %w", err)
	}
	return w.step(ctx, func(t tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO dump_parts (request_id, source, opened_at, collecting, bytes, refused) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (request_id, source) DO UPDATE SET opened_at = ?3, collecting = ?4, bytes = ?5, refused = ?6`,
			p.RequestID, p.Source, p.OpenedAt.UnixMilli(), p.Collecting, p.Bytes, string(refused))
		if err != nil {
			return fmt.Errorf("open dump part: %w", err)
		}
		for _, id := range drop {
			if _, err := t.ExecContext(ctx, `DELETE FROM dump_file_requests WHERE file_id = ? AND request_id = ?`, id, p.RequestID); err != nil {
				return fmt.Errorf("forget dump file: %w", err)
			}
		}
		for _, f := range files {
			if err := t.queueDumpFile(ctx, p, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t tx) queueDumpFile(ctx context.Context, p dsr.DumpPart, f dsr.DumpFile) error {
	var id int64
	err := t.QueryRowContext(ctx, `
		SELECT id FROM dump_files WHERE source = ? AND kind = ? AND name = ? AND size = ? AND modified_ns = ? AND inode = ? AND state = 'waiting'`,
		p.Source, string(f.Kind), f.Name, f.Size, f.Modified.UnixNano(), int64(f.Inode)).Scan(&id) //nolint:gosec // G115: any number will do
	if errors.Is(err, sql.ErrNoRows) {
		err = t.QueryRowContext(ctx, `
			INSERT INTO dump_files (source, kind, name, size, modified_ns, inode, state, created_at)
			VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?) RETURNING id`,
			p.Source, string(f.Kind), f.Name, f.Size, f.Modified.UnixNano(), int64(f.Inode), t.now.UnixMilli()).Scan(&id) //nolint:gosec // G115: likewise
	}
	if err != nil {
		return fmt.Errorf("queue dump file: %w", err)
	}
	_, err = t.ExecContext(ctx, `INSERT INTO dump_file_requests (file_id, request_id, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		id, p.RequestID, p.Source)
	if err != nil {
		return fmt.Errorf("queue dump file: %w", err)
	}
	return nil
}

// BeginDumpFiles moves files from waiting to being read and returns them with those
// they are needed by: nobody joins them afterwards. What nobody needs is left out.
func (w *Work) BeginDumpFiles(ctx context.Context, files []dsr.DumpFile) (begun []dsr.DumpFile, err error) {
	err = w.step(ctx, func(t tx) error {
		begun = nil
		for _, f := range files {
			if _, err := t.ExecContext(ctx, `UPDATE dump_files SET state = 'reading' WHERE id = ? AND state = 'waiting'`, f.ID); err != nil {
				return fmt.Errorf("begin dump file: %w", err)
			}
			if f.Requests, err = t.dumpNeeded(ctx, f.ID); err != nil {
				return err
			}
			if f.State = dsr.RangeReading; len(f.Requests) > 0 {
				begun = append(begun, f)
			}
		}
		return nil
	})
	return begun, err
}

// CommitDump stores stretches of files that were read and everything that follows from
// them, or the files' ends. It returns the requests that still need the last one.
func (w *Work) CommitDump(ctx context.Context, reads ...dsr.DumpRead) (needed []string, err error) {
	err = w.step(ctx, func(t tx) error {
		for _, d := range reads {
			if needed, err = t.dumpNeeded(ctx, d.ID); err != nil {
				return err
			}
			if len(needed) == 0 {
				continue
			}
			if err := t.advanceDump(ctx, d); err != nil {
				return err
			}
			if err := t.storeDumpFinds(ctx, d, needed); err != nil {
				return err
			}
		}
		return nil
	})
	return needed, err
}

// dumpNeeded lists the running requests with an open part for which a file is read.
func (t tx) dumpNeeded(ctx context.Context, id int64) (needed []string, err error) {
	rows, err := t.QueryContext(ctx, `
		SELECT m.request_id FROM dump_file_requests m JOIN dump_files d ON d.id = m.file_id
		JOIN requests r ON r.id = m.request_id AND r.status = 'running'
		JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source AND p.state = 'open'
		WHERE m.file_id = ? AND d.state = 'reading' ORDER BY m.request_id`, id)
	if err != nil {
		return nil, fmt.Errorf("read the file's requests: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var request string
		if err := rows.Scan(&request); err != nil {
			return nil, fmt.Errorf("read the file's requests: %w", err)
		}
		needed = append(needed, request)
	}
	return needed, rows.Err()
}

func (t tx) advanceDump(ctx context.Context, d dsr.DumpRead) error {
	tally, err := t.mergedTally(ctx, "dump_files", "id = ?", d.Tally, d.ID)
	if err != nil {
		return err
	}
	faults, err := json.Marshal(append([]dsr.Reason{}, d.Faults...))
	if err != nil {
		return fmt.Errorf("encode faults: %w", err)
	}
	var hash []byte
	if len(d.Hash) > 0 && d.State == dsr.RangeReading {
		k, err := t.sourceKey(ctx, d.Source)
		if err != nil {
			return err
		}
		hash = k.Seal(dumpPlace("hash", d.ID), d.Hash)
	}
	_, err = t.ExecContext(ctx, `
		UPDATE dump_files SET state = ?2, at = ?3, taken = ?4, lines = ?5, records = ?6, first_ms = ?7, last_ms = ?8,
			hash = ?9, sha256 = ?10, tally = ?11, faults = ?12, unread = ?13
		WHERE id = ?1`, d.ID, string(d.State), d.At, d.Taken, d.Lines, d.Records, millis(d.First), millis(d.Last), hash, d.SHA256, tally, string(faults), d.Unread)
	if err != nil {
		return fmt.Errorf("advance dump file: %w", err)
	}
	return nil
}

func (t tx) storeDumpFinds(ctx context.Context, d dsr.DumpRead, needed []string) error {
	keys, err := t.dataKeys(ctx, needed)
	if err != nil {
		return err
	}
	for id, tally := range d.Own {
		if _, wanted := keys[id]; !wanted {
			continue
		}
		if err := t.countPart(ctx, id, d.Source, tally); err != nil {
			return err
		}
	}
	for _, f := range d.Finds {
		k, wanted := keys[f.RequestID]
		if !wanted {
			continue
		}
		if err := t.storeDumpFind(ctx, k, f); err != nil {
			return err
		}
	}
	return t.storeNear(ctx, keys, d.Source, d.Near, d.Untold)
}

// storeDumpFind is storeFind where messages are not asked for by conversation.
func (t tx) storeDumpFind(ctx context.Context, k seal.Key, f dsr.Find) error {
	vendor := vendorKey(k, f.Record)
	before, err := t.lookupFound(ctx, f.RequestID, f.Record, vendor)
	if err != nil {
		return err
	}
	if before.present {
		return t.replaceOlder(ctx, k, f, vendor, before)
	}
	if f.Record.Kind == dsr.Conversation && f.Record.ID == "" {
		if err := t.countAnomaly(ctx, f, "Q12"); err != nil { // its messages cannot be told
			return err
		}
	}
	return t.insertFound(ctx, k, f, vendor)
}
