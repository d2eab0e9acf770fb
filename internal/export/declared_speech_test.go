package export

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

func declaredOf(t *testing.T) *dsr.Declared {
	t.Helper()
	fields, err := json.Marshal(talkFields)
	if err != nil {
		t.Fatal(err)
	}
	return &dsr.Declared{Name: "talk", Fields: fields}
}

// TestADeclaredMessageIsShownAsFarAsItIsKnown, and what is not known of it as it is.
func TestADeclaredMessageIsShownAsFarAsItIsKnown(t *testing.T) {
	t.Parallel()
	type shown struct {
		Sender record.Sender
		Live   bool
		Kind   string
		Texts  []string
		Rest   string
	}
	for raw, want := range map[string]shown{
		`{"id":"m","author":{"type":"bot"},"body":"<p>Hi</p>"}`:              {record.Bot, false, "", []string{"Hi"}, `author: (type: bot)`},
		`{"id":"m","author":{"type":"admin","name":"Bo"},"body":"a &lt;b>"}`: {record.Unknown, true, "", []string{"a <b>"}, `author: (type: admin; name: Bo)`},
		`{"id":"m","author":{"type":"lead"},"body":"","extra":[1]}`:          {record.User, false, "", nil, `author: (type: lead); body: ; extra: (1)`},
		`{"id":"m","body":{"x":"y"}}`:                                        {record.User, false, "", nil, `body: (x: y)`},
		`{"id":"other","body":"a"}`:                                          {record.User, false, "", []string{"a"}, `id: other`},
		`["no","object"]`:                                                    {record.Unknown, false, "", nil, `: (no; object)`},
	} {
		m := SpeechOf("rest", declaredOf(t)).Message(dsr.Record{Kind: dsr.Message, ID: "m", Raw: []byte(raw)})
		rest := record.Object(m.Rest)
		got := shown{m.Sides[0].Sender, m.LiveAgent, m.Kind, m.Sides[0].Texts, rest.Cell()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

// TestASenderWhoMayBeTwoIsCalledAsTheRecordDoes: LivePerson's bots are sent as agents.
func TestASenderWhoMayBeTwoIsCalledAsTheRecordDoes(t *testing.T) {
	t.Parallel()
	d := &dsr.Declared{Fields: json.RawMessage(`{"conversations":{"id":"id","start":"t","metadata":["."]},"messages":{"conversation":"c","time":"t","text":["b"],"sender":{"member":"by","bot":["Agent"],"agent":["Agent"],"user":["Consumer"]}}}`)}
	for said, want := range map[string]string{"Agent": "unknown Agent", "System": "unknown System", "Consumer": "user "} {
		m := SpeechOf("rest", d).Message(dsr.Record{Raw: []byte(`{"by":"` + said + `","b":"hi"}`)})
		if got := string(m.Sides[0].Sender) + " " + m.Kind; got != want || m.LiveAgent {
			t.Errorf("%s: got %q, want %q", said, got, want)
		}
	}
}

// TestADeclarationThatCannotBeReadShowsEverything, as one of a later version.
func TestADeclarationThatCannotBeReadShowsEverything(t *testing.T) {
	t.Parallel()
	d := &dsr.Declared{Fields: json.RawMessage(`{"conversations":{"later":1}}`)}
	m := SpeechOf("converse", d).Message(dsr.Record{ID: "m", Raw: []byte(`{"_id":"m","userInput":"hi"}`)})
	if rest := record.Object(m.Rest); rest.Cell() != "_id: m; userInput: hi" || m.Sides[0].Sender != record.Unknown {
		t.Errorf("got %+v", m)
	}
	if ids := Named(d)(dsr.Conversation, record.Parse([]byte(`{"_id":"m"}`))); len(ids) > 0 {
		t.Errorf("names %v", ids)
	}
}

func TestDeclaredRecordsNameTheirConversation(t *testing.T) {
	t.Parallel()
	d := &dsr.Declared{Fields: json.RawMessage(`{"conversations":{"id":"info.id","start":"t","metadata":["."]},"messages":{"conversation":"of.id","time":"t","text":["b"]}}`)}
	rec := record.Parse([]byte(`{"_id":"x","info":{"id":7},"of":{"id":"c"}}`))
	if got := Named(d)(dsr.Conversation, rec); !cmp.Equal(got, []string{"7"}) {
		t.Errorf("got %v", got)
	}
	if got := Named(d)(dsr.Message, rec); !cmp.Equal(got, []string{"c"}) {
		t.Errorf("got %v", got)
	}
}
