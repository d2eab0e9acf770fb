package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

const (
	longID  = "5c80416892d94e40a64cea7dc6406e25" // five messages in the sample
	shortID = "783bf7c2ea392cc6942a356056073c00" // one
)

// compared packages both and compares them, each with a key of its own.
func compared(t *testing.T, older, newer archive.Input) archive.Diff {
	t.Helper()
	allowed := older.Signer.AllowedSigner() + "\n" + newer.Signer.AllowedSigner() + "\n"
	d, err := archive.Compare(save(t, write(t, older)), save(t, write(t, newer)), []byte(allowed), export.Named)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestArchivesOfTheSameRecordsDoNotDiffer(t *testing.T) {
	t.Parallel()
	older, newer := sample(t), sample(t)
	newer.Request.ID, newer.Request.Language, newer.Software = "0198a1b2-0000-7000-8000-000000000002", "de", "dsr-server 9"
	d := compared(t, older, newer)
	if !d.Same() || len(d.Notes) > 0 || len(d.Sources) != 2 {
		t.Errorf("got %+v", d)
	}
}

func TestComparisonNamesWhatIsNewGoneAndChanged(t *testing.T) {
	t.Parallel()
	older, newer := sample(t), sample(t)
	f := newer.Contents.(*found)
	bot := f.conversations["support-bot"]
	f.conversations["support-bot"] = slices.DeleteFunc(bot, func(r dsr.Record) bool { return r.ID == shortID })
	delete(f.messages["support-bot"], shortID)
	list := f.messages["support-bot"][longID]
	list[1].Raw = compact(`{"_id":"33f34335-bd8a-41a7-8ce1-73542fcc2b9c","time":1744651783,"type":"UserInput","userInput":"[redacted]","conversationId":"` + longID + `"}`)
	f.messages["support-bot"][longID] = slices.Delete(list, 2, 4)
	f.message("support-bot", `{"_id":"later","time":1744751999,"type":"UserInput","userInput":"Hello again","conversationId":"`+longID+`"}`)
	f.conversation("it-desk", `{"_id":"fresh","startTime":1745703772}`)
	f.message("it-desk", `{"_id":"n1","time":1745703773,"conversationId":"fresh"}`)

	want := []archive.SourceDiff{
		{Name: "it-desk", Conversations: archive.Changes{New: 1}, Messages: archive.Changes{New: 1},
			Details: []archive.ConversationDiff{{ID: "fresh", Record: archive.Changes{New: 1}, Messages: archive.Changes{New: 1}}}},
		{Name: "support-bot", Conversations: archive.Changes{Gone: 1}, Messages: archive.Changes{New: 1, Gone: 3, Changed: 1},
			Details: []archive.ConversationDiff{
				{ID: longID, Messages: archive.Changes{New: 1, Gone: 2, Changed: 1}},
				{ID: shortID, Record: archive.Changes{Gone: 1}, Messages: archive.Changes{Gone: 1}},
			}},
	}
	if diff := cmp.Diff(want, compared(t, older, newer).Sources); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for i := range want { // the other way round
		for _, c := range []*archive.Changes{&want[i].Conversations, &want[i].Messages} {
			c.New, c.Gone = c.Gone, c.New
		}
		for j := range want[i].Details {
			for _, c := range []*archive.Changes{&want[i].Details[j].Record, &want[i].Details[j].Messages} {
				c.New, c.Gone = c.Gone, c.New
			}
		}
	}
	if diff := cmp.Diff(want, compared(t, newer, older).Sources); diff != "" {
		t.Errorf("the other way round: -want +got\n%s", diff)
	}
}

func TestRecordsWithoutAnIDAreComparedByTheirContent(t *testing.T) {
	t.Parallel()
	older, newer := sample(t), sample(t)
	record := `{"startTime":1735703700,"metadata":{"n":1}}`
	older.Contents.(*found).conversation("support-bot", record)
	older.Contents.(*found).conversation("support-bot", record)
	newer.Contents.(*found).conversation("support-bot", record)
	d := compared(t, older, newer)
	if got := d.Sources[1].Conversations; got != (archive.Changes{Gone: 1}) {
		t.Errorf("two and then one: got %+v", got)
	}
}

func TestComparisonSaysWhatMakesItHard(t *testing.T) {
	t.Parallel()
	older, newer := sample(t), sample(t)
	newer.Request.Sources, newer.Coverage = []string{"support-bot"}, complete("support-bot")
	newer.Coverage = incomplete(newer.Coverage, "support-bot")
	newer.Request.Selectors = newer.Request.Selectors[:1]
	newer.Request.Window.End = at(8, 1, 0, 0)
	newer.Request.AsOf = at(6, 1, 0, 0)
	d, err := archive.Compare(save(t, write(t, older)), save(t, write(t, newer)), nil, export.Named)
	want := []string{
		"the search of the second archive was not complete", "the second archive is the earlier one",
		"the two requests do not have the same selectors", "the two requests do not have the same sources", "the two requests do not have the same window",
		"who signed the first archive was not checked", "who signed the second archive was not checked",
	}
	if diff := cmp.Diff(want, d.Notes); diff != "" || err != nil || !d.Same() {
		t.Errorf("%v, same %t, -want +got\n%s", err, d.Same(), diff)
	}
}

func TestAlteredOrUnreadableArchivesAreNotCompared(t *testing.T) {
	t.Parallel()
	in := sample(t)
	good := save(t, write(t, in))
	text := write(t, in)
	text[len(text)/2] ^= 1
	altered, empty := save(t, text), filepath.Join(t.TempDir(), "empty.zip")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pair := range []struct {
		older, newer, signers string
		want                  error
	}{
		{altered, good, in.Signer.AllowedSigner(), archive.ErrAltered},
		{good, altered, in.Signer.AllowedSigner(), archive.ErrAltered},
		{good, good, signer(t).AllowedSigner(), archive.ErrAltered}, // of somebody else
		{good, empty, in.Signer.AllowedSigner(), archive.ErrUnreadable},
		{filepath.Join(t.TempDir(), "none"), good, in.Signer.AllowedSigner(), archive.ErrUnreadable},
	} {
		if _, err := archive.Compare(pair.older, pair.newer, []byte(pair.signers), export.Named); !errors.Is(err, pair.want) {
			t.Errorf("got %v, want %v", err, pair.want)
		}
	}
}
