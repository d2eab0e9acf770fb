// Package yamlnode reads what a human wrote as YAML, node by node. It keeps true that a
// value has the text it was written with (007 stays 007), that every node has its line,
// and that an error never shows what is in the file, which may be a secret.
package yamlnode

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// SyntaxError is a text that is not YAML.
type SyntaxError struct{ Line int } // 0: not known

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "is not valid YAML"
	}
	return "is not valid YAML here; look at the indentation, quotes and brackets of this line and the one before"
}

// Documents returns the documents of a text that hold anything. Its error is a *SyntaxError,
// without the excerpt that the parser would add. A key may stand twice: that is for the
// reader to refuse.
func Documents(data []byte) ([]ast.Node, error) {
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		refusal := &SyntaxError{}
		if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
			refusal.Line = e.GetToken().Position.Line
		}
		return nil, refusal
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && !IsNull(doc.Body) {
			bodies = append(bodies, doc.Body)
		}
	}
	return bodies, nil
}

// Scalar is a single value as it was written.
func Scalar(node ast.Node) (text string, single bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// IsNull reports whether nothing was written.
func IsNull(node ast.Node) bool {
	_, null := node.(*ast.NullNode)
	return null || node == nil
}

// Line is the line that a node begins in; 0 where that is not known.
func Line(node ast.Node) int {
	if node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

// Kind names the kind of a node.
func Kind(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		return "an anchor or alias, which is not supported here"
	case *ast.TagNode:
		return "a YAML tag, which is not supported here"
	}
	return "a single value"
}
