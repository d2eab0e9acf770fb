package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// logged are lines of JSON.
func logged(t *testing.T, text string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("not JSON: %s", line)
		}
		lines = append(lines, v)
	}
	return lines
}

// TestLogIsInUTC: whatever the zone of the machine; times among the values stay as they are.
func TestLogIsInUTC(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	record := slog.NewRecord(time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3*3600)), slog.LevelWarn, "text", 0)
	if err := NewLog(&out, slog.LevelInfo).Handler().Handle(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if got := logged(t, out.String())[0]["time"]; got != "2026-03-01T09:00:00Z" {
		t.Errorf("got %v", got)
	}
}

func TestEveryFaultHasALineOfItsOwn(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	LogEnd(NewLog(&out, slog.LevelInfo), errors.New("configuration: 2 problems\n  line 1, listen: is \"wrong\"\n  line 2, sources: too"))
	lines := logged(t, out.String())
	if len(lines) != 3 || lines[1]["err"] != `line 1, listen: is "wrong"` || lines[1]["level"] != "ERROR" {
		t.Errorf("got %v", lines)
	}
}

// TestAPanicEndsTheServiceInOrder: with a line in the log that does not repeat what was
// panicked with, unless the Go runtime wrote it.
func TestAPanicEndsTheServiceInOrder(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]func(context.Context) error{
		"string": func(context.Context) error { panic("ana@example.com") },
		"index out of range": func(context.Context) error {
			_ = strings.Split("", ",")[len(t.Name())]
			return nil
		},
	} {
		var out strings.Builder
		p := newProgram(nil, Env{Log: NewLog(&out, slog.LevelInfo)})
		if err := p.guarded(t.Context(), f)(); !errors.Is(err, errPanicked) {
			t.Errorf("got %v", err)
		}
		line := logged(t, out.String())[0]
		if what, _ := line["err"].(string); !strings.Contains(what, want) || strings.Contains(out.String(), "ana@") || line["stack"] == "" {
			t.Errorf("got %v", line)
		}
	}
}
