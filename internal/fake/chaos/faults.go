package chaos

import (
	"math/rand/v2"
	"slices"
	"sync"

	"dsr-server/internal/fake/vendor"
)

// Faults are what goes wrong at a server. All methods may be called at any time from any
// goroutine.
type Faults struct {
	mu     sync.Mutex
	armed  []*armed
	issued map[string]string // cursor → the one it was asked with; see CycleCursor
}

// Fault adds a fault. Faults are tried in the order they were added.
func (s *Faults) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.armed = append(s.armed, &armed{Fault: f, random: rand.New(rand.NewPCG(f.Seed, 0))}) //nolint:gosec // repeatable
}

// Flaky makes the fraction p of all calls fail with a seeded mix of transient faults.
func (s *Faults) Flaky(p float64, seed uint64) {
	s.Fault(Fault{Kind: Transient, Times: Always, Probability: p, Seed: seed})
}

// ClearFaults heals the server.
func (s *Faults) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = nil
}

// hook spoils an answer by the faults that are due.
func (s *Faults) hook(a *vendor.Answer) vendor.Sender {
	taken := s.take(a)
	if len(taken) == 0 {
		return nil
	}
	x := &spoiling{Answer: a, faults: s}
	for _, f := range taken {
		a.Note(string(f.Kind))
		if spoil := onPage[f.Kind]; spoil != nil {
			spoil(x, f)
		}
	}
	a.Write()
	for _, f := range taken {
		if spoil := onText[f.Kind]; spoil != nil {
			a.Reply.Body = spoil(a.Reply.Body)
		}
	}
	for _, f := range taken {
		if spoil := instead[f.Kind]; spoil != nil {
			spoil(x, f)
		}
	}
	return x.sender(taken)
}

// spoiling is an answer on its way through the faults that it gets.
type spoiling struct {
	*vendor.Answer
	faults *Faults
}

// take picks the faults of this answer and uses them up.
func (s *Faults) take(a *vendor.Answer) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remember(a)
	call := a.Call()
	var taken []Fault
	spoiled := false
	for _, f := range s.armed {
		if f.Times == 0 || spoiled && f.spoils() || !f.inScope(call, a) || !s.possible(f.Kind, a) {
			continue
		}
		if f.Probability > 0 && f.random.Float64() >= f.Probability {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		spoiled = spoiled || f.spoils()
		taken = append(taken, f.concrete())
	}
	return taken
}

// armed is a fault with what is left of it.
type armed struct {
	Fault
	random *rand.Rand
}

func (f *armed) inScope(c vendor.Call, a *vendor.Answer) bool {
	return (f.Endpoint == "" || f.Endpoint == c.Endpoint) &&
		(f.Page == 0 || f.Page == c.Page) &&
		(f.ConversationID == "" || f.ConversationID == a.Conversation()) &&
		(f.Record == "" || index(a.Page, f.Record) >= 0) &&
		(f.Match == nil || f.Match(c))
}

// spoils is true for the kinds that decide over the whole answer.
func (f *armed) spoils() bool {
	return f.Kind == Transient || instead[f.Kind] != nil || onWire[f.Kind] != nil && f.Kind != DateSkew
}

// concrete is f itself; of Transient, one of the faults that pass.
func (f *armed) concrete() Fault {
	if f.Kind != Transient {
		return f.Fault
	}
	mix := []Fault{
		{Kind: StatusError, Status: 500}, {Kind: StatusError, Status: 502, HTML: true},
		{Kind: StatusError, Status: 503}, {Kind: StatusError, Status: 504, HTML: true},
		{Kind: TooMany}, {Kind: TooMany, RetryAfter: vendor.RetrySeconds}, {Kind: ResetEarly}, {Kind: ResetMidBody},
		{Kind: TruncatedGzip}, {Kind: ChunkedAbort}, {Kind: WrongLength}, {Kind: HTML200}, {Kind: JSONError200},
	}
	return mix[f.random.IntN(len(mix))]
}

// possible is false where a fault could not show, so that it waits for a page where it can.
func (s *Faults) possible(kind FaultKind, a *vendor.Answer) bool {
	switch kind {
	case DuplicateRecord, DropRecord, InvalidUTF8, LoneSurrogate, NaN, BadRecord, TrailingComma:
		return len(a.Page.Records) > 0
	case RepeatCursor, CycleCursor, NeverNull, EmptyPage:
		return s.canCorrupt(kind, a)
	default:
		return true
	}
}

// index of the record in the page; the first for an empty id, -1 if it is not there.
func index(p *vendor.Page, id string) int {
	return slices.IndexFunc(p.Records, func(r vendor.Record) bool { return id == "" || r.ID == id })
}
