package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/store"
)

// soak is an installation that all of it is done to. One of its requests is left alone: its
// archive has to stay as it is.
type soak struct {
	*harness
	t        *testing.T
	p        *process
	kept     string
	archive  bundle
	requests int // that were acknowledged
	logged   int // events that were in the log
	kills    map[string]*kills
}

// kills of one kind.
type kills struct {
	aim          time.Duration // when what is to be cut short usually ends
	done, midway int           // midway: before that end
}

// tellingKills are enough for the aim to come down from 20 ms to the least.
const tellingKills = 20

// telling reports whether a kill cut work short, or there were too few to say.
func (k kills) telling() bool { return k.midway > 0 || k.done < tellingKills }

func newSoak(t *testing.T, h *harness) *soak {
	t.Helper()
	s := &soak{t: t, harness: h, kills: map[string]*kills{}}
	s.p = s.spawn()
	s.kept = s.asked(ofAna.body())
	s.archive = s.wantExact(sampleCorpus(t), ofAna, s.kept)
	return s
}

// asked is submit, counted.
func (s *soak) asked(body string) string {
	s.requests++
	return s.submit(body)
}

// wantWhole holds when what was acknowledged is there, once and unchanged, and nothing else.
func (s *soak) wantWhole() {
	s.t.Helper()
	s.idle()
	kept := s.download(s.kept)
	if !bytes.Equal(kept.raw, s.archive.raw) {
		s.t.Error("an archive that nothing was done to is another one")
	}
	if err := os.Remove(kept.path); err != nil { // an hour has thousands of rounds
		s.t.Error(err)
	}
	if n := s.events("request.ready", s.kept); n != 1 {
		s.t.Errorf("%d events say that the request is ready", n)
	}
	s.await("the one archive is left", func() bool { return len(s.archives()) == 1 })
	if n := s.number(`SELECT count(*) FROM requests`); n != s.requests {
		s.t.Errorf("there are %d requests, %d were acknowledged", n, s.requests)
	}
	events := s.number(`SELECT count(*) FROM audit_events`)
	if events < s.logged {
		s.t.Errorf("the log has %d events; it had %d", events, s.logged)
	}
	s.logged = events
	s.wantNoAttemptUsed()
	s.wantAudit()
}

func (h *harness) wantAudit() {
	h.t.Helper()
	if _, err := store.VerifyAudit(h.t.Context(), h.data("")); err != nil {
		h.t.Errorf("audit verify: %v", err)
	}
}

// moment waits until one around that at which things of a kind ended until now.
func (s *soak) moment(what string) {
	s.t.Helper()
	if s.kills[what] == nil {
		s.kills[what] = &kills{aim: 20 * time.Millisecond}
	}
	aim := s.kills[what].aim
	pause(s.t, aim/2+rand.N(aim))
}

// killed counts a kill at that moment and aims the next.
func (s *soak) killed(what string, over bool) {
	k := s.kills[what]
	k.done++
	if over {
		k.aim = max(k.aim*4/5, time.Millisecond)
		return
	}
	k.midway++
	k.aim = k.aim * 5 / 4
}

// killAtWork kills the program while it has a job of this kind, or shortly after, and starts it again.
func (s *soak) killAtWork(kind string) {
	s.t.Helper()
	s.moment(kind)
	over := s.number(`SELECT count(*) FROM jobs WHERE kind = ?`, kind) == 0
	s.p.kill()
	s.killed(kind, over)
	s.p = s.spawn()
}

// send makes a call that the program may not live to answer: its status is 0 then.
func (s *soak) send(method, path string) <-chan int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	status := make(chan int, 1)
	go func() {
		resp, err := s.client().Do(req)
		if err != nil {
			status <- 0
			return
		}
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	return status
}

// killCommand runs a command of the program beside no service and kills it; it reports whether
// the command had succeeded before.
func (s *soak) killCommand(args ...string) bool {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), self, append(args, "--config", filepath.Join(s.dir, "dsr.yaml"))...)
	cmd.Env = []string{asProgram + "=1", "TMPDIR=" + s.t.TempDir()}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	what := strings.Join(args, " ")
	s.moment(what)
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	over := cmd.Wait() == nil
	if status := cmd.ProcessState.ExitCode(); status > 0 {
		s.t.Errorf("%s ends with %d", what, status)
	}
	s.killed(what, over)
	return over
}
