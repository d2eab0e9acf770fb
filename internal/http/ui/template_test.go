package ui

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	edge "dsr-server/internal/http"
	"dsr-server/web"
)

// everyPage is the data of every page there is.
var everyPage = []page{checkPage{}, docsPage{}, errorPage{}, helpPage{}, linkPage{}, listPage{}, newPage{}, requestPage{}, setupPage{}, signInPage{}}

func TestEveryTemplateFitsItsData(t *testing.T) {
	t.Parallel()
	e, err := edge.New(edge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{edge: e}
	sets, err := web.Pages(p.templateFuncs())
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range everyPage {
		set := sets[data.template()]
		if set == nil {
			t.Errorf("%T: there is no template %q", data, data.template())
			continue
		}
		for _, fault := range checkTemplate(set, p.templateFuncs(), reflect.TypeOf(data)) {
			t.Errorf("%s.html: %s", data.template(), fault)
		}
		delete(sets, data.template())
	}
	for name := range sets {
		t.Errorf("%s.html is the template of no page in everyPage", name)
	}
}

func TestTypeCheckFindsWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	funcs := template.FuncMap{"path": func(string) string { return "" }}
	for _, c := range []struct{ text, want string }{
		{`{{.Title}}{{range .Items}}{{.Name}}{{end}}`, ""},
		{`{{.Missing}}`, "no field or method Missing"},
		{`{{range .Items}}{{.Missing}}{{end}}`, "no field or method Missing"},
		{`{{with .Person}}{{.Nickname}}{{end}}`, "no field or method Nickname"},
		{`{{range .Title}}{{end}}`, "cannot range over string"},
		{`{{template "part" .Title}}{{define "part"}}{{.Text}}{{end}}`, "no field or method Text"},
		{`{{path .Faulty}}`, "argument 1 of path is bool"},
		{`{{path}}`, "path takes 1 arguments"},
		{`{{if eq .Title .Faulty}}{{end}}`, "eq compares string with bool"},
		{`{{$x := .Items}}{{range $x}}{{.Nope}}{{end}}`, "no field or method Nope"},
		{`{{range .Items}}{{$.Gone}}{{end}}`, "no field or method Gone"},
		{`{{(index .Items 0).Nope}}`, "no field or method Nope"},
	} {
		set, err := template.New("layout").Funcs(funcs).Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(checkTemplate(set, funcs, reflect.TypeFor[listPage]()), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

// checkTemplate walks the set from "layout" and returns what would fail, or print
// nothing sensible, whatever the values are.
func checkTemplate(set *template.Template, funcs template.FuncMap, data reflect.Type) []string {
	c := &typeChecker{set: set, funcs: funcs, seen: map[string]bool{}}
	c.call("layout", data)
	return c.faults
}

type typeChecker struct {
	set    *template.Template
	funcs  template.FuncMap
	seen   map[string]bool // template and type
	faults []string
	root   reflect.Type
	vars   map[string]reflect.Type
	where  string
}

func (c *typeChecker) fault(format string, args ...any) reflect.Type {
	text := c.where + ": " + fmt.Sprintf(format, args...)
	if !slices.Contains(c.faults, text) {
		c.faults = append(c.faults, text)
	}
	return nil
}

// call checks a template with dot of this type; an unknown type (nil) fits all.
func (c *typeChecker) call(name string, dot reflect.Type) {
	t := c.set.Lookup(name)
	if t == nil || t.Tree == nil {
		c.fault("there is no template %q", name)
		return
	}
	key := fmt.Sprint(name, " ", dot)
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	outer := *c
	c.where, c.root, c.vars = name, dot, map[string]reflect.Type{"$": dot}
	c.list(t.Tree.Root, dot)
	c.where, c.root, c.vars = outer.where, outer.root, outer.vars
}

func (c *typeChecker) list(l *parse.ListNode, dot reflect.Type) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		c.node(n, dot)
	}
}

func (c *typeChecker) node(n parse.Node, dot reflect.Type) {
	switch n := n.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe, dot)
	case *parse.IfNode:
		c.pipe(n.Pipe, dot)
		c.list(n.List, dot)
		c.list(n.ElseList, dot)
	case *parse.WithNode:
		inner := c.pipe(n.Pipe, dot)
		c.list(n.List, inner)
		c.list(n.ElseList, dot)
	case *parse.RangeNode:
		c.list(n.List, c.element(c.pipe(n.Pipe, dot)))
		c.list(n.ElseList, dot)
	case *parse.TemplateNode:
		var inner reflect.Type
		if n.Pipe != nil {
			inner = c.pipe(n.Pipe, dot)
		}
		c.call(n.Name, inner)
	case *parse.TextNode, *parse.CommentNode:
	default:
		c.fault("this check does not know %T", n)
	}
}

func (c *typeChecker) element(t reflect.Type) reflect.Type {
	switch {
	case t == nil:
		return nil
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map:
		return t.Elem()
	}
	return c.fault("cannot range over %s", t)
}

func (c *typeChecker) pipe(p *parse.PipeNode, dot reflect.Type) reflect.Type {
	if len(p.Cmds) != 1 {
		return c.fault("this check does not know pipelines: %s", p)
	}
	t := c.command(p.Cmds[0], dot)
	for _, v := range p.Decl {
		c.vars[v.Ident[0]] = t
	}
	return t
}

func (c *typeChecker) command(cmd *parse.CommandNode, dot reflect.Type) reflect.Type {
	id, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok {
		return c.value(cmd.Args[0], dot)
	}
	var args []reflect.Type
	for _, a := range cmd.Args[1:] {
		args = append(args, c.value(a, dot))
	}
	return c.function(id.Ident, args)
}

func (c *typeChecker) value(n parse.Node, dot reflect.Type) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(dot, n.Ident)
	case *parse.VariableNode:
		t, ok := c.vars[n.Ident[0]]
		if !ok {
			return c.fault("no variable %s", n.Ident[0])
		}
		return c.fields(t, n.Ident[1:])
	case *parse.ChainNode:
		return c.fields(c.value(n.Node, dot), n.Field)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.StringNode:
		return reflect.TypeFor[string]()
	case *parse.NumberNode:
		return reflect.TypeFor[int]()
	case *parse.IdentifierNode:
		return c.function(n.Ident, nil)
	}
	return c.fault("this check does not know %T", n)
}

func (c *typeChecker) fields(t reflect.Type, names []string) reflect.Type {
	for _, name := range names {
		if t == nil {
			return nil
		}
		if m, ok := t.MethodByName(name); ok {
			t = m.Type.Out(0)
			continue
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return c.fault("no field or method %s in %s", name, t)
		}
		f, ok := t.FieldByName(name)
		if !ok || !f.IsExported() {
			return c.fault("no field or method %s in %s", name, t)
		}
		t = f.Type
	}
	return t
}

func (c *typeChecker) function(name string, args []reflect.Type) reflect.Type {
	switch name {
	case "and", "or":
		return args[len(args)-1]
	case "not":
		return reflect.TypeFor[bool]()
	case "eq", "gt":
		if args[0] != nil && args[1] != nil && args[0].Kind() != args[1].Kind() {
			c.fault("%s compares %s with %s", name, args[0], args[1])
		}
		return reflect.TypeFor[bool]()
	case "len":
		c.element(args[0])
		return reflect.TypeFor[int]()
	case "index":
		return c.element(args[0])
	}
	f := reflect.TypeOf(c.funcs[name])
	if f == nil {
		return c.fault("this check does not know the function %s", name)
	}
	if f.NumIn() != len(args) {
		return c.fault("%s takes %d arguments, not %d", name, f.NumIn(), len(args))
	}
	for i, a := range args {
		if a != nil && !a.AssignableTo(f.In(i)) {
			c.fault("argument %d of %s is %s, not %s", i+1, name, a, f.In(i))
		}
	}
	return f.Out(0)
}
