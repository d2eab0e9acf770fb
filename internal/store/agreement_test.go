package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// disagreement is what VerifyAudit says of rows that are not as the log says.
func (l *life) disagreement() []string {
	l.t.Helper()
	_, err := VerifyAudit(l.t.Context(), l.dir)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*audit.DisagreementError](err)
	if !ok {
		l.t.Fatal(err)
	}
	return e.Problems
}

// tampering is a change past the program; each leaves the log as it is. named is what has
// to be said of it, with ID for the request that is changed.
var tampering = map[string]struct{ statement, named string }{
	"a deleted request":        {`DROP TRIGGER requests_kept; PRAGMA foreign_keys = off; DELETE FROM requests WHERE id = 'ID'; PRAGMA foreign_keys = on`, "request ID: it is in the audit log, but missing from the database"},
	"a planted request":        {`INSERT INTO requests (id, status, sources, received_at, due_at, language, created_at, created_by, updated_at) VALUES ('planted', 'queued', '[]', 0, 0, 'en', 0, 'x', 0)`, "request planted: it is in the database, but no event in the audit log created it"},
	"a moved deadline":         {`UPDATE requests SET due_at = due_at + 86400000 WHERE id = 'ID'`, "request ID: due_at is"},
	"another day of receipt":   {`UPDATE requests SET received_at = received_at - 1 WHERE id = 'ID'`, "request ID: received_at is"},
	"an answer":                {`UPDATE requests SET answered_at = 1, answer_outcome = 'refused', answer_told_on = '1970-01-01' WHERE id = 'ID'`, "request ID: answered_at is 1970-01-01T00:00:00.001Z in the database and not set in the audit log"},
	"an ended hold":            {`UPDATE requests SET held_at = NULL WHERE id = 'HELD'`, "request HELD: held_at is not set"},
	"another status":           {`UPDATE requests SET status = 'expired' WHERE id = 'ID'`, "request ID: status is expired in the database and ready in the audit log"},
	"a completed result":       {`UPDATE requests SET complete = 0 WHERE id = 'ID'`, "request ID: complete is false in the database and true in the audit log"},
	"another reference":        {`UPDATE requests SET reference = 'other' WHERE id = 'ID'`, "request ID: reference is"},
	"another question":         {`UPDATE requests SET selectors = x'00' WHERE id = 'ID'`, "request ID: question is"},
	"another archive":          {`UPDATE requests SET archive_sha256 = x'00' WHERE id = 'ID'`, "request ID: archive_sha256 is"},
	"another submitter":        {`UPDATE requests SET created_by = 'token:x' WHERE id = 'ID'`, "request ID: created_by is token:x"},
	"a removed receipt":        {`DROP TRIGGER receipts_kept; DELETE FROM receipts`, "receipt PURGED: it is in the audit log, but missing from the database"},
	"another receipt":          {`DROP TRIGGER receipts_fixed; UPDATE receipts SET body = '{}'`, "receipt PURGED: receipt is"},
	"a planted administrator":  {`INSERT INTO people (id, login, name, role, password_hash, created_at) VALUES ('user:eve', 'eve', 'Eve', 'admin', '$argon2id$', 0)`, "person user:eve: it is in the database, but no event in the audit log created it"},
	"somebody made admin":      {`UPDATE people SET role = 'admin'`, "person user:ana: role is admin in the database and approver in the audit log"},
	"another password":         {`UPDATE people SET password_hash = '$argon2id$v=19$x'`, "person user:ana: password is"},
	"somebody disabled":        {`UPDATE people SET disabled = 1`, "person user:ana: disabled is true"},
	"somebody deleted":         {`DROP TRIGGER people_kept; DELETE FROM people`, "person user:ana: it is in the audit log, but missing from the database"},
	"a planted token":          {`INSERT INTO tokens (name, role, hash, bootstrap, created_at) VALUES ('x', 'admin', x'00', 0, 0)`, "token x: it is in the database, but no event in the audit log created it"},
	"a token of another role":  {`UPDATE tokens SET role = 'admin'`, "token tickets: role is admin in the database and auditor in the audit log"},
	"a token without its end":  {`UPDATE tokens SET expires_at = 9`, "token tickets: expires_at is"},
	"a token of other scopes":  {`UPDATE tokens SET scopes = 'own'`, "token tickets: scopes is own in the database"},
	"a token's other secret":   {`UPDATE tokens SET former_hash = zeroblob(32), former_until = 9`, "token tickets: former_secret is"},
	"a token of other secret":  {`UPDATE tokens SET hash = x'01'`, "token tickets: secret is"},
	"a deleted token":          {`DELETE FROM tokens`, "token tickets: it is in the audit log, but missing from the database"},
	"a planted link":           {`INSERT INTO links (id, hash, request_id, created_by, created_at, expires_at) VALUES ('x', randomblob(32), 'ID', 'x', 0, 0)`, "link x: it is in the database, but no event in the audit log created it"},
	"a link of another secret": {`UPDATE links SET hash = randomblob(32)`, "secret is"},
	"a trigger less":           {`DROP TRIGGER audit_events_kept`, "trigger audit_events_kept: it is missing from the database"},
	"a trigger more":           {`CREATE TRIGGER hide AFTER UPDATE ON requests BEGIN UPDATE requests SET due_at = 0 WHERE id = NEW.id; END`, "trigger hide: it is in the database, but this program does not create it"},
	"a trigger that does nothing": {`DROP TRIGGER audit_events_fixed; CREATE TRIGGER audit_events_fixed BEFORE UPDATE ON audit_events WHEN 0 BEGIN SELECT 1; END`,
		"trigger audit_events_fixed: its text differs"},
}

// TestWhatWasChangedPastTheProgramIsNamed: alone, and beside nothing else.
func TestWhatWasChangedPastTheProgramIsNamed(t *testing.T) {
	t.Parallel()
	l, ids := inhabited(t)
	if got := l.disagreement(); got != nil {
		t.Fatalf("untouched: %q", got)
	}
	put := strings.NewReplacer("ID", ids["ready"], "HELD", ids["held"], "PURGED", ids["purged"])
	for name, c := range tampering {
		copied := &life{t: t, dir: t.TempDir(), tampered: true}
		_, err := l.s.w.ExecContext(t.Context(), `VACUUM INTO ?`, copied.dir+"/dsr.db")
		l.must(err)
		db, err := openDB("sqlite3", copied.dir+"/dsr.db", "rw", 1, func(error) {})
		l.must(err)
		if _, err := db.ExecContext(t.Context(), put.Replace(c.statement)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		l.must(db.Close())
		named := 0
		for _, problem := range copied.disagreement() {
			switch {
			case strings.Contains(problem, put.Replace(c.named)):
				named++
			case name == "another question" && strings.Contains(problem, ": reference is"): // its digest goes over both
			case name == "a token's other secret" && strings.Contains(problem, ": former_until is 9"): // goes with its end
			case name == "an answer" && strings.Contains(problem, ": outcome is refused"): // goes with its time
			case !strings.HasPrefix(problem, "trigger "):
				t.Errorf("%s: also said %q", name, problem)
			}
		}
		if named != 1 {
			t.Errorf("%s: got %q", name, copied.disagreement())
		}
	}
}

// TestAChangeThatALaterEventRepeatsIsNamed: the event says how the row stands by then.
func TestAChangeThatALaterEventRepeatsIsNamed(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id, other := l.ready("one"), l.submit("two")
	l.tamper(`UPDATE requests SET due_at = due_at + 1 WHERE id = '`+id+`'`, `DROP TRIGGER requests_status_moves`, `UPDATE requests SET status = 'review', complete = 1, archive_name = 'x', as_of = 1 WHERE id = '`+other+`'`)
	_, err := l.s.Answered(t.Context(), byAdmin, id, dsr.Answer{})
	l.must(err)
	_, err = l.s.Reject(t.Context(), dsr.Call{By: approver}, other)
	l.must(err)
	got := strings.Join(l.disagreement(), "\n")
	for _, want := range []string{"request " + id + ": due_at was changed from 2026-02-28T23:59:59Z to 2026-02-28T23:59:59.001Z before the event request.answered, and no event accounts for that", "request " + other + ": the event request.rejected is not possible from the status queued"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestWhatIsAppendedOnlyCannotBeReplaced: SQLite asks no trigger for DELETE then.
func TestWhatIsAppendedOnlyCannotBeReplaced(t *testing.T) {
	t.Parallel()
	l, ids := inhabited(t)
	before := l.facts(ids)
	for _, table := range []string{"audit_events", "audit_hashes", "receipts", "requests"} {
		for _, how := range []string{"INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"} {
			if _, err := l.s.w.ExecContext(t.Context(), how+` INTO `+table+` SELECT * FROM `+table+` LIMIT 1`); err == nil && how != "INSERT OR IGNORE" {
				t.Errorf("%s INTO %s was done", how, table)
			}
		}
		for _, change := range []string{`DELETE FROM `, `UPDATE OR REPLACE `} {
			statement := change + table
			if change != `DELETE FROM ` {
				statement += ` SET rowid = rowid + 1`
			}
			if _, err := l.s.w.ExecContext(t.Context(), statement); err == nil && table != "requests" {
				t.Errorf("%s was done", statement)
			}
		}
	}
	for _, idx := range []string{"-1", "1000000", "NULL"} {
		if _, err := l.s.w.ExecContext(t.Context(), `INSERT INTO audit_events (idx, at, kind, actor, leaf) VALUES (`+idx+`, 0, 'x', 'x', x'00')`); err == nil {
			t.Errorf("an event with index %s was inserted", idx)
		}
	}
	if got := l.facts(ids); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("got %v, want %v", got, before)
	}
}

// TestAnAlteredLogMakesTheServiceUnready until a check finds it whole.
func TestAnAlteredLogMakesTheServiceUnready(t *testing.T) {
	t.Parallel()
	l, ids := inhabited(t)
	l.must(l.s.CheckLog(t.Context()))
	l.must(l.s.Ready(t.Context()))
	l.tamper(`UPDATE requests SET due_at = due_at + 1 WHERE id = '` + ids["ready"] + `'`)
	if err := l.s.CheckLog(t.Context()); err == nil {
		t.Error("the check found nothing")
	}
	if err := l.s.Ready(t.Context()); l.code(err) != "log_altered" {
		t.Errorf("got %v", err)
	}
	l.tamper(`UPDATE requests SET due_at = due_at - 1 WHERE id = '` + ids["ready"] + `'`)
	l.must(l.s.CheckLog(t.Context()))
	l.must(l.s.Ready(t.Context()))
}

// TestACheckThatCouldNotBeMadeSaysNothing: neither that the log is altered nor that it is not.
func TestACheckThatCouldNotBeMadeSaysNothing(t *testing.T) {
	t.Parallel()
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	for name, read := range map[string]func(s *Store) error{
		"cancelled":  func(s *Store) error { return s.CheckLog(cut) },
		"unreadable": func(s *Store) error { _ = s.r.Close(); return s.CheckLog(t.Context()) },
	} {
		l, ids := inhabited(t)
		if err := read(l.s); err == nil || l.s.altered.Load() {
			t.Errorf("%s: %v, altered %t", name, err, l.s.altered.Load())
		}
		l.must(l.reopen())
		l.tamper(`UPDATE requests SET due_at = due_at + 1 WHERE id = '` + ids["ready"] + `'`)
		if err := l.s.CheckLog(t.Context()); err == nil {
			t.Error("the check found nothing")
		}
		if err := read(l.s); err == nil || !l.s.altered.Load() {
			t.Errorf("%s, after a check that found something: %v, altered %t", name, err, l.s.altered.Load())
		}
	}
}

// TestRowsFromBeforeAreNotedOnce: those of a release whose log did not say how they stood.
func TestRowsFromBeforeAreNotedOnce(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.must(l.s.update(t.Context(), func(t tx) error { // as that release recorded it
		_, err := t.Exec(`INSERT INTO people (id, login, name, role, password_hash, created_at) VALUES ('user:ana', 'ana', 'Ana', 'admin', '$argon2id$', 0)`)
		if err != nil {
			return err
		}
		leaf, err := audit.Event{At: t.now, Kind: audit.PersonCreated, Actor: "system", Data: map[string]string{"person": "user:ana", "role": "admin"}}.Leaf(0)
		if err != nil {
			return err
		}
		_, err = t.Exec(`INSERT INTO audit_events (idx, at, kind, actor, leaf) VALUES (0, ?, 'user.created', 'system', ?)`, t.now.UnixMilli(), leaf)
		if err != nil {
			return err
		}
		return t.storeHashes(l.t.Context(), 0, leaf)
	}))
	if got := l.disagreement(); got != nil {
		t.Errorf("a row whose event does not say how it stands: %q", got)
	}
	mark := `INSERT INTO meta (name, value) VALUES ('note_rows', x'')`
	l.tamper(mark)
	l.must(l.reopen())
	if got := happened(t, l.s); len(got) != 3 || l.disagreement() != nil {
		t.Errorf("after the upgrade: %q, %q", got, l.disagreement())
	}
	l.tamper(mark)
	l.must(l.reopen())
	if got := happened(t, l.s); len(got) != 3 {
		t.Errorf("noted again: %q", got)
	}
	l.tamper(mark, `INSERT INTO people (id, login, name, role, password_hash, created_at) VALUES ('user:eve', 'eve', 'Eve', 'admin', '$argon2id$', 0)`)
	l.must(l.reopen())
	if got := l.disagreement(); len(got) == 0 || !strings.Contains(got[0], "a second time") {
		t.Errorf("somebody planted and noted: %q", got)
	}
}
