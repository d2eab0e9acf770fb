package dsr

// MaxBatch is how many submissions one call may hold.
const MaxBatch = 1000

// BatchRow is one submission of a batch and what becomes of it: an ID or a refusal.
type BatchRow struct {
	Submission Submission
	ID         string // of the request, once it is stored
	Refused    *Error
}

// BatchRefused is the error of a batch that is to be stored as a whole, of which some rows
// were refused; nil when none was.
func BatchRefused(rows []BatchRow) error {
	var refused []*Error
	for i, row := range rows {
		if row.Refused != nil {
			e := *row.Refused
			e.Row = i + 1
			refused = append(refused, &e)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	e := Errorf(Invalid, "batch_refused", "%d of %d submissions are refused, see problems, so that none was stored; mend them, or send the batch with atomic false", len(refused), len(rows))
	e.Rows = refused
	return e
}
