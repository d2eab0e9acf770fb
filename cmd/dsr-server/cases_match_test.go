package main

import (
	"fmt"
	"testing"
)

// TestValuesThatPeopleTyped is about how one value is written in the request and in the
// records: what is the same to a person has to be found, what nearly is has to be shown.
func TestValuesThatPeopleTyped(t *testing.T) {
	t.Parallel()
	var inputs []input
	for _, written := range writtenValues {
		in := input{name: written.name, ask: written.ask, extra: written.extra, screen: written.screen}
		var talks, messages []string
		for i, metadata := range written.metadata {
			id := fmt.Sprintf("c%d", i+1)
			if i == 0 && written.first != "" {
				id = written.first
			}
			talks = append(talks, talk(id, `"metadata":`+metadata))
			messages = append(messages, spoke("m"+id, id))
		}
		in.files = dump(talks, messages)
		in.conversations, in.messages = len(talks)-written.not, len(talks)-written.not
		inputs = append(inputs, in)
	}
	wantReports(t, inputs)
}

const german = ", region: DE"

// writtenValues: what is asked for, and the metadata of conversations that hold it. Of
// these, the last not ones are no match.
var writtenValues = []struct {
	name, ask, extra string
	first            string // id of the first conversation; c1
	metadata         []string
	not              int
	screen           string
}{
	{name: "marks-around-the-value-asked", ask: "--metadata\nemail=\u202aana@example.com\u202c", metadata: []string{`{"email":"ana@example.com"}`}},
	{name: "marks-inside-the-value-asked", ask: "--metadata\nemail=ana\u200b@exam\u00adple.com\ufeff", metadata: []string{`{"email":"ana@example.com"}`}},
	{name: "marks-in-records", metadata: []string{"{\"email\":\"\u200bana@example.com\"}", "{\"email\":\"ana@example.com\u200e\"}", `{"email":"\ufeffana@example.com"}`, `{"email":"ana\u2060@example.com"}`}},
	{name: "blank-behind-the-id", ask: "--conversation-id\nc1 ", metadata: []string{`{}`}},
	{name: "line-break-and-mark-behind-the-id", ask: "--conversation-id\n\u200ec1\u00a0\r", metadata: []string{`{"a":1}`}},
	{name: "runs-of-white-space", ask: "--metadata\nname=Jose Diaz", metadata: []string{`{"name":"JOSE  DIAZ"}`, `{"name":"Jose\tDiaz"}`, `{"name":"jose\n diaz "}`, `{"name":"Jose\u00a0\u2003Diaz"}`, `{"name":"JoseDiaz"}`}, not: 1},
	{name: "idn-asked-in-unicode", ask: "--metadata\nemail=ana@b\u00fccher.example", metadata: []string{`{"email":"ana@bücher.example"}`, `{"email":"ana@xn--bcher-kva.example"}`, `{"email":"ANA@BÜCHER.example"}`, `{"email":"ana@bucher.example"}`}, not: 1},
	{name: "idn-asked-in-ascii", ask: "--metadata\n*=ana@xn--bcher-kva.example", metadata: []string{`{"email":"ana@bücher.example"}`, `{"email":"ana@XN--BCHER-KVA.example"}`}},
	{name: "json-in-strings", ask: "--metadata\n*=ana@example.com", metadata: []string{`"{\"email\": \"ana@example.com\"}"`, `{"payload":"{\"email\": \"ana@example.com\"}"}`, `{"a":["[\"ana@example.com\"]"]}`, `{"a":"{\"b\":\"{\\\"c\\\":\\\"ana@example.com\\\"}\"}"}`}},
	{name: "json-in-strings-by-key", metadata: []string{`"{\"email\": \"ana@example.com\"}"`}},
	{name: "json-in-strings-by-path", ask: "--metadata\npayload.email=ana@example.com", metadata: []string{`{"payload":"{\"email\": \"ana@example.com\"}"}`}},

	{name: "phone-as-address", ask: "--metadata\nphone=+49 30 1234567\n--match\nphone\n--region\nDE", metadata: []string{`{"phone":"49301234567@s.whatsapp.net"}`, `{"phone":"49301234567@c.us"}`,
		`{"phone":"sip:+49301234567@example.com"}`, `{"phone":"49301234567:23@s.whatsapp.net"}`, `{"phone":"whatsapp:+49301234567"}`, `{"phone":"tel:+49-30-1234567"}`, `{"phone":"%2B49301234567"}`, `{"phone":"+49 30 1234568"}`}, not: 1},
	{name: "phone-between-marks", ask: "--metadata\nphone=+49 30 1234567\n--match\nphone\n--region\nDE", metadata: []string{`{"phone":"\u202a+49 30 1234567\u202c"}`, `{"phone":"+49 30 1234567\u202c"}`, `{"phone":"\u200e0301234567\ufeff"}`}},
	{name: "phone-mexico", ask: "--metadata\nphone=+52 55 1234 5678\n--match\nphone\n--region\nMX", metadata: []string{`{"phone":"+5215512345678"}`, `{"phone":"+525512345678"}`}},
	{name: "phone-argentina", ask: "--metadata\nphone=+54 9 11 2345 6789\n--match\nphone", metadata: []string{`{"phone":"+5491123456789"}`, `{"phone":"+541123456789"}`}},
	{name: "phone-brazil", ask: "--metadata\nphone=+55 11 98765 4321\n--match\nphone", metadata: []string{`{"phone":"+5511987654321"}`, `{"phone":"+551187654321"}`}},

	{name: "identifier-national", ask: "--identifier\n030 3923415", extra: german, metadata: phonesInBerlin},
	{name: "identifier-dialled", ask: "--identifier\n0049 30 3923415", extra: german, metadata: phonesInBerlin},
	{name: "identifier-international", ask: "--identifier\n+49303923415", extra: german, metadata: phonesInBerlin},
	{name: "identifier-spaced", ask: "--identifier\n+49 30 3923415", extra: german, metadata: phonesInBerlin},
	{name: "identifier-address", ask: "--identifier\n Ana@Example.com ", metadata: []string{`{"contact":{"mail":"ana@example.com"}}`}},
	{name: "identifier-id", ask: "--identifier\n5c80416892d94e40a64cea7dc6406e25", first: "5c80416892d94e40a64cea7dc6406e25", metadata: []string{`{"plan":"gold"}`}},
	{name: "identifier-name", ask: "--identifier\nJose Diaz", metadata: []string{`{"a":{"b":"JOSE DIAZ"}}`}},

	{name: "near-under-another-key", metadata: []string{`{"contact":"ana@example.com"}`}, not: 1, screen: "something like"},
	{name: "near-in-a-text", metadata: []string{`{"transcript":"User: I am ana@example.com, hello"}`}, not: 1, screen: "transcript"},
	{name: "near-escaped-in-an-address", metadata: []string{`{"url":"https://shop.example/?email=ana%40example.com"}`}, not: 1, screen: "url"},
	{name: "near-as-a-key", metadata: []string{`{"ana@example.com":{"opted":"yes"}}`}, not: 1, screen: "ana@example.com"},
	{name: "near-without-accents", ask: "--metadata\nname=Lukasz Zelik", metadata: []string{`{"name":"Łukasz Żelik"}`}, not: 1, screen: "something like"},
}

var phonesInBerlin = []string{`{"phone":"030 3923415"}`, `{"phone":"+49 30 3923415"}`, `{"phone":"+49303923415"}`, `{"phone":"0049 (30) 392-3415"}`, `{"phone":"tel:+49303923415"}`}
