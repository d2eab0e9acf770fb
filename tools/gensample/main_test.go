package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestTheSampleIsWhatThisProgramWrites(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := write(folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"conversations.ndjson.gz", "messages.ndjson.gz"} {
		// The text counts; how it is compressed may differ between versions of Go.
		if !bytes.Equal(unpack(t, filepath.Join(folder, name)), unpack(t, filepath.Join("..", "..", "internal", "fake", "vendor", "sample", name))) {
			t.Errorf("%s is out of date: run go generate in internal/fake/vendor", name)
		}
	}
}

func unpack(t *testing.T, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDialoguesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"B: before any heading", "# tag\nX: nobody", "# tag\nno colon"} {
		if _, err := parseDialogues(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
