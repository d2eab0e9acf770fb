package fulfil

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// commitEvery is after how many blocks without a find what was read is committed: it
// is what a crash costs at most, 32 MiB of text.
const commitEvery = 16

// add takes the stretch that follows what was read so far, and commits when it is time.
func (s *dumpScan) add(ctx context.Context, st stretch) error {
	for _, f := range st.faults {
		s.fault(f)
	}
	f := &s.file
	f.At, f.Taken, f.Hash = st.end, st.taken, st.hash
	f.Lines += st.lines
	f.Records += st.records
	if !st.first.IsZero() {
		f.First, f.Last = sooner(f.First, st.first), later(f.Last, st.last)
	}
	s.read.Tally.Add(st.tally)
	for id, tally := range st.own {
		if s.read.Own == nil {
			s.read.Own = map[string]dsr.Tally{}
		}
		sum := s.read.Own[id]
		sum.Add(tally)
		s.read.Own[id] = sum
	}
	s.read.Finds = append(s.read.Finds, st.finds...)
	s.read.Near = append(s.read.Near, st.near...)
	for id, n := range st.untold {
		dsr.Count(&s.read.Untold, id, n)
	}
	if s.blocks++; s.blocks < commitEvery && len(s.read.Finds) == 0 && len(st.faults) == 0 {
		return nil
	}
	return s.commit(ctx)
}

// fault names a record that cannot be read. Line and number are counted in the file.
func (s *dumpScan) fault(f fault) {
	s.file.Unread++
	if s.file.Unread > dsr.MaxDumpFaults {
		return
	}
	where := fmt.Sprintf("line %d", s.file.Lines+f.line+1)
	switch {
	case f.record > 0:
		where = fmt.Sprintf("record %d", s.file.Records+f.record)
	case f.record < 0:
		where = "the page itself"
	}
	s.file.Faults = append(s.file.Faults, dsr.Reason{
		Code: dsr.ReasonUnreadable, Detail: fmt.Sprintf("%s, %s: %s", s.file.Name, where, f.reason),
	})
}

// commit stores what has been read since the last time.
func (s *dumpScan) commit(ctx context.Context) error {
	needed, err := s.l.st.CommitDump(ctx, s.uncommitted())
	if err == nil && len(needed) == 0 {
		return errNobody
	}
	return err
}

// uncommitted is what has been read since the last time, and is forgotten with it.
func (s *dumpScan) uncommitted() dsr.DumpRead {
	read := s.read
	tally := read.Tally // of the stretch, not of the file
	read.DumpFile = s.file
	read.Tally = tally
	s.read, s.blocks = dsr.DumpRead{}, 0
	return read
}

// commitEnd stores how the file ended; of a small file that nothing came of, together
// with others.
func (s *dumpScan) commitEnd(ctx context.Context) error {
	if len(s.read.Finds) > 0 || s.file.Size > export.DumpBlock {
		return s.commit(ctx)
	}
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.l.ended = append(s.l.ended, s.uncommitted())
	return nil
}

// commitEnded stores the ends that wait for it.
func (l *dumpLane) commitEnded(ctx context.Context) error {
	if len(l.ended) == 0 {
		return nil
	}
	_, err := l.st.CommitDump(ctx, l.ended...)
	l.ended = nil
	return err
}
