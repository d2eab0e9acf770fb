package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// inner are the contestants that are this program itself, in a process of its own;
// each prints the _id of what it finds. make-corpus is none of them.
var inner = map[string]func(args []string) error{
	"search-lines": func(args []string) error { return search(args, ourQueries(1)) },
	"search-pages": func(args []string) error { return searchPages(args, ourQueries(1)) },
	"search-100":   func(args []string) error { return search(args, ourQueries(100)) },
	// Every record has the value, at another path than the one asked for.
	"search-alike": func(args []string) error {
		return search(args, append(ourQueries(1), match.Query{Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "no.such", Value: "windows"}}}}))
	},
	"json-lines":  decodeLines,
	"make-corpus": makeCorpus,
}

// ourQueries are n requests of which only the first finds anything.
func ourQueries(n int) []match.Query {
	queries := []match.Query{{Selectors: []dsr.Selector{
		{Metadata: &dsr.Metadata{Key: "email", Value: wantedEmail, Match: dsr.Normalized}}, {ConversationID: wantedID},
	}}}
	for i := 1; i < n; i++ {
		queries = append(queries, match.Query{Selectors: []dsr.Selector{
			{Metadata: &dsr.Metadata{Key: "email", Value: fmt.Sprintf("somebody.%d@example.com", i), Match: dsr.Normalized}}, {ConversationID: fmt.Sprintf("%024x", i)},
		}})
	}
	return queries
}

func show(r match.Record) bool {
	if len(r.Hits) > 0 {
		fmt.Println(r.Facts().ID)
	}
	return true
}

// search reads one file of lines, plain or packed, as the lane of a dump does: blocks
// of whole lines, each searched by a goroutine of its own.
func search(args []string, queries []match.Query) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	var text io.Reader = f
	if strings.HasSuffix(args[0], ".zst") {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return err
		}
		text = z
	}
	m, err := match.Compile(queries, export.NewDump("").Schema().Conversation)
	if err != nil {
		return err
	}
	buffers := make(chan []byte, runtime.GOMAXPROCS(0)+1)
	for range cap(buffers) {
		buffers <- make([]byte, export.DumpBlock)
	}
	var searching sync.WaitGroup
	var rest []byte
	for eof := false; !eof; {
		buf := <-buffers
		n := copy(buf, rest)
		more, err := io.ReadFull(text, buf[n:])
		n += more
		end := bytes.LastIndexByte(buf[:n], '\n') + 1
		if eof = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); err != nil && !eof {
			return err
		}
		rest = append(rest[:0], buf[end:n]...)
		searching.Go(func() {
			_ = m.Scan(buf[:end], match.NDJSON, show) // lines have no error as a whole
			buffers <- buf
		})
	}
	searching.Wait()
	return nil
}

// searchPages reads a folder of page files.
func searchPages(args []string, queries []match.Query) error {
	m, err := match.Compile(queries, export.NewDump("").Schema().Conversation)
	if err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(args[0], "conversations*.json"))
	if err != nil {
		return err
	}
	buf := make([]byte, 0, 4<<20)
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		b := bytes.NewBuffer(buf[:0])
		_, err = b.ReadFrom(f)
		if err = errors.Join(err, f.Close(), m.Scan(b.Bytes(), match.Page, show)); err != nil {
			return err
		}
		buf = b.Bytes()
	}
	return nil
}

// decodeLines is what one would write in Go at first.
func decodeLines(args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	for d := json.NewDecoder(f); ; {
		var record map[string]any
		if err := d.Decode(&record); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		id, _ := record["_id"].(string)
		metadata, _ := record["metadata"].(map[string]any)
		email, _ := metadata["email"].(string)
		if id == wantedID || strings.ToLower(email) == wantedEmail {
			fmt.Println(id)
		}
	}
}
