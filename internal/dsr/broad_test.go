package dsr_test

import (
	"testing"

	"dsr-server/internal/dsr"
)

func TestPartsThatNearlyEverybodyHasAreBroad(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		".com": true, "@a.b": true, "+49 1": true, "2025": true, "@GMail.com": true, "mail.com": true, "web.de": true, "https://": true,
		"Ana García": false, "kowa": false, "ana@gmail.com": false, "3923415": false, "example.com": false, "李小龙先": false,
	} {
		m := dsr.Metadata{Key: "*", Value: value, Match: dsr.Contains}
		if got := m.Broad(); got != want {
			t.Errorf("%q: %v", value, got)
		}
		if m.Match = dsr.Normalized; m.Broad() {
			t.Errorf("%q as a whole is broad", value)
		}
	}
}
