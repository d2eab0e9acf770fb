package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The reference decides by brute force, and shares no code with the program, which
// records belong to a request.

// node is a decoded JSON value that keeps repeated keys.
type node struct {
	kind    jsontext.Kind
	text    string // of a string, or a number as written
	members []member
	items   []node
}

type member struct {
	key   string
	value node
}

func decode(t testing.TB, raw []byte) node {
	t.Helper()
	dec := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return decodeNode(t, dec)
}

func decodeNode(t testing.TB, dec *jsontext.Decoder) node {
	t.Helper()
	token, err := dec.ReadToken()
	if err != nil {
		t.Fatal(err)
	}
	n := node{kind: token.Kind(), text: token.String()}
	switch n.kind {
	case '{':
		for dec.PeekKind() != '}' {
			key := decodeNode(t, dec).text
			n.members = append(n.members, member{key, decodeNode(t, dec)})
		}
		_, _ = dec.ReadToken()
	case '[':
		for dec.PeekKind() != ']' {
			n.items = append(n.items, decodeNode(t, dec))
		}
		_, _ = dec.ReadToken()
	}
	return n
}

func (n node) get(key string) (node, bool) {
	for _, m := range n.members {
		if m.key == key {
			return m.value, true
		}
	}
	return node{}, false
}

// leaves calls f for every scalar with its path.
func (n node) leaves(path []string, f func(path string, leaf node)) {
	switch n.kind {
	case '{':
		for _, m := range n.members {
			m.value.leaves(append(append([]string{}, path...), m.key), f)
		}
	case '[':
		for _, item := range n.items {
			item.leaves(path, f)
		}
	default:
		f(strings.Join(path, "."), n)
	}
}

// selector is a selector as the reference understands it.
type selector struct {
	ID               string
	Key, Value, Mode string
}

func (s selector) json() string {
	if s.ID != "" {
		b, _ := json.Marshal(map[string]any{"conversation_id": s.ID})
		return string(b)
	}
	meta := map[string]any{"key": s.Key, "value": s.Value}
	if s.Mode != "" {
		meta["match"] = s.Mode
	}
	b, _ := json.Marshal(map[string]any{"metadata": meta})
	return string(b)
}

func foldReference(s string) string {
	s = norm.NFKC.String(s)
	s = cases.Fold().String(s)
	s = norm.NFKC.String(s)
	return strings.TrimFunc(s, unicode.IsSpace)
}

func (s selector) wants(record node) bool {
	if s.ID != "" {
		for _, m := range record.members {
			if m.key == "_id" && m.value.kind == '"' && m.value.text == s.ID {
				return true
			}
		}
		return false
	}
	hit := false
	for _, m := range record.members {
		if m.key != "metadata" {
			continue
		}
		m.value.leaves(nil, func(path string, leaf node) {
			if s.Key == "" || s.Key == "*" || s.Key == path {
				hit = hit || s.equals(leaf)
			}
		})
	}
	return hit
}

func (s selector) equals(leaf node) bool {
	switch leaf.kind {
	case '"':
		switch s.Mode {
		case "exact":
			return leaf.text == s.Value
		case "contains":
			return strings.Contains(foldReference(leaf.text), foldReference(s.Value))
		}
		return foldReference(leaf.text) == foldReference(s.Value)
	case '0':
		value := strings.TrimFunc(s.Value, unicode.IsSpace)
		if !json.Valid([]byte(value)) || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
			return false
		}
		a, okA := new(big.Rat).SetString(value)
		b, okB := new(big.Rat).SetString(leaf.text)
		return okA && okB && a.Cmp(b) == 0
	}
	return false
}

// when reads a time of a record; ok is false when it cannot be read.
func when(n node, found bool) (at time.Time, ok bool) {
	if !found || n.kind != '"' && n.kind != '0' {
		return at, false
	}
	text := strings.TrimSpace(n.text)
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		if f <= 0 || f >= 1e17 {
			return at, false
		}
		for f >= 1e11 { // milliseconds, microseconds
			f /= 1e3
		}
		return time.UnixMicro(int64(f*1e6 + 0.5)).UTC(), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return at, false
}

// corpus is a data set as the reference sees it.
type corpus struct {
	conversations []rawRecord
	messages      map[string][]rawRecord // by conversation id
	messageCount  int
	known         *sync.Map // answers by question: a test may ask the same under many readings
}

// reference is what an answer must hold.
type reference struct {
	conversations, messages []string
	chance                  map[string]bool
}

type rawRecord struct {
	raw  string // compacted
	tree node
	id   string
}

func readCorpus(t testing.TB, conversations, messages []json.RawMessage) corpus {
	t.Helper()
	c := corpus{messages: map[string][]rawRecord{}, messageCount: len(messages), known: new(sync.Map)}
	for _, raw := range conversations {
		c.conversations = append(c.conversations, readRaw(t, raw))
	}
	for _, raw := range messages {
		r := readRaw(t, raw)
		owner, _ := r.tree.get("conversationId")
		c.messages[owner.text] = append(c.messages[owner.text], r)
	}
	return c
}

func readRaw(t testing.TB, raw json.RawMessage) rawRecord {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	r := rawRecord{raw: b.String(), tree: decode(t, raw)}
	id, _ := r.tree.get("_id")
	r.id = id.text
	return r
}

// question is a request as the reference understands it.
type question struct {
	name       string
	selectors  []selector
	start, end string // RFC 3339; empty: absent
}

func (q question) body() string {
	selectors := make([]string, len(q.selectors))
	for i, s := range q.selectors {
		selectors[i] = s.json()
	}
	window := map[string]string{}
	if q.start != "" {
		window["start"] = q.start
	}
	if q.end != "" {
		window["end"] = q.end
	}
	w, _ := json.Marshal(window)
	return `{"selectors":[` + strings.Join(selectors, ",") + `],"window":` + string(w) + `}`
}

func (q question) inWindow(t testing.TB, record node) bool {
	started, known := when(record.get("startTime"))
	if known && q.end != "" && !started.Before(mustTime(t, q.end)) {
		return false
	}
	last, known := when(record.get("lastActionAt"))
	return !known || q.start == "" || !last.Before(mustTime(t, q.start))
}

func mustTime(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// mayMiss reports whether a record belongs to the answer only if it is read by chance:
// without a readable lastActionAt it counts as active up to as_of, but makes nobody
// read further back than the margin (docs/completeness.md).
func (q question) mayMiss(t testing.TB, record node) bool {
	if _, known := when(record.get("lastActionAt")); known || q.start == "" {
		return false
	}
	started, known := when(record.get("startTime"))
	return known && started.Before(mustTime(t, q.start).Add(-168*time.Hour))
}

// chance are the ids of conversations that an answer may or may not have.
func (c corpus) chance(t testing.TB, q question) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range c.conversations {
		if q.mayMiss(t, r.tree) {
			ids[r.id] = true
		}
	}
	return ids
}

// without drops the records whose field names one of the ids.
func without(t testing.TB, records []string, field string, ids map[string]bool) (kept []string) {
	t.Helper()
	if len(ids) == 0 {
		return records
	}
	for _, raw := range records {
		if id, _ := decode(t, []byte(raw)).get(field); !ids[id.text] {
			kept = append(kept, raw)
		}
	}
	return kept
}

// answer is expect and chance, worked out once for each question. Nobody may change it.
func (c corpus) answer(t testing.TB, q question) reference {
	t.Helper()
	key := fmt.Sprint(q.selectors, q.start, q.end)
	if known, found := c.known.Load(key); found {
		return known.(reference)
	}
	r := reference{chance: c.chance(t, q)}
	r.conversations, r.messages = c.expect(t, q)
	c.known.Store(key, r)
	return r
}

// expect returns the raw conversations and messages of the answer, each in the
// archive's order.
func (c corpus) expect(t testing.TB, q question) (conversations, messages []string) {
	t.Helper()
	var hits []rawRecord
	for _, r := range c.conversations {
		for _, s := range q.selectors {
			if s.wants(r.tree) && q.inWindow(t, r.tree) {
				hits = append(hits, r)
				break
			}
		}
	}
	inOrder(hits, "startTime")
	for _, r := range hits {
		conversations = append(conversations, r.raw)
		own := append([]rawRecord{}, c.messages[r.id]...)
		inOrder(own, "time")
		for _, m := range own {
			messages = append(messages, m.raw)
		}
	}
	return conversations, messages
}

// inOrder sorts by (time, id), without a readable time last.
func inOrder(records []rawRecord, field string) {
	sort.SliceStable(records, func(i, j int) bool {
		a, knownA := when(records[i].tree.get(field))
		b, knownB := when(records[j].tree.get(field))
		if knownA != knownB {
			return knownA
		}
		if !a.Equal(b) {
			return a.Before(b)
		}
		return records[i].id < records[j].id
	})
}
