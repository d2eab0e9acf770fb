package export

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/record"
)

// nextLink is a Link to the next page (RFC 8288), in single quotes, too, as some write it.
var nextLink = regexp.MustCompile(`(?i);\s*rel\s*=\s*("([^"]* )?next( [^"]*)?"|'([^']* )?next( [^']*)?'|next\s*([,;]|$))`)

var (
	linkAddress = regexp.MustCompile(`<[^>]*>`)
	nextWord    = regexp.MustCompile(`(?i)(^|[^\w-])next([^\w-]|$)`)
)

// saidInHeader are the names that mean in the header, after x-, what they mean in the body.
var saidInHeader = slices.Concat(saysTotal, saysPages, saysMore, []string{"nextcursor", "nextpage", "nextpagetoken", "nexttoken"})

// header takes in what an answer's header says of the list: X-Total-Count, X-Total-Pages,
// X-Next-Page and their like, and a Link to the next page.
func (s *Said) header(h http.Header) {
	for name, values := range h {
		own, is := strings.CutPrefix(strings.ToLower(name), "x-")
		if own = plainName(own); !is || !slices.Contains(saidInHeader, own) {
			continue
		}
		for _, value := range values {
			text, _ := jsontext.AppendQuote(nil, value) // what is no UTF-8 says nothing here
			s.take(own, record.Parse(text), 0)
		}
	}
	s.More = s.More || slices.ContainsFunc(h.Values("Link"), mentionsNext)
}

// mentionsNext reports whether a Link has the word next beside its addresses, in whatever way:
// one that is not understood is no sign of an end.
func mentionsNext(link string) bool {
	return nextWord.MatchString(linkAddress.ReplaceAllString(link, "<>"))
}
