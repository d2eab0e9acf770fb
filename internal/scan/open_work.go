package scan

import (
	"time"

	"dsr-server/internal/dsr"
)

// schedule knows what is open and what is being read, and says what comes next.
type schedule struct {
	joinDelay time.Duration
	clock     func() time.Time
	pace      *host
	sources   map[string]Source
	work      dsr.OpenWork       // as it was when last looked at
	begun     map[int64]bool     // units given a reader since then
	reading   map[int64]dsr.Unit // those with a reader, as it was given them
	picks     int                // units chosen so far
}

func newSchedule(s settings, h *host, sources []Source) schedule {
	out := schedule{joinDelay: s.joinDelay, clock: s.now, pace: h, sources: map[string]Source{}, begun: map[int64]bool{}, reading: map[int64]dsr.Unit{}}
	for _, s := range sources {
		out.sources[s.Name] = s
	}
	return out
}

func (s *schedule) readers(e dsr.Endpoint) (n int) {
	for _, u := range s.reading {
		if u.Endpoint == e {
			n++
		}
	}
	return n
}
