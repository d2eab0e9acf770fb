package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"dsr-server/internal/fake/vendor"
	"dsr-server/migrations"
)

// soakParts are what `make soak` does to the real program, over and over.
var soakParts = []func(*soak){(*soak).killedInItsLife, (*soak).killedInRotation, (*soak).killedInMigration}

// TestSoak does each part once; with a duration in DSR_SOAK for as long, in equal shares.
// After each round nothing acknowledged may be lost, and nothing doubled; archives are the
// same to the byte; verify and audit verify find them good.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t, prepare(t, vendor.Sample(), sweepSetup()))
	for _, part := range soakParts {
		s.forAShare(part)
	}
	s.report()
}

// TestSoakOfAFullDisk is the same for an installation on a small disk.
func TestSoakOfAFullDisk(t *testing.T) {
	t.Parallel()
	h := prepare(t, vendor.Sample(), sweepSetup())
	h.mount("data", "size=96m,mode=700", 0) // what the log of an hour needs, too
	s := newSoak(t, h)
	s.forAShare((*soak).diskFills)
	s.report()
}

func (s *soak) forAShare(part func(*soak)) {
	s.t.Helper()
	forAShare(s.t, func() {
		part(s)
		s.wantWhole()
		if s.t.Failed() {
			s.t.Fatal(s.log.tail())
		}
	})
}

// report tells how often what was cut short; a test in which nothing was shows nothing.
func (s *soak) report() {
	s.t.Helper()
	for _, what := range slices.Sorted(maps.Keys(s.kills)) {
		k := s.kills[what]
		s.t.Logf("%s: %d kills, %d of them before its end", what, k.done, k.midway)
		if !k.telling() {
			s.t.Errorf("%s: none of %d kills came before its end, so that they show nothing", what, k.done)
		}
	}
}

// forAShare does a round once, or for a part's share of the time.
func forAShare(t *testing.T, round func()) {
	t.Helper()
	whole, err := soakTime(os.Getenv("DSR_SOAK"))
	if err != nil {
		t.Fatal(err)
	}
	share := whole / time.Duration(len(soakParts))
	for start := time.Now(); ; {
		if round(); time.Since(start) >= share {
			return
		}
	}
}

// soakTime is how long all parts take; without a text each is done once.
func soakTime(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	whole, err := time.ParseDuration(text)
	if err != nil || whole <= 0 {
		return 0, fmt.Errorf("DSR_SOAK: %q is not a duration as 1h is", text)
	}
	return whole, nil
}

// TestASoakIsWhatItSays: not one round because its length cannot be read, and not a success
// although every kill came too late.
func TestASoakIsWhatItSays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 0, "90m": 90 * time.Minute} {
		if got, err := soakTime(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"1", "an hour", "1 h", "-1h", "0s"} {
		if got, err := soakTime(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
	for k, want := range map[kills]bool{{done: 1}: true, {done: tellingKills}: false, {done: tellingKills, midway: 1}: true} {
		if k.telling() != want {
			t.Errorf("%+v: got %v", k, !want)
		}
	}
}

// killedInItsLife kills the program while a request is packaged, packaged again, and purged.
func (s *soak) killedInItsLife() {
	id := s.asked(canaryRequest)
	s.killedInPackaging(id)
	s.killedInPurge(id)
}

func (s *soak) killedInPackaging(id string) {
	db := s.database() // looked at often, so as not to miss the moment
	for begun := false; !begun; pause(s.t, time.Millisecond) {
		if err := db.QueryRowContext(s.t.Context(), `SELECT EXISTS (SELECT 1 FROM jobs WHERE kind = 'package')
			OR (SELECT status NOT IN ('queued', 'running') FROM requests WHERE id = ?)`, id).Scan(&begun); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.killAtWork("package")
	s.until(id, "ready", "review")
	s.wantSameRecords(id, undisturbed{records: s.archive.records()})
	first := s.download(id).raw
	path := "/api/v1/requests/" + id
	s.do(http.MethodPost, path+"/repackage", "", http.StatusOK)
	s.killAtWork("repackage")
	s.await("the archive is made again", func() bool { return s.do(http.MethodGet, path, "", http.StatusOK).json["repackaging"] == false })
	if !bytes.Equal(s.download(id).raw, first) {
		s.t.Error("packaged again the archive is another one")
	}
}

// killedInPurge: a request is whole or gone, and gone when that was acknowledged.
func (s *soak) killedInPurge(id string) {
	path := "/api/v1/requests/" + id
	answered := s.send(http.MethodDelete, path)
	s.moment("purge")
	s.p.kill()
	status := <-answered
	s.killed("purge", status != 0)
	s.p = s.spawn()
	there := s.call(http.MethodGet, path, "").status == http.StatusOK
	if there {
		s.download(id)
		s.do(http.MethodDelete, path, "", http.StatusNoContent)
	}
	if status != 0 && (there || status != http.StatusNoContent) {
		s.t.Errorf("the purge was answered with %d; afterwards the request is there: %v", status, there)
	}
	s.untilGone(id)
	s.await("nothing is left of it", func() bool { return len(s.filesWith("93F1")) == 0 })
	if n := s.events("request.purged", id); n != 1 {
		s.t.Errorf("it was purged %d times", n)
	}
}

func (s *soak) killedInRotation() {
	s.p.kill()
	before := s.contents()["master.key"]
	over := s.killCommand("key", "rotate")
	s.p = s.spawn()
	if over && s.contents()["master.key"] == before {
		s.t.Error("the rotation has ended and the key is the old one")
	}
	if files, err := filepath.Glob(s.data("master.key*")); err != nil || len(files) != 1 {
		s.t.Errorf("after the start there are the keys %v, %v", files, err)
	}
}

// lastRelease is the version of the schema that the last release made.
const lastRelease = 6

func (s *soak) killedInMigration() {
	s.p.kill()
	const newest = `SELECT max(version_id) FROM goose_db_version`
	want := s.number(newest)
	db := s.database()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := provider.DownTo(s.t.Context(), lastRelease); err != nil {
		s.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.killCommand("migrate")
	s.p = s.spawn()
	if got := s.number(newest); got != want {
		s.t.Errorf("the schema has version %d, want %d", got, want)
	}
}

// diskFills: on a disk that is full at any moment of a search the program is killed; what
// it had accepted comes to its end when there is room.
func (s *soak) diskFills() {
	accepted := []string{s.asked(ofAna.body())}
	s.moment("full disk")
	over := s.call(http.MethodGet, "/api/v1/requests/"+accepted[0], "").json["status"] == "ready"
	s.fill(s.data("filler"))
	for range 5 {
		a := s.call(http.MethodPost, "/api/v1/requests", fmt.Sprintf(`{"notes":%q,"selectors":[{"metadata":{"value":"nobody@example.com"}}]}`, strings.Repeat("n", 16<<10)))
		if a.status == http.StatusServiceUnavailable {
			break
		}
		if a.status != http.StatusCreated {
			s.t.Fatalf("on a full disk a submission is answered with %d %s", a.status, a.raw)
		}
		s.requests++
		accepted = append(accepted, a.json["id"].(string))
	}
	s.p.kill()
	s.killed("full disk", over)
	s.drop("filler")
	s.p = s.spawn()
	for i, id := range accepted {
		s.until(id, "ready", "review")
		if i == 0 {
			s.wantSameRecords(id, undisturbed{records: s.archive.records()})
		}
		s.do(http.MethodDelete, "/api/v1/requests/"+id, "", http.StatusNoContent)
	}
}

// TestSoakOfTheClock: an installation that lived in another time, past or to come, loses
// nothing by it, although in the first case everything is overdue.
func TestSoakOfTheClock(t *testing.T) {
	t.Parallel()
	jumps := 0
	forAShare(t, func() {
		by := time.Duration(8*24+rand.IntN(75*24)) * time.Hour // less than the archive's own time
		if jumps++; jumps%2 == 1 {
			by = -by
		}
		clockJumps(t, by)
	})
	t.Logf("clock: %d jumps", jumps)
}

func clockJumps(t *testing.T, by time.Duration) {
	t.Helper()
	there := &movingClock{off: by}
	set := sweepSetup()
	set.now, set.top = there.now, "retention: {request: 24h}"
	h := prepare(t, vendor.Sample(), set)
	h.start(set)
	id := h.submit(anyRequest)
	h.until(id, "ready")
	h.do(http.MethodPost, "/api/v1/requests/"+id+"/answered", "", http.StatusOK)
	before := h.download(id).raw
	h.idle()
	h.stop()
	for starts := range 2 { // the doubt outlives a kill
		p := h.spawn()
		h.await("the sweep doubts the clock", func() bool { return strings.Count(h.log.String(), "the clock is in doubt") > starts })
		if !bytes.Equal(h.download(id).raw, before) {
			t.Errorf("a clock that is moved by %s: the archive is another one", -by)
		}
		p.kill()
	}
	if n := h.number(`SELECT count(*) FROM audit_events WHERE kind IN ('request.expired', 'request.purged')`); n != 0 {
		t.Errorf("a clock that is moved by %s deletes: %d events", -by, n)
	}
	h.wantAudit()
}
