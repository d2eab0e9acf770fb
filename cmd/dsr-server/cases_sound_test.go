package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestSoundInputsAreComplete is the other side: whatever can be understood without
// guessing is sound, so "incomplete" is not bought cheaply.
func TestSoundInputsAreComplete(t *testing.T) {
	t.Parallel()
	wantReports(t, soundInputs())
}

func soundInputs() (inputs []input) {
	inputs = append(inputs, soundRecords()...)
	return append(inputs, soundFiles()...)
}

// soundRecords: each spelling of each field of a record, in lines and in pages.
func soundRecords() (inputs []input) {
	spellings := map[string][]string{
		"start":    {`"startTime":1744750665`, `"startTime":1744750665.25`, `"startTime":"1744750665"`, `"startTime":1744750665000`, `"startTime":"2025-04-15T20:57:45Z"`, `"startTime":"2025-04-15T20:57:45.123456"`, `"startTime":"2025-04-15 20:57:45+00:00"`, `"startTime":"2025-04-15 20:57:45 UTC"`, `"startTime":"2025-04-15t20:57:45z"`, `"startTime":null`, `-"startTime"`, `"startTime":"soon"`},
		"action":   {`"lastActionAt":null`, `-"lastActionAt"`, `"lastActionAt":"2025-04-15T22:58:15+02:00"`, `"lastActionAt":1744750695`, `"lastActionAt":0`, `"lastActionAt":"never"`},
		"id":       {`"_id":42`, `"_id":"00042"`, `"_id":"c 1/ü"`, `"_id":"5c80416892d94e40a64cea7dc6406e25"`},
		"metadata": {`"metadata":{"email":" Ana@Example.COM "}`, `"metadata":{"email":["bob@example.com","ana@example.com"]}`, `"metadata":{"email":"ana@example.com","n":null,"b":true,"x":{}}`, `"metadata":{"email":"\u0061na@example.com"}`},
		"others":   {`"unknown":{"deep":[1,2,{"a":null}]}`, `"tags":null`, `"locale":"de_de"`, `"userMessageCount":1`, `"userMessageCount":null`, `"data":"a text"`, `"data":{"_id":"d1"}`, `"user":{"_id":"u1","metadata":{"plan":"gold"}}`, `"metadata":{"email":"ana@example.com","data":{"_id":"d1","metadata":{},"startTime":1}}`, `"total":99`, `"next":"x"`, `"partial":true`, `"error":null`, `"cursor":"x"`},
	}
	for field, all := range spellings {
		for i, spelling := range all {
			name := fmt.Sprintf("%s-%d", field, i)
			c := talk("c1", spelling)
			m := spoke("m1", "c1")
			if field == "id" {
				value := strings.TrimPrefix(spelling, `"_id":`)
				m = spoke("m1", "c1", `"conversationId":`+value)
			}
			inputs = append(inputs,
				input{name: name + "-lines", files: dump([]string{c}, []string{m}), conversations: 1, messages: 1},
				input{name: name + "-page", files: map[string]string{"conversations-1.json": vendorPage("null", c), "messages-1.json": vendorPage("null", m)}, conversations: 1, messages: 1})
		}
	}
	for i, spelling := range []string{`"time":1744750670.5`, `"time":null`, `-"time"`, `"type":"Question"`, `-"userInput"`, `"userInput":{"name":"Ana"}`, `"userInput":null`, `"outMsg":"Hello"`, `"outMsg":null`, `-"_id"`, `"_id":7`, `"extra":[]`} {
		inputs = append(inputs, input{name: fmt.Sprintf("message-%d", i), files: dump([]string{talk("c1")}, []string{spoke("m1", "c1", spelling)}), conversations: 1, messages: 1})
	}
	return inputs
}

// soundFiles: each way in which an export may lie in a folder.
func soundFiles() []input {
	c, m := talk("c1"), spoke("m1", "c1")
	return []input{
		{name: "windows-lines", files: map[string]string{"conversations.ndjson": c + "\r\n\r\n", "messages.ndjson": m + "\r\n"}, conversations: 1, messages: 1},
		{name: "no-last-line-end", files: map[string]string{"conversations.ndjson": c, "messages.ndjson": m}, conversations: 1, messages: 1},
		{name: "spaces-around", files: map[string]string{"conversations.ndjson": "  " + c + "  \n\n", "messages.ndjson": m + "\n"}, conversations: 1, messages: 1},
		{name: "several-files", files: map[string]string{"conversations-1.ndjson": ndjson(c), "conversations-2.json": vendorPage("null", talk("c2")), "messages-a.ndjson": ndjson(m), "messages-b.json": vendorPage("null", spoke("m2", "c2"))}, conversations: 2, messages: 2},
		{name: "chain-of-pages", files: map[string]string{"conversations-1.json": vendorPage(`"a"`, c), "conversations-2.json": vendorPage(`"b"`, talk("c2")), "conversations-3.json": vendorPage("null", talk("c3")), "messages-1.json": vendorPage(`1`, m), "messages-2.json": vendorPage("null")}, conversations: 3, messages: 1},
		{name: "page-twice", files: map[string]string{"conversations-1.json": vendorPage(`"a"`, c), "conversations-1-copy.json": vendorPage(`"a"`, c), "conversations-2.json": vendorPage("null", talk("c2")), "messages-1.json": vendorPage("null", m)}, conversations: 2, messages: 1},
		{name: "says-that-all-is-well", files: map[string]string{"conversations-1.json": `{"meta":{"total":1,"next":null},"status":"ok","links":{"self":"x","next":null},"_shards":{"total":5,"failed":0},"hasMore":false,"data":[` + c + `],"cursor":false}`, "messages-1.json": vendorPage("0", m)}, conversations: 1, messages: 1},
		{name: "counts-each-page", files: map[string]string{"conversations-1.json": `{"count":1,"total":{"value":2},"data":[` + c + `],"cursor":"a"}`, "conversations-2.json": `{"count":1,"total":{"value":2},"data":[` + talk("c2") + `],"cursor":null}`, "messages-1.json": vendorPage("null", m)}, conversations: 2, messages: 1},
		{name: "no-cursor-at-all", files: map[string]string{"conversations.json": `{"data":[` + c + `]}`, "messages.json": `{"data":[` + m + `]}`}, conversations: 1, messages: 1},
		{name: "empty-cursor", files: map[string]string{"conversations.json": vendorPage(`""`, c), "messages.json": vendorPage(`""`, m)}, conversations: 1, messages: 1},
		{name: "files-put-together", files: map[string]string{"conversations.ndjson": byteOrderMark + byteOrderMark + ndjson(c) + byteOrderMark + ndjson(talk("c2")), "messages.ndjson": ndjson(m)}, conversations: 2, messages: 1, anomaly: "Q13"},
		{name: "gzip-put-together", files: map[string]string{"conversations.ndjson.gz": packedText(byteOrderMark+ndjson(c)) + packedText(byteOrderMark+ndjson(talk("c2"))) + strings.Repeat("\x00", 512), "messages.ndjson": ndjson(m)}, conversations: 2, messages: 1, anomaly: "Q13"},
		{name: "lists-as-files", files: map[string]string{"conversations.ndjson": "[\n" + c + ",\n" + talk("c2") + "\n]\n", "messages.json": "[" + m + "]"}, conversations: 2, messages: 1},
		{name: "lines-as-pages", files: map[string]string{"conversations-1.json": ndjson(c, talk("c2")), "conversations-2.json": vendorPage("null", talk("c3")), "messages.json": m}, conversations: 3, messages: 1},
		{name: "packed-under-a-plain-name", files: map[string]string{"conversations.ndjson": packedText(ndjson(c)), "messages.json": packedText(vendorPage("null", m))}, conversations: 1, messages: 1},
		{name: "plain-under-a-packed-name", files: map[string]string{"conversations.ndjson.gz": ndjson(c), "messages.json.gz": vendorPage("null", m)}, conversations: 1, messages: 1},
		{name: "pretty-page", files: map[string]string{"conversations.json": "{\n  \"data\": [\n    " + c + "\n  ],\n  \"cursor\": null\n}\n", "messages.json": vendorPage("null", m)}, conversations: 1, messages: 1},
		{name: "conversations-without-messages", files: dump([]string{c, talk("c2")}, nil), conversations: 2},
		{name: "one-empty-file-of-two", files: map[string]string{"conversations-1.ndjson": ndjson(c), "conversations-2.ndjson": "", "messages.ndjson": ndjson(m)}, conversations: 1, messages: 1},
		{name: "nobody-found", files: dump([]string{talk("c1", `"metadata":{"email":"bob@example.com"}`)}, []string{m})},
		{name: "hidden-files-of-a-desktop", files: map[string]string{"conversations.ndjson": ndjson(c), "messages.ndjson": ndjson(m), ".DS_Store": "x", "._conversations.ndjson": "\x00\x05\x16\x07", "Thumbs.db": "x"}, conversations: 1, messages: 1},
		{name: "checksums-beside", files: map[string]string{"conversations.ndjson": ndjson(c), "messages.ndjson": ndjson(m), "conversations.ndjson.sha256": "abc", "LICENSE": "x", "export.log": "done"}, conversations: 1, messages: 1},
	}
}
