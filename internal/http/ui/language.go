package ui

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	xlanguage "golang.org/x/text/language"
)

// text is a sentence or word that pages show, in English: the key of its translation. A
// verb of package fmt in it takes a value that has been put into words already.
type text string

// tongue is a language that pages speak. English needs no catalog.
type tongue struct {
	tag     string            // as HTML's lang has it
	catalog map[string]string // what is said for an English text
}

// tongues are the languages of the pages; the first is spoken to whoever prefers none of them.
var tongues = []string{"en", "de"}

// say says a text, with its verbs replaced.
func (l tongue) say(t text, args ...any) string {
	s := string(t)
	if said, ok := l.catalog[s]; ok {
		s = said
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// number writes n with thousands separated.
func (l tongue) number(n int64) string {
	separator := ","
	if l.tag == "de" {
		separator = "."
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// count is "1 page" or "3 pages". A catalog has both forms of the noun, as "Seite|Seiten".
func (l tongue) count(n int64, noun text) string {
	one, many, translated := strings.Cut(l.say(noun), "|")
	if !translated {
		many = one + "s"
	}
	if n == 1 {
		return "1 " + one
	}
	return l.number(n) + " " + many
}

// languageCookie holds the language that somebody has chosen.
const languageCookie = "dsr-language"

var byPreference = xlanguage.NewMatcher([]xlanguage.Tag{xlanguage.English, xlanguage.German})

// tongueOf is the language to answer a call in: the one chosen, or what the browser prefers.
func tongueOf(r *http.Request) string {
	chosen := ""
	if c, err := r.Cookie(languageCookie); err == nil {
		chosen = c.Value
	}
	_, i := xlanguage.MatchStrings(byPreference, chosen, r.Header.Get("Accept-Language"))
	return tongues[i]
}

func languageOf(tag string) *http.Cookie {
	return &http.Cookie{Name: languageCookie, Value: tag} //nolint:gosec // no secret; what is sent goes with the scheme
}

// withLanguage is a call of somebody who has chosen this language, if it is one.
func withLanguage(r *http.Request, chosen string) *http.Request {
	out := r.Clone(r.Context())
	out.Header.Del("Cookie")
	out.AddCookie(languageOf(chosen))
	return out
}
