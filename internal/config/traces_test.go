package config

import (
	"strings"
	"testing"
)

func TestTracesGoToACollectorOrNowhere(t *testing.T) {
	t.Parallel()
	for text, fault := range map[string]string{
		"": "",
		"traces: {endpoint: \"http://127.0.0.1:4318/v1/traces\", percent: 10}": "",
		"traces: {endpoint: \"https://collector.example/v1/traces\"}":          "",
		"traces: {endpoint: \"127.0.0.1:4318\"}":                               "traces.endpoint",
		"traces: {endpoint: \"http://127.0.0.1:4318\"}":                        "traces.endpoint",
		"traces: {endpoint: \"https://user:secret@collector.example/v1\"}":     "traces.endpoint",
		"traces: {percent: 0}":   "traces.percent",
		"traces: {percent: 101}": "traces.percent",
	} {
		cfg, _, err := load(t, text+"\n")
		if good := fault == ""; good != (err == nil) || !good && !strings.Contains(err.Error(), fault+": ") {
			t.Errorf("%q: got %v, want a fault in %q", text, err, fault)
		}
		if err == nil && cfg.Traces.Percent == 0 {
			t.Errorf("%q: there is no share of traces", text)
		}
	}
}
