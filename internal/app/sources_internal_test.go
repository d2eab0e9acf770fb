package app

import (
	"strings"
	"testing"

	"dsr-server/internal/config"
)

// TestAnUnknownTypeOfSourceIsAnError: it must not be read as another vendor's.
func TestAnUnknownTypeOfSourceIsAnError(t *testing.T) {
	t.Parallel()
	_, _, err := openSources(&config.Config{Sources: []config.Source{{Name: "bot", Type: "hal"}}})
	if err == nil || !strings.Contains(err.Error(), `source bot: type "hal"`) {
		t.Errorf("got %v, want an error that names the source and its type", err)
	}
}
