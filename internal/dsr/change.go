package dsr

import (
	"cmp"
	"time"
)

// Change is what somebody changes about a request beside what is searched for; what is nil
// stays.
type Change struct {
	Reference  *string    // empty: none
	ReceivedAt *time.Time // zero: when it was submitted
	Regime     *string    // empty: the configuration's
	Language   *string    // empty: the first of Languages
	Labels     map[string]string
	Assignee   *string   // a login or a token's name; empty: nobody
	Channel    *Channel  // empty: not known
	Identity   *Identity // zero: not checked; without a day today, without a name the caller
}

// Fields are those that change.
func (c Change) Fields() (names []string) {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"reference", c.Reference != nil}, {"received_at", c.ReceivedAt != nil}, {"regime", c.Regime != nil}, {"language", c.Language != nil},
		{"labels", c.Labels != nil}, {"assignee", c.Assignee != nil}, {"channel", c.Channel != nil}, {"identity", c.Identity != nil},
	} {
		if f.given {
			names = append(names, f.name)
		}
	}
	return names
}

// MovesDeadline reports whether the deadline may follow from something else.
func (c Change) MovesDeadline() bool { return c.ReceivedAt != nil || c.Regime != nil }

// Of is r after the change by somebody on the day today, if it may be so; else an *Error.
func (c Change) Of(r Request, by Principal, d Deadlines, now time.Time) (Request, error) {
	if len(c.Fields()) == 0 {
		return r, Errorf(Invalid, "invalid_value", "the body names no field to change; see /openapi.json for those there are")
	}
	before := r
	c.into(&r, d)
	var f Faults
	if c.Identity != nil {
		r.Identity = c.identity(by, d.Day(now), &f)
	}
	r.check(now, &f)
	if err := f.Err(); err != nil {
		return r, err
	}
	return r, r.keepsClock(before, d)
}

// into sets what can be set as it is given.
func (c Change) into(r *Request, d Deadlines) {
	set(&r.Reference, c.Reference)
	set(&r.ReceivedAt, c.ReceivedAt)
	set(&r.Regime, c.Regime)
	set(&r.Language, c.Language)
	set(&r.Assignee, c.Assignee)
	set(&r.Channel, c.Channel)
	if c.Labels != nil {
		r.Labels = c.Labels
	}
	if r.ReceivedAt.IsZero() {
		r.ReceivedAt = r.CreatedAt
	}
	r.Regime, r.Language = cmp.Or(r.Regime, d.Regime, DefaultRegime), cmp.Or(r.Language, Languages[0])
}

func set[T any](into, given *T) {
	if given != nil {
		*into = *given
	}
}

// identity is what is stored of a check: nil when there was none.
func (c Change) identity(by Principal, today Day, f *Faults) *Identity {
	if *c.Identity == (Identity{}) {
		return nil
	}
	i := *c.Identity
	i.CheckedOn, i.By = cmp.Or(i.CheckedOn, today), cmp.Or(i.By, by.ID)
	i.check(today, f)
	return &i
}

// check finds what would be wrong with the same values in a submission.
func (r Request) check(now time.Time, f *Faults) {
	s := Submission{Reference: r.Reference, ReceivedAt: r.ReceivedAt, Regime: r.Regime, Language: r.Language, Labels: r.Labels, Channel: r.Channel}
	s.checkReference(f)
	s.checkParticulars(now, f)
}

// keepsClock returns nil when the pauses, the extension and the answer that there are fit the
// day of receipt and the regime as they are now.
func (r Request) keepsClock(before Request, d Deadlines) error {
	received := d.Day(r.ReceivedAt)
	switch {
	case len(r.Pauses) > 0 && r.Pauses[0].AskedOn < received:
		return FieldErrorf("received_at", "lies after %s, the day from which the clock has rested; give an earlier one", r.Pauses[0].AskedOn)
	case r.Answer != nil && r.Answer.ToldOn < received:
		return FieldErrorf("received_at", "lies after %s, the day on which the person was told; give an earlier one", r.Answer.ToldOn)
	case r.Regime == before.Regime:
		return nil
	case r.ExtendedSoFar > 0:
		return FieldErrorf("regime", "cannot change once the deadline has been extended, because the laws extend by different rules")
	case len(r.Pauses) > 0:
		return FieldErrorf("regime", "cannot change once the clock has rested, because the laws let it rest by different rules")
	}
	return nil
}
