package main

import (
	"strings"
	"testing"
)

const byteOrderMark = "\uFEFF"

// TestInputsThatPeopleMet is about kinds of dumps with which other tools lost records in
// silence. Each kind has three inputs at least.
func TestInputsThatPeopleMet(t *testing.T) {
	t.Parallel()
	for kind, inputs := range map[string][]input{
		"files": fileInputs(), "not understood": strangeRecords(), "contradicted": contradictions(), "unable to find": hopeless(),
		"odd and kept": oddRecords(), "told apart": identities(),
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			wantReports(t, inputs)
		})
	}
}

// fileInputs are about how files are called and how they begin and end.
func fileInputs() []input {
	c, m := talk("c1"), spoke("m1", "c1")
	with := func(files map[string]string, name, text string) map[string]string {
		files[name] = text
		return files
	}
	plain := func() map[string]string { return dump([]string{c}, []string{m}) }
	return []input{
		{name: "mark-before-lines", files: map[string]string{"conversations.ndjson": byteOrderMark + ndjson(c), "messages.ndjson": ndjson(m)},
			conversations: 1, messages: 1, anomaly: "Q13"},
		{name: "mark-before-messages", files: map[string]string{"conversations.ndjson": ndjson(c), "messages.ndjson": byteOrderMark + ndjson(m)},
			conversations: 1, messages: 1, anomaly: "Q13"},
		{name: "mark-before-a-page", files: map[string]string{"conversations-1.json": byteOrderMark + vendorPage("null", c), "messages-1.json": byteOrderMark + vendorPage("null", m)},
			conversations: 1, messages: 1, anomaly: "Q13"},
		{name: "text-in-utf-16", files: map[string]string{"conversations.ndjson": "\xff\xfe{\x00}\x00\n\x00", "messages.ndjson": ndjson(m)}, reason: "unreadable"},
		{name: "gzip-of-nothing-at-all", files: map[string]string{"conversations.ndjson": ndjson(c), "conversations-2.ndjson.gz": "", "messages.ndjson": ndjson(m)}, conversations: 1, messages: 1, reason: "unreadable"},
		{name: "zero-bytes-for-the-rest", files: map[string]string{"conversations.ndjson": ndjson(c) + strings.Repeat("\x00", 512), "messages.ndjson": ndjson(m)}, conversations: 1, messages: 1, reason: "unreadable"},
		{name: "zero-bytes-for-the-rest-of-messages", files: map[string]string{"conversations.ndjson": ndjson(c), "messages.ndjson": ndjson(m) + strings.Repeat("\x00", 512)}, conversations: 1, messages: 1, reason: "unreadable"},
		{name: "mark-and-nothing-else", files: map[string]string{"conversations.ndjson": byteOrderMark, "messages.ndjson": ""},
			reason: "nothing_listed"},

		{name: "cursor-left", files: map[string]string{"conversations-1.json": vendorPage(`"abc"`, c), "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "more_follows"},
		{name: "cursor-left-on-both-pages", files: map[string]string{"conversations-1.json": vendorPage(`"abc"`, c), "conversations-2.json": vendorPage(`"def"`, talk("c2")),
			"messages-1.json": vendorPage("null", m)}, conversations: 2, messages: 1, reason: "more_follows"},
		{name: "cursor-left-on-messages", files: map[string]string{"conversations-1.json": vendorPage("null", c), "messages-1.json": vendorPage(`17`, m)},
			conversations: 1, messages: 1, reason: "more_follows"},
		{name: "cursor-left-nobody-found", files: map[string]string{"conversations-1.json": vendorPage(`"abc"`, talk("c1", `"metadata":{"email":"bob@example.com"}`)), "messages-1.json": vendorPage("null", m)},
			reason: "more_follows"},

		{name: "cursor-is-an-object", files: map[string]string{"conversations-1.json": vendorPage(`{"next":"abc"}`, c), "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "more_follows"},
		{name: "cursor-of-another-name", files: map[string]string{"conversations-1.json": `{"data":[` + c + `],"nextCursor":"abc"}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "more_follows"},
		{name: "page-says-has-more", files: map[string]string{"conversations-1.json": `{"has_more":true,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "more_follows"},

		{name: "singular-name", files: with(plain(), "conversation-2.ndjson", ndjson(talk("c2"))), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "prefix-before-the-name", files: with(plain(), "export-conversations-3.json", vendorPage("null", talk("c3"))), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "in-a-folder", files: with(plain(), "2024/conversations.ndjson", ndjson(talk("c4"))), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "in-a-folder-of-messages", files: with(plain(), "2024/05/part-0001.jsonl.gz", "x"), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "rotated", files: with(plain(), "chats.ndjson.1", ndjson(talk("c5"))), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "packed-together", files: with(plain(), "export.tar.gz", "x"), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "half-downloaded", files: with(plain(), "chats.jsonl.part", "{"), conversations: anyNumber, messages: 1, reason: "files_ignored"},
		{name: "notes-beside", files: with(with(plain(), "README.md", "# about"), "SHA256SUMS", "x"), conversations: 1, messages: 1, assumes: "README.md"},
		{name: "capital-letter", files: map[string]string{"Conversations.ndjson": ndjson(c), "MESSAGES.NDJSON": ndjson(m)}, conversations: 1, messages: 1},
	}
}

// strangeRecords are JSON, but nobody's conversation or message.
func strangeRecords() []input {
	c, m := talk("c1"), spoke("m1", "c1")
	singer := func(stream, record string) string {
		return `{"type":"RECORD","stream":"` + stream + `","record":` + record + `}`
	}
	airbyte := func(record string) string {
		return `{"_airbyte_ab_id":"5f1c","_airbyte_emitted_at":1744750665000,"_airbyte_data":` + record + `}`
	}
	strange := func(name string, files map[string]string) input {
		return input{name: name, files: files, conversations: anyNumber, messages: anyNumber, reason: "not_understood"}
	}
	return []input{
		strange("pages-as-lines", dump([]string{vendorPage("null", c)}, []string{vendorPage("null", m)})),
		strange("one-page-among-lines", dump([]string{talk("c2"), vendorPage("null", c)}, []string{m})),
		strange("singer", dump([]string{`{"type":"SCHEMA","stream":"conversations","schema":{}}`, singer("conversations", c), `{"type":"STATE","value":{}}`}, []string{singer("messages", m)})),
		strange("airbyte", dump([]string{airbyte(c)}, []string{airbyte(m)})),
		strange("debezium", dump([]string{`{"before":null,"after":` + c + `,"op":"c"}`}, []string{m})),
		strange("elasticsearch", dump([]string{`{"_index":"conversations","_source":` + c + `}`}, []string{m})),
		strange("elasticsearch-with-fields-of-its-own", dump([]string{`{"_id":"9","_index":"c","metadata":{"v":1},"_source":` + c + `}`}, []string{m})),
		strange("kafka-with-metadata", dump([]string{`{"_id":"9","metadata":{"topic":"chats"},"value":` + quoted(c) + `}`}, []string{m})),
		strange("change-stream-with-metadata", dump([]string{`{"_id":"9","metadata":{},"operationType":"insert","fullDocument":` + c + `}`}, []string{m})),
		strange("debezium-with-id", dump([]string{`{"_id":"9","metadata":null,"payload":{"before":null,"after":` + c + `}}`}, []string{m})),
		strange("envelope-of-a-message", dump([]string{c, talk("stream")}, []string{spoke("9", "stream", `"data":`+m)})),
		strange("error-object-as-line", dump([]string{c, `{"error":"rate limit exceeded","status":429}`}, []string{m})),
		strange("error-object-in-page", map[string]string{"conversations-1.json": vendorPage("null", c, `{"error":"not found"}`), "messages-1.json": vendorPage("null", m)}),
		strange("messages-among-conversations", dump([]string{c, m}, []string{m})),
		strange("message-with-metadata-among-conversations", dump([]string{c, spoke("m2", "c1", `"metadata":{}`)}, []string{m})),
		strange("conversations-among-messages", dump([]string{c}, []string{m, talk("c2")})),
		strange("kinds-exchanged", dump([]string{m}, []string{c})),
		strange("id-without-anything", dump([]string{`{"_id":"c1","customAttributes":{"email":"ana@example.com"}}`, talk("c2", `"metadata":{}`)}, nil)),
		strange("empty-objects", dump([]string{c, `{}`}, []string{m})),
		strange("array-as-line", dump([]string{c, `[` + talk("c2") + `]`}, []string{m})),
		strange("string-as-line", dump([]string{c, quoted(talk("c2"))}, []string{m})),
		strange("message-of-no-conversation", dump([]string{c}, []string{m, spoke("m2", "c1", `-"conversationId"`)})),
		strange("renamed-id", dump([]string{talk("c1", `-"_id"`, `"conversation_id":"c1"`)}, []string{m})),
	}
}

// contradictions are dumps that say of themselves that something is missing.
func contradictions() []input {
	c, m := talk("c1"), spoke("m1", "c1")
	return []input{
		{name: "messages-of-the-id-asked-for", ask: "--conversation-id\nzz", files: dump([]string{c}, []string{m, spoke("m2", "zz")}), reason: "orphan_messages"},
		{name: "messages-nobody-lists", files: dump([]string{c}, []string{m, spoke("m2", "c9"), spoke("m3", "c9")}), conversations: 1, messages: 1, reason: "orphan_messages"},
		{name: "messages-nobody-lists-nobody-found", files: dump([]string{talk("c1", `"metadata":{"email":"bob@example.com"}`)}, []string{m, spoke("m2", "c9")}), reason: "orphan_messages"},
		{name: "messages-nobody-lists-in-window", ask: anasAddress + "\n--start\n2025-04-01T00:00:00Z\n--end\n2025-05-01T00:00:00Z",
			files: dump([]string{c}, []string{m, spoke("m2", "c9")}), conversations: 1, messages: 1, reason: "orphan_messages"},
		{name: "messages-nobody-lists-in-the-year-9999", ask: anasAddress + "\n--start\n2025-04-01T00:00:00Z\n--end\n2025-05-01T00:00:00Z",
			files: dump([]string{c}, []string{m, spoke("m2", "c9", `"time":"9999-12-31T23:59:59Z"`)}), conversations: 1, messages: 1, reason: "orphan_messages"},
		{name: "messages-nobody-lists-far-ahead", ask: anasAddress + "\n--start\n2025-04-01T00:00:00Z\n--end\n2025-05-01T00:00:00Z",
			files: dump([]string{c}, []string{m, spoke("m2", "c9", `"time":4102444800`)}), conversations: 1, messages: 1, reason: "orphan_messages"},
		{name: "messages-nobody-lists-before-all-chats", ask: anasAddress + "\n--start\n2025-04-01T00:00:00Z\n--end\n2025-05-01T00:00:00Z",
			files: dump([]string{c}, []string{m, spoke("m2", "c9", `"time":"1970-01-01T00:00:01Z"`)}), conversations: 1, messages: 1, reason: "orphan_messages"},
		{name: "frayed-edge", ask: anasAddress + "\n--start\n2025-04-01T00:00:00Z\n--end\n2025-05-01T00:00:00Z",
			files: dump([]string{c}, []string{m, spoke("m2", "c9", `"time":1704067200`)}), conversations: 1, messages: 1},

		{name: "counts-messages-none-there", files: dump([]string{talk("c1", `"userMessageCount":6`)}, nil), conversations: 1, reason: "messages_missing"},
		{name: "counts-messages-of-another", files: dump([]string{talk("c1", `"userMessageCount":6`), talk("c2")}, []string{spoke("m1", "c2")}), conversations: 2, messages: 1, reason: "messages_missing"},
		{name: "counts-messages-with-a-point", files: dump([]string{talk("c1", `"userMessageCount":6.0`)}, nil), conversations: 1, reason: "messages_missing"},
		{name: "counts-messages-as-text", files: dump([]string{talk("c1", `"userMessageCount":"2"`)}, nil), conversations: 1, reason: "messages_missing"},
		{name: "counts-more-than-there", files: dump([]string{talk("c1", `"userMessageCount":6`)}, []string{m}), conversations: 1, messages: 1, screen: "conversations of counts-more-than-there that count more"},
		{name: "counts-more-of-the-persons-own", files: dump([]string{talk("c1", `"userMessageCount":2`)}, []string{m, spoke("m2", "c1", `"type":"Question"`, `-"userInput"`, `"outMsg":"Hi"`)}),
			conversations: 1, messages: 2, screen: "conversations of counts-more-of-the-persons-own that count more"},
		{name: "counts-more-under-another-name", files: dump([]string{talk("c1", `"message_count":{"$numberLong":"2"}`)}, []string{m}), conversations: 1, messages: 1, screen: "conversations of counts-more-under-another-name that count more"},
		{name: "counts-none-there-under-another-name", files: dump([]string{talk("c1", `"messageCount":2`)}, nil), conversations: 1, reason: "messages_missing"},
		{name: "counts-none", files: dump([]string{talk("c1", `"userMessageCount":0`)}, nil), conversations: 1},

		{name: "partial-page", files: map[string]string{"conversations-1.json": `{"partial":true,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "vendor_partial"},
		{name: "timed-out-page", files: map[string]string{"conversations-1.json": `{"timed_out":true,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "vendor_partial"},
		{name: "page-with-errors", files: map[string]string{"conversations-1.json": vendorPage("null", c), "messages-1.json": `{"data":[` + m + `],"errors":[{"code":"shard_failed"}],"cursor":null}`},
			conversations: 1, messages: 1, reason: "vendor_partial"},
		{name: "partial-of-another-name", files: map[string]string{"conversations-1.json": `{"isPartial":true,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "vendor_partial"},
		{name: "total-of-another-name", files: map[string]string{"conversations-1.json": `{"totalRecords":9,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "total_contradicted"},
		{name: "total-fits-only-with-lines-beside", files: map[string]string{"conversations-1.json": `{"total":2,"data":[` + c + `],"cursor":null}`, "conversations-2.ndjson": ndjson(talk("c2")), "messages-1.json": vendorPage("null", m)},
			conversations: 2, messages: 1, reason: "total_contradicted"},
		{name: "total-of-messages-fits-only-with-lines-beside", files: map[string]string{"conversations-1.json": vendorPage("null", c), "messages-1.json": `{"total":2,"data":[` + m + `],"cursor":null}`, "messages-2.ndjson": ndjson(spoke("m2", "c1"))},
			conversations: 1, messages: 2, reason: "total_contradicted"},
		{name: "total-larger", files: map[string]string{"conversations-1.json": `{"total":9,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "total_contradicted"},
		{name: "total-fits-with-one-record-thrice", files: map[string]string{"conversations-1.json": `{"total":3,"data":[` + c + "," + c + "," + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "total_contradicted"},
		{name: "total-of-messages-fits-with-a-copy", files: map[string]string{"conversations-1.json": vendorPage("null", c), "messages-1.json": `{"meta":{"total":"2"},"data":[` + m + `],"cursor":null}`, "messages-2.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "total_contradicted"},
		{name: "total-in-an-object", files: map[string]string{"conversations-1.json": `{"data":[` + c + `],"total":{"value":2,"relation":"eq"}}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "total_contradicted"},
		{name: "next-in-paging", files: map[string]string{"conversations-1.json": `{"data":[` + c + `],"paging":{"next":"https://x/?after=1"}}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "more_follows"},
		{name: "cursor-left-beside-a-list", files: map[string]string{"conversations-1.json": vendorPage(`"a"`, c), "conversations-2.json": "[" + talk("c2") + "]", "messages-1.json": vendorPage("null", m)},
			conversations: 2, messages: 1, reason: "more_follows"},
		{name: "page-copied-without-its-cursor", files: map[string]string{"conversations-1.json": vendorPage(`"a"`, c), "conversations-2.json": vendorPage("null", c), "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "more_follows"},
		{name: "partial-in-meta", files: map[string]string{"conversations-1.json": `{"meta":{"partial":true},"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "vendor_partial"},
		{name: "failed-shards", files: map[string]string{"conversations-1.json": `{"_shards":{"total":5,"failed":1},"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1, reason: "vendor_partial"},
		{name: "total-fits-no-errors", files: map[string]string{"conversations-1.json": `{"total":1,"partial":false,"errors":[],"timed_out":false,"data":[` + c + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)},
			conversations: 1, messages: 1},

		{name: "message-without-id", files: dump([]string{c}, []string{spoke("m1", "c1", `-"_id"`)}), conversations: 1, messages: 1},
	}
}

// hopeless searches cannot have found anybody.
func hopeless() []input {
	m := spoke("m1", "c1")
	return []input{
		{name: "empty-file", files: dump(nil, nil), reason: "nothing_listed"},
		{name: "blank-lines", files: map[string]string{"conversations.ndjson": "\n \n\r\n", "messages.ndjson": ""}, reason: "nothing_listed"},
		{name: "empty-page", files: map[string]string{"conversations-1.json": vendorPage("null"), "messages-1.json": vendorPage("null")}, reason: "nothing_listed"},
		{name: "metadata-renamed", files: dump([]string{talk("c1", `-"metadata"`, `"customAttributes":{"email":"ana@example.com"}`)}, []string{m}), reason: "nothing_to_search"},
		{name: "metadata-null-everywhere", files: dump([]string{talk("c1", `"metadata":null`), talk("c2", `"metadata":{}`)}, []string{m}), reason: "nothing_to_search"},
		{name: "metadata-without-leaves", files: dump([]string{talk("c1", `"metadata":{"a":{},"b":[]}`)}, []string{m}), reason: "nothing_to_search"},
		{name: "metadata-is-an-empty-object-as-text", files: dump([]string{talk("c1", `"metadata":"{}"`), talk("c2", `"metadata":"null"`)}, []string{m}), reason: "nothing_to_search"},
		{name: "metadata-of-empty-texts", files: dump([]string{talk("c1", `"metadata":{"a":"{}"}`), talk("c2", `"metadata":{"a":"\u200b","b":" "}`)}, []string{m}), reason: "nothing_to_search"},
		{name: "metadata-of-flags", files: dump([]string{talk("c1", `"metadata":{"consent":true}`)}, []string{m}), reason: "nothing_to_search"},
		{name: "no-metadata-but-asked-by-id", ask: "--conversation-id\nc1", files: dump([]string{talk("c1", `-"metadata"`)}, []string{m}), conversations: 1, messages: 1},
		{name: "metadata-in-one-of-many", files: dump([]string{talk("c1", `-"metadata"`), talk("c2", `"metadata":{"plan":"gold"}`)}, []string{m})},
	}
}

// oddRecords are odd, and the person's: they stay in, and are counted.
func oddRecords() []input {
	c := talk("c1")
	window := anasAddress + "\n--start\n2025-04-15T18:00:00Z\n--end\n2025-04-16T00:00:00Z"
	kept := func(name, ask string, c string, messages ...string) input {
		if len(messages) == 0 {
			messages = []string{spoke("m1", "c1")}
		}
		return input{name: name, ask: ask, files: dump([]string{c}, messages), conversations: 1, messages: len(messages)}
	}
	later := anasAddress + "\n--start\n2025-05-01T00:00:00Z\n--end\n2025-06-01T00:00:00Z"
	numbered := func(name, ask string) input {
		return input{name: name, ask: ask, files: dump([]string{talk("c1", `"_id":12345`)}, []string{spoke("m1", "c1", `"conversationId":12345`), spoke("m2", "12345")}), conversations: 1, messages: 2}
	}
	return []input{
		kept("action-before-start", window, talk("c1", `"lastActionAt":"2025-04-15T15:58:15"`)),
		kept("action-before-start-number", window, talk("c1", `"lastActionAt":1744700000`)),
		kept("action-at-the-epoch", window, talk("c1", `"lastActionAt":0`)),
		kept("action-without-end", later, talk("c1", `"lastActionAt":253402300799`)),
		kept("action-without-end-in-words", later, talk("c1", `"lastActionAt":"9999-12-31T23:59:59Z"`)),
		kept("action-at-the-epoch-in-words", later, talk("c1", `"lastActionAt":"1970-01-01T00:00:00Z"`)),
		kept("action-unreadable", window, talk("c1", `"lastActionAt":"yesterday"`)),
		kept("start-unreadable", window, talk("c1", `"startTime":"?"`)),
		kept("start-in-milliseconds", window, talk("c1", `"startTime":1744750665000`)),
		kept("start-with-offset", window, talk("c1", `"startTime":"2025-04-15 20:57:45+00:00"`)),
		kept("message-in-the-future", "", c, spoke("m1", "c1"), spoke("m2", "c1", `"time":4102444800`), spoke("m3", "c1", `"time":"9999-12-31T23:59:59Z"`)),
		kept("message-an-hour-ahead", "", c, spoke("m1", "c1", `"time":1999999999`)),
		kept("message-without-time", "", c, spoke("m1", "c1", `"time":null`), spoke("m2", "c1", `-"time"`)),
		kept("conversation-in-the-future", "", talk("c1", `"startTime":4102444800`, `"lastActionAt":4102444900`)),
		kept("metadata-in-capitals", "", talk("c1", `-"metadata"`, `"Metadata":{"email":"ana@example.com"}`)),
		kept("metadata-in-block-capitals", "", talk("c1", `-"metadata"`, `"METADATA":{"email":"ana@example.com"}`)),
		kept("id-in-capitals", "", talk("c1", `-"_id"`, `"_ID":"c1"`)),
		kept("number-as-conversation", "", talk("c1", `"_id":"12345"`), spoke("m1", "c1", `"conversationId":12345`), spoke("m2", "12345")),
		numbered("number-as-id", "--conversation-id\n12345"), numbered("number-as-id-by-value", ""),
		kept("huge-number-as-id", "--conversation-id\n12345678901234567890123", talk("c1", `"_id":12345678901234567890123`), spoke("m1", "c1", `"conversationId":12345678901234567890123`)),
		{name: "order-of-the-file", files: dump([]string{c}, []string{spoke("z1", "c1", `"time":"?"`, `"userInput":"first"`), spoke("a2", "c1", `"time":"?"`, `"userInput":"second"`), spoke("m3", "c1", `"time":"?"`, `"userInput":"third"`)}),
			conversations: 1, messages: 3},
		{name: "times-in-other-spellings", files: dump([]string{c}, []string{spoke("z1", "c1", `"time":1744750665000`), spoke("a2", "c1", `"time":"2025-04-15 20:57:48+00:00"`), spoke("m3", "c1", `"time":"2025-04-15 20:57:49 UTC"`),
			spoke("b4", "c1", `"time":"2025-04-15t20:57:50z"`), spoke("b5", "c1", `"time":"1744750671"`),
			spoke("b6", "c1", `"time":"Tue, 15 Apr 2025 20:57:52 GMT"`), spoke("b7", "c1", `"time":"20250415T205753Z"`)}), conversations: 1, messages: 7,
			pages: []string{"2025-04-15T20:57:52Z", "2025-04-15T20:57:53Z", "2025-04-15T20:57:45Z", "2025-04-15T20:57:48Z", "2025-04-15T20:57:49Z", "2025-04-15T20:57:50Z", "2025-04-15T20:57:51Z"}},
	}
}

// identities are about what is one record and who speaks in it.
func identities() []input {
	c1, c2 := talk("c1"), talk("c2")
	return []input{
		{name: "messages-numbered-in-each", files: dump([]string{c1, c2}, []string{spoke("1", "c1"), spoke("2", "c1"), spoke("1", "c2"), spoke("2", "c2"), spoke("3", "c2")}), conversations: 2, messages: 5},
		{name: "one-message-sent-twice", files: dump([]string{c1}, []string{spoke("1", "c1"), spoke("1", "c1")}), conversations: 1, messages: 1},
		{name: "messages-numbered-by-numbers", files: dump([]string{c1, c2}, []string{spoke("1", "c1", `"_id":1`), spoke("1", "c2", `"_id":1`)}), conversations: 2, messages: 2},
		{name: "both-sides-in-one-record", files: dump([]string{c1}, []string{spoke("m1", "c1", `"userInput":"Do I get it?"`, `"outMsg":{"steps":[{"text":"Your loan was refused"}]}`)}),
			conversations: 1, messages: 1, pages: []string{"Do I get it?", "Your loan was refused", "<b>You</b>", "<b>Chatbot</b>"}},
		{name: "answer-in-a-record-of-the-user", files: dump([]string{c1}, []string{spoke("m1", "c1", `-"userInput"`, `"outMsg":{"steps":[{"text":"Your loan was refused"}]}`)}),
			conversations: 1, messages: 1, pages: []string{"Your loan was refused", "<b>Chatbot</b>"}, notPages: []string{"<b>You</b>"}},
		{name: "took-over-from-a-bot", files: dump([]string{c1}, []string{spoke("m1", "c1", `"type":"HumanTakeoverFromBot"`, `-"userInput"`, `"outMsg":"Max here"`)}),
			conversations: 1, messages: 1, pages: []string{"HumanTakeoverFromBot", "Max here"}, notPages: []string{"<b>Chatbot</b>"}},
		{name: "human-agent", files: dump([]string{c1}, []string{spoke("m1", "c1", `"type":"AgentMessage"`, `-"userInput"`, `"outMsg":{"steps":[{"text":"Max from support here"}]}`)}),
			conversations: 1, messages: 1, pages: []string{"AgentMessage", "Max from support here"}, notPages: []string{"<b>Chatbot</b>"}},
		{name: "human-agent-of-another-name", files: dump([]string{c1}, []string{spoke("m1", "c1", `"type":"liveChatOperator"`, `-"userInput"`, `"outMsg":"Max here"`)}),
			conversations: 1, messages: 1, pages: []string{"liveChatOperator", "Max here"}, notPages: []string{"<b>Chatbot</b>"}},
	}
}
