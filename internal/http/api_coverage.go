package http

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
)

// coverageBody is coverage.json; before the request is planned as_of is null and
// there are no sources yet.
type coverageBody struct {
	AsOf     *time.Time           `json:"as_of"`
	Complete bool                 `json:"complete"`
	Sources  []dsr.SourceCoverage `json:"sources"`
	Staff    *dsr.Staff           `json:"staff,omitempty"` // with ?view=staff
}

func (s *Server) apiCoverage(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	c, err := s.svc.Coverage(r.Context(), by, id)
	if err != nil {
		return err
	}
	body := coverageOf(c)
	if body.Staff, err = s.staffView(r, by, id); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, body)
	return nil
}

// staffView is what ?view=staff adds; nil without it.
func (s *Server) staffView(r *http.Request, by dsr.Principal, id string) (*dsr.Staff, error) {
	switch r.URL.Query().Get("view") {
	case "":
		return nil, nil
	case "staff":
		staff, err := s.svc.Staff(r.Context(), by, id)
		staff.Warnings, staff.Shared, staff.Near = listOrEmpty(staff.Warnings), listOrEmpty(staff.Shared), listOrEmpty(staff.Near)
		return &staff, err
	}
	return nil, dsr.FieldErrorf("view", "is not known; leave it out or use staff")
}

func coverageOf(c dsr.Coverage) coverageBody {
	b := coverageBody{AsOf: orNull(c.AsOf.UTC()), Complete: c.Complete, Sources: make([]dsr.SourceCoverage, len(c.Sources))}
	for i, src := range c.Sources {
		src.Reasons, src.Assumes = listOrEmpty(src.Reasons), listOrEmpty(src.Assumes)
		src.Read, src.Anomalies = listOrEmpty(src.Read), listOrEmpty(src.Anomalies)
		src.Calls, src.Retries = counts(src.Calls), counts(src.Retries)
		b.Sources[i] = src
	}
	return b
}

// counts makes an empty map of nil, which JSON would show as null.
func counts(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}
