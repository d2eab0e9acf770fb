package dsr

import "time"

// Progress is what has been read for a request so far, over all its sources.
type Progress struct {
	Pages         int64
	Records       int64
	Conversations int64
	Messages      int64
	Percent       int   // read of what is to be read, 0 to 100
	ETASeconds    int64 // -1 while unknown
	Waiting       *Waiting
	Packaging     bool // every source has ended, and the archive is being made
}

// Waiting names a source that does not answer at present and when it is tried again.
type Waiting struct {
	Source string
	Until  time.Time
}

// SourceProgress is how far the search of one source has come for one request.
type SourceProgress struct {
	Source        string
	Ended         bool
	Pages         int64 // of a dump: files
	Records       int64
	Conversations int64 // found
	Messages      int64 // found
	// Done of Whole has been read: seconds of the timeline, or bytes of a dump.
	Done, Whole  int64
	SnoozedUntil time.Time
}

// share is how much of the source has been read, 0 to 1.
func (p SourceProgress) share() float64 {
	switch {
	case p.Ended:
		return 1
	case p.Whole <= 0:
		return 0
	}
	return min(1, float64(p.Done)/float64(p.Whole))
}

// ProgressOf adds up how far the sources of r have come. Every source counts the same,
// because seconds of a timeline and bytes of a file do not compare. The percentage stays
// below 100 until the run has ended; the time left is not known from this.
func ProgressOf(r Request, sources []SourceProgress, now time.Time) Progress {
	p := Progress{ETASeconds: -1}
	var shares float64
	p.Packaging = r.Status == Running && len(sources) > 0
	for _, s := range sources {
		p.Pages, p.Records = p.Pages+s.Pages, p.Records+s.Records
		p.Conversations, p.Messages = p.Conversations+s.Conversations, p.Messages+s.Messages
		shares += s.share()
		p.Packaging = p.Packaging && s.Ended
		waits := r.Status == Running && !s.Ended && s.SnoozedUntil.After(now)
		if waits && (p.Waiting == nil || s.SnoozedUntil.After(p.Waiting.Until)) {
			p.Waiting = &Waiting{Source: s.Source, Until: s.SnoozedUntil}
		}
	}
	if r.Complete != nil {
		p.Percent, p.ETASeconds, p.Waiting, p.Packaging = 100, 0, nil, false
		return p
	}
	if len(sources) > 0 {
		p.Percent = min(int(shares/float64(len(sources))*100), 99)
	}
	return p
}
