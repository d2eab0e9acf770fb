package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The figures of the whole command.
const (
	peakFigure  = "extract, peak MB" // the largest of all dumps
	coresFigure = "search, two cores over one"
)

// extractFigures measure the whole command: its memory over dumps of two sizes, and
// what a second core brings.
func extractFigures(o options, c corpus, t tools, f *figures) error {
	small := o
	small.size = o.size / 4
	quarter, err := prepare(small)
	if err != nil {
		return err
	}
	fmt.Printf("\n%-28s %8s %8s %8s\n", "extract", "CPU s", "wall s", "peak MB")
	var peak int64
	walls := map[string]time.Duration{}
	for _, x := range []struct {
		name  string
		path  string
		cores int
	}{
		{"lines, one core", filepath.Dir(c.lines), 1}, {"lines, two cores", filepath.Dir(c.lines), 2},
		{"a quarter of it, two cores", filepath.Dir(quarter.lines), 2},
		{"pages, two cores", c.pages, 2}, {".zst, two cores", filepath.Dir(c.packed), 2},
	} {
		u, err := extractOnce(o, t, x.path, x.cores)
		if err != nil {
			return fmt.Errorf("extract, %s: %w", x.name, err)
		}
		peak, walls[x.name] = max(peak, u.peak), u.wall
		fmt.Printf("%-28s %8.2f %8.2f %8d\n", x.name, u.cpu.Seconds(), u.wall.Seconds(), u.peak>>20)
	}
	fmt.Printf("peak memory %d MB, baseline %s\n", peak>>20, f.judge(peakFigure, float64(peak>>20), false))
	var one, two []time.Duration
	for range o.rounds {
		for cores, into := range map[int]*[]time.Duration{1: &one, 2: &two} {
			u, _, err := runOnce([]string{t.self, "search-lines", c.lines}, cores)
			if err != nil {
				return err
			}
			*into = append(*into, u.wall)
		}
	}
	gain := middle(one).Seconds() / middle(two).Seconds()
	fmt.Printf("search, two cores over one: %.2f, baseline %s; extract: %.2f\n", gain, f.judge(coresFigure, gain, true),
		walls["lines, one core"].Seconds()/walls["lines, two cores"].Seconds())
	return nil
}

func middle(d []time.Duration) time.Duration {
	var all []used
	for _, x := range d {
		all = append(all, used{cpu: x})
	}
	return median(all).cpu
}

// extractOnce runs the command over a dump, in a folder of its own.
func extractOnce(o options, t tools, path string, cores int) (u used, err error) {
	dir, err := os.MkdirTemp(o.dir, "extract-")
	if err != nil {
		return u, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	config := filepath.Join(dir, "dsr.yaml")
	text := fmt.Sprintf("data_dir: %s/data\nsources:\n  - {name: dump, type: dump, path: %q}\n", dir, path)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return u, err
	}
	u, _, err = runOnce([]string{t.extract, "extract", "--config", config, "--metadata", "email=" + wantedEmail, "--conversation-id", wantedID,
		"--out", filepath.Join(dir, "F.zip")}, cores)
	return u, err
}
