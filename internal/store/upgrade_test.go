package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/fulfil"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
	"dsr-server/internal/report"
	"dsr-server/internal/scan"
	"dsr-server/internal/seal"
	"dsr-server/migrations"
)

// upgraded is a search over a vendor and a folder, on the way of which the program is
// replaced by a newer one.
type upgraded struct {
	*life
	f      *fulfil.Fulfiller
	vendor *chaos.Server
	id     string
}

func newUpgraded(t *testing.T) *upgraded {
	t.Helper()
	u := &upgraded{life: newLife(t, nil)}
	u.vendor = chaos.New(vendor.Sample(), vendor.Options{Now: u.now, Keys: []string{"k"}, RateWindow: vendor.Off})
	server := httptest.NewServer(u.vendor)
	c := export.NewConverse(export.ConverseConfig{BaseURL: server.URL, BotName: vendor.DefaultBot, APIKey: "k", Timeout: 5 * time.Second})
	t.Cleanup(func() { c.Close(); server.Close() })
	u.f = fulfil.New(fulfil.Options{
		Now: u.now, Found: func(id string) archive.Contents { return u.s.Contents(id) },
		Sources: []fulfil.Source{
			{Source: scan.Source{Export: c, Pace: time.Millisecond, Source: dsr.Source{
				Name: "bot", Type: "converse", Lane: "host", Earliest: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), WindowField: dsr.FieldUnknown,
				Margin: 168 * time.Hour, PageSize: 3, GiveUpAfter: time.Hour, IngestLag: time.Minute,
			}}},
			{Source: scan.Source{Export: export.NewDump(bulkyFolder(t)), Source: dsr.Source{Name: "old", Type: "dump", Lane: "dump:old"}}},
		},
	})
	r, err := u.s.Submit(t.Context(), byAdmin, dsr.Submission{
		Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}}},
		Sources:   []string{"bot", "old"}, ReceivedAt: u.now(), Language: "en",
	})
	u.must(err)
	u.id = r.ID
	u.must(u.f.Plan(t.Context(), u.work(), u.id))
	u.pass(time.Second) // others might have joined
	return u
}

// bulkyFolder holds the sample, with one that is wanted in the first of several blocks.
func bulkyFolder(t *testing.T) string {
	t.Helper()
	dir, data := t.TempDir(), vendor.Sample()
	wanted, _ := data.Conversation(vendor.SampleConversations()[0])
	records := []json.RawMessage{wanted}
	for i := range 2000 {
		records = append(records, json.RawMessage(fmt.Sprintf(`{"_id":"other-%d","startTime":1735703772,"metadata":{"note":"%s"}}`, i, strings.Repeat("x", 1000))))
	}
	var messages []json.RawMessage
	for _, c := range data.Conversations() {
		messages = append(messages, data.MessagesOf(match.Fields{ID: record.MustPath("_id")}.Facts(c).ID)...)
	}
	for name, records := range map[string][]json.RawMessage{"conversations.ndjson": append(records, data.Conversations()...), "messages.ndjson": messages} {
		var b bytes.Buffer
		for _, r := range records {
			if err := json.Compact(&b, r); err != nil {
				t.Fatal(err)
			}
			b.WriteByte('\n')
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var errKilled = errors.New("killed")

// mortal is a store whose holder dies before a commit.
type mortal struct {
	*Work
	mu    sync.Mutex
	until int // commits; negative: for ever
}

func (m *mortal) Commit(ctx context.Context, c dsr.Commit) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until == 0 {
		return nil, errKilled
	}
	m.until--
	return m.Work.Commit(ctx, c)
}

func (u *upgraded) scan(lane string, commits int) error {
	return u.f.Scan(u.t.Context(), &mortal{Work: u.work(), until: commits}, lane)
}

// result is what was found, and whether that is everything.
func (u *upgraded) result() (found map[string]int, complete bool) {
	u.t.Helper()
	snap, err := u.s.Snapshot(u.t.Context(), u.id)
	u.must(err)
	found = map[string]int{}
	for _, source := range []string{"bot", "old"} {
		for r, err := range u.s.Contents(u.id).Conversations(u.t.Context(), source) {
			u.must(err)
			for _, err := range u.s.Contents(u.id).Messages(u.t.Context(), source, r.ID) {
				u.must(err)
				found[source+" "+r.ID]++
			}
		}
	}
	return found, report.Coverage(snap, u.f.Reported()).Complete
}

// TestASearchUnderWayGoesOnAfterTheUpgrade: started, stopped, taken back to the tables of
// the program before units, with rows as that program wrote them, upgraded and resumed.
func TestASearchUnderWayGoesOnAfterTheUpgrade(t *testing.T) {
	t.Parallel()
	whole := newUpgraded(t)
	whole.must(whole.scan("host", -1))
	whole.must(whole.scan("dump:old", -1))
	want, complete := whole.result()
	if !complete || len(want) < 10 {
		t.Fatalf("the search without an upgrade: complete %v, %d conversations", complete, len(want))
	}

	u := newUpgraded(t)
	if err := u.scan("host", 40); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if err := u.scan("dump:old", 1); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	old := u.downgrade()
	u.must(u.reopen())
	u.wantCarried(old)
	u.must(u.scan("host", -1))
	u.must(u.scan("dump:old", -1))
	got, complete := u.result()
	if fmt.Sprint(got) != fmt.Sprint(want) || !complete {
		t.Errorf("complete %v, found %v, want %v", complete, got, want)
	}
	if n, most := u.vendor.Count(""), whole.vendor.Count("")+20; n > most {
		t.Errorf("%d calls, want at most %d: what had been read is read again", n, most)
	}
}

// TestASearchThatWasNotBegunIsPlannedAfterTheUpgrade: a dump whose folder had not been
// listed has no unit to be carried over.
func TestASearchThatWasNotBegunIsPlannedAfterTheUpgrade(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	_, err := u.s.w.ExecContext(t.Context(), `DELETE FROM units`)
	u.must(err)
	u.downgrade()
	_, err = u.s.w.ExecContext(t.Context(), `DELETE FROM dump_parts`)
	u.must(err)
	u.must(u.reopen())
	u.must(u.scan("host", -1))
	u.must(u.scan("dump:old", -1))
	if found, complete := u.result(); !complete || len(found) < 10 {
		t.Errorf("complete %v, %d conversations", complete, len(found))
	}
}

// downgrade takes the database back to the tables before units, and writes what is under
// way as the program of that time did. It returns the units.
func (u *upgraded) downgrade() (units []dsr.Unit) {
	u.t.Helper()
	ctx := u.t.Context()
	u.must(u.s.view(ctx, func(t tx) (err error) {
		units, err = t.units(ctx, `1 = 1`)
		return err
	}))
	provider, err := goose.NewProvider(goose.DialectSQLite3, u.s.w, migrations.FS)
	u.must(err)
	_, err = provider.DownTo(ctx, 7)
	u.must(err)
	u.must(u.s.update(ctx, func(t tx) error {
		files := int64(0)
		for _, unit := range units {
			if unit.Kind == dsr.File {
				files++
				if err := t.insertOldFile(ctx, unit, files); err != nil {
					return err
				}
				continue
			}
			if err := t.insertOldRange(ctx, unit); err != nil {
				return err
			}
		}
		_, err := t.ExecContext(ctx, `
			INSERT INTO dump_parts (request_id, source, opened_at, collecting, bytes)
			SELECT request_id, source, opened_at, 0, 12345 FROM request_sources WHERE source = 'old'`)
		return err
	}))
	return units
}

func (t tx) insertOldRange(ctx context.Context, u dsr.Unit) error {
	k, err := t.unitKey(ctx, u)
	if err != nil {
		return err
	}
	row := strconv.FormatInt(u.ID, 10)
	var conversation, cursor []byte
	if u.Query.Kind != "" {
		conversation = k.Seal(seal.At("ranges", "conversation_id", row), []byte(u.Query.ID))
	}
	if u.State == dsr.UnitReading && u.Pages > 0 {
		text := u.Position.Cursor
		if v := u.Position.Verify; v != nil {
			text = fmt.Sprintf("\xff%t %d %d|%s", v.Completes, v.Interval.Start, v.Interval.End, text)
		}
		cursor = k.Seal(seal.At("ranges", "cursor", row), []byte(text))
	}
	tally, err := json.Marshal(u.Tally)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO ranges (id, source, endpoint, conversation_id, start_s, end_s, state, cursor, per_page, pages, records, first_ms, last_ms, longest_ms, chain, tally, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, u.Source, string(u.Endpoint), conversation, u.Interval.Start, u.Interval.End, string(u.State), cursor, u.PerPage, u.Pages, u.Records,
		millis(u.First), millis(u.Last), u.Longest.Milliseconds(), u.Digest, string(tally), t.now.UnixMilli())
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO range_requests (range_id, request_id) VALUES (?, ?)`, u.ID, u.Requests[0])
	return err
}

func (t tx) insertOldFile(ctx context.Context, u dsr.Unit, id int64) error {
	var hash []byte
	if len(u.Position.Hash) > 0 {
		k, err := t.unitKey(ctx, u)
		if err != nil {
			return err
		}
		hash = k.Seal(seal.At("dump_files", "hash", strconv.FormatInt(id, 10)), u.Position.Hash)
	}
	kind := strings.TrimSuffix(string(u.Endpoint), "s")
	_, err := t.ExecContext(ctx, `
		INSERT INTO dump_files (id, source, kind, name, size, modified_ns, inode, state, at, taken, lines, records, first_ms, last_ms, hash, sha256, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, u.Source, kind, u.File.Name, u.File.Size, u.File.Modified.UnixNano(), int64(u.File.Inode), string(u.State),
		u.Position.Offset, u.Position.Taken, u.Position.Lines, u.Records, millis(u.First), millis(u.Last), hash, u.SHA256, t.now.UnixMilli())
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO dump_file_requests (file_id, request_id, source) VALUES (?, ?, ?)`, id, u.Requests[0], u.Source)
	return err
}

// wantCarried holds when every unit stands where it stood before.
func (u *upgraded) wantCarried(before []dsr.Unit) {
	u.t.Helper()
	ctx := u.t.Context()
	var after []dsr.Unit
	u.must(u.s.view(ctx, func(t tx) (err error) {
		after, err = t.units(ctx, `1 = 1`)
		return err
	}))
	if len(after) != len(before) {
		u.t.Fatalf("%d units are carried over, want %d", len(after), len(before))
	}
	amid := map[dsr.UnitKind]int{}
	for i, a := range after {
		b := before[i]
		if a.Source != b.Source || a.State != b.State || a.Interval != b.Interval || a.File != b.File || a.Query.ID != b.Query.ID ||
			a.Position.Cursor != b.Position.Cursor || a.Position.Offset != b.Position.Offset || !bytes.Equal(a.Position.Hash, b.Position.Hash) || a.Records != b.Records {
			u.t.Errorf("got %+v, want %+v", a, b)
		}
		if a.State == dsr.UnitReading && (a.Position.Cursor != "" || a.Position.Offset > 0) {
			amid[a.Kind]++
		}
	}
	if amid[dsr.Pages] == 0 || amid[dsr.File] == 0 {
		u.t.Errorf("amid their reading are %v: this proves nothing", amid)
	}
}

// TestMeaningsHiddenInTextsGetColumns: the end that was being verified, and the utterance
// that was asked about.
func TestMeaningsHiddenInTextsGetColumns(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	verified := f.scan
	verified.Pages = 1
	verified.Position = dsr.Position{Cursor: "abc|d", Verify: &dsr.Verification{Interval: dsr.Interval{Start: 5, End: 9}, Completes: true}}
	question := f.begin(dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Messages, Query: dsr.MessageQuery{Kind: dsr.ByUtterance, ID: "m1"}})
	u := &upgraded{life: f.life, id: f.id}
	u.downgrade()
	ctx := t.Context()
	f.must(f.s.update(ctx, func(t tx) error {
		if _, err := t.ExecContext(ctx, `DELETE FROM ranges`); err != nil {
			return err
		}
		if err := t.insertOldRange(ctx, verified); err != nil {
			return err
		}
		question.Query.ID = "entry\x1fm1"
		return t.insertOldRange(ctx, question)
	}))
	f.must(f.reopen())
	f.must(f.s.view(ctx, func(tx tx) error {
		units, err := tx.units(ctx, `1 = 1`)
		if err != nil {
			return err
		}
		for _, got := range units {
			switch got.Endpoint {
			case dsr.Conversations:
				if v := got.Position.Verify; v == nil || *v != *verified.Position.Verify || got.Position.Cursor != "abc|d" {
					t.Errorf("got %+v", got.Position)
				}
			case dsr.Messages:
				if got.Query.Kind != dsr.ByUtterance || got.Query.ID != "m1" {
					t.Errorf("got %+v", got.Query)
				}
			}
		}
		return nil
	}))
}
