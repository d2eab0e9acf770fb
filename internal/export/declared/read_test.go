package declared

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"dsr-server/internal/dsr"
)

// whole is a declaration with nothing wrong; each test changes a line of it.
const whole = `auth: {header: Authorization, prefix: "Bearer ", file: ./key}
conversations:
  get: /conversations
  query: {from: "{start}", to: "{end}", size: "{size}"}
  records: items
  next: {cursor: meta.next, to: query.after}
  id: id
  start: began
  metadata: [variables]
  window: {by: start, ends: half}
messages:
  get: "/conversations/{id}/messages"
  records: items
  next: {link: next}
  id: id
  conversation: conversation
  time: at
  text: text
`

func TestADeclarationSaysWhereThingsAre(t *testing.T) {
	t.Parallel()
	d, wrong := Parse([]byte(whole))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	c := d.Conversations
	if c.Next.Kind != ByCursor || c.Next.Query != "after" || c.End.Kind != EndAbsent || c.Window.By != dsr.FieldStartTime || c.Window.Ends != Half {
		t.Errorf("conversations: %+v", c)
	}
	if d.Messages.Window.Ends != Half {
		t.Errorf("messages without a window have the window of the conversations; they have %+v", d.Messages.Window)
	}
	if d.Fields.Message.Text[0].String() != "text" || d.Fields.Conversation.Metadata[0].String() != "variables" {
		t.Errorf("fields: %+v", d.Fields)
	}
}

func TestEachFaultIsNamedWithItsLineAndTheWayOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		path     string
		line     int
		says     string
	}{
		"an unknown key":                {"  records: items\n  next: {cursor", "  recrods: items\n  next: {cursor", "conversations.recrods", 5, `"records"`},
		"a key set twice":               {"  id: id\n  start", "  id: id\n  id: id\n  start", "", 0, "set twice"},
		"metadata within metadata":      {"metadata: [variables]", "metadata: [variables, variables.more]", "conversations", 2, "cannot be searched"},
		"no list":                       {"  records: items\n  next: {cursor", "  next: {cursor", "conversations.records", 2, "is missing"},
		"no metadata":                   {"  metadata: [variables]\n", "", "conversations.metadata", 2, "searched"},
		"two kinds of next":             {"{cursor: meta.next, to: query.after}", "{cursor: meta.next, to: query.after, link: x}", "conversations.next.link", 6, "exactly one"},
		"a cursor that goes nowhere":    {", to: query.after", "", "conversations.next", 6, "where the cursor goes"},
		"a cursor that goes two ways":   {`size: "{size}"`, `size: "{size}", after: "{cursor}"`, "conversations.next", 6, "give one of them"},
		"a target that is none":         {"query.after", "header.after", "conversations.next.to", 6, "query.NAME"},
		"an unknown placeholder":        {"{size}", "{sized}", "conversations.query.size", 4, "{size}"},
		"an unknown form":               {"{start}", "{start|iso}", "conversations.query.from", 4, "rfc3339"},
		"a brace that is not closed":    {"{start}", "{start", "conversations.query.from", 4, "not closed"},
		"an id in a list of all":        {`from: "{start}"`, `from: "{id}"`, "conversations.get", 3, "{id}"},
		"messages of nobody":            {"/conversations/{id}/messages", "/messages", "messages.get", 12, "{id} must stand"},
		"another host":                  {"get: /conversations", "get: https://elsewhere.example/conversations", "conversations.get", 3, "must begin with /"},
		"a query in a path":             {"get: /conversations", "get: /conversations?all=1", "conversations.get", 3, "into query"},
		"a body of a get":               {"  records: items\n  next: {cursor", "  body: {a: 1}\n  records: items\n  next: {cursor", "conversations.body", 5, "no place beside get"},
		"an end that numbers lack":      {"{cursor: meta.next, to: query.after}", "{page: query.page}\n  end: \"null\"", "conversations.end", 7, "empty_page"},
		"a window by nothing":           {"by: start", "by: begin", "conversations.window.by", 10, "must be one of"},
		"count without within":          {"  text: text\n", "  text: text\n  count: n\n", "messages.count", 19, "within"},
		"no sign of whose they are":     {"  conversation: conversation\n", "", "messages.conversation", 11, "is missing"},
		"a path that is none":           {"  start: began", "  start: a..b", "conversations.start", 8, "empty name"},
		"every element as an id":        {"  id: id\n  start", "  id: a.*\n  start", "conversations.id", 7, "one member"},
		"a header of the program":       {"conversations:\n", "headers: {Host: elsewhere.example}\nconversations:\n", "headers.Host", 2, "may be set"},
		"a header that breaks out":      {"conversations:\n", "headers: {X: \"a\\r\\nHost: b\"}\nconversations:\n", "headers.X", 2, "printable"},
		"OAuth 1":                       {"{header: Authorization, prefix: \"Bearer \", file: ./key}", "{oauth1: {}}", "auth.oauth1", 1, "OAuth 1 is not supported"},
		"GraphQL":                       {"  get: /conversations", "  graphql: query", "conversations.graphql", 3, "GraphQL is not supported"},
		"an export job":                 {"  get: /conversations", "  job: /jobs", "conversations.job", 3, "made first and fetched later"},
		"lists per user":                {"conversations:\n", "users: /users\nconversations:\n", "users", 2, "user by user"},
		"a keyset that goes on by id":   {"{cursor: meta.next, to: query.after}", "{keyset: id}", "conversations.next", 6, "none of those declared"},
		"a keyset that asks for all":    {`query: {from: "{start}", to: "{end}", size: "{size}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}", "records: items\n  next: {keyset: began}", "conversations.next", 5, "from {start} on"},
		"an anchor":                     {"  records: items\n  next: {cursor", "  records: &r items\n  next: {cursor", "", 0, "anchor"},
		"an empty value":                {"  start: began", `  start: ""`, "conversations.start", 8, "not empty"},
		"a step that is not above 0":    {"ends: half", "ends: half, step: 0s", "conversations.window.step", 10, "above zero"},
		"a span no wider than a step":   {"ends: half", "ends: half, span: 1h, step: 2h", "conversations.window.span", 10, "at least 4h"},
		"a span of less than its ends":  {"ends: half", "ends: unknown, span: 2s", "conversations.window.span", 10, "at least 3s"},
		"a span of one day of dates":    {`query: {from: "{start}", to: "{end}", size: "{size}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}\n  id: id\n  start: began\n  metadata: [variables]\n  window: {by: start, ends: half}", `query: {from: "{start|date}", to: "{end|date}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}\n  id: id\n  start: began\n  metadata: [variables]\n  window: {by: start, ends: unknown, span: 48h}", "conversations.window.span", 10, "at least 72h"},
		"a span of nothing":             {`query: {from: "{start}", to: "{end}", size: "{size}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}\n  id: id\n  start: began\n  metadata: [variables]\n  window: {by: start, ends: half}", "records: items\n  next: {cursor: meta.next, to: query.after}\n  id: id\n  start: began\n  metadata: [variables]\n  window: {by: start, ends: half, span: 1h}", "conversations.window.span", 9, "{start}"},
		"a span that messages inherit":  {"{by: start, ends: half}\nmessages:\n  get: \"/conversations/{id}/messages\"\n", "{by: start, ends: unknown, span: 24h}\nmessages:\n  get: \"/conversations/{id}/messages\"\n  query: {day: \"{start|date}\"}\n", "messages.window", 11, "at least 72h"},
		"a step of part of a second":    {"ends: half", "ends: half, step: 1500ms", "conversations.window.step", 10, "whole seconds"},
		"a window by a time unnamed":    {"by: start", "by: last", "conversations.window.by", 10, "last"},
		"a window by a start unnamed":   {"  start: began", "  last: began", "conversations.window.by", 10, "start"},
		"a keyset of dates":             {`{from: "{start}", to: "{end}", size: "{size}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}", `{from: "{start|date}"}` + "\n  records: items\n  next: {keyset: began}", "conversations.next", 6, "whole days"},
		"a cursor in a window's place":  {"query.after", "query.from", "conversations.next", 6, "{start}"},
		"a cursor in a body's place":    {`get: /conversations` + "\n" + `  query: {from: "{start}", to: "{end}", size: "{size}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}", `post: /conversations` + "\n" + `  body: {page: {from: "{start}"}}` + "\n  records: items\n  next: {cursor: meta.next, to: body.page}", "conversations.next", 6, "{start}"},
		"a header of auth, again":       {"conversations:\n", "headers: {authorization: x}\nconversations:\n", "headers.authorization", 2, "auth"},
		"a placeholder in a header":     {"conversations:\n", "headers: {X-From: \"{start}\"}\nconversations:\n", "headers.X-From", 2, "placeholder"},
		"a path of JSONPath":            {"  records: items\n  next: {cursor", "  records: $.items\n  next: {cursor", "conversations.records", 5, "list, not $.list"},
		"an element by its number":      {"  metadata: [variables]", "  metadata: [\"variables[0]\"]", "conversations.metadata", 9, "*"},
		"a key of auth by another name": {"file: ./key", "key: ./key", "auth.key", 1, `"file"`},
		"both ends":                     {"ends: half", "ends: both", "conversations.window.ends", 10, `"inclusive"`},
		"tokens from anywhere in plain": {"{header: Authorization, prefix: \"Bearer \", file: ./key}", "{client_credentials: {url: \"http://elsewhere.example/token\", id: me, file: k}}", "auth.client_credentials.url", 1, "https://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(whole, c.old, c.new, 1)
			if text == whole {
				t.Fatal("the case changes nothing")
			}
			_, wrong := Parse([]byte(text))
			if len(wrong) == 0 {
				t.Fatal("no fault was found")
			}
			for _, f := range wrong {
				if f.Path == c.path && f.Line == c.line && strings.Contains(f.Text, c.says) {
					return
				}
			}
			t.Errorf("want %s, line %d, %q; got %+v", c.path, c.line, c.says, wrong)
		})
	}
}

func TestWhatLooksOddAndIsRight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"a span of three days":             {`from: "{start}", to: "{end}", size: "{size}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}\n  id: id\n  start: began\n  metadata: [variables]\n  window: {by: start, ends: half}", `from: "{start|date}", to: "{end|date}"}` + "\n  records: items\n  next: {cursor: meta.next, to: query.after}\n  id: id\n  start: began\n  metadata: [variables]\n  window: {by: start, ends: unknown, span: 72h}"},
		"a span that messages do not send": {"ends: half", "ends: half, span: 1h"},
		"a constant where the cursor goes": {`size: "{size}"`, `size: "{size}", after: first`},
		"a header of JSON":                 {"conversations:\n", "headers: {X-Scope: '{\"a\":1}'}\nconversations:\n"},
		"a quoted name with a bracket":     {"metadata: [variables]", `metadata: ['"variables[0]"']`},
		"a name that begins with $":        {"id: id\n  start", "id: $id\n  start"},
	} {
		text := strings.Replace(whole, c[0], c[1], 1)
		if text == whole {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if _, wrong := Parse([]byte(text)); len(wrong) > 0 {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}

// parts are the keys of a text, as the settings of a source give them.
func parts(t *testing.T, text string) map[string]Part {
	t.Helper()
	tree, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]Part{}
	for it := tree.Docs[0].Body.(ast.MapNode).MapRange(); it.Next(); {
		own[it.Key().String()] = PartOf(it.Value())
	}
	return own
}

func TestKeysOverrideThoseOfAShippedDeclaration(t *testing.T) {
	t.Parallel()
	ada, wrong := Read("ada", nil)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	own := parts(t, "auth: {file: ./key}\nconversations:\n  window: {by: last, span: null}\n  next: {cursor: meta.next, to: query.after}\nmessages:\n  post: /messages\n  body: {conversation: \"{id}\"}\n")
	d, wrong := Read("ada", own)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	if d.Auth.File != "./key" || d.Auth.Prefix != "Bearer " {
		t.Errorf("auth is merged key by key: %+v", d.Auth)
	}
	if w := d.Conversations.Window; w.By != dsr.FieldLastAction || w.Span != 0 || w.Ends != Exclusive {
		t.Errorf("window: %+v", w)
	}
	if d.Messages.Window.Span != 1440*time.Hour || !d.Messages.Post || d.Conversations.Next.Kind != ByCursor {
		t.Errorf("what was not overridden stays, another kind takes its place: %+v", d)
	}
	if d.SHA256 == ada.SHA256 || d.Name != "ada" || d.Version != ada.Version {
		t.Errorf("identity %+v of an overridden %+v", d.Identity, ada.Identity)
	}
	same, wrong := Read("ada", parts(t, "auth: {file: ./key}"))
	if len(wrong) > 0 || same.SHA256 != ada.SHA256 {
		t.Errorf("where the key lies is no other declaration: %s, %s, %v", same.SHA256, ada.SHA256, wrong)
	}
}

func TestShippedDeclarationsHaveNoFaults(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		text, _ := Shipped(name)
		d, wrong := Parse(text)
		if len(wrong) > 0 {
			t.Errorf("%s: %+v", name, wrong)
			continue
		}
		if d.Version == 0 || d.Defaults.Rate.Count == 0 || d.Defaults.PageSize == 0 {
			t.Errorf("%s says its version, rate and page_size: %+v", name, d.Defaults)
		}
	}
	if _, wrong := Read("adda", nil); len(wrong) != 1 || !strings.Contains(wrong[0].Text, `"ada"`) {
		t.Errorf("a name that none has: %+v", wrong)
	}
}

func TestFieldsOfADump(t *testing.T) {
	t.Parallel()
	own := parts(t, "fields:\n  conversations: {id: id, start: at, metadata: .}\n  messages: {id: id, conversation: c, time: at, text: text, sender: {member: by, bot: [b, x], agent: [x], user: \"*\"}}\n")
	f, wrong := ReadFields(own["fields"])
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	if m := f.Conversation.Metadata; len(m) != 1 || m[0] == nil || len(m[0]) != 0 {
		t.Errorf("the whole record: %#v", m)
	}
	for said, roles := range map[string]int{"b": 1, "x": 2, "who": 1} {
		if got := f.Message.Sender.Of(said); len(got) != roles {
			t.Errorf("%s: %v", said, got)
		}
	}
	if f, wrong := ReadFields(parts(t, "fields: ada")["fields"]); len(wrong) > 0 || f.Message.Conversation.String() != "conversation_id" {
		t.Errorf("by name: %+v, %v", f, wrong)
	}
	if _, wrong := ReadFields(parts(t, "fields: {messages: {id: id}}")["fields"]); len(wrong) != 2 {
		t.Errorf("want two faults: %+v", wrong)
	}
}
