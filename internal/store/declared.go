package store

import (
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// encodeDeclared is how the declaration of a search is stored; nothing where there is none.
func encodeDeclared(d *dsr.Declared) (string, error) {
	if d == nil {
		return "", nil
	}
	text, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("encode declaration: %w", err)
	}
	return string(text), nil
}

func decodeDeclared(text string) (d *dsr.Declared, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("decode declaration: %w", err)
	}
	return d, nil
}
