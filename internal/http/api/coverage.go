package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// coverageBody is coverage.json; before the request is planned as_of is null and
// there are no sources yet.
type coverageBody struct {
	AsOf     *time.Time           `json:"as_of"`
	Complete bool                 `json:"complete"`
	Sources  []dsr.SourceCoverage `json:"sources"`
	Withheld *dsr.WithheldCount   `json:"withheld,omitempty"`
	Staff    *dsr.Staff           `json:"staff,omitempty"` // with ?view=staff
}

func (s *API) coverage(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	staff, err := wantsStaffView(r)
	if err != nil {
		return err
	}
	v, err := s.svc.View(r.Context(), by, id)
	if err != nil {
		return err
	}
	body := coverageOf(v.Coverage)
	if staff {
		body.Staff = staffOf(v.Staff)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

// wantsStaffView reports whether ?view=staff asks for what only staff should know.
func wantsStaffView(r *http.Request) (bool, error) {
	var view string
	if err := readQuery(r.URL, map[string]*string{"view": &view}); err != nil {
		return false, err
	}
	switch view {
	case "":
		return false, nil
	case "staff":
		return true, nil
	}
	return false, dsr.FieldErrorf("view", "is not known; leave it out or use staff")
}

func staffOf(staff dsr.Staff) *dsr.Staff {
	staff.Warnings, staff.Shared, staff.Near = listOrEmpty(staff.Warnings), listOrEmpty(staff.Shared), listOrEmpty(staff.Near)
	return &staff
}

func coverageOf(c dsr.Coverage) coverageBody {
	b := coverageBody{AsOf: orNull(c.AsOf.UTC()), Complete: c.Complete, Withheld: c.Withheld, Sources: make([]dsr.SourceCoverage, len(c.Sources))}
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
