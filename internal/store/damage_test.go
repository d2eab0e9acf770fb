package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/datadir"
	"dsr-server/internal/dsr"
)

// stopped is the folder of a store that has been closed, with all its data in one file.
func stopped(t *testing.T) (l *life, file []byte, page int) {
	t.Helper()
	l = newLife(t, nil)
	for _, reference := range []string{"one", "two"} {
		l.ready(reference)
	}
	l.must(l.s.w.QueryRowContext(t.Context(), `PRAGMA page_size`).Scan(&page))
	l.must(l.s.Close())
	file, err := os.ReadFile(filepath.Join(l.dir, datadir.Database))
	l.must(err)
	return l, file, page
}

// with opens a copy of the folder whose database is file.
func (l *life) with(file []byte) (*Store, error) {
	l.t.Helper()
	dir := l.t.TempDir()
	l.must(os.CopyFS(dir, os.DirFS(l.dir)))
	l.must(os.WriteFile(filepath.Join(dir, datadir.Database), file, 0o600))
	l.must(os.Chmod(filepath.Join(dir, datadir.MasterKey), 0o600))
	o := l.s.opts
	o.Dir = dir
	return Open(l.t.Context(), o)
}

// everyNth thins a long series out; with DSR_SOAK all of it runs.
func everyNth(n int) int {
	if os.Getenv("DSR_SOAK") != "" {
		return 1
	}
	return n
}

// TestDamageOfAnyPageIsFound overwrites one page of the real file after the other.
func TestDamageOfAnyPageIsFound(t *testing.T) {
	t.Parallel()
	l, whole, page := stopped(t)
	pages := len(whole) / page
	if pages < 40 {
		t.Fatalf("only %d pages", pages)
	}
	for i := 0; i < pages; i += everyNth(4) {
		file := append([]byte(nil), whole...)
		for at := range page {
			file[i*page+at] = byte(0xa5 ^ at)
		}
		s, err := l.with(file)
		if err != nil {
			if text := err.Error(); !strings.Contains(text, "restore it from the newest backup") {
				t.Errorf("page %d: refused with %q, which does not say what to do", i+1, text)
			}
			continue
		}
		if err := s.CheckDamage(t.Context()); l.code(err) != "database_damaged" {
			t.Errorf("page %d: the check says %v", i+1, err)
		}
		if err := s.Ready(t.Context()); l.code(err) != "database_damaged" {
			t.Errorf("page %d: after the check, ready says %v", i+1, err)
		}
		l.must(s.Close())
	}
	t.Logf("corruption: %d of %d pages, one after the other", (pages+everyNth(4)-1)/everyNth(4), pages)
}

func TestAWholeDatabaseIsNotCalledDamaged(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.ready("one")
	l.must(l.s.CheckDamage(t.Context()))
	l.must(l.s.Ready(t.Context()))
}

// TestDamageThatWorkMeetsIsRemembered: no check was made; somebody read the page.
func TestDamageThatWorkMeetsIsRemembered(t *testing.T) {
	t.Parallel()
	l, whole, page := stopped(t)
	met := 0
	for i := 1; i < len(whole)/page; i += everyNth(3) {
		file := append([]byte(nil), whole...)
		clear(file[i*page : (i+1)*page])
		s, err := l.with(file)
		if err != nil {
			continue
		}
		_, err = s.Requests(t.Context(), dsr.Filter{Limit: 10})
		if damage(err) != nil {
			met++
			if err := s.Ready(t.Context()); l.code(err) != "database_damaged" {
				t.Errorf("page %d: %v", i+1, err)
			}
		}
		l.must(s.Close())
	}
	if met == 0 {
		t.Error("no reading met a damaged page")
	}
}

// TestWhatIsNoDatabaseIsRefused: a file of anything else in its place.
func TestWhatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	l, whole, page := stopped(t)
	for name, file := range map[string][]byte{
		"text": []byte(strings.Repeat("no database ", 1000)), "a quarter": whole[:len(whole)/4/page*page], "not a whole page": whole[:page+7],
	} {
		s, err := l.with(file)
		if err == nil {
			t.Errorf("%s: it was opened", name)
			l.must(s.Close())
			continue
		}
		if errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "restore it from the newest backup") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
