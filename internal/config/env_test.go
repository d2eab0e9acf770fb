package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVariablesWinOverTheFile(t *testing.T) {
	t.Parallel()
	dated := converse + "  earliest: 2023-01-01\n"
	c, warnings := mustLoad(t, "listen: nonsense\nretention: {archive: 1h}\n"+dated,
		"DSR_LISTEN=127.0.0.1:9999", "DSR_RELEASE_REVIEW=required", "DSR_RETENTION_ARCHIVE=2h", "DSR_DATA_DIR=elsewhere", "DSR_LIMITS_OPEN_REQUESTS=7",
		"DSR_LISTN=x", "DSR_SOURCES_NAME=x", "DSR_TIMEZONE=", "DSR_TEST_REQUIRE=all", "HOME=/", "XDSR_LISTEN=x")
	if c.Listen != "127.0.0.1:9999" || !c.Release.Required() || c.Retention.Archive != 2*time.Hour || c.Limits.OpenRequests != 7 {
		t.Errorf("got\n%s", c.Print())
	}
	if c.BaseURL != "http://127.0.0.1:9999" {
		t.Errorf("got base_url %q, want it to follow listen", c.BaseURL)
	}
	if !filepath.IsAbs(c.DataDir) || filepath.Base(c.DataDir) != "elsewhere" {
		t.Errorf("got data_dir %q, want it below the file's folder", c.DataDir)
	}
	var names []string
	for _, w := range warnings {
		names = append(names, w.Path)
	}
	if want := []string{"DSR_LISTN", "DSR_SOURCES_NAME", "DSR_TIMEZONE"}; !slices.Equal(names, want) {
		t.Errorf("got warnings of %v, want of %v", names, want)
	}
	if want := `the nearest valid name is DSR_LISTEN`; !strings.Contains(warnings[0].Text, want) {
		t.Errorf("got %q, want %q", warnings[0].Text, want)
	}
}

func TestEveryScalarOutsideListsHasAVariable(t *testing.T) {
	t.Parallel()
	want := []string{
		"DSR_ALLOW_PLAIN_HTTP", "DSR_BACKUPS_EVERY", "DSR_BACKUPS_FOLDER", "DSR_BACKUPS_KEEP", "DSR_BASE_URL", "DSR_CONTROLLER_CONTACT", "DSR_CONTROLLER_NAME", "DSR_DATA_DIR", "DSR_DEBUG_LISTEN", "DSR_HOLIDAYS", "DSR_LETTERS_DIR", "DSR_LIMITS_CALLS_AT_ONCE", "DSR_LIMITS_CONNECTIONS", "DSR_LIMITS_MANY_MATCHES", "DSR_LIMITS_MAX_DOWNLOADS", "DSR_LIMITS_MEMORY", "DSR_LIMITS_OPEN_REQUESTS", "DSR_LIMITS_READS_PER_SECOND", "DSR_LIMITS_REQUEST_FILES", "DSR_LIMITS_STREAMS", "DSR_LIMITS_SUBMISSIONS_PER_SECOND",
		"DSR_LISTEN", "DSR_MAIL_CA_FILE", "DSR_MAIL_FROM", "DSR_MAIL_HOST", "DSR_MAIL_PASSWORD_FILE", "DSR_MAIL_PORT", "DSR_MAIL_TLS", "DSR_MAIL_USER", "DSR_OIDC_AUDIENCE", "DSR_OIDC_CLIENT_ID", "DSR_OIDC_CLIENT_SECRET_FILE", "DSR_OIDC_GROUPS_CLAIM", "DSR_OIDC_ISSUER", "DSR_REGIME", "DSR_RELEASE_REVIEW", "DSR_RETENTION_ARCHIVE", "DSR_RETENTION_REQUEST", "DSR_SIGN_IN_PASSWORD", "DSR_TIMEZONE", "DSR_TRACES_ENDPOINT", "DSR_TRACES_PERCENT", "DSR_WEBHOOKS_ALLOW_LOOPBACK",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(envPaths(new(Config))))); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}
