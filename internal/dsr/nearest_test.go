package dsr

import "testing"

func TestNearestName(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"listn": "listen", "Data-Dir": "data_dir", "datadir": "data_dir", "url": "base_url", "time_zone": "timezone",
		"source": "sources", "retention_archive": "retention", "debug": "debug_listen",
	} {
		if got := Nearest(written, []string{"listen", "base_url", "debug_listen", "data_dir", "timezone", "release", "retention", "sources"}); got != want {
			t.Errorf("%s: got %s, want %s", written, got, want)
		}
	}
}
