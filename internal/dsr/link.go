package dsr

import "time"

// Links are which conversations a part of a folder's files lists, and which its messages
// refer to: messages of a conversation that nothing lists say that something is missing. Of
// messages in pages the messages are listed too, by names that no conversation has, because
// a page may count its records.
type Links struct {
	Listed   []string
	Referred map[string]Trace // by the conversation's id
}

// Empty reports whether there are none.
func (l Links) Empty() bool { return len(l.Listed)+len(l.Referred) == 0 }

// Trace is what the messages of a conversation say of it.
type Trace struct {
	Messages    int64
	First, Last time.Time // of those with a readable time
	Untimed     bool      // some have none
}

// Take adds a message of that time; zero: it cannot be read.
func (t *Trace) Take(at time.Time) {
	t.Add(Trace{Messages: 1, First: at, Last: at, Untimed: at.IsZero()})
}

// Add adds other messages of the same conversation.
func (t *Trace) Add(u Trace) {
	t.Messages, t.Untimed = t.Messages+u.Messages, t.Untimed || u.Untimed
	if t.First.IsZero() || !u.First.IsZero() && u.First.Before(t.First) {
		t.First = u.First
	}
	if u.Last.After(t.Last) {
		t.Last = u.Last
	}
}

// No export reaches back as far as firstChats, and no message is of later than now but for
// what clocks differ: a time beyond either is wrong.
var firstChats = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const clocksDiffer = 5 * time.Minute

// Meets reports whether the messages may be of a window: what has no readable time may be
// of any, and so may what has one that cannot be right.
func (t Trace) Meets(w Window, now time.Time) bool {
	if t.Untimed || t.First.Before(firstChats) || t.Last.After(now.Add(clocksDiffer)) {
		return true
	}
	return (w.End.IsZero() || t.First.Before(w.End)) && (w.Start.IsZero() || !t.Last.Before(w.Start))
}

// Orphans are messages of conversations that are not listed.
type Orphans struct {
	Conversations int64
	Trace
}

// Refer notes that a message of that time refers to a conversation.
func (l *Links) Refer(id string, at time.Time) {
	if l.Referred == nil {
		l.Referred = map[string]Trace{}
	}
	trace := l.Referred[id]
	trace.Take(at)
	l.Referred[id] = trace
}

// Add adds the links of a part that follows.
func (l *Links) Add(m Links) {
	l.Listed = append(l.Listed, m.Listed...)
	if l.Referred == nil {
		l.Referred = m.Referred
		return
	}
	for id, trace := range m.Referred {
		trace.Add(l.Referred[id])
		l.Referred[id] = trace
	}
}
