package dsr

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryFaultIsFoundInTheOrderOfTheChecks(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 6, 29, 12, 0, 0, 0, time.UTC)
	s := Submission{
		Reference: "a\tb", Language: "xx", Notes: strings.Repeat("x", MaxNotesBytes+1), Sources: []string{"bot", "elsewhere"},
		Window: Window{Start: now, End: now}, ReceivedAt: now.Add(time.Hour),
		Selectors: []Selector{
			{},
			{ConversationID: "a", Metadata: &Metadata{Value: "b"}},
			{Metadata: &Metadata{Key: "\xff", Value: " ", Match: "psychic"}},
			{ConversationID: "a\xff"},
		},
	}
	var got []string
	for _, f := range s.Validate(now, []string{"bot"}, nil) {
		got = append(got, f.Field+": "+f.Detail())
	}
	want := []string{
		"selectors[0]: a selector needs a conversation_id, an identifier or a metadata value that is not empty",
		"selectors[1]: give one of conversation_id, metadata and identifier, not two; use two selectors for any-of",
		"selectors[2].metadata.match: unknown match mode; use one of: exact, normalized, contains, phone",
		"selectors[2].metadata.key: is not valid UTF-8",
		"selectors[2].metadata.value: is empty, or white space and invisible characters alone; give the value to search for",
		"selectors[3].conversation_id: is not valid UTF-8 or contains the replacement character U+FFFD",
		"reference: must be printable characters without white space at its ends",
		"window.end: equals window.start, so the window [start, end) is empty; make it later",
		"received_at: lies in the future; make it earlier",
		"language: is not available; use one of: en, de",
		"notes: is longer than 16384 bytes; this limit is fixed, shorten it",
		"sources[1]: unknown source; configured are: bot",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestWhatFollowsFromAFaultIsNotSaid(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 6, 29, 12, 0, 0, 0, time.UTC)
	s := Submission{
		Selectors: []Selector{{Metadata: &Metadata{Value: "ana", Match: Phone, Region: "DE"}}}, Sources: []string{"elsewhere"},
		Window: Window{Start: now.Add(time.Hour), End: now.Add(-time.Hour)},
	}
	found := s.Validate(now, []string{"bot"}, nil)
	if len(found) != 2 || !found.Has("window.start") || !found.Has("sources[0]") {
		t.Errorf("got %v, want the window's start and the source: its region decides what is a phone number", found)
	}
}

func TestTheFirstFaultIsTheError(t *testing.T) {
	t.Parallel()
	s := Submission{Language: "xx"}
	err, ok := s.Validate(time.Now(), []string{"bot"}, nil).Err().(*Error)
	if !ok || err.Kind != Invalid || err.Code != "invalid_value" || err.Field != "selectors" {
		t.Errorf("got %v", err)
	}
	good := Submission{Selectors: []Selector{{ConversationID: "a"}}}
	if err := good.Validate(time.Now(), []string{"bot"}, nil).Err(); err != nil {
		t.Errorf("got %v for a submission without faults", err)
	}
}

// Every code that is declared has its sentence; one without would print as nothing.
func TestEveryFaultCodeHasASentence(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Fault") {
			return true
		}
		codes++
		code := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		if details[FaultCode(code)] == "" {
			t.Errorf("%s has no sentence", code)
		}
		return true
	})
	if codes != len(details) || codes == 0 {
		t.Errorf("%d codes and %d sentences", codes, len(details))
	}
}
