package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Operation is one call as the document describes it, for people.
type Operation struct {
	Tag, Method, Path    string
	Summary, Description string
	Parameters           []Parameter
	Example              string // of the body; empty where there is none
	Answers              []Answer
}

// Tag is what operations are grouped by.
type Tag struct{ Name, Description string }

// Parameter is one of the address, the query or the headers.
type Parameter struct {
	Ref               string `yaml:"$ref"`
	Name, Description string
	In                string
}

// Where says where the parameter stands.
func (p Parameter) Where() string {
	return map[string]string{"path": "in the address", "query": "in the query", "header": "a header"}[p.In]
}

// Answer is one status that a call may answer with.
type Answer struct{ Status, Description string }

// shared is what operations refer to.
type shared struct {
	Responses     map[string]response
	Parameters    map[string]Parameter
	RequestBodies map[string]body `yaml:"requestBodies"`
}

// Operations returns the tags and every call, in the document's order.
func Operations() ([]Tag, []Operation, error) {
	var doc struct {
		Tags       []Tag
		Paths      yaml.MapSlice
		Components shared
	}
	if err := yaml.Unmarshal(YAML, &doc); err != nil {
		return nil, nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	var all []Operation
	for _, path := range doc.Paths {
		methods, _ := path.Value.(map[string]any)
		for _, method := range []string{"get", "head", "post", "put", "patch", "delete"} {
			if methods[method] == nil {
				continue
			}
			o, err := operation(methods[method], methods["parameters"], doc.Components)
			if err != nil {
				return nil, nil, fmt.Errorf("openapi.yaml: %s %v: %w", method, path.Key, err)
			}
			o.Method, o.Path = strings.ToUpper(method), fmt.Sprint(path.Key)
			all = append(all, o)
		}
	}
	return doc.Tags, all, nil
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
}

// body is what is sent, with an example or several.
type body struct {
	Ref     string `yaml:"$ref"`
	Content map[string]struct {
		Example  any
		Examples map[string]struct{ Value any }
	}
}

func operation(node, ofPath any, refs shared) (o Operation, err error) {
	var in struct {
		Tags                 []string
		Summary, Description string
		Parameters           []Parameter
		RequestBody          body `yaml:"requestBody"`
		Responses            map[string]response
	}
	var common []Parameter
	if err := into(node, &in); err != nil {
		return o, err
	}
	if err := into(ofPath, &common); err != nil {
		return o, err
	}
	o = Operation{Tag: strings.Join(in.Tags, ", "), Summary: in.Summary, Description: strings.TrimSpace(in.Description)}
	for _, p := range append(common, in.Parameters...) {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			p = refs.Parameters[name]
		}
		o.Parameters = append(o.Parameters, p)
	}
	if name, ok := strings.CutPrefix(in.RequestBody.Ref, "#/components/requestBodies/"); ok {
		in.RequestBody = refs.RequestBodies[name]
	}
	o.Example = in.RequestBody.example()
	for status, r := range in.Responses {
		if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
			r = refs.Responses[name]
		}
		o.Answers = append(o.Answers, Answer{status, strings.TrimSpace(r.Description)})
	}
	slices.SortFunc(o.Answers, func(a, b Answer) int { return strings.Compare(a.Status, b.Status) })
	return o, nil
}

// into reads a part of the document.
func into(node, v any) error {
	text, err := yaml.Marshal(node)
	if err != nil {
		return err
	}
	return yaml.Unmarshal(text, v)
}

// example is the JSON of the body's first example.
func (b body) example() string {
	content := b.Content["application/json"]
	example := content.Example
	for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
		if example == nil {
			example = content.Examples[name].Value
		}
	}
	text, err := json.MarshalIndent(example, "", "  ")
	if err != nil || example == nil {
		return ""
	}
	return string(text)
}
