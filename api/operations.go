package api

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Operation is one call as the document describes it, for people.
type Operation struct {
	Tag, Method, Path    string
	Summary, Description string
	Answers              []Answer
}

// Answer is one status that a call may answer with.
type Answer struct{ Status, Description string }

// Operations returns every call in the document's order.
func Operations() ([]Operation, error) {
	var doc struct {
		Paths      yaml.MapSlice
		Components struct{ Responses map[string]response }
	}
	if err := yaml.Unmarshal(YAML, &doc); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	var all []Operation
	for _, path := range doc.Paths {
		methods, _ := path.Value.(map[string]any)
		for _, method := range []string{"get", "head", "post", "put", "patch", "delete"} {
			if methods[method] == nil {
				continue
			}
			o, err := operation(methods[method], doc.Components.Responses)
			if err != nil {
				return nil, fmt.Errorf("openapi.yaml: %s %v: %w", method, path.Key, err)
			}
			o.Method, o.Path = strings.ToUpper(method), fmt.Sprint(path.Key)
			all = append(all, o)
		}
	}
	return all, nil
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
}

func operation(node any, shared map[string]response) (o Operation, err error) {
	text, err := yaml.Marshal(node)
	if err != nil {
		return o, err
	}
	var in struct {
		Tags                 []string
		Summary, Description string
		Responses            map[string]response
	}
	if err := yaml.Unmarshal(text, &in); err != nil {
		return o, err
	}
	o = Operation{Tag: strings.Join(in.Tags, ", "), Summary: in.Summary, Description: strings.TrimSpace(in.Description)}
	for status, r := range in.Responses {
		if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
			r = shared[name]
		}
		o.Answers = append(o.Answers, Answer{status, strings.TrimSpace(r.Description)})
	}
	slices.SortFunc(o.Answers, func(a, b Answer) int { return strings.Compare(a.Status, b.Status) })
	return o, nil
}
