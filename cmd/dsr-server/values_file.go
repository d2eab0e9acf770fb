package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxValues is far above what all selectors of a request may have.
const maxValues = 1 << 20

// valueFiles reads values that are not to stand on the command line, where everybody on
// the machine sees them: one on each line of files, or of standard input (-).
type valueFiles struct {
	stdin io.Reader
	used  bool // standard input, which can be read once
}

// values are those of one flag: what is on the command line, then what is in the files.
func (v *valueFiles) values(flag string, given, files []string) ([]string, error) {
	all := given
	for _, name := range files {
		text, err := v.read(name)
		if err != nil {
			return nil, fmt.Errorf("--%s-file: %s", flag, shown(err.Error()))
		}
		for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
			if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
				all = append(all, line)
			}
		}
	}
	if len(all) == len(given) && len(files) > 0 {
		return nil, fmt.Errorf("--%s-file: there is no value in it; put one on each line", flag)
	}
	return all, nil
}

func (v *valueFiles) read(name string) (string, error) {
	in := v.stdin
	if name == "-" {
		if v.used {
			return "", errors.New("standard input (-) can be given once")
		}
		v.used = true
	} else {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxValues+1))
	if err == nil && len(text) > maxValues {
		err = fmt.Errorf("holds more than %d bytes (1 MiB); this limit is fixed", maxValues)
	}
	return string(text), err
}
