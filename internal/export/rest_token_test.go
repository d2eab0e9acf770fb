package export

import (
	"encoding/json"
	"testing"
	"time"
)

// TestHowLongATokenLives is a number (RFC 6749, 5.1), which some vendors write as a text.
func TestHowLongATokenLives(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{
		`3600`: time.Hour, `"3600"`: time.Hour, `0.5`: time.Second / 2,
		``: 0, `null`: 0, `-1`: 0, `1e300`: 0, `"NaN"`: 0, `"soon"`: 0, `{}`: 0,
	} {
		if got := lifetime(json.RawMessage(said)); got != want {
			t.Errorf("%s: %s, want %s", said, got, want)
		}
	}
}
