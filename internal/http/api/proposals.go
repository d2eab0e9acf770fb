package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// How many conversations are looked through for one page.
const (
	defaultProposalLimit = 20
	maxProposalLimit     = 50
)

type proposalBody struct {
	placeBody

	Kind string `json:"kind"`
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// placeBody is a place as POST …/withheld takes it.
type placeBody struct {
	Source       string  `json:"source"`
	Conversation string  `json:"conversation"`
	Message      *string `json:"message"`
	Text         *string `json:"text"`
}

type proposalListBody struct {
	Items      []proposalBody `json:"items"`
	AlsoHere   []placeBody    `json:"also_here"`
	NextCursor *string        `json:"next_cursor"`
}

// proposals answers with what may have to be withheld of a page of conversations.
func (s *API) proposals(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	p, err := readPage(r.URL, defaultProposalLimit, maxProposalLimit)
	if err != nil {
		return err
	}
	page, err := s.svc.Proposals(r.Context(), by, id, p)
	if err != nil {
		return err
	}
	body := proposalListBody{Items: make([]proposalBody, len(page.Items)), AlsoHere: make([]placeBody, len(page.AlsoHere)), NextCursor: orNull(page.NextCursor)}
	for i, proposal := range page.Items {
		body.Items[i] = proposalBody{placeOf(proposal.Place), proposal.Kind, proposal.Rule, proposal.Why}
	}
	for i, place := range page.AlsoHere {
		body.AlsoHere[i] = placeOf(place)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

func placeOf(p dsr.Place) placeBody {
	return placeBody{p.Source, p.Conversation, orNull(p.Message), orNull(p.Text)}
}
