package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

const (
	avaamoUser  = "avaamo-user-token-0123456789"
	avaamoAgent = "avaamo-agent-token-0123456789"
)

// avaamoHarness is a harness with a second source, an Avaamo agent called "desk".
type avaamoHarness struct {
	*harness
	avaamo *chaos.Avaamo
}

// avaamoSetup of an avaamoHarness; zero values are the defaults of the test.
type avaamoSetup struct {
	data     *vendor.AvaamoData // nil: the sample
	options  vendor.AvaamoOptions
	source   string // further keys of the source, as YAML flow
	joined   bool   // with the agent's token
	rate     string
	earliest string
	dump     map[string][]byte // files of a third source, "old"; nil: none
}

// openWithAvaamo starts a program over both vendors; the first one holds the same dialogues.
func openWithAvaamo(t *testing.T, s avaamoSetup) *avaamoHarness {
	t.Helper()
	d := prepareWithAvaamo(t, s)
	d.start(setup{})
	return d
}

func prepareWithAvaamo(t *testing.T, s avaamoSetup) *avaamoHarness {
	t.Helper()
	if s.data == nil {
		s.data = vendor.AvaamoSample()
	}
	if s.rate == "" {
		s.rate = "1000/s"
		s.options.RateWindow = vendor.Off
	}
	if s.earliest == "" {
		s.earliest = "2024-01-01"
	}
	if s.source != "" {
		s.source = ", " + s.source
	}
	if s.joined {
		s.source += ", agent_token_file: ./avaamo-agent"
	}
	s.options.UserTokens, s.options.AgentTokens = []string{avaamoUser}, []string{avaamoAgent}
	d := &avaamoHarness{
		harness: prepare(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}, earliest: "2023-12-01"}),
		avaamo:  chaos.NewAvaamo(s.data, s.options),
	}
	server := httptest.NewServer(d.avaamo)
	t.Cleanup(server.Close)
	d.write("avaamo-user", avaamoUser)
	d.write("avaamo-agent", avaamoAgent)
	text, err := os.ReadFile(filepath.Join(d.dir, "dsr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	source := fmt.Sprintf("  - {name: desk, type: avaamo, base_url: %q, agent_id: %q, access_token_file: ./avaamo-user, earliest: %s, rate: %s%s}\nbootstrap:",
		server.URL, vendor.DefaultAgent, s.earliest, s.rate, s.source)
	if s.dump != nil {
		d.putDump(s.dump)
		source = strings.Replace(source, "bootstrap:", "  - {name: old, type: dump, path: ./old}\nbootstrap:", 1)
	}
	d.write("dsr.yaml", strings.Replace(string(text), "bootstrap:", source, 1))
	t.Cleanup(func() {
		for _, v := range d.avaamo.Violations() {
			t.Errorf("the vendor complains: %s", v)
		}
		for _, token := range []string{avaamoUser, avaamoAgent} {
			if strings.Contains(d.log.String(), token) {
				t.Error("a token in the log")
			}
		}
	})
	return d
}

func (d *avaamoHarness) putDump(files map[string][]byte) {
	d.t.Helper()
	if err := os.Mkdir(filepath.Join(d.dir, "old"), 0o700); err != nil {
		d.t.Fatal(err)
	}
	for name, body := range files {
		d.write(filepath.Join("old", name), string(body))
	}
}

// over is a question's body for the named sources.
func (q question) over(sources ...string) string {
	var body map[string]any
	if err := json.Unmarshal([]byte(q.body()), &body); err != nil {
		panic(err)
	}
	body["sources"] = sources
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// said is an entry or message of Avaamo's as the reference sees it.
type said struct {
	raw  string
	tree node
	id   string
	at   node
}

func readSaid(t *testing.T, raw json.RawMessage) said {
	t.Helper()
	r := readRaw(t, raw)
	s := said{raw: r.raw, tree: r.tree}
	for _, name := range []string{"message_uuid", "uuid"} {
		if id, found := r.tree.get(name); found {
			s.id = id.text
		}
	}
	s.at, _ = r.tree.get("created_at")
	return s
}

func (s said) user() string {
	user, _ := s.tree.get("user")
	layer, _ := user.get("layer_id")
	return layer.text
}

// expectEntries are the entries that the question is about, by brute force: selectors on
// the entry itself, its own time in [start, end). In the archive's order.
func expectEntries(t *testing.T, entries []json.RawMessage, q question) (groups []string, messages []string) {
	t.Helper()
	byUser := map[string][]said{}
	for _, raw := range entries {
		s := readSaid(t, raw)
		for _, w := range q.selectors {
			if w.ID == "" && w.wants(node{kind: '{', members: []member{{"metadata", s.tree}}}) && q.at(t, s.at) {
				byUser[s.user()] = append(byUser[s.user()], s)
				break
			}
		}
	}
	for user := range byUser {
		groups = append(groups, user)
	}
	slices.Sort(groups)
	if len(groups) > 0 && groups[0] == "" { // "user unknown" stands where that name sorts
		groups = slices.SortedFunc(slices.Values(groups), func(a, b string) int { return strings.Compare(orUnknown(a), orUnknown(b)) })
	}
	for _, user := range groups {
		for _, s := range inTime(byUser[user]) {
			messages = append(messages, s.raw)
		}
	}
	return groups, messages
}

func orUnknown(user string) string {
	if user == "" {
		return "unknown"
	}
	return user
}

// at reports whether a time is in the question's window.
func (q question) at(t *testing.T, n node) bool {
	t.Helper()
	at, known := when(n, true)
	if !known {
		return true
	}
	return (q.start == "" || !at.Before(mustTime(t, q.start))) && (q.end == "" || at.Before(mustTime(t, q.end)))
}

func inTime(list []said) []said {
	slices.SortStableFunc(list, func(a, b said) int {
		x, _ := when(a.at, true)
		y, _ := when(b.at, true)
		if c := x.Compare(y); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	return list
}

// wantGroups checks the derived records of an archive: one for each user, marked as such.
func wantGroups(t *testing.T, got []string, users []string) {
	t.Helper()
	if len(got) != len(users) {
		t.Fatalf("got %d groups, want one for each of %v:\n%s", len(got), users, strings.Join(got, "\n"))
	}
	for i, line := range got {
		var group struct {
			Derived      bool
			Conversation string
			User         struct {
				LayerID *string `json:"layer_id"`
			}
		}
		if err := json.Unmarshal([]byte(line), &group); err != nil {
			t.Fatal(err)
		}
		user := ""
		if group.User.LayerID != nil {
			user = *group.User.LayerID
		}
		if !group.Derived || group.Conversation != "unknown" || user != users[i] {
			t.Errorf("group %d: got %s, want one of %q", i, line, users[i])
		}
	}
}

// proof is the request's coverage as the contract has it.
func (d *avaamoHarness) proof(id string) (c dsr.Coverage) {
	d.t.Helper()
	a := d.call(http.MethodGet, "/api/v1/requests/"+id+"/coverage", "")
	if err := json.Unmarshal(a.raw, &c); err != nil || a.status != http.StatusOK {
		d.t.Fatalf("GET coverage: %d %s", a.status, a.raw)
	}
	return c
}

// sourceCoverage is the part of the coverage that is about desk.
func (d *avaamoHarness) sourceCoverage(id string) (reasons []string, assumes, read string, complete bool) {
	d.t.Helper()
	for _, s := range d.proof(id).Sources {
		if s.Name != "desk" {
			continue
		}
		for _, why := range s.Reasons {
			reasons = append(reasons, why.Code)
		}
		return reasons, fmt.Sprint(s.Assumes), fmt.Sprint(s.Read), s.Complete
	}
	d.t.Fatal("the coverage says nothing of desk")
	return nil, "", "", false
}

// spring is the window that most questions ask about: it has a fifth of the sample.
var spring = question{start: "2025-02-01T00:00:00Z", end: "2025-06-30T00:00:00Z"}

func ask(selectors ...selector) question {
	q := spring
	q.selectors = selectors
	return q
}

// windowsOf collects the spans that the analytics were asked for.
func (d *avaamoHarness) windowsOf(t *testing.T) (widest time.Duration, pages int) {
	t.Helper()
	for _, c := range d.avaamo.Calls() {
		if c.Endpoint != vendor.AvaamoEntries {
			continue
		}
		pages++
		var from, to int64
		if _, err := fmt.Sscan(c.Params.Get("from_timetoken"), &from); err != nil {
			t.Fatalf("from_timetoken %q: %v", c.Params.Get("from_timetoken"), err)
		}
		if _, err := fmt.Sscan(c.Params.Get("to_timetoken"), &to); err != nil {
			t.Fatalf("to_timetoken %q: %v", c.Params.Get("to_timetoken"), err)
		}
		widest = max(widest, time.Duration(to-from)*time.Second)
	}
	return widest, pages
}
