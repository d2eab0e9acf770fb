package store

import (
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// hands are a wall's clock and one that nobody moves.
type hands struct {
	*life
	passed time.Duration
}

func newHands(t *testing.T) *hands {
	h := &hands{}
	h.life = newLife(t, func(o *Options) { o.Elapsed = func() time.Duration { return h.passed } })
	return h
}

// pass lets time pass by both.
func (h *hands) pass(d time.Duration) { h.life.pass(d); h.passed += d }

// jump moves the wall's alone.
func (h *hands) jump(d time.Duration) { h.life.pass(d) }

// restart takes so long by the wall's clock; the other one begins anew.
func (h *hands) restart(d time.Duration) {
	h.t.Helper()
	h.life.pass(d)
	h.passed = 0
	h.must(h.reopen())
}

func (h *hands) wantDoubt(when, want string) {
	h.t.Helper()
	got := h.s.ClockDoubt()
	if (got == "") != (want == "") || !strings.Contains(got, want) {
		h.t.Errorf("%s: got doubt %q, want %q", when, got, want)
	}
	h.must(h.s.KeepClockDoubt(h.t.Context())) // as the sweep does
}

func TestAClockThatJumpsWhileTheServiceRunsIsDoubted(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"ten years on": 87600 * time.Hour, "a day back": -24 * time.Hour, "two hours on": 2 * time.Hour} {
		h := newHands(t)
		h.submit("one")
		h.pass(1000 * time.Hour)
		h.wantDoubt(name+": before", "")
		h.jump(by)
		h.wantDoubt(name+": after", "the clock has jumped by")
		h.pass(23 * time.Hour)
		h.wantDoubt(name+": 23 hours later", "has jumped")
		h.jump(-by)
		h.wantDoubt(name+": set right", "has jumped")
		h.pass(23 * time.Hour)
		h.wantDoubt(name+": 23 hours after that", "has jumped")
		h.pass(time.Hour)
		h.wantDoubt(name+": a day after that", "")
	}
}

func TestAClockThatIsSetRightIsBelieved(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	h.submit("one")
	for range 5 {
		h.pass(time.Hour)
		h.jump(10 * time.Minute)
		h.wantDoubt("a bit", "")
		h.jump(-10 * time.Minute)
	}
}

func TestAClockIsHeldAgainstTheNewestEventAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after time.Duration
		want  string
	}{
		"at once": {0, ""}, "a weekend later": {72 * time.Hour, ""}, "a bit back": {-time.Minute, ""},
		"a month later": {30 * 24 * time.Hour, "the newest event is 720h0m0s old"}, "a day before": {-24 * time.Hour, "24h0m0s behind the newest event"},
	} {
		h := newHands(t)
		h.submit("one")
		h.restart(c.after)
		h.wantDoubt(name, c.want)
		if c.want == "" {
			continue
		}
		h.submit("two") // an event of the moved clock
		h.pass(time.Hour)
		h.restart(0)
		h.wantDoubt(name+", started again", c.want)
		h.pass(24 * time.Hour)
		h.wantDoubt(name+", a day later", "")
	}
}

// TestADoubtOutlivesARestartWithTheTimeThatItHasLasted: a service that is started every day
// believes its clock in the end; one whose clock moves meanwhile begins anew.
func TestADoubtOutlivesARestartWithTheTimeThatItHasLasted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		off  time.Duration
		want string // at the start
		left time.Duration
	}{
		"at once": {0, "has jumped by", 12 * time.Hour}, "a weekend later": {72 * time.Hour, "has jumped by", 12 * time.Hour},
		"a month later": {30 * 24 * time.Hour, "since the service last ran", 24 * time.Hour}, "a day before": {-24 * time.Hour, "since the service last ran", 24 * time.Hour},
	} {
		h := newHands(t)
		h.submit("one")
		h.jump(87600 * time.Hour)
		h.submit("two") // an event of the future
		h.wantDoubt(name+": ten years on", "has jumped by")
		h.jump(-87600 * time.Hour)
		h.wantDoubt(name+": set right", "has jumped by")
		h.pass(12 * time.Hour)
		h.wantDoubt(name+": half a day later", "has jumped by")
		h.restart(c.off)
		h.wantDoubt(name+": at the start", c.want)
		h.pass(c.left - time.Minute)
		h.wantDoubt(name+": before it is over", c.want)
		h.pass(time.Minute)
		h.wantDoubt(name+": when it is over", "")
	}
}

// TestADoubtOfABuildBeforeIsKnown: its row was the reason alone.
func TestADoubtOfABuildBeforeIsKnown(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	h.submit("one")
	h.tamper(`INSERT INTO meta (name, value) VALUES ('clock_doubt', CAST('the clock has jumped by 24h0m0s' AS BLOB))`)
	h.restart(time.Hour)
	h.wantDoubt("at the start", "has jumped by 24h0m0s")
	h.pass(24 * time.Hour)
	h.wantDoubt("a day later", "")
}

// TestWhatIsKnownOfTheClockIsWrittenWhenItChanges, and not by every sweep.
func TestWhatIsKnownOfTheClockIsWrittenWhenItChanges(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	h.submit("one")
	keep := func() (written int) {
		t.Helper()
		var before, after int
		h.must(h.s.w.QueryRowContext(t.Context(), `SELECT total_changes()`).Scan(&before))
		h.must(h.s.KeepClockDoubt(t.Context()))
		h.must(h.s.w.QueryRowContext(t.Context(), `SELECT total_changes()`).Scan(&after))
		return after - before
	}
	if n := keep(); n != 0 {
		t.Errorf("without a doubt %d rows are written", n)
	}
	h.jump(24 * time.Hour)
	h.s.ClockDoubt()
	if first, again := keep(), keep(); first != 1 || again != 0 {
		t.Errorf("of a doubt %d rows are written, then %d", first, again)
	}
	h.pass(24 * time.Hour)
	h.s.ClockDoubt()
	if first, again := keep(), keep(); first != 1 || again != 0 {
		t.Errorf("at its end %d rows are written, then %d", first, again)
	}
}

// TestADoubtIsOverAfterADay although the newest event stays in the future.
func TestADoubtIsOverAfterADay(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	h.jump(87600 * time.Hour)
	h.submit("one")
	h.jump(-87600 * time.Hour)
	h.restart(0)
	h.wantDoubt("ten years back", "behind the newest event")
	h.pass(24 * time.Hour)
	h.wantDoubt("a day later", "")
}

// session reports whether a session can be used, and uses it as a browser does.
func (h *hands) session(token string) bool {
	h.t.Helper()
	_, found, err := h.s.Sessions().FindCtx(h.t.Context(), token)
	h.must(err)
	if found {
		h.use(token)
	}
	return found
}

// use stores a session with the expiry that its manager works out by the wall's clock.
func (h *hands) use(token string) {
	h.t.Helper()
	h.must(h.s.Sessions().CommitCtx(h.t.Context(), token, []byte("data"), h.now().Add(15*time.Minute)))
}

func TestNoSessionLivesLongerWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]func(h *hands){
		"while it runs": func(h *hands) { h.jump(-24 * time.Hour) },
		"at a restart":  func(h *hands) { h.restart(-24 * time.Hour) },
	} {
		h := newHands(t)
		h.use("idle")
		h.use("busy")
		h.pass(10 * time.Minute)
		h.submit("an event says when it was")
		back(h)
		h.pass(6 * time.Minute)
		if h.session("idle") {
			t.Errorf("%s: a session without activity lives on", name)
		}
		h.use("begun after") // whoever signs in now stays signed in
		used := 0
		for h.use("busy"); h.session("busy") && used < 1000; used++ {
			h.pass(10 * time.Minute)
			if !h.session("begun after") && used < 40 {
				t.Fatalf("%s: a session that was begun after lives %d times 10 minutes", name, used)
			}
		}
		if used > 48 {
			t.Errorf("%s: a session in use lives for %d times 10 minutes", name, used)
		}
	}
}

func TestNoLinkLivesLongerWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	id := h.ready("one")
	link := func(n byte, want bool) {
		t.Helper()
		if _, err := h.s.Link(t.Context(), [32]byte{n}); (err == nil) != want {
			t.Errorf("link %d: %v", n, err)
		}
	}
	_, err := h.s.CreateLink(t.Context(), byAdmin, id, dsr.NewLink{Hash: [32]byte{1}, Life: time.Hour})
	h.must(err)
	h.pass(30 * time.Minute)
	h.jump(-20 * time.Hour)
	link(1, true)
	told, err := h.s.CreateLink(t.Context(), byAdmin, id, dsr.NewLink{Hash: [32]byte{2}, Life: time.Hour})
	h.must(err)
	if kept, err := h.s.Link(t.Context(), [32]byte{2}); err != nil || kept.ID != told.ID || !kept.ExpiresAt.Equal(told.ExpiresAt) {
		t.Errorf("the link ends as %+v, and was given out as %+v; %v", kept, told, err)
	}
	h.pass(31 * time.Minute)
	link(1, false)
	link(2, true)
	h.pass(30 * time.Minute)
	link(2, false)
}

func TestWhatAClockSaysThatNobodyMovesIsBelieved(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil) // Now alone is given: no jump shows
	id := l.ready("one")
	l.pass(87600 * time.Hour)
	if why := l.s.ClockDoubt(); why != "" {
		t.Error(why)
	}
	l.sweep()
	if got := l.status(id); got != dsr.Expired {
		t.Errorf("the request is %s", got)
	}
}
