package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFigureThatGotWorseIsNamed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value float64
		more  bool
		worse bool
	}{
		"as it was":           {value: 2, worse: false},
		"a little more":       {value: 2.19, worse: false},
		"too much":            {value: 2.21, worse: true},
		"less":                {value: 1, worse: false},
		"more is better":      {value: 9, more: true, worse: false},
		"a little less":       {value: 1.81, more: true, worse: false},
		"too little":          {value: 1.79, more: true, worse: true},
		"not in the baseline": {value: 2, worse: true},
	} {
		f := &figures{Tolerance: 0.1, Figures: map[string]float64{name: 2}, measured: map[string]float64{}}
		if name == "not in the baseline" {
			f.Figures = nil
		}
		said := f.judge(name, tc.value, tc.more)
		err := f.verdict()
		if (err != nil) != tc.worse || tc.worse && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %s, %v; want worse %v", name, said, err, tc.worse)
		}
	}
}

func TestWrittenFiguresAreReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "baseline.json")
	f := &figures{Tolerance: 0.15, Figures: map[string]float64{"a": 1, "b": 2}, measured: map[string]float64{"b": 2.456, "c": 3}}
	if err := f.write(path); err != nil {
		t.Fatal(err)
	}
	got, err := readFigures(path)
	if err != nil || got.Figures["a"] != 1 || got.Figures["b"] != 2.46 || got.Figures["c"] != 3 || got.Tolerance != 0.15 {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, text := range []string{"", "{", `{"figures":{}}`, `{"tolerance":2}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readFigures(path); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// TestTheBaselineKnowsEveryFigure: a contestant without one would end every run red.
func TestTheBaselineKnowsEveryFigure(t *testing.T) {
	t.Parallel()
	f, err := readFigures("baseline.json")
	if err != nil {
		t.Fatal(err)
	}
	all := tools{node: "node", duckdb: "duckdb", python: "python3", jq: "jq", zstd: "zstd", simdjson: "simdjson"}
	names := []string{peakFigure, coresFigure}
	for _, c := range append(alternatives(corpus{}, all), ownRatios(corpus{}, all)...) {
		if c.judged() {
			names = append(names, c.name)
		}
	}
	for _, name := range names {
		if _, known := f.Figures[name]; !known {
			t.Errorf("no figure for %q", name)
		}
	}
	if len(f.Figures) != len(names) {
		t.Errorf("%d figures for %d contestants", len(f.Figures), len(names))
	}
}
