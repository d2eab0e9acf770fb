package api_test

import (
	"fmt"
	"testing"

	"dsr-server/internal/app/apptest"
)

func TestAnIdentifierIsAnsweredWithItsSelectors(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for identifier, want := range map[string]string{
		"ana@example.com":  "[map[metadata:map[key:* match:normalized value:ana@example.com]]]",
		"+49 30 3923415":   "[map[metadata:map[key:* match:phone value:+49303923415]] map[metadata:map[key:* match:normalized value:+49 30 3923415]]]",
		" 5c80416892d94e ": "[map[conversation_id:5c80416892d94e] map[metadata:map[key:* match:normalized value:5c80416892d94e]]]",
	} {
		r := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"identifier":"`+identifier+`"}]}`).Want(201).Object()
		if got := fmt.Sprint(r["selectors"]); got != want {
			t.Errorf("%s: got %s, want %s", identifier, got, want)
		}
	}
	p := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"identifier":"x","conversation_id":"y"}]}`).Problem(422, "invalid_value")
	if p.Field != "selectors[0]" {
		t.Errorf("got field %q", p.Field)
	}
}
