package attachment

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddress is longer than any server takes.
const maxAddress = 8192

// address is a value that is an http or https address, as far as can be told without
// refusing what some program would still call.
type address struct {
	text string
	rest string // path, query and fragment
}

// addressOf returns the address that text is as a whole, white space around it aside.
func addressOf(text string) (address, bool) {
	text = strings.TrimSpace(text)
	scheme, rest, found := strings.Cut(text, "://")
	if !found || len(text) > maxAddress || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") ||
		strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
		return address{}, false
	}
	host := strings.IndexAny(rest, "/?#")
	if host < 0 {
		host = len(rest)
	}
	if host == 0 || strings.ContainsFunc(rest[:host], unicode.IsSpace) {
		return address{}, false
	}
	return address{text, rest[host:]}, true
}

func (a address) spaced() bool { return strings.ContainsFunc(a.text, unicode.IsSpace) }

func (a address) parts() (path, query string) {
	path, _, _ = strings.Cut(a.rest, "#")
	path, query, _ = strings.Cut(path, "?")
	return path, query
}

// ending is what follows the last dot of the path's last part, in lower case.
func (a address) ending() string {
	p, _ := a.parts()
	return ending(lastPart(p))
}

func lastPart(p string) string {
	last := path.Base(p)
	if plain, err := url.PathUnescape(last); err == nil {
		last = plain
	}
	return path.Base(last)
}

func ending(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(strings.TrimSpace(name)), "."))
}

// ofFile reports whether the ending is a file's, of the path or of a parameter: a script
// that hands out files names them there.
func (a address) ofFile() bool {
	if fileEndings[a.ending()] {
		return true
	}
	_, query := a.parts()
	for _, pair := range strings.FieldsFunc(query, func(c rune) bool { return c == '&' || c == ';' }) {
		_, v, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(v); err == nil {
			v = plain
		}
		if fileEndings[strings.TrimRight(ending(v), `"`)] {
			return true
		}
	}
	return false
}

// ofPage reports whether the address leads to a page as far as it shows: a host's first
// page, or an ending of pages.
func (a address) ofPage() bool {
	p, query := a.parts()
	return strings.Trim(p, "/") == "" && query == "" || pageEndings[a.ending()]
}

// Name is what to call the file at an address: the last part of its path, or the host.
// It is data of others, for showing only.
func Name(addr string) string {
	a, ok := addressOf(addr)
	if !ok {
		return addr
	}
	p, _ := a.parts()
	if name := lastPart(p); strings.Trim(name, "/.") != "" {
		return name
	}
	_, host, _ := strings.Cut(strings.TrimSuffix(a.text, a.rest), "://")
	return host
}

// within returns the addresses in a text, without the marks that end a sentence.
func within(text string) (found []address) {
	for {
		i := nextAddress(text)
		if i < 0 {
			return found
		}
		text = text[i:]
		end := strings.IndexFunc(text, func(c rune) bool {
			return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune("\"'<>`|\\^{}", c)
		})
		if end < 0 {
			end = len(text)
		}
		if a, ok := addressOf(bare(text[:end])); ok {
			found = append(found, a)
		}
		text = text[max(end, 1):]
	}
}

func nextAddress(text string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return -1
		}
		at := from + i
		for _, scheme := range []string{"https", "http"} {
			if at >= len(scheme) && strings.EqualFold(text[at-len(scheme):at], scheme) {
				return at - len(scheme)
			}
		}
		from = at + 3
	}
}

// bare takes off what follows an address in a sentence. A closing bracket belongs to the
// address only if one was opened in it.
func bare(text string) string {
	unopened := map[byte]int{
		')': strings.Count(text, ")") - strings.Count(text, "("),
		']': strings.Count(text, "]") - strings.Count(text, "["),
	}
	for text != "" {
		last := text[len(text)-1]
		if strings.IndexByte(".,;:!?*_~", last) < 0 && unopened[last] <= 0 {
			break
		}
		unopened[last]--
		text = text[:len(text)-1]
	}
	return text
}
