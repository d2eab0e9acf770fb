package api

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
)

// checkSize refuses a batch of no submissions and of too many.
func checkSize(field string, n int) error {
	switch {
	case n == 0:
		return dsr.FieldErrorf(field, "is empty; give 1 to %d submissions", dsr.MaxBatch)
	case n > dsr.MaxBatch:
		return dsr.FieldErrorf(field, "has more than %d submissions; this limit is fixed, split the batch", dsr.MaxBatch)
	}
	return nil
}

// readRow reads one submission as POST /requests does.
func (s *API) readRow(one jsontext.Value) dsr.BatchRow {
	if one.Kind() != '{' {
		return dsr.BatchRow{Refused: dsr.Errorf(dsr.Malformed, "wrong_type", "must be one JSON object, the body of POST /requests")}
	}
	var in submitInput
	if err := malformed(json.Unmarshal(one, &in, strict)); err != nil {
		return refusedRow(err)
	}
	return s.judge(in)
}

// judge is the submission as a row, or why it is none.
func (s *API) judge(in submitInput) dsr.BatchRow {
	if err := checkShape(in); err != nil {
		return refusedRow(err)
	}
	sub, err := s.valid(in)
	if err != nil {
		return refusedRow(err)
	}
	return dsr.BatchRow{Submission: sub}
}

// refusedRow is a row that cannot be read; all that reading finds are errors for readers.
func refusedRow(err error) dsr.BatchRow {
	e, ok := errors.AsType[*dsr.Error](err)
	if !ok {
		e = dsr.Errorf(dsr.Malformed, "malformed", "cannot be read")
	}
	return dsr.BatchRow{Refused: e}
}
