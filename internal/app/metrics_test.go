package app

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

var described = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

// shape is what a line of docs/metrics.md says of a metric beside its meaning.
type shape struct{ Type, Labels string }

// shapes are those of our own metrics, by name.
func shapes(t *testing.T) map[string]shape {
	t.Helper()
	found := map[string]shape{}
	for _, c := range append(newMeters().all(), stats{}) {
		descs := make(chan *prometheus.Desc, 100)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			m := described.FindStringSubmatch(d.String())
			if m == nil {
				t.Fatalf("cannot read %s", d)
			}
			labels := strings.Split(m[2], ",")
			slices.Sort(labels)
			found[m[1]] = shape{kindOf(c, m[1]), strings.Join(labels, " ")}
		}
	}
	return found
}

// kindOf is the type of a metric. Of those that are read from the database, counters have a
// name that says so.
func kindOf(c prometheus.Collector, name string) string {
	switch c.(type) {
	case *prometheus.HistogramVec:
		return "histogram"
	case *prometheus.CounterVec:
		return "counter"
	}
	if strings.HasSuffix(name, "_total") {
		return "counter"
	}
	return "gauge"
}

func TestTheDocumentHasEveryMetric(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]shape{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(dsr_[a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		labels := strings.FieldsFunc(m[3], func(r rune) bool { return strings.ContainsRune("`, ", r) })
		slices.Sort(labels)
		written[m[1]] = shape{m[2], strings.Join(labels, " ")}
	}
	if diff := cmp.Diff(shapes(t), written); diff != "" {
		t.Errorf("the program (-) and docs/metrics.md (+) differ:\n%s", diff)
	}
}

func TestCountersAreNamedAsSuch(t *testing.T) {
	t.Parallel()
	for name, s := range shapes(t) {
		if (s.Type == "counter") != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is a %s", name, s.Type)
		}
	}
}
