package api

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// batchInput is the body of POST /requests/batch. Each submission is read by itself, so that
// what is wrong with one is said of that one.
type batchInput struct {
	Atomic   bool             `json:"atomic"`
	Requests []jsontext.Value `json:"requests"`
}

type batchBody struct {
	Results []batchResult `json:"results"`
}

// batchResult has one of the two.
type batchResult struct {
	ID      string        `json:"id,omitempty"`
	Problem *edge.Problem `json:"problem,omitempty"`
}

// batch takes many submissions at once: each is judged by itself, and stored or refused.
func (s *API) batch(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	call, body, err := readBody(w, r, by, edge.MaxBatchBody)
	if err != nil {
		return err
	}
	rows, atomic, err := s.readBatch(r, body)
	if err != nil {
		return err
	}
	if call.Key.Key != "" {
		call.Key.Route += fmt.Sprintf(" atomic=%t", atomic) // which the body need not say
	}
	if rows, err = s.svc.SubmitBatch(r.Context(), call, rows, atomic); err != nil {
		return err
	}
	out := batchBody{Results: make([]batchResult, len(rows))}
	for i, row := range rows {
		out.Results[i] = resultOfRow(r, row, i)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, out)
	return nil
}

func resultOfRow(r *http.Request, row dsr.BatchRow, i int) batchResult {
	if row.Refused == nil {
		return batchResult{ID: row.ID}
	}
	p := edge.ProblemIn(r, row.Refused)
	p.Row = i + 1
	return batchResult{Problem: &p}
}

func (s *API) readBatch(r *http.Request, body []byte) (rows []dsr.BatchRow, atomic bool, err error) {
	contentType, err := edge.BodyType(r, edge.JSONType, tableType)
	if err != nil {
		return nil, false, err
	}
	if contentType == tableType {
		return s.readBatchCSV(r.URL, body)
	}
	if err := readQuery(r.URL, nil); err != nil {
		return nil, false, err
	}
	var in batchInput
	if err := decode(body, &in); err != nil {
		return nil, false, err
	}
	if err := checkSize("requests", len(in.Requests)); err != nil {
		return nil, false, err
	}
	for _, one := range in.Requests {
		rows = append(rows, s.readRow(one))
	}
	return rows, in.Atomic, nil
}
