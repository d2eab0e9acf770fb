package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/api"
	"dsr-server/internal/fake/vendor"
)

// clientTools is where the programs are that read the OpenAPI document as its users' tools do;
// without npm the test is skipped, as .ci/run says.
func clientTools(t *testing.T) string {
	t.Helper()
	at := os.Getenv("DSR_TEST_CLIENT_TOOLS")
	if at == "" {
		t.Skip("DSR_TEST_CLIENT_TOOLS does not name a folder with the packages of tools/clients; .ci/run installs them where there is npm")
	}
	return filepath.Join(at, "node_modules")
}

// workshop is a copy of tools/clients in which things may be made, with the document.
func workshop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "tools", "clients"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "openapi.yaml"), api.YAML, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// work runs a program in the workshop and returns what it prints.
func work(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	out, err := try(t, dir, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%.4000s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return out
}

func try(t *testing.T, dir, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestLintersFindNothingInTheDocument: Redocly with its strictest rules, and all of Spectral's
// for OpenAPI; and they do find what is wrong.
func TestLintersFindNothingInTheDocument(t *testing.T) {
	t.Parallel()
	at, dir := clientTools(t), workshop(t)
	redocly := func(file string) (string, error) {
		return try(t, dir, filepath.Join(at, ".bin", "redocly"), "lint", "--extends=recommended-strict", file)
	}
	spectral := func(file string) (string, error) {
		return try(t, dir, filepath.Join(at, ".bin", "spectral"), "lint", "--fail-severity=hint", "-r", "spectral.yaml", file)
	}
	broken := strings.Replace(string(api.YAML), "      operationId: listRequests\n", "", 1)
	if err := os.WriteFile(filepath.Join(dir, "broken.yaml"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, lint := range map[string]func(string) (string, error){"redocly": redocly, "spectral": spectral} {
		if out, err := lint("openapi.yaml"); err != nil {
			t.Errorf("%s: %v\n%.4000s", name, err, out)
		}
		if _, err := lint("broken.yaml"); err == nil {
			t.Errorf("%s finds nothing in an operation without an id: this test proves nothing", name)
		}
	}
}

// served is a service that has found something of ana@example.com once a request is done.
func served(t *testing.T) *harness {
	t.Helper()
	return build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
}

// TestAGeneratedGoClientTakesARequestThroughItsLife, as oapi-codegen makes it, without a change.
func TestAGeneratedGoClientTakesARequestThroughItsLife(t *testing.T) {
	t.Parallel()
	dir := workshop(t)
	if err := os.Mkdir(filepath.Join(dir, "client"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := try(t, dir, "go", "mod", "download"); err != nil {
		if os.Getenv("DSR_TEST_REQUIRE") == "all" {
			t.Fatalf("the modules of tools/clients cannot be had: %v\n%s", err, out)
		}
		t.Skip("the modules of tools/clients cannot be had: no client is generated")
	}
	work(t, dir, "go", "tool", "oapi-codegen", "-config", "oapi-codegen.yaml", "openapi.yaml")
	work(t, dir, "go", "build", "-o", "life", ".")
	h := served(t)
	if out := work(t, dir, filepath.Join(dir, "life"), h.url, testToken); !strings.Contains(out, "lived") {
		t.Errorf("it says %q", out)
	}
}

// TestGeneratedTypesTakeARequestThroughItsLife, as openapi-typescript makes them, under
// tsc --strict, without a change.
func TestGeneratedTypesTakeARequestThroughItsLife(t *testing.T) {
	t.Parallel()
	at, dir := clientTools(t), workshop(t)
	if err := os.Symlink(at, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	asModule(t, filepath.Join(dir, "package.json"))
	work(t, dir, filepath.Join(at, ".bin", "openapi-typescript"), "openapi.yaml", "-o", "api.d.ts")
	work(t, dir, filepath.Join(at, ".bin", "tsc"), "-p", ".")
	h := served(t)
	if out := work(t, dir, "node", "out/life.js", h.url, testToken); !strings.Contains(out, "lived") {
		t.Errorf("it says %q", out)
	}
}

// asModule says of the workshop's scripts that they are modules.
func asModule(t *testing.T, file string) {
	t.Helper()
	text, err := json.Marshal(map[string]string{"type": "module"})
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
