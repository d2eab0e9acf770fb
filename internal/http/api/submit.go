package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// submitInput is the body of POST /requests. Pointers tell a field that is absent
// or null from one that is empty, which is a mistake worth naming. Times are text
// here, so that a bad one is an invalid value and not malformed JSON.
type submitInput struct {
	Reference  *string         `json:"reference"`
	Selectors  []selectorInput `json:"selectors" validate:"dive"`
	Sources    []string        `json:"sources" validate:"dive,min=1"`
	Window     *windowInput    `json:"window"`
	ReceivedAt *string         `json:"received_at"`
	Regime     *string         `json:"regime" validate:"omitnil,min=1"`
	Language   *string         `json:"language" validate:"omitnil,min=1"`
	Mode       *string         `json:"mode" validate:"omitnil,min=1"`
	Notes      *string         `json:"notes"`

	Labels  map[string]string `json:"labels"`
	Channel *string           `json:"channel" validate:"omitnil,min=1"`

	CallbackURL *string `json:"callback_url" validate:"omitnil,min=1"`
}

type selectorInput struct {
	ConversationID *string        `json:"conversation_id" validate:"omitnil,min=1"`
	Metadata       *metadataInput `json:"metadata"`
	Identifier     *string        `json:"identifier" validate:"omitnil,min=1"`
}

type metadataInput struct {
	Key    *string `json:"key"`
	Value  *string `json:"value"`
	Match  *string `json:"match" validate:"omitnil,oneof=exact normalized contains phone"`
	Region *string `json:"region" validate:"omitnil,min=1"`
}

type windowInput struct {
	Start *string `json:"start"`
	End   *string `json:"end"`
}

func (s *API) submit(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var in submitInput
	call, err := readCall(w, r, by, &in, false)
	if err != nil {
		return err
	}
	sub, err := s.valid(in)
	if err != nil {
		return err
	}
	req, err := s.svc.Submit(r.Context(), call, sub)
	if err != nil {
		return err
	}
	w.Header().Set("Location", s.edge.Path(prefix+"/requests/"+req.ID))
	setVersion(w, req)
	edge.WriteJSON(w, http.StatusCreated, edge.JSONType, oneOf(req))
	return nil
}

// valid is the submission that the input means, if it can be searched for.
func (s *API) valid(in submitInput) (dsr.Submission, error) {
	sub, err := in.submission(s.opts.Location)
	if err != nil {
		return sub, err
	}
	if err := sub.Validate(s.edge.Now(), s.opts.Sources, s.opts.Regions).Err(); err != nil {
		return sub, err
	}
	return sub, s.opts.CheckCallback(sub.CallbackURL)
}

// submission is the input in the domain's words; a day is one of loc.
func (in submitInput) submission(loc *time.Location) (dsr.Submission, error) {
	sub := dsr.Submission{Reference: text(in.Reference), Sources: in.Sources, Language: text(in.Language), Notes: text(in.Notes), Regime: text(in.Regime), Mode: dsr.Mode(text(in.Mode)),
		Labels: in.Labels, Channel: dsr.Channel(text(in.Channel)), CallbackURL: text(in.CallbackURL)}
	for _, sel := range in.Selectors {
		sub.Selectors = append(sub.Selectors, sel.selector())
	}
	var err error
	if in.Window != nil {
		if sub.Window, err = in.Window.window(); err != nil {
			return dsr.Submission{}, err
		}
	}
	sub.ReceivedAt, err = parseReceipt(in.ReceivedAt, loc)
	return sub, err
}

func (in windowInput) window() (w dsr.Window, err error) {
	if in.Start != nil {
		if w.Start, err = parseTime("window.start", *in.Start); err != nil {
			return w, err
		}
	}
	if in.End != nil {
		w.End, err = parseTime("window.end", *in.End)
	}
	return w, err
}

// parseReceipt reads a day, or a time as parseTime does; zero where there is none.
func parseReceipt(text *string, loc *time.Location) (time.Time, error) {
	if text == nil {
		return time.Time{}, nil
	}
	if day, err := dsr.ParseDay("received_at", *text); err == nil {
		return day.Begin(loc), nil
	}
	t, err := parseTime("received_at", *text)
	if err != nil {
		return t, dsr.FieldErrorf("received_at", "is neither a day such as 2025-06-30 nor a time as in RFC 3339, between the years 1970 and 9998")
	}
	return t, nil
}

func (in selectorInput) selector() dsr.Selector {
	sel := dsr.Selector{ConversationID: text(in.ConversationID), Identifier: text(in.Identifier)}
	if m := in.Metadata; m != nil {
		sel.Metadata = &dsr.Metadata{Key: text(m.Key), Value: text(m.Value), Match: dsr.Match(text(m.Match)), Region: text(m.Region)}
	}
	return sel
}

// text is the string, or empty when it is absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
