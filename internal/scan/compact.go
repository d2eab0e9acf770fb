package scan

import (
	"bytes"
	"encoding/json"

	"dsr-server/internal/export"
)

// compacted is the record that was compacted last.
type compacted struct{ from, to json.RawMessage }

func (c *compacted) of(record json.RawMessage) (_ json.RawMessage, err error) {
	if len(record) > 0 && len(record) == len(c.from) && &record[0] == &c.from[0] {
		return c.to, nil
	}
	c.from = record
	c.to, err = compact(record)
	return c.to, err
}

// compact takes white space out and leaves every other byte as it is.
func compact(record json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, record); err != nil {
		return nil, &export.Error{Failure: export.Unparsable, Detail: "a record is not valid JSON"}
	}
	return b.Bytes(), nil
}
