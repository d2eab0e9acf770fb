package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// TestEveryModuleHasItsLicence: of this test program, which links modules of its own.
func TestEveryModuleHasItsLicence(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "licences")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var first, again bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &again} {
		if err := run(out, []string{program, goEnv(t, "GOMODCACHE"), goEnv(t, "GOROOT")}); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != again.String() {
		t.Error("the same program gives two texts")
	}
	for _, want := range []string{"the Go standard library, " + runtime.Version(), "github.com/google/licensecheck v", "golang.org/x/mod v", "Redistribution and use in source and binary forms", "GNU C Library"} {
		if !strings.Contains(first.String(), want) {
			t.Errorf("no %q in what is printed", want)
		}
	}
}

func TestWhatMayNotBeShippedIsAnError(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := write(&bytes.Buffer{}, "bare v1", folder); err == nil || !strings.Contains(err.Error(), "bare v1 has no licence") {
		t.Errorf("without a licence: %v", err)
	}
	text := "This program is free software: you can redistribute it and/or modify it under the terms of the GNU Affero General Public License " +
		"as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version."
	if err := os.WriteFile(filepath.Join(folder, "COPYING"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(&bytes.Buffer{}, "copied v1", folder); err == nil || !strings.Contains(err.Error(), "AGPL") {
		t.Errorf("under the AGPL: %v", err)
	}
	if err := judge("good v1", []string{"MIT", "BSD-3-Clause"}); err != nil {
		t.Errorf("under the MIT licence: %v", err)
	}
}
