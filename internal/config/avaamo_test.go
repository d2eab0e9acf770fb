package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// avaamo is a source of that type with more keys in it.
func avaamo(more string) string {
	return "sources:\n- {name: desk, type: avaamo, base_url: \"https://cx.example.com\", agent_id: \"1\", access_token_file: key, earliest: 2024-01-01" + more + "}\n"
}

func TestAvaamoKeys(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, avaamo(""))
	s := c.Sources[0]
	if s.TimetokenUnit != "s" || s.MaxRange != 72*time.Hour || s.PageSize != 100 || s.Rate.String() != "50/min" || s.AgentTokenFile.Path != "" || len(warnings) > 0 {
		t.Errorf("defaults: got %q, %v, %d, %v, %v, warnings %v", s.TimetokenUnit, s.MaxRange, s.PageSize, s.Rate, s.AgentTokenFile, warnings)
	}
	c, _ = mustLoad(t, avaamo(", agent_token_file: key, timetoken_unit: us, max_range: 24h"))
	s = c.Sources[0]
	if s.TimetokenUnit != "us" || s.AgentTokenFile.Reveal() != vendorKey || s.MaxRange != 24*time.Hour {
		t.Errorf("got %q, %v, %v", s.TimetokenUnit, s.AgentTokenFile, s.MaxRange)
	}
	if d := c.DomainSources()[0]; d.WindowField != dsr.FieldOverlap || d.MaxRange != 24*time.Hour {
		t.Errorf("got %+v", d)
	}
	if text := c.Print() + fmt.Sprint(c.Sources); strings.Contains(text, vendorKey) || !strings.Contains(text, "agent_token_file") {
		t.Errorf("printed: %s", text)
	}
}

func TestAvaamoKeysAreChecked(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]string{
		", timetoken_unit: ns":        "sources[0].timetoken_unit: must be one of s, ms, us",
		", max_range: 73h":            "sources[0].max_range: must be at most 72h for type avaamo",
		", page_size: 101":            "sources[0].page_size: must be from 1 to 100",
		", bot_name: b":               "sources[0].bot_name: is not a key of type avaamo",
		", agent_token_file: missing": "sources[0].agent_token_file: names a file that does not exist",
	} {
		if _, _, err := load(t, avaamo(more)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", more, err, want)
		}
	}
	yaml := strings.Replace(converse, "bot_name: b", "bot_name: b\n  timetoken_unit: s\n  agent_token_file: key", 1) + "  earliest: 2023-01-01\n"
	_, _, err := load(t, yaml)
	for _, key := range []string{"timetoken_unit", "agent_token_file"} {
		if err == nil || !strings.Contains(err.Error(), "sources[0]."+key+": is not a key of type converse") {
			t.Errorf("%s with converse: got %v", key, err)
		}
	}
}
