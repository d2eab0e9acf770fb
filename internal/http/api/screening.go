package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
	"dsr-server/internal/spreadsheet"
)

// screeningInput names the requests of the matrix.
type screeningInput struct {
	Requests []string `json:"requests"`
}

// screeningBody is the matrix of people and sources.
type screeningBody struct {
	Sources  []string       `json:"sources"` // the columns
	Requests []screenedBody `json:"requests"`
}

type screenedBody struct {
	ID        string              `json:"id"`
	Reference *string             `json:"reference"`
	Status    dsr.Status          `json:"status"`
	Held      map[string]cellBody `json:"held"`
}

// cellBody is null while it is not known.
type cellBody struct {
	Conversations *int64 `json:"conversations"`
	Complete      *bool  `json:"complete"`
}

// screening is what the sources hold of many people, as JSON or, with ?format=csv, a table.
func (s *API) screening(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var format string
	if err := readQuery(r.URL, map[string]*string{"format": &format}); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "json", "csv"}, format) {
		return dsr.FieldErrorf("format", "must be json or csv")
	}
	var in screeningInput
	if _, err := readCall(w, r, by, &in, false); err != nil {
		return err
	}
	if n := len(in.Requests); n == 0 || n > dsr.MaxBatch {
		return dsr.FieldErrorf("requests", "must have 1 to %d ids; this limit is fixed", dsr.MaxBatch)
	}
	for i, id := range in.Requests {
		in.Requests[i] = strings.ToLower(id)
	}
	rows, err := s.svc.Screening(r.Context(), by, in.Requests)
	if err != nil {
		return err
	}
	if format == "csv" {
		return writeScreening(w, rows)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, screeningOf(rows))
	return nil
}

// screenedSources are the sources that any of the rows asks, by name.
func screenedSources(rows []dsr.Screened) []string {
	all := map[string]bool{}
	for _, row := range rows {
		for name := range row.Sources {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func screeningOf(rows []dsr.Screened) screeningBody {
	out := screeningBody{Sources: listOrEmpty(screenedSources(rows)), Requests: make([]screenedBody, len(rows))}
	for i, row := range rows {
		b := screenedBody{ID: row.Request, Reference: orNull(row.Reference), Status: row.Status, Held: map[string]cellBody{}}
		for name, source := range row.Sources {
			b.Held[name] = cellBody{source.Conversations, source.Complete}
		}
		out.Requests[i] = b
	}
	return out
}

// writeScreening writes the matrix with two columns a source; a cell is empty where nothing is
// known, or the source was not asked.
func writeScreening(w http.ResponseWriter, rows []dsr.Screened) error {
	names := screenedSources(rows)
	header := []string{"request", "reference", "status"}
	for _, name := range names {
		header = append(header, name+" conversations", name+" complete")
	}
	var text strings.Builder
	table := spreadsheet.NewWriter(&text)
	if err := table.Header(header...); err != nil {
		return err
	}
	for _, row := range rows {
		cells := []string{row.Request, row.Reference, string(row.Status)}
		for _, name := range names {
			cells = append(cells, screenedCells(row.Sources[name])...)
		}
		if err := table.Row(cells...); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", csvType)
	w.Header().Set("Content-Disposition", `attachment; filename="screening.csv"`)
	if _, err := w.Write([]byte(text.String())); err != nil {
		return fmt.Errorf("write screening: %w", err)
	}
	return nil
}

func screenedCells(s dsr.ScreenedSource) []string {
	held, complete := "", ""
	if s.Conversations != nil {
		held = strconv.FormatInt(*s.Conversations, 10)
	}
	if s.Complete != nil {
		complete = strconv.FormatBool(*s.Complete)
	}
	return []string{held, complete}
}
