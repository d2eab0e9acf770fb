package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxSecretBytes)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string // empty: accepted
	}{
		"owner only":        {"s", 0o600, ""},
		"owner reads":       {"s", 0o400, ""},
		"outer white space": {"\n\t s \r\n", 0o600, ""},
		"any printable":     {"clé de l'été ✓", 0o600, ""},
		"group reads":       {"s", 0o640, "others may read or change (mode 0640); run: chmod 600"},
		"world reads":       {"s", 0o604, "others may read or change (mode 0604)"},
		"group writes":      {"s", 0o620, "others may read or change (mode 0620)"},
		"empty":             {"", 0o600, "names an empty file"},
		"white space alone": {" \n", 0o600, "names an empty file"},
		"two lines":         {"a\nb", 0o600, "line breaks or control characters"},
		"not UTF-8":         {"a\xffb", 0o600, "line breaks or control characters"},
		"too large":         {long + "x", 0o600, fmt.Sprintf("larger than %d bytes", maxSecretBytes)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := configFolder(t, strings.Replace(converse, "api_key_file: key", "api_key_file: secret", 1)+"  earliest: 2023-01-01\n")
			writeFile(t, dir, "secret", c.text, c.mode)
			got, _, err := everyType().load(filepath.Join(dir, "dsr.yaml"), nil)
			if c.want == "" {
				if err != nil || got.Sources[0].Secret() != strings.TrimSpace(c.text) {
					t.Errorf("got %v, want the trimmed secret", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), "sources[0].api_key_file: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to contain %q", err, c.want)
			}
		})
	}
}

func TestTokenLengths(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]bool{31: false, 32: true, 256: true, 257: false} {
		dir := configFolder(t, "bootstrap: {tokens: [{name: a, role: auditor, token_file: t}]}")
		writeFile(t, dir, "t", strings.Repeat("é", n)+"\n", 0o600)
		if _, _, err := Load(filepath.Join(dir, "dsr.yaml"), nil); (err == nil) != want {
			t.Errorf("%d characters: got %v, want accepted %v", n, err, want)
		}
	}
}

// A secret written where a path, a key or a URL belongs shows up in no message.
func TestNoMessageRepeatsAValue(t *testing.T) {
	t.Parallel()
	const secret = "sk-topsecret"
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, yaml := range []string{
		"sources: [{name: a, type: converse, api_key_file: " + secret + "}]",
		"sources: [{name: a, type: converse, api_key: " + secret + ", api_key_file: {a: " + secret + "}}]",
		"sources: [{name: a, type: converse, base_url: 'https://u:" + secret + "@x'}]",
		"sources: [{name: a, type: " + secret + ", rate: " + secret + ", earliest: " + secret + "}]",
		"bootstrap: {tokens: [{name: a, role: " + secret + ", token_file: " + secret + "/x}]}",
		"listen: [" + secret, "listen: \"" + secret, secret, "listen: " + secret + "\n  b: " + secret + ": c", "listen: %" + secret + "\n\t- a: " + secret,
		"base_url: 'https://" + secret + "%zz'", "timezone: " + secret, "limits: {open_requests: " + secret + "}", "limits: " + secret,
	} {
		_, warnings, err := load(t, yaml, "DSR_LISTN="+secret, "DSR_RETENTION_ARCHIVE="+secret)
		if err == nil || strings.Contains(fmt.Sprint(err, warnings), secret) {
			t.Errorf("%s: got %v %v, want an error without the value", yaml, err, warnings)
		}
	}
}

func TestSecretsArePrintedAsStars(t *testing.T) {
	t.Parallel()
	c, _ := mustLoad(t, read(t, "testdata/every_type.yaml"))
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", slog.Any("config", c), slog.Any("file", c.Sources[0].APIKeyFile))
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", slog.Any("config", c), slog.Any("file", c.Sources[0].APIKeyFile))
	marshalled, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all := c.Print() + log.String() + string(marshalled)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, c.Sources) + fmt.Sprintf(verb, c.Sources[0].APIKeyFile) + fmt.Sprintf(verb, &c.Sources[0].APIKeyFile)
	}
	for _, secret := range []string{vendorKey, fmt.Sprintf("%x", vendorKey), "vendor-token", adminToken} {
		if strings.Contains(all, secret) {
			t.Errorf("the secret %q shows in:\n%s", secret, all)
		}
	}
	if want := "sources[0].api_key_file: " + c.Sources[0].APIKeyFile.Path + " (***)\n"; !strings.Contains(c.Print(), want) {
		t.Errorf("got\n%s\nwant a line %q", c.Print(), want)
	}
}
