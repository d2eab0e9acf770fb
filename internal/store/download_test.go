package store

import (
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// fetch asks for so many of the archive's 7 bytes as somebody, and is sent as many as
// sent says, or all.
func (l *life) fetch(by dsr.Principal, id string, asked int64, sent ...int64) string {
	l.t.Helper()
	a, err := l.s.Archive(l.t.Context(), by, id)
	l.must(err)
	if err := l.s.BeginDownload(l.t.Context(), by, a, asked); err != nil {
		return l.code(err)
	}
	got := asked
	if len(sent) > 0 {
		got = sent[0]
	}
	l.must(l.s.FinishDownload(l.t.Context(), by.ID, a, asked, got))
	return ""
}

func (l *life) downloads(id string) int64 {
	l.t.Helper()
	r, err := l.s.Lookup(l.t.Context(), id)
	l.must(err)
	return r.Result.Archive.Downloads
}

// TestADownloadIsCountedByWhatItSends: in whatever parts an archive of 7 bytes is asked
// for, whoever had all of it has used up one download.
func TestADownloadIsCountedByWhatItSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parts []int64
		want  int64
	}{
		"whole":                       {[]int64{7}, 1},
		"twice":                       {[]int64{7, 7}, 2},
		"in two parts":                {[]int64{3, 4}, 1},
		"byte by byte":                {[]int64{1, 1, 1, 1, 1, 1, 1}, 1},
		"whole, then all but a byte":  {[]int64{7, 6}, 2},
		"all but a byte, three times": {[]int64{6, 6, 6}, 3},
		"one byte more than whole":    {[]int64{7, 1}, 2},
		"parts of two downloads":      {[]int64{4, 3, 4, 3}, 2},
	} {
		l := newLife(t, nil)
		id := l.ready(name)
		for _, n := range c.parts {
			if got := l.fetch(admin, id, n); got != "" {
				t.Fatalf("%s: %s", name, got)
			}
		}
		if got := l.downloads(id); got != c.want {
			t.Errorf("%s: counted as %d downloads, want %d", name, got, c.want)
		}
	}
}

func TestNobodyGetsRoundTheDownloadLimit(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.MaxDownloads = 2 })
	id := l.ready("limited")
	for i, c := range []struct {
		by    dsr.Principal
		asked int64
		want  string
	}{
		{admin, 7, ""}, {admin, 6, ""}, {admin, 1, ""}, // two downloads, all bytes of both
		{admin, 6, "download_limit"}, {admin, 1, "download_limit"}, {admin, 7, "download_limit"},
		{approver, 1, "download_limit"},
	} {
		if got := l.fetch(c.by, id, c.asked); got != c.want {
			t.Errorf("%d: got %q, want %q", i, got, c.want)
		}
	}
	if got := l.downloads(id); got != 2 {
		t.Errorf("%d downloads are counted", got)
	}
}

// TestABrokenDownloadIsCarriedOn within a day, and gains nobody more than the archive
// once again.
func TestABrokenDownloadIsCarriedOn(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.MaxDownloads = 1 })
	id := l.ready("broken")
	if got := l.fetch(admin, id, 7, 5); got != "" { // of the 5 that were sent 2 arrived
		t.Fatal(got)
	}
	if got := l.fetch(admin, id, 5); got != "" {
		t.Errorf("carried on: %s", got)
	}
	var gained int64
	for range 20 {
		if l.fetch(admin, id, 6, 5) != "" {
			break
		}
		gained += 5
	}
	if gained > 7 {
		t.Errorf("breaking off gained %d bytes more", gained)
	}

	other := l.ready("left alone")
	if got := l.fetch(admin, other, 7, 1); got != "" {
		t.Fatal(got)
	}
	l.pass(dsr.ResumeWithin + time.Millisecond)
	if got := l.fetch(admin, other, 6); got != "download_limit" {
		t.Errorf("a day later: %q", got)
	}
}
