package archive

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"dsr-server/internal/spreadsheet"
)

// Columns of the tables by which records are told apart, whatever their source calls
// them.
const (
	idColumn           = "id"
	conversationColumn = "conversation_id"
	rawColumn          = "raw_json"
)

// eachRow calls fn with the values in the named columns of each row of a table, until an
// error. A row is at most maxLine bytes long.
func eachRow(r io.Reader, columns []string, fn func(values []string) error) error {
	bound := &rowBound{r: r}
	text := bufio.NewReader(bound)
	if first, err := text.Peek(len(spreadsheet.Mark)); err == nil && string(first) == spreadsheet.Mark { // archives of older versions have none
		_, _ = text.Discard(len(spreadsheet.Mark))
	}
	table := csv.NewReader(text)
	table.ReuseRecord = true
	header, err := table.Read()
	if err != nil {
		return err
	}
	at, err := columnsIn(header, columns)
	if err != nil {
		return err
	}
	values := make([]string, len(at))
	for {
		bound.read = 0
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, column := range at {
			values[i] = spreadsheet.Value(row[column])
		}
		if err := fn(values); err != nil {
			return err
		}
	}
}

// columnsIn says where the columns stand in a table's header.
func columnsIn(header, columns []string) (at []int, err error) {
	known := map[string]int{}
	for i, name := range header {
		known[name] = i
	}
	for _, name := range columns {
		i, there := known[name]
		if !there {
			return nil, fmt.Errorf("has no column %s", name)
		}
		at = append(at, i)
	}
	return at, nil
}

// rowBound ends the reading of a row that fills the memory.
type rowBound struct {
	r    io.Reader
	read int64 // since the row began
}

func (b *rowBound) Read(p []byte) (int, error) {
	if b.read > maxLine {
		return 0, fmt.Errorf("a row is longer than %d bytes", maxLine)
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	return n, err
}
