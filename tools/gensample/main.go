// Command gensample writes the embedded sample: support dialogues of people who do not
// exist, in the shape of the vendor's records, with every anomaly of them. The same program
// writes the same records every time; texts and names are our own.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "sample", "folder to write to")
	flag.Parse()
	if err := write(*out); err != nil {
		log.Fatal(err)
	}
}

func write(folder string) error {
	conversations, messages, err := generate()
	if err != nil {
		return err
	}
	for name, rows := range map[string][]row{"conversations": conversations, "messages": messages} {
		packed, err := pack(ndjson(rows))
		if err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".ndjson.gz"), packed, 0o644); err != nil { //nolint:gosec // meant to be read
			return err
		}
	}
	return nil
}

// ndjson is the rows, one per line.
func ndjson(rows []row) []byte {
	var out bytes.Buffer
	for _, r := range rows {
		out.WriteString(r.json)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// pack compresses without a name or a time, so that the file depends on the text alone.
func pack(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
