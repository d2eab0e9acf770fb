package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// reviseInput is the body of POST …/revise. What is absent or null stays as it is.
type reviseInput struct {
	Selectors []selectorInput `json:"selectors" validate:"dive"`
	Sources   []string        `json:"sources" validate:"dive,min=1"`
	Window    *windowInput    `json:"window"`
}

func (s *API) revise(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in reviseInput
	call, err := readCall(w, r, by, &in, true)
	if err != nil {
		return err
	}
	revision, err := in.revision()
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Revise(r.Context(), call, id, func(req dsr.Request) (dsr.Submission, error) {
		sub := revision.Of(req)
		return sub, sub.Validate(s.edge.Now(), s.opts.Sources, s.opts.Regions).Err()
	}))
}

// revision is the input in the domain's words.
func (in reviseInput) revision() (v dsr.Revision, err error) {
	v.Sources = in.Sources
	if in.Selectors != nil {
		v.Selectors = []dsr.Selector{}
	}
	for _, sel := range in.Selectors {
		v.Selectors = append(v.Selectors, sel.selector())
	}
	if in.Window != nil {
		window, err := in.Window.window()
		if err != nil {
			return v, err
		}
		v.Window = &window
	}
	return v, v.Check()
}
