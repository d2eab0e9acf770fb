package export

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

func TestPageIsReadByteForByte(t *testing.T) {
	t.Parallel()
	records := []string{
		`{"_id":"a","n":12345678901234567890,"f":1.10,"e":1E+2,"t":"\u003c<&>"}`, `{ "sp" : [ 1 , 2 ] }`, "{\"bad\":\"caf\xe9\",\"half\":\"\\ud83d\"}", `{"k":1,"k":2}`, `{}`,
	}
	body := "\n { \"more\": {\"data\":[]} , \"data\" : [ " + strings.Join(records, " , ") + " ] , \"cursor\" : \"a+b/c=\\u0041\" } \n"
	e, err := parsePage([]byte(body), NewBudget(DefaultMemory).bounds(t.Context(), 1))
	if err != nil || e.cursor != "a+b/c=A" || e.state != cursorNext || len(e.records) != len(records) {
		t.Fatalf("got %+v, %v", e, err)
	}
	for i, want := range records {
		if string(e.records[i]) != want {
			t.Errorf("record %d: got %s, want %s", i, e.records[i], want)
		}
	}
}

func TestLastPage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]cursorState{
		`{"data":[],"cursor":null}`: cursorNull, `{"data":[]}`: cursorAbsent, `{"data":[],"cursor":""}`: cursorOdd, `{"cursor":null,"data":[]}`: cursorNull,
		`{"data":[],"cursor":false}`: cursorOdd, `{"data":[],"cursor":0}`: cursorOdd, `{"data":[],"cursor":{}}`: cursorOdd, `{"data":[],"cursor":[]}`: cursorOdd, `{"data":[],"cursor":{"next":null}}`: cursorOdd,
	} {
		if e, err := parsePage([]byte(body), NewBudget(DefaultMemory).bounds(t.Context(), 1)); err != nil || e.state != want || e.cursor != "" || e.said.More || len(e.records) != 0 {
			t.Errorf("%s: got %+v, %v", body, e, err)
		}
	}
}

// TestACursorThatCannotBeSentBackIsNoEnd: its page says that more follows.
func TestACursorThatCannotBeSentBackIsNoEnd(t *testing.T) {
	t.Parallel()
	for _, cursor := range []string{`true`, `{"next":"abc"}`, `["a"]`, `{"after":1}`} {
		e, err := parsePage([]byte(`{"data":[{}],"cursor":`+cursor+`}`), NewBudget(DefaultMemory).bounds(t.Context(), 1))
		if err != nil || e.cursor != "" || !e.said.More || len(e.records) != 1 {
			t.Errorf("%s: got %+v, %v", cursor, e, err)
		}
	}
}

// stubVendor gives one page.
type stubVendor struct{ page page }

func (v stubVendor) fetch(context.Context, query) (page, error) { return v.page, nil }

func (stubVendor) judge(_ query, raw json.RawMessage, _ Wanted) (Record, error) {
	return Record{Raw: raw}, nil
}

// TestElementsThatAreNoObjectsAreNamed, and the records around them are read.
func TestElementsThatAreNoObjectsAreNamed(t *testing.T) {
	t.Parallel()
	e, err := parsePage([]byte(`{"data":[1,{"_id":"a"},null,["x"],{"_id":"b"},"ana@example.com"],"cursor":null}`), NewBudget(DefaultMemory).bounds(t.Context(), 1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := newPageReader(stubVendor{page{records: e.records, share: NewBudget(DefaultMemory).Share()}}, dsr.Unit{Endpoint: dsr.Conversations}, Wanted{}).Next(t.Context())
	if err != nil || len(b.Records) != 2 || b.Others.Count != 4 || len(b.Faults) != 4 || b.Records[1].Number != 5 {
		t.Fatalf("got %+v, %v", b, err)
	}
	for _, why := range b.Faults {
		if why.Code != dsr.ReasonNotUnderstood || strings.Contains(why.Detail, "ana") {
			t.Errorf("got %v", why)
		}
	}
	if !strings.Contains(b.Faults[3].Detail, "record 6 of a page") {
		t.Errorf("got %v", b.Faults[3])
	}
}

// TestNoPage: what is wrong with a page may be mended by a smaller one; what is no page is not.
func TestNoPage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Failure{
		``: Transient, ` `: Transient, `null`: Transient, `[]`: Transient, `"x"`: Transient, `<!doctype html><title>Sign in</title>`: Transient, `Service Unavailable`: Transient,
		`{}`: Transient, `{"message":"Forbidden"}`: Transient, `{"error":"x","cursor":null}`: Transient,
		`{"data":null,"cursor":null}`: Transient, `{"data":{"0":{}},"cursor":null}`: Transient, `{"data":"x"}`: Transient, `{"Data":[]}`: Transient,
		`{"data":[{"n":NaN}],"cursor":null}`: Unparsable, `{"data":[{"n":Infinity}]}`: Unparsable, `{"data":[{},],"cursor":null}`: Unparsable, `{"data":[{"a":1],"cursor":null}`: Unparsable,
		`{"data":[{}],"cursor":null} x`: Unparsable, `{"data":[{}],"cursor":null}{}`: Unparsable, `{"data":[{}],"cursor":null`: Unparsable, `{"data":[{}]`: Unparsable,
		`{"data":[],"data":[]}`: Unparsable, `{"data":[],"cursor":{]}`: Unparsable, `{"data":[],"cursor":null,"cursor":"x"}`: Unparsable, "{\"data\":[{\"a\":\"\x01\"}]}": Unparsable,
	} {
		e, err := parsePage([]byte(body), NewBudget(DefaultMemory).bounds(t.Context(), 1))
		if err == nil {
			t.Errorf("%s: got a page: %+v", body, e)
			continue
		}
		if got := bodyError([]byte(body), err); got.Failure != want {
			t.Errorf("%s: got %s (%v), want %s", body, got.Failure, err, want)
		}
	}
}

func TestPageErrorsHoldNoData(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"data":[{"email":"ana@example.com" x}]}`, `{"data":["ana@example.com"}`, `{"ana@example.com":tru}`, `ana@example.com`} {
		if _, err := parsePage([]byte(body), NewBudget(DefaultMemory).bounds(t.Context(), 1)); err == nil || strings.Contains(err.Error(), "ana") {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// FuzzPage holds a page that is accepted to what encoding/json says of it.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		`{"data":[{"_id":"a"}],"cursor":"x"}`, `{"data":[],"cursor":null}`, `{"data":[{"a":[1,{"b":null}]}]}`, `{"data":null}`, `{"data":[{"n":NaN}]}`,
		"{\"data\":[{\"x\":\"\xff\"}],\"cursor\":\"\xff\"}", `{"data":[{"a":"\ud83d"}],"x":{"data":[{}]}}`, `{"data":[{}],"cursor":null}x`, `{"data":[{},],"cursor":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parsePage(body, NewBudget(DefaultMemory).bounds(t.Context(), 1))
		if err != nil {
			return
		}
		var page struct {
			Data   []json.RawMessage `json:"data"`
			Cursor any               `json:"cursor"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatalf("accepted, and is no page: %v", err)
		}
		if bytes.Contains(bytes.ToLower(body), []byte("\\u")) || caseless(body) {
			return // encoding/json takes other spellings of the names too
		}
		if text, is := page.Cursor.(string); len(page.Data) != len(e.records) || is && text != e.cursor {
			t.Fatalf("got %d records and cursor %q, want %d and %v", len(e.records), e.cursor, len(page.Data), page.Cursor)
		}
		for i := range page.Data {
			if !bytes.Equal(page.Data[i], e.records[i]) {
				t.Fatalf("record %d: got %q, want %q", i, e.records[i], page.Data[i])
			}
		}
		if strings.HasPrefix(e.cursor, "\xff") {
			t.Fatal("a cursor that begins with a byte no text has")
		}
	})
}

// caseless reports whether a name is there in several spellings.
func caseless(body []byte) bool {
	lower := bytes.ToLower(body)
	return bytes.Count(lower, []byte(`"data"`)) != bytes.Count(body, []byte(`"data"`)) || bytes.Count(lower, []byte(`"cursor"`)) != bytes.Count(body, []byte(`"cursor"`)) ||
		bytes.Contains(lower, []byte("ſ"))
}
