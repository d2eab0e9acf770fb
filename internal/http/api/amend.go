package api

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// amendInput is the body of PATCH /requests/{id}. What is absent stays; null clears.
type amendInput struct {
	Reference  given[string]            `json:"reference"`
	ReceivedAt given[string]            `json:"received_at"`
	Regime     given[string]            `json:"regime"`
	Language   given[string]            `json:"language"`
	Labels     given[map[string]string] `json:"labels"`
	Assignee   given[string]            `json:"assignee"`
	Channel    given[dsr.Channel]       `json:"channel"`
	Identity   given[identityInput]     `json:"identity"`
}

type identityInput struct {
	Method    string  `json:"method"`
	CheckedOn *string `json:"checked_on"`
	By        string  `json:"by"`
}

// given is a field that tells whether it was there, and whether it was null.
type given[T any] struct {
	there bool
	value *T
}

// UnmarshalJSONFrom is called for what is there, null too.
func (g *given[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	g.there = true
	return json.UnmarshalDecode(d, &g.value)
}

// orClear is nil when the field is absent, and the zero value when it is null.
func (g given[T]) orClear() *T {
	if g.there && g.value == nil {
		return new(T)
	}
	return g.value
}

// empty reports whether the field is there and says nothing.
func (g given[T]) empty(nothing T) bool { return g.value != nil && any(*g.value) == any(nothing) }

func (s *API) amend(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in amendInput
	call, err := readCall(w, r, by, &in, false)
	if err != nil {
		return err
	}
	change, err := in.change(s.opts.Location)
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Amend(r.Context(), call, id, change))
}

// change is the input in the domain's words; a day is one of loc.
func (in amendInput) change(loc *time.Location) (c dsr.Change, err error) {
	for field, empty := range map[string]bool{"regime": in.Regime.empty(""), "language": in.Language.empty(""), "channel": in.Channel.empty("")} {
		if empty {
			return c, dsr.FieldErrorf(field, "is empty; give a value, or null for none")
		}
	}
	c = dsr.Change{Reference: in.Reference.orClear(), Regime: in.Regime.orClear(), Language: in.Language.orClear(),
		Assignee: in.Assignee.orClear(), Channel: in.Channel.orClear()}
	if in.Labels.there {
		c.Labels = map[string]string{}
		if in.Labels.value != nil {
			c.Labels = *in.Labels.value
		}
	}
	if in.ReceivedAt.there {
		at, err := parseReceipt(in.ReceivedAt.value, loc)
		if err != nil {
			return c, err
		}
		c.ReceivedAt = &at
	}
	c.Identity, err = in.identity()
	return c, err
}

func (in amendInput) identity() (*dsr.Identity, error) {
	i := in.Identity.orClear()
	switch {
	case i == nil:
		return nil, nil
	case in.Identity.value != nil && i.Method == "":
		return nil, dsr.FieldErrorf("identity.method", "is missing; say how the identity was checked, or give null for a check that was none")
	}
	on, err := optionalDay("identity.checked_on", i.CheckedOn)
	return &dsr.Identity{Method: i.Method, CheckedOn: on, By: i.By}, err
}
