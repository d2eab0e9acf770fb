package attachment_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/attachment"
)

// TestWhatIsAFile is a small corpus of how messages refer to files, and of addresses that
// are only links.
func TestWhatIsAFile(t *testing.T) {
	t.Parallel()
	for record, want := range map[string][]string{
		// By the key.
		`{"attachments":[{"url":"https://cdn.example.com/f/8812","type":"image"}]}`:                    {"https://cdn.example.com/f/8812"},
		`{"outMsg":{"steps":[{"image":"https://cdn.example.com/8812"}]}}`:                              {"https://cdn.example.com/8812"},
		`{"attachment":{"type":"file","payload":{"url":"https://cdn.example.com/8812?sig=a.b"}}}`:      {"https://cdn.example.com/8812?sig=a.b"},
		`{"imageUrl":"http://cdn.example.com/1","image_url":"http://cdn.example.com/2"}`:               {"http://cdn.example.com/1", "http://cdn.example.com/2"},
		`{"imageurl":"http://cdn.example.com/1","MEDIA-URL":"http://cdn.example.com/2"}`:               {"http://cdn.example.com/1", "http://cdn.example.com/2"},
		`{"photos":["https://c.example/1","https://c.example/2"]}`:                                     {"https://c.example/1", "https://c.example/2"},
		`{"card":{"url":"https://c.example/download/77"}}`:                                             {"https://c.example/download/77"},
		`{"card":{"href":"https://c.example/77"},"voice_recording":"https://c.example/v"}`:             {"https://c.example/77", "https://c.example/v"},
		`{"file":{"name":"a","value":"https://c.example/77"}}`:                                         {"https://c.example/77"},
		`{"file":" HTTPS://C.Example/77 "}`:                                                            {"HTTPS://C.Example/77"},
		`{"file":"https://c.example/my scan"}`:                                                         {"https://c.example/my scan"},
		`{"Anhang":"https://c.example/7"}`:                                                             {"https://c.example/7"},
		`{"file":"https://c.example/100%"}`:                                                            {"https://c.example/100%"},
		`{"file":"https:\/\/c.example\/7","file":"https://c.example/8","\u0066ile":"http://x/y"}`:      {"https://c.example/7", "https://c.example/8", "http://x/y"},
		`{"payload":"{\"attachment\":{\"url\":\"https://c.example/7\"}}"}`:                             {"https://c.example/7"},
		`{"userInput":{"upload":{"id":1,"href":"https://c.example/7"}}}`:                               {"https://c.example/7"},
		`{"image":"https://c.example/1","copy":{"image":"https://c.example/1"}}`:                       {"https://c.example/1"},
		`{"document":"https://c.example/page.html"}`:                                                   {"https://c.example/page.html"},
		`{"image":"https://10.0.0.1/x","file":"http://169.254.169.254/latest","doc":"http://[::1]/x"}`: {"https://10.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/x"},

		// By the ending.
		`{"userInput":"https://c.example/invoice.PDF"}`:                                                  {"https://c.example/invoice.PDF"},
		`{"userInput":"https://c.example/invoice.pdf?download=1#page=2"}`:                                {"https://c.example/invoice.pdf?download=1#page=2"},
		`{"value":"https://c.example/get?id=7&name=scan%20of%20me.jpg"}`:                                 {"https://c.example/get?id=7&name=scan%20of%20me.jpg"},
		`{"outMsg":"Here it is: https://c.example/invoice.pdf. Keep it (and https://c.example/2.png)!"}`: {"https://c.example/invoice.pdf", "https://c.example/2.png"},
		`{"outMsg":"<a href=\"https://c.example/a.docx\">this</a> ![x](https://c.example/b(1).png)"}`:    {"https://c.example/a.docx", "https://c.example/b(1).png"},
		`{"buttons":[{"url":"https://c.example/terms.pdf"}]}`:                                            {"https://c.example/terms.pdf"},
		`{"text":"https://c.example/%E2%80%AEfdp.exe"}`:                                                  {"https://c.example/%E2%80%AEfdp.exe"},
		`https://c.example/a.pdf {`:                                                                      {"https://c.example/a.pdf"},

		// Only links.
		`{"userInput":"see https://example.com/help please"}`:                                    nil,
		`{"userInput":"https://example.com/help"}`:                                               nil,
		`{"buttons":[{"type":"web_url","url":"https://example.com/track/8812"}]}`:                nil,
		`{"pageUrl":"https://example.com/shop","website":"https://example.com/x"}`:               nil,
		`{"link":"https://example.com/help","referrer_url":"https://example.com/a"}`:             nil,
		`{"url":"https://example.com/"}`:                                                         nil,
		`{"url":"https://example.com"}`:                                                          nil,
		`{"card":{"url":"https://example.com/help.html"}}`:                                       nil,
		`{"privacyUrl":"https://example.com/privacy","actions":[{"url":"https://e.example/1"}]}`: nil,

		// No address at all.
		`{"file":"invoice.pdf","image":"data:image/png;base64,AA","attachment":"ftp://c.example/a.pdf"}`: nil,
		`{"file":"https://","image":"//c.example/a.png","url":"/local/a.png","doc":"https:///a.pdf"}`:    nil,
		`{"file":"javascript:alert(1)//https.pdf","file2":"https://c.exa mple/"}`:                        nil,
		`{"file":"https://c.example/a\u0000b"}`:                                                          nil,
		`{"file":null,"image":7,"attachments":[],"url":{}}`:                                              nil,
		``:    nil,
		`[1]`: nil,
	} {
		if diff := cmp.Diff(want, attachment.NewFinder(nil).In([]byte(record))); diff != "" {
			t.Errorf("%s: -want +got\n%s", record, diff)
		}
	}
}

func TestDeclaredPathsLeadToFiles(t *testing.T) {
	t.Parallel()
	for paths, want := range map[string][]string{
		"message_data.items.*.where":  {"https://c.example/1", "https://c.example/2"},
		"message_data.items.where":    {"https://c.example/1", "https://c.example/2"},
		"message_data.items.0.where":  nil,
		"message_data.items":          {"https://c.example/1", "https://c.example/2"},
		"message_data":                {"https://c.example/1", "https://c.example/2", "https://c.example/3"},
		"*.note":                      {"https://c.example/3"},
		"message_data.*":              {"https://c.example/1", "https://c.example/2", "https://c.example/3"},
		"items":                       nil,
		"message":                     nil,
		"message_data.items.*.where.": nil,
	} {
		record := `{"message_data":{"items":[{"where":"https://c.example/1"},{"where":"https://c.example/2"}],"note":"look at https://c.example/3, please"}}`
		if diff := cmp.Diff(want, attachment.NewFinder([]string{paths}).In([]byte(record))); diff != "" {
			t.Errorf("%s: -want +got\n%s", paths, diff)
		}
	}
}

// TestHugeAndDeepRecordsAreSearched: no record makes the search slow or stop it.
func TestHugeAndDeepRecordsAreSearched(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":[`, 4000) + `{"file":"https://c.example/1"}` + strings.Repeat(`]}`, 4000)
	for name, record := range map[string]string{
		"deep":          deep,
		"many colons":   `{"text":"` + strings.Repeat("://", 1<<18) + `","file":"https://c.example/1"}`,
		"many brackets": `{"text":"https://c.example/` + strings.Repeat(")", 1<<18) + `","file":"https://c.example/1"}`,
		"long":          `{"file":"https://c.example/` + strings.Repeat("x", 1<<20) + `","image":"https://c.example/1"}`,
	} {
		if got := attachment.NewFinder([]string{"*.*.*.*.*"}).In([]byte(record)); len(got) == 0 || got[len(got)-1] != "https://c.example/1" {
			t.Errorf("%s: found %d", name, len(got))
		}
	}
}

func FuzzFindNeverFails(f *testing.F) {
	f.Add([]byte(`{"file":"https://c.example/1"}`), "file")
	f.Add([]byte(`{"text":"(https://c.example/a.pdf)"}`), "*.a")
	f.Fuzz(func(t *testing.T, record []byte, path string) {
		for _, a := range attachment.NewFinder([]string{path}).In(record) {
			if !strings.HasPrefix(strings.ToLower(a), "http") || attachment.Name(a) == "" {
				t.Errorf("%q in %q", a, record)
			}
		}
	})
}
