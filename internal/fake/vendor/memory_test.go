package vendor

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"
)

// memory is a folder of texts.
type memory map[string]string

func (m memory) Open(name string) (fs.File, error) {
	files := fstest.MapFS{}
	for n, text := range m {
		files[n] = &fstest.MapFile{Data: []byte(text)}
	}
	return files.Open(name)
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}
