// Package api holds the description of the REST API, openapi.yaml. It is written by
// hand; tests keep it true: every answer in them must fit it, and it lists exactly
// the routes there are.
package api

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/goccy/go-yaml"
)

// YAML is the document as it is written.
//
//go:embed openapi.yaml
var YAML []byte

// JSON is the same document as JSON, in the same order. Nobody may change it.
func JSON() ([]byte, error) { return asJSON() }

var asJSON = sync.OnceValues(func() ([]byte, error) {
	doc, err := yaml.YAMLToJSON(YAML)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return doc, nil
})
