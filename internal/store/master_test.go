package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/seal"
)

// reopen closes the store as a crash would leave it and opens it again.
func (l *life) reopen() error {
	l.t.Helper()
	o := l.s.opts
	l.must(l.s.Close())
	s, err := Open(l.t.Context(), o)
	if err == nil {
		l.s = s
	}
	return err
}

func (l *life) masterKey() string {
	l.t.Helper()
	body, err := os.ReadFile(filepath.Join(l.dir, seal.MasterFile))
	l.must(err)
	return string(body)
}

// readable asserts that what was sealed before opens: selectors, the archive's
// identity, and an idempotency key that is repeated.
func (l *life) readable(id string) {
	l.t.Helper()
	ctx := l.t.Context()
	r, err := l.s.Lookup(ctx, id)
	l.must(err)
	if r.Notes != "notes of one" || r.Selectors[0].ConversationID != "selector of one" {
		l.t.Errorf("got %+v", r)
	}
	a, err := l.s.Archive(ctx, admin, id)
	l.must(err)
	if a.Identity != "AGE-SECRET-KEY-"+id {
		l.t.Errorf("got identity %q", a.Identity)
	}
	if again := l.submit("one"); again != id {
		l.t.Error("a submission that was repeated under its idempotency key made another request")
	}
}

func TestRotationWrapsEveryKeyAnew(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id := l.ready("one")
	old, wrapped := l.masterKey(), l.column(id, "data_key")
	l.must(l.s.RotateMasterKey(t.Context()))
	if l.masterKey() == old {
		t.Error("the master key is the old one")
	}
	l.grep(string(wrapped), false)
	l.readable(id)
	l.must(l.reopen())
	l.readable(id)
	second, err := Open(t.Context(), l.s.opts)
	l.must(err)
	if err := l.s.RotateMasterKey(t.Context()); l.code(err) != "in_use" {
		t.Errorf("while another has the store open: %v", err)
	}
	l.must(second.Close())
	l.must(l.s.RotateMasterKey(t.Context()))
	l.must(l.reopen())
	l.readable(id)
	if _, err := os.Stat(filepath.Join(l.dir, seal.NextFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the next key's file is still there: %v", err)
	}
}

func TestRotationThatIsKilledIsFinishedOrUndone(t *testing.T) {
	t.Parallel()
	for step, changed := range map[string]bool{"written": false, "committed": true} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, nil)
			id := l.ready("one")
			old := l.masterKey()
			killed := errors.New("killed")
			err := l.s.rotate(t.Context(), func(s string) error {
				if s == step {
					return killed
				}
				return nil
			})
			if !errors.Is(err, killed) || l.masterKey() != old {
				t.Fatalf("got %v before the restart", err)
			}
			l.must(l.reopen())
			l.readable(id)
			if got := l.masterKey() != old; got != changed {
				t.Errorf("the key has changed: %v, want %v", got, changed)
			}
			if _, err := os.Stat(filepath.Join(l.dir, seal.NextFile)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the next key's file is still there: %v", err)
			}
			l.must(l.s.RotateMasterKey(t.Context()))
			l.readable(id)
		})
	}
}

func TestAnotherMasterKeyIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.ready("one")
	for _, name := range []string{seal.MasterFile, seal.NextFile} {
		l.must(os.WriteFile(filepath.Join(l.dir, name), bytes.Repeat([]byte("0"), 64), 0o600))
	}
	if err := l.reopen(); err == nil || !strings.Contains(err.Error(), "not the key this database was sealed with") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(l.dir, seal.NextFile)); err != nil {
		t.Errorf("a key was removed although none fits: %v", err)
	}
}
