package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// rule is one of alerts.yml.
type rule struct {
	Alert string `yaml:"alert"`
	Expr  string `yaml:"expr"`
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "alerts.yml")), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 10 {
		t.Fatalf("alerts.yml has %d rules", len(all))
	}
	return all
}

func names(t *testing.T) (alerts []string) {
	t.Helper()
	for _, r := range rules(t) {
		alerts = append(alerts, r.Alert)
	}
	slices.Sort(alerts)
	return alerts
}

// panelExprs are what the dashboard asks Prometheus for.
func panelExprs(t *testing.T) (exprs []string) {
	t.Helper()
	var board struct {
		Panels []struct {
			Title   string `json:"title"`
			Type    string `json:"type"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal([]byte(read(t, "dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	return exprs
}

var (
	documented = regexp.MustCompile("(?m)^\\| `(dsr_[a-z_]+)` \\| ([a-z]+) \\|")
	named      = regexp.MustCompile(`\b(dsr|go|process)_[a-z_]+`)
)

// metrics are the names under which the documented metrics are stored. That the program has
// them is a test of internal/app.
func metrics(t *testing.T) (stored []string) {
	t.Helper()
	for _, m := range documented.FindAllStringSubmatch(read(t, "metrics.md"), -1) {
		if m[2] == "histogram" {
			stored = append(stored, m[1]+"_bucket", m[1]+"_sum", m[1]+"_count")
			continue
		}
		stored = append(stored, m[1])
	}
	return append(stored, "go_goroutines", "process_resident_memory_bytes")
}

func TestEveryMetricThatARuleOrAPanelNamesExists(t *testing.T) {
	t.Parallel()
	exprs, known := panelExprs(t), metrics(t)
	for _, r := range rules(t) {
		exprs = append(exprs, r.Expr)
	}
	for _, expr := range exprs {
		used := named.FindAllString(expr, -1)
		if len(used) == 0 {
			t.Errorf("%q names no metric", expr)
		}
		for _, name := range used {
			if !slices.Contains(known, name) {
				t.Errorf("%q asks for %s, which metrics.md does not have", expr, name)
			}
		}
	}
}

func TestEveryAlertHasItsLineInTheRunbook(t *testing.T) {
	t.Parallel()
	_, section, found := strings.Cut(read(t, "runbook.md"), "\n## Alerts\n")
	if !found {
		t.Fatal("runbook.md has no section Alerts")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var answered []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(Dsr[A-Za-z]+)` \\|").FindAllStringSubmatch(section, -1) {
		answered = append(answered, m[1])
	}
	slices.Sort(answered)
	if diff := cmp.Diff(names(t), answered); diff != "" {
		t.Errorf("alerts.yml (-) and runbook.md (+) differ:\n%s", diff)
	}
}

// TestEveryAlertIsSeenToFire: a rule whose test expects nothing proves nothing.
func TestEveryAlertIsSeenToFire(t *testing.T) {
	t.Parallel()
	var file struct {
		Tests []struct {
			Alerts []struct {
				Name     string           `yaml:"alertname"`
				Expected []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "alerts.test.yml")), &file); err != nil {
		t.Fatal(err)
	}
	var fired []string
	for _, test := range file.Tests {
		for _, a := range test.Alerts {
			if len(a.Expected) > 0 {
				fired = append(fired, a.Name)
			}
		}
	}
	slices.Sort(fired)
	if diff := cmp.Diff(names(t), slices.Compact(fired)); diff != "" {
		t.Errorf("alerts.yml (-) and alerts.test.yml (+) differ:\n%s", diff)
	}
}

func TestPrometheusTakesTheRules(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("DSR_TEST_REQUIRE") == "all" {
			t.Fatal("promtool is not installed, but DSR_TEST_REQUIRE=all")
		}
		t.Skip("promtool is not installed; it would test the rules")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts.test.yml"}} {
		if said, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, said)
		}
	}
}
