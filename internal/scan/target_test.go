package scan

import (
	"context"
	"testing"

	"dsr-server/internal/dsr"
)

// revised is a store with one request, which somebody revises.
type revised struct {
	Store
	run      int64
	question string
}

func (r *revised) Runs(_ context.Context, ids []string) ([]int64, error) {
	runs := make([]int64, len(ids))
	for i := range runs {
		runs[i] = r.run
	}
	return runs, nil
}

func (r *revised) Lookup(_ context.Context, id string) (dsr.Request, error) {
	return dsr.Request{ID: id, Selectors: []dsr.Selector{{ConversationID: r.question}}}, nil
}

// TestALaneLooksForWhatIsAskedNow: it runs on for others while a request is revised.
func TestALaneLooksForWhatIsAskedNow(t *testing.T) {
	t.Parallel()
	st := &revised{run: 1, question: "old"}
	ts := newTargets(st)
	for _, question := range []string{"old", "new"} {
		if question == "new" {
			st.run, st.question = 2, "new"
		}
		r, err := ts.request(t.Context(), "a")
		if err != nil || r.Selectors[0].ConversationID != question {
			t.Errorf("planned is %v, %v, want %s", r.Selectors, err, question)
		}
	}
}
