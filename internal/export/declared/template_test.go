package declared

import (
	"testing"
	"time"

	"dsr-server/internal/record"
)

var values = Values{
	Start: time.Date(2025, 1, 31, 10, 0, 0, 5e8, time.UTC), End: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC),
	Texts: map[Place]string{ID: `../O'Hara "1"?`, Size: "100", Offset: "200"},
}

func TestPlacesAreFilledIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{start}-{end}": "1738317600-1738368000", "{start|ms}": "1738317600500", "{start|us}": "1738317600500000",
		"{start|rfc3339}": "2025-01-31T10:00:00.5Z", "{end|rfc3339}": "2025-02-01T00:00:00Z", "{end|date}": "2025-02-01",
		"id eq '{id|odata}'": `id eq '../O''Hara "1"?'`, "{{{size}}": "{100}", "plain": "plain",
	} {
		template, err := ParseTemplate(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := template.Fill(values); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestWhatIsFilledInStaysOneSegmentOfAPath(t *testing.T) {
	t.Parallel()
	template, err := ParseTemplate("/a b/{id}/messages")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := template.FillPath(values), "/a%20b/%2E%2E%2FO%27Hara%20%221%22%3F/messages"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestABodyIsFilledInAsJSON(t *testing.T) {
	t.Parallel()
	d, wrong := Parse([]byte(`conversations:
  post: /search
  body: {query: {from: "{start|ms}", word: "{id}x", at: "{start|ms|text}", day: "{end|date}", after: "{cursor}"}, size: "{size}", all: true, n: 007x, none: null, list: [1, "{cursor}", "{offset}"]}
`))
	if len(wrong) == 0 {
		t.Fatal("it is not whole")
	}
	want := `{"query":{"from":1738317600500,"word":"../O'Hara \"1\"?x","at":"1738317600500","day":"2025-02-01"},"size":100,"all":true,"n":"007x","none":null,"list":[1,200]}`
	if got := string(d.Conversations.Body.Fill(values)); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	with := d.Conversations.Body.With(record.Path{{Name: "query"}, {Name: "page"}, {Name: "after"}}, Offset)
	if got, want := string(with.Fill(values)), `{"query":{"from":1738317600500,"word":"../O'Hara \"1\"?x","at":"1738317600500","day":"2025-02-01","page":{"after":200}},"size":100,"all":true,"n":"007x","none":null,"list":[1,200]}`; got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}
