package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An exported is a sound one of whole conversations; ana's are the person's among them.
type exported struct {
	talks, said []string
	anas        []string // ids of the person's conversations
	pages       bool     // lies in pages instead of lines
}

// TestNoMutationHidesARecordUnderComplete takes sound exports, loses or hides one record of
// the person in every way that is listed, and demands that no run says "complete" while
// one of the person's records is missing from the archive.
func TestNoMutationHidesARecordUnderComplete(t *testing.T) {
	t.Parallel()
	for name, sound := range soundExports(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkMutations(t, sound)
		})
	}
}

func checkMutations(t *testing.T, sound func(*rand.Rand) exported) {
	t.Helper()
	inputs, want := []input{}, map[string]exported{}
	for seed := range uint64(2) {
		for name, mutate := range mutations {
			for _, form := range []string{"lines", "pages"} {
				rng := rand.New(rand.NewPCG(seed, uint64(len(name))))
				e := sound(rng)
				e.pages = form == "pages"
				files := e.files()
				before := fmt.Sprint(files)
				mutate(rng, e, files)
				if fmt.Sprint(files) == before {
					continue // this form has nothing to mutate in this way
				}
				in := input{name: fmt.Sprintf("%s-%s-%d", name, form, seed), files: files}
				inputs, want[in.name] = append(inputs, in), e
			}
		}
		e := sound(rand.New(rand.NewPCG(seed, 0)))
		for _, form := range []string{"lines", "pages"} {
			e.pages = form == "pages"
			in := input{name: fmt.Sprintf("sound-%s-%d", form, seed), files: e.files()}
			inputs, want[in.name] = append(inputs, in), e
		}
	}
	if len(inputs) < 2*len(mutations) {
		t.Fatalf("only %d inputs of %d mutations", len(inputs), len(mutations))
	}
	got := answersTo(t, inputs)
	for _, in := range inputs {
		e, v := want[in.name], got[in.name]
		missing := e.missing(v)
		if strings.HasPrefix(in.name, "sound") && (!v.coverage.Complete || missing != "") {
			t.Errorf("%s: complete %t, %v, missing %s", in.name, v.coverage.Complete, v.coverage.Reasons, missing)
		}
		if v.coverage.Complete && missing != "" {
			t.Errorf("%s: complete, and %s is missing", in.name, missing)
		}
	}
}

// missing names a record of the person that is not in the archive, by what of it no
// mutation changes.
func (e exported) missing(v reported) string {
	conversations, messages := strings.Join(v.conversations, "\n"), strings.Join(v.messages, "\n")
	for _, record := range e.talks {
		if id := valueOf(record, "_id"); slices.Contains(e.anas, id) && !strings.Contains(conversations, signOf(record)) {
			return "conversation " + id
		}
	}
	for _, record := range e.said {
		if slices.Contains(e.anas, valueOf(record, "conversationId")) && !strings.Contains(messages, signOf(record)) {
			return "message " + valueOf(record, "_id")
		}
	}
	return ""
}

// signOf is a mark that soundExports puts into each record.
func signOf(record string) string { return `"sign":"` + valueOf(record, "sign") + `"` }

func valueOf(record, name string) string {
	var fields map[string]any
	if err := json.Unmarshal([]byte(record), &fields); err != nil {
		panic(err)
	}
	return fmt.Sprint(fields[name])
}

// files lays the exported out in a folder.
func (e exported) files() map[string]string {
	if !e.pages {
		return dump(e.talks, e.said)
	}
	files := map[string]string{}
	for kind, records := range map[string][]string{"conversations": e.talks, "messages": e.said} {
		size := max(1, len(records)/3)
		pages := slices.Collect(slices.Chunk(records, size))
		for i, page := range pages {
			cursor := "null"
			if i < len(pages)-1 {
				cursor = fmt.Sprintf(`"%s-%d"`, kind, i+1)
			}
			files[fmt.Sprintf("%s-%d.json", kind, i+1)] = vendorPage(cursor, page...)
		}
	}
	return files
}

// pick is one of the person's conversations, and the file with a record that has text in it.
func (e exported) pick(rng *rand.Rand) string {
	anas := slices.DeleteFunc(slices.Clone(e.talks), func(r string) bool { return !slices.Contains(e.anas, valueOf(r, "_id")) })
	return anas[rng.IntN(len(anas))]
}

func (e exported) pickMessage(rng *rand.Rand) string {
	anas := slices.DeleteFunc(slices.Clone(e.said), func(r string) bool { return !slices.Contains(e.anas, valueOf(r, "conversationId")) })
	return anas[rng.IntN(len(anas))]
}

func holding(files map[string]string, text string) string {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.Contains(files[name], text) {
			return name
		}
	}
	return ""
}

// swap puts another text in the place of a record, wherever it lies.
func swap(files map[string]string, record, by string) {
	if name := holding(files, record); name != "" {
		files[name] = strings.Replace(files[name], record, by, 1)
	}
}

func renamed(from, to string) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pick(rng)
		swap(files, record, strings.Replace(record, `"`+from+`":`, `"`+to+`":`, 1))
	}
}

func renamedInMessage(from, to string) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pickMessage(rng)
		swap(files, record, strings.Replace(record, `"`+from+`":`, `"`+to+`":`, 1))
	}
}

func wrapped(before, after string) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pick(rng)
		swap(files, record, before+record+after)
	}
}

func wrappedMessage(before, after string) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pickMessage(rng)
		swap(files, record, before+record+after)
	}
}

func valued(name, value string) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pick(rng)
		swap(files, record, replaceValue(record, name, value))
	}
}

func valuedInMessage(name, value string) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pickMessage(rng)
		swap(files, record, replaceValue(record, name, value))
	}
}

func replaceValue(record, name, value string) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(record), &fields); err != nil {
		panic(err)
	}
	fields[name] = json.RawMessage(value)
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		pairs = append(pairs, quoted(key)+":"+string(fields[key]))
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// fileOf mutates the file that holds the person's conversation.
func fileOf(change func(rng *rand.Rand, files map[string]string, name string)) func(*rand.Rand, exported, map[string]string) {
	return func(rng *rand.Rand, e exported, files map[string]string) {
		if name := holding(files, e.pick(rng)); name != "" {
			change(rng, files, name)
		}
	}
}

func newName(to func(string) string) func(*rand.Rand, exported, map[string]string) {
	return fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		files[to(name)] = files[name]
		delete(files, name)
	})
}

// mutations lose or hide a record of the person. Each changes the files in place.
var mutations = map[string]func(*rand.Rand, exported, map[string]string){
	"rename-id": renamed("_id", "id"),
	"rename-metadata": func(_ *rand.Rand, e exported, files map[string]string) {
		for _, record := range e.talks {
			swap(files, record, strings.Replace(record, `"metadata":`, `"customAttributes":`, 1))
		}
	},
	"case-of-metadata": renamed("metadata", "metaData"),
	"case-of-id":       renamed("_id", "_Id"),
	"rename-link":      renamedInMessage("conversationId", "conversation_id"),
	"case-of-link":     renamedInMessage("conversationId", "ConversationID"),
	"drop-link":        valuedInMessage("conversationId", "null"),
	"object-as-link":   valuedInMessage("conversationId", `{"$oid":"x"}`),
	"null-id":          valued("_id", "null"),
	"object-as-id":     valued("_id", `{"$oid":"507f1f77bcf86cd799439011"}`),
	"empty-id":         valued("_id", `""`),
	"number-as-id":     valued("_id", "17"),

	"wrap-in-record":         wrapped(`{"record":`, `}`),
	"wrap-in-source":         wrapped(`{"_index":"c","_id":"9","_source":`, `}`),
	"wrap-in-page":           wrapped(`{"data":[`, `],"cursor":null}`),
	"wrap-in-list":           wrapped(`[`, `]`),
	"wrap-in-message":        wrappedMessage(`{"payload":`, `}`),
	"wrap-message-in-source": wrappedMessage(`{"_id":"9","_source":`, `}`),
	"quote": func(rng *rand.Rand, e exported, files map[string]string) {
		record := e.pick(rng)
		swap(files, record, quoted(record))
	},
	"error-for-record": func(rng *rand.Rand, e exported, files map[string]string) {
		swap(files, e.pick(rng), `{"error":"internal","status":500}`)
	},
	"null-for-record": func(rng *rand.Rand, e exported, files map[string]string) { swap(files, e.pick(rng), `null`) },
	"message-for-record": func(rng *rand.Rand, e exported, files map[string]string) {
		swap(files, e.pick(rng), e.pickMessage(rng))
	},
	"break-record": func(rng *rand.Rand, e exported, files map[string]string) {
		r := e.pick(rng)
		swap(files, r, r[:len(r)/2])
	},
	"break-message": func(rng *rand.Rand, e exported, files map[string]string) {
		r := e.pickMessage(rng)
		swap(files, r, r[:len(r)-1])
	},
	"bad-bytes": func(rng *rand.Rand, e exported, files map[string]string) {
		r := e.pick(rng)
		swap(files, r, strings.Replace(r, "example", "exa\xffmple", 1))
	},
	"drop-record":       func(rng *rand.Rand, e exported, files map[string]string) { dropLine(files, e.pick(rng)) },
	"start-unreadable":  valued("startTime", `"tomorrow"`),
	"start-in-millis":   valued("startTime", `1744750665000`),
	"start-far":         valued("startTime", `99999999999`),
	"action-first":      valued("lastActionAt", `1`),
	"action-unreadable": valued("lastActionAt", `"?"`),
	"message-in-future": valuedInMessage("time", `4102444800`),
	"message-year-9999": valuedInMessage("time", `"9999-12-31T23:59:59Z"`),
	"message-no-time":   valuedInMessage("time", `null`),
	"metadata-as-text": func(rng *rand.Rand, e exported, files map[string]string) {
		r := e.pick(rng)
		swap(files, r, replaceValue(r, "metadata", quoted(metadataOf(r))))
	},
	"metadata-as-list": func(rng *rand.Rand, e exported, files map[string]string) {
		r := e.pick(rng)
		swap(files, r, replaceValue(r, "metadata", "["+metadataOf(r)+"]"))
	},
	"invisible-in-value": func(rng *rand.Rand, e exported, files map[string]string) {
		r := e.pick(rng)
		swap(files, r, strings.ReplaceAll(r, "ana@example.com", "\u200bana@example.com\u200e"))
	},
	"mark-before-file": fileOf(func(_ *rand.Rand, files map[string]string, name string) { files[name] = byteOrderMark + files[name] }),
	"cut-file": fileOf(func(rng *rand.Rand, files map[string]string, name string) {
		files[name] = files[name][:len(files[name])-2-rng.IntN(20)]
	}),
	"zeros-for-the-rest": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		text := files[name]
		half := strings.LastIndex(text[:len(text)-1], "\n") + 1
		files[name] = text[:half] + strings.Repeat("\x00", len(text)-half)
	}),
	"empty-file": fileOf(func(_ *rand.Rand, files map[string]string, name string) { files[name] = "" }),
	"drop-file":  fileOf(func(_ *rand.Rand, files map[string]string, name string) { delete(files, name) }),
	"page-without-data": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		files[name] = strings.Replace(files[name], `"data":`, `"items":`, 1)
	}),
	"data-null": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		if strings.HasSuffix(name, ".json") {
			files[name] = `{"data":null,"cursor":null}`
		}
	}),
	"html-for-file": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		files[name] = "<html><body>502 Bad Gateway</body></html>"
	}),
	"error-for-file": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		files[name] = `{"message":"Too many requests"}`
	}),
	"zip-for-gzip": newName(func(name string) string { return name + ".gz" }),
	"packed-cut": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		packed := packedText(files[name])
		files[name+".gz"] = packed[:len(packed)-5]
		delete(files, name)
	}),
	"other-prefix": newName(func(name string) string { return "exported-" + name }),
	"in-folder":    newName(func(name string) string { return "2024/" + name }),
	"other-ending": newName(func(name string) string { return name + ".jsonl" }),
	"copy-ending":  newName(func(name string) string { return "old." + name }),
	"singular":     newName(func(name string) string { return strings.Replace(name, "conversations", "conversation", 1) }),
	"csv-for-file": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		files[name] = "_id,email\nc1,ana@example.com\n"
	}),
	"last-page-gone":             func(_ *rand.Rand, _ exported, files map[string]string) { dropLast(files, "conversations-") },
	"last-page-of-messages-gone": func(_ *rand.Rand, _ exported, files map[string]string) { dropLast(files, "messages-") },
	"messages-gone": func(_ *rand.Rand, _ exported, files map[string]string) {
		for name := range files {
			if strings.HasPrefix(name, "messages") {
				delete(files, name)
			}
		}
	},
	"lines-joined": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		files[name] = strings.ReplaceAll(files[name], "}\n{", "}{")
	}),
	"lines-as-list": fileOf(func(_ *rand.Rand, files map[string]string, name string) {
		if strings.HasSuffix(name, ".ndjson") {
			files[name] = "[" + strings.ReplaceAll(strings.TrimSpace(files[name]), "\n", ",") + "]\n"
		}
	}),
}

func metadataOf(record string) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(record), &fields); err != nil {
		panic(err)
	}
	return string(fields["metadata"])
}

// dropLine takes a record out with its line or comma.
func dropLine(files map[string]string, record string) {
	for _, with := range []string{record + "\n", record + ",", "," + record} {
		if name := holding(files, with); name != "" {
			files[name] = strings.Replace(files[name], with, "", 1)
			return
		}
	}
}

func dropLast(files map[string]string, prefix string) {
	last := ""
	for name := range files {
		if strings.HasPrefix(name, prefix) {
			last = max(last, name)
		}
	}
	delete(files, last)
}

func packedText(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// soundExports are made-up ones and, where they lie beside the project, real dialogues.
func soundExports(t *testing.T) map[string]func(*rand.Rand) exported {
	t.Helper()
	all := map[string]func(*rand.Rand) exported{"made-up": madeUp}
	conversations := readPacked(t, "conversations.ndjson.gz")
	if conversations == nil {
		return all
	}
	messages := map[string][]string{}
	for _, m := range readPacked(t, "messages.ndjson.gz") {
		id := valueOf(m, "conversationId")
		messages[id] = append(messages[id], m)
	}
	all["real"] = func(rng *rand.Rand) (e exported) {
		for _, i := range rng.Perm(len(conversations))[:12] {
			c := conversations[i]
			id := valueOf(c, "_id")
			if len(messages[id]) == 0 || metadataOf(c) == "null" || metadataOf(c) == "" {
				continue
			}
			e.add(id, c, messages[id], len(e.talks) < 4)
		}
		return e
	}
	return all
}

// add takes a conversation in; each record gets a sign of its own, and the person's carry
// the address that is asked for.
func (e *exported) add(id, c string, messages []string, anas bool) {
	sign := func(record string) string {
		return replaceValue(record, "sign", quoted(fmt.Sprintf("s%d-%d", len(e.talks), len(e.said))))
	}
	if anas {
		e.anas = append(e.anas, id)
		c = replaceValue(c, "metadata", `{"email":"ana@example.com","was":`+metadataOf(c)+`}`)
	}
	c = sign(c)
	for _, m := range messages {
		e.said = append(e.said, sign(m))
	}
	e.talks = append(e.talks, c)
}

func madeUp(rng *rand.Rand) (e exported) {
	for n := range 9 {
		id := fmt.Sprintf("c%d-%d", n, rng.IntN(1000))
		var messages []string
		for m := range 1 + rng.IntN(4) {
			messages = append(messages, spoke(fmt.Sprintf("%s-%d", id, m), id, fmt.Sprintf(`"time":%d`, 1744750670+m)))
		}
		e.add(id, talk(id, `"metadata":{"email":"bob@example.com","plan":"gold"}`), messages, n%3 == 0)
	}
	return e
}

// readPacked reads the records of a file of real dialogues; nil where there is none.
func readPacked(t *testing.T, name string) (records []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		records = append(records, lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return records
}
