package dsr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFiguresAreMediansAndCountsByRegime(t *testing.T) {
	t.Parallel()
	row := func(regime string, received, told, due Day) ReportRow {
		return ReportRow{Regime: regime, Received: received, ToldOn: told, Due: due}
	}
	got := FiguresOf([]ReportRow{
		row("uk", "2025-01-01", "2025-01-11", "2025-02-03"),
		row("gdpr", "2025-01-01", "2025-03-01", "2025-02-01"), // late, 59 days
		row("gdpr", "2025-01-01", "2025-01-04", "2025-02-01"),
		row("gdpr", "2025-01-01", "2025-02-01", "2025-02-01"), // on its last day, 31 days
		row("gdpr", "2025-01-01", "2025-01-01", "2025-02-01"),
	})
	want := []AnswerFigures{{Regime: "gdpr", Answered: 4, InTime: 3, MedianDays: 17}, {Regime: "uk", Answered: 1, InTime: 1, MedianDays: 10}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if got := FiguresOf(nil); got != nil {
		t.Errorf("got %v of nothing", got)
	}
}
