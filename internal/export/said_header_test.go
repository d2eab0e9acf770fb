package export

import (
	"net/http"
	"testing"
)

// TestWhatAHeaderSaysOfTheList, in the words of many vendors.
func TestWhatAHeaderSaysOfTheList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        Said
	}{
		{"X-Total-Count", "20", Said{Total: 20}}, {"X-Total", "20", Said{Total: 20}}, {"x-total-count", "", Said{}}, {"X-Total-Count", "many", Said{}},
		{"X-Total-Pages", "4", Said{Pages: 4}}, {"X-Next-Page", "2", Said{More: true}}, {"X-Next-Page", "", Said{}}, {"X-Has-More", "true", Said{More: true}}, {"X-Has-More", "false", Said{}},
		{"Link", `<https://x/?page=2>; rel="next"`, Said{More: true}}, {"Link", `<https://x/?page=2>; title="b"; rel=next, <https://x>; rel=last`, Said{More: true}}, {"Link", `<https://x>; rel="last next"`, Said{More: true}},
		{"Link", `<https://x/next>; rel="prev"`, Said{}}, {"Link", `<https://x>; rel="next-archive"`, Said{}},
		{"X-Error", "lost", Said{}}, {"X-Status", "500", Said{}}, {"X-Cursor", "abc", Said{}}, {"Total-Count", "20", Said{}}, {"X-RateLimit-Remaining", "3", Said{}},
	} {
		var got Said
		got.header(http.Header{http.CanonicalHeaderKey(c.name): {c.value}})
		if got.Total != c.want.Total || got.Pages != c.want.Pages || got.More != c.want.More || len(got.Partial) > 0 {
			t.Errorf("%s: %s: got %+v, want %+v", c.name, c.value, got, c.want)
		}
	}
}
