package vendor

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

//go:embed sample
var sampleFiles embed.FS

// Load reads every conversations*.ndjson[.gz] and messages*.ndjson[.gz] of a folder, by
// name, one record per line. Reading no file at all is an error.
func Load(fsys fs.FS) (*Data, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list the folder: %w", err)
	}
	var conversations, messages [][]byte
	found := 0
	for _, e := range entries {
		target := &conversations
		switch {
		case !isNDJSON(e.Name()):
			continue
		case strings.HasPrefix(e.Name(), "messages"):
			target = &messages
		case !strings.HasPrefix(e.Name(), "conversations"):
			continue
		}
		text, err := readFile(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", e.Name(), err)
		}
		*target = append(*target, lines(text)...)
		found++
	}
	if found == 0 {
		return nil, fmt.Errorf("no conversations*.ndjson or messages*.ndjson here: %w", fs.ErrNotExist)
	}
	return newData(len(conversations), len(messages),
		func(i int) []byte { return conversations[i] }, func(i int) []byte { return messages[i] })
}

func isNDJSON(name string) bool {
	return slices.Contains([]string{".ndjson", ".gz"}, path.Ext(name)) &&
		path.Ext(strings.TrimSuffix(name, ".gz")) == ".ndjson"
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // only read
	if path.Ext(name) != ".gz" {
		return io.ReadAll(file)
	}
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// Sample is the embedded sample: about 300 support dialogues of 18 months up to 2025-06-30
// in 11 languages, with every shape of record the vendor is known to send.
func Sample() *Data { return sample() }

var sample = sync.OnceValue(func() *Data {
	folder, err := fs.Sub(sampleFiles, "sample")
	if err == nil {
		var d *Data
		if d, err = Load(folder); err == nil {
			return d
		}
	}
	panic(fmt.Sprintf("fake vendor: the embedded sample: %v", err)) // built in, and tested
})
