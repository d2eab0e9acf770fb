package export

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// TestMetadataThatSaysNothingIsNothingToSearch, however it says so.
func TestMetadataThatSaysNothingIsNothingToSearch(t *testing.T) {
	t.Parallel()
	for metadata, want := range map[string]bool{
		`null`: false, `{}`: false, `[]`: false, `""`: false, `" "`: false, `"{}"`: false, `"[]"`: false, `"null"`: false, `" [ ] "`: false,
		`{"a":"{}"}`: false, `{"a":"\u200b"}`: false, `{"a":"\u00a0\u00ad"}`: false, `{"a":[{"b":null}]}`: false, `{"a":true,"b":false}`: false,
		`"{\"a\":\"\"}"`: false, `{"a":"{\"b\":\"{\\\"c\\\":null}\"}"}`: false, `{"a":"-"}`: false, `{"a":"[object Object]"}`: false, `{"a":"undefined"}`: false, `{"a":"None"}`: false,
		`{"a":"b"}`: true, `"ana@example.com"`: true, `["x"]`: true, `{"a":0}`: true, `7`: true, `"{\"a\":\"b\"}"`: true, `{"a":["","\u200bx"]}`: true, `{"a":"{broken"}`: true,
		`{"a":"\ud83d\ude00"}`: true, `{"a":"null and void"}`: true, `{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":{"a":"b"}}}}}}}}}`: true,
	} {
		raw := []byte(`{"_id":"c1","startTime":1744750665,"metadata":` + metadata + `}`)
		f := converseSchema.Conversation.Facts(raw)
		if lookCloser(converseSchema.Conversation, raw, false, &f); f.HasMetadata != want {
			t.Errorf("%s: something to search: %t, want %t", metadata, f.HasMetadata, want)
		}
	}
	raw := []byte(`{"_id":"c1","Metadata":{"a":"b"}}`)
	if f := converseSchema.Conversation.Facts(raw); !f.HasMetadata || !searchable(converseSchema.Conversation, raw) {
		t.Error("metadata in another case is not seen")
	}
	if !searchable(avaamoEntry, []byte(`{"message_uuid":"m"}`)) {
		t.Error("a whole record is nothing to search")
	}
}

// TestMetadataIsTakenApartUntilSomeSaysSomething: it costs more than all else that is asked of
// a record, and one that can be searched is as good as many.
func TestMetadataIsTakenApartUntilSomeSaysSomething(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"_id":"a","metadata":{"a":"-"}},{"_id":"b","metadata":{"a":"x"}},{"_id":"c","metadata":{"a":"-"}},{"_id":"d"}],"cursor":null}`)
	}))
	defer server.Close()
	m, err := match.Compile(nil, converseSchema.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	r, err := converseAt(t, server.URL).Open(t.Context(), dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Conversations, PerPage: 10}, Wanted{Matcher: m})
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for i, want := range []bool{false, true, true, false} {
		if b.Records[i].Facts.HasMetadata != want {
			t.Errorf("record %d has something to search: %t", i+1, !want)
		}
	}
}

// TestAnEnvelopeIsNoRecord, even one that has an id and metadata of its own.
func TestAnEnvelopeIsNoRecord(t *testing.T) {
	t.Parallel()
	const inner = `{"_id":"c1","startTime":1744750665,"metadata":{"email":"ana@example.com"},"lastActionAt":null}`
	const quotedInner = `"{\"_id\":\"c1\",\"startTime\":1744750665,\"metadata\":{\"email\":\"ana@example.com\"}}"`
	const sound = `{"_id":"c1","startTime":1744750665,"lastActionAt":1744750695,"metadata":{"email":"x"},`
	const said = `{"_id":"m1","conversationId":"c1","time":1744750670,"type":"UserInput","userInput":"hello"}`
	for record, want := range map[string]bool{
		`{"_id":"9","metadata":{"topic":"chats"},"value":` + inner + `}`:                        true,
		`{"_id":"9","metadata":{},"value":` + quotedInner + `}`:                                 true,
		`{"_id":"9","_index":"c","metadata":{"v":1},"_source":` + inner + `}`:                   true,
		`{"_id":"9","metadata":{},"operationType":"insert","fullDocument":` + inner + `}`:       true,
		`{"_id":"9","metadata":null,"payload":{"before":null,"after":` + inner + `}}`:           true,
		`{"_id":"9","startTime":1744750665,"metadata":{},"data":[` + inner + `],"cursor":null}`: true,
		`{"_id":"9","metadata":{},"data":{"items":[{"_id":"1"},` + inner + `]}}`:                true,
		inner:                          false,
		sound + `"data":{"_id":"d1"}}`: false,
		sound + `"user":{"_id":"u1","metadata":{"plan":"gold"}}}`:                                    false,
		sound + `"tags":[{"_id":"t1","metadata":null}]}`:                                             false,
		`{"_id":"c1","startTime":1744750665,"metadata":{"data":` + inner + `}}`:                      false,
		`{"_id":"c1","startTime":1744750665,"metadata":{"_id":"x","metadata":{"_id":"y"}}}`:          false,
		`{"_id":"c1","startTime":1744750665,"metadata":"{\"data\":{\"_id\":\"1\",\"metadata\":1}}"}`: false,
		`{"_id":"c1","startTime":1744750665,"messages":[` + said + `]}`:                              false,
	} {
		if got := wraps(converseSchema.Conversation, []byte(record)); got != want {
			t.Errorf("%s: an envelope: %t, want %t", record, got, want)
		}
	}
	for record, want := range map[string]bool{
		`{"_id":"9","conversationId":"stream","type":"insert","after":` + said + `}`:                                     true,
		`{"_id":"9","conversationId":"stream","time":1,"value":"{\"_id\":\"m1\",\"conversationId\":\"c1\",\"time\":2}"}`: true,
		said: false,
		`{"_id":"m2","conversationId":"c1","time":1744750670,"type":"UserInput","replyTo":` + said + `}`: false,
		`{"_id":"m2","conversationId":"c1","outMsg":` + said + `}`:                                       false,
		`{"_id":"m2","conversationId":"c1","userInput":{"_id":"1","conversationId":"c2","time":2}}`:      false,
	} {
		if got := wraps(converseSchema.Message, []byte(record)); got != want {
			t.Errorf("%s: an envelope: %t, want %t", record, got, want)
		}
	}
}
