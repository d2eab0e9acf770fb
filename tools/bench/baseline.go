package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

// figures are the ratios that were measured when somebody last found them good. They are
// committed, so that a run can tell whether a figure got worse since.
type figures struct {
	// Tolerance is how much worse a figure may be, as a fraction: rounds differ by a few
	// per cent, machines by more.
	Tolerance float64            `json:"tolerance"`
	Figures   map[string]float64 `json:"figures"`

	measured map[string]float64
	worse    []string
}

func readFigures(path string) (*figures, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the baseline: %w", err)
	}
	f := &figures{measured: map[string]float64{}}
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("read the baseline %s: %w", path, err)
	}
	if f.Tolerance <= 0 || f.Tolerance >= 1 {
		return nil, fmt.Errorf("the baseline %s has a tolerance of %v; it must be between 0 and 1", path, f.Tolerance)
	}
	return f, nil
}

// judge compares a figure with the baseline and says how it stands. more says that a
// larger figure is better.
func (f *figures) judge(name string, value float64, more bool) string {
	f.measured[name] = value
	was, known := f.Figures[name]
	if !known {
		f.worse = append(f.worse, name+" (not in the baseline)")
		return "NOT IN THE BASELINE"
	}
	worst, sign := was*(1+f.Tolerance), "at most"
	if more {
		worst, sign = was*(1-f.Tolerance), "at least"
	}
	verdict := "ok"
	if more && value < worst || !more && value > worst {
		verdict = "WORSE"
		f.worse = append(f.worse, name)
	}
	return fmt.Sprintf("%.2f, %s %.2f: %s", was, sign, worst, verdict)
}

// verdict is an error that names every figure that got worse.
func (f *figures) verdict() error {
	if len(f.worse) == 0 {
		return nil
	}
	return fmt.Errorf("%d figures got worse than the baseline allows: %q", len(f.worse), f.worse)
}

// write makes what was measured the baseline; what was not measured stays as it is.
func (f *figures) write(path string) error {
	if f.Figures == nil {
		f.Figures = map[string]float64{}
	}
	for _, name := range slices.Sorted(maps.Keys(f.measured)) {
		f.Figures[name] = float64(int(f.measured[name]*100+0.5)) / 100
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // part of the sources
}
