package dsr

import "slices"

// Revision asks for something else under the same request: what is given takes the place
// of what there is, what is nil stays.
type Revision struct {
	Selectors []Selector
	Sources   []string // empty and not nil: all
	Window    *Window
}

// Check returns an *Error when there is nothing to revise.
func (v Revision) Check() error {
	if v.Selectors == nil && v.Sources == nil && v.Window == nil {
		return FieldErrorf("selectors", "give selectors, sources or a window, or several of them; to read only what is missing, retry")
	}
	return nil
}

// Of is what r asks for after the revision, to be validated like any submission.
func (v Revision) Of(r Request) Submission {
	s := Submission{
		Reference: r.Reference, Selectors: slices.Clone(r.Selectors), Sources: slices.Clone(r.Sources), Window: r.Window,
		ReceivedAt: r.ReceivedAt, Language: r.Language, Regime: r.Regime,
	}
	if v.Selectors != nil {
		s.Selectors = v.Selectors
	}
	if v.Sources != nil {
		s.Sources = v.Sources
	}
	if v.Window != nil {
		s.Window = *v.Window
	}
	return s
}

// Revisable reports whether somebody may ask for something else: in every status in which
// nothing moves by itself.
func (r Request) Revisable() bool { return r.Status.CanMove(Queued) }

// Differs names what s asks for otherwise than r.
func (r Request) Differs(s Submission) (kinds []string) {
	if !slices.EqualFunc(r.Selectors, s.Selectors, Selector.same) {
		kinds = append(kinds, "selectors")
	}
	if !slices.Equal(r.Sources, s.Sources) {
		kinds = append(kinds, "sources")
	}
	if !r.Window.Start.Equal(s.Window.Start) || !r.Window.End.Equal(s.Window.End) {
		kinds = append(kinds, "window")
	}
	return kinds
}
