package declared

import (
	"errors"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"dsr-server/internal/dsr"
	"dsr-server/internal/yamlnode"
)

// Part is what was written at one key of a declaration, and not read yet.
type Part struct{ node ast.Node } // nil: the key was not given

// PartOf is what was written in a node.
func PartOf(node ast.Node) Part { return Part{node} }

// Given reports whether anything was written.
func (p Part) Given() bool { return p.node != nil }

// Texts are the part as a single value or a list of them; false: it is neither, or empty.
func (p Part) Texts() (texts []string, are bool) {
	f := &faults{}
	texts = object{f, "", &tree{keys: map[string]*tree{"": f.grow(p.node, "", 0)}}}.texts("")
	return texts, len(f.all) == 0 && len(texts) > 0
}

// Keys are those of a declaration that are given in a source's settings.
var Keys = []string{"auth", "headers", "rate_over", "size", "horizon", "conversations", "messages"}

// defaultKeys are common settings of a source, for which a shipped declaration has values.
var defaultKeys = []string{"version", "base_url", "rate", "page_size", "ingest_lag", "window_margin"}

// Read reads the declaration of a source: own are the keys that its settings give, which
// override those of the shipped declaration of that name; empty: there is none. What is
// returned beside faults must not be used. The faults' paths begin at the source.
func Read(name string, own map[string]Part) (*Declaration, []Fault) {
	f := &faults{}
	given := &tree{keys: map[string]*tree{}}
	for _, key := range Keys {
		if part, is := own[key]; is && part.node != nil {
			given.keys[key], given.order = f.grow(part.node, key, 0), append(given.order, key)
		}
	}
	if name != "" {
		base := f.shipped(name, 0, "declaration")
		if base == nil {
			return nil, f.all
		}
		given = given.over(base, "")
	}
	d := f.declaration(given)
	d.Name = name
	f.check(d, given)
	return d, f.all
}

// Parse reads a declaration that is written whole, as those that come with the program are.
func Parse(text []byte) (*Declaration, []Fault) {
	f := &faults{}
	t, err := plant(text)
	if refusal, is := errors.AsType[*yamlnode.SyntaxError](err); is {
		f.add("", refusal.Line, "%s", refusal)
	} else if err != nil {
		f.add("", 0, "%s", err)
	}
	if err != nil {
		return nil, f.all
	}
	d := f.declaration(t)
	f.check(d, t)
	return d, f.all
}

var errNoMapping = errors.New("must hold one document of keys")

// plant makes a tree of a text.
func plant(text []byte) (*tree, error) {
	docs, err := yamlnode.Documents(text)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, errNoMapping
	}
	f := &faults{}
	t := f.grow(docs[0], "", 0)
	switch {
	case len(f.all) > 0:
		return nil, errors.New(f.all[0].Path + ": " + f.all[0].Text)
	case t.keys == nil:
		return nil, errNoMapping
	}
	return t, nil
}

// declaration reads what is there. What is missing, or does not fit together, is for check.
func (f *faults) declaration(t *tree) *Declaration {
	o := f.object(t, "", slices.Concat(defaultKeys, Keys)...)
	d := &Declaration{
		Identity: Identity{Version: o.number("version", 1), SHA256: t.without(append([]string{"auth"}, defaultKeys...)).sum()},
		Defaults: Defaults{
			BaseURL: o.text("base_url"), Rate: value(o, "rate", dsr.ParseRate), PageSize: o.number("page_size", 1),
			IngestLag: o.duration("ingest_lag"), WindowMargin: o.duration("window_margin"),
		},
		Auth: o.auth(), Headers: o.headers(),
		PerHost: one(o, "rate_over", []string{"endpoint", "host"}) == "host",
		SizeMin: o.mapping("size", "min").number("min", 1),
		Horizon: o.duration("horizon"),
	}
	c := o.mapping("conversations", slices.Concat(callKeys, []string{"get", "post"}, conversationKeys)...)
	m := o.mapping("messages", slices.Concat(callKeys, []string{"get", "post", "within", "detail", "count"}, messageKeys)...)
	o.need("conversations", "the call that lists conversations, and where in them things are")
	o.need("messages", "the call that lists messages, or where they stand in a conversation's record (within)")
	d.Conversations = c.call()
	d.Fields = Fields{Conversation: c.conversationFields(), Message: m.messageFields(), Count: m.exact("count")}
	m.messages(d)
	return d
}
