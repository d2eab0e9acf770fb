package record

import (
	"html"
	"strings"
)

// PlainHTML is what a text in HTML says to its reader: without tags, comments, scripts and
// styles, with a line break where a block begins or ends. What only looks like a tag and is
// not closed is text.
func PlainHTML(text string) string {
	var out strings.Builder
	for text != "" {
		plain, rest, found := strings.Cut(text, "<")
		out.WriteString(html.UnescapeString(plain))
		if !found {
			break
		}
		text = rest
		name, after, is := cutTag(rest)
		switch {
		case !is:
			out.WriteByte('<')
			continue
		case name == "script" || name == "style":
			_, after, _ = cutFold(after, "</"+name)
			_, after, _ = strings.Cut(after, ">")
		case blocks[name]:
			out.WriteByte('\n')
		}
		text = after
	}
	return tidyLines(out.String())
}

var blocks = map[string]bool{
	"br": true, "p": true, "div": true, "li": true, "ul": true, "ol": true, "tr": true, "table": true, "blockquote": true, "pre": true, "hr": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
}

// cutTag reads a tag or a comment behind its first bracket.
func cutTag(text string) (name, after string, is bool) {
	if comment, found := strings.CutPrefix(text, "!--"); found {
		_, after, is = strings.Cut(comment, "-->")
		return "", after, is
	}
	begin := strings.TrimPrefix(text, "/")
	if begin == "" || !letter(rune(begin[0])) && begin[0] != '!' {
		return "", "", false
	}
	end := tagEnd(begin)
	if end < 0 {
		return "", "", false
	}
	name, _, _ = strings.Cut(strings.Trim(begin[:end], "/ \t\r\n"), " ")
	return strings.ToLower(strings.TrimRight(name, "/")), begin[end+1:], true
}

// tagEnd is where a tag ends: at a bracket that is not within quotes.
func tagEnd(text string) int {
	var quote byte
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '>':
			return i
		}
	}
	return -1
}

func cutFold(text, sep string) (before, after string, found bool) {
	i := strings.Index(strings.ToLower(text), sep)
	if i < 0 || i+len(sep) > len(text) {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// tidyLines leaves out lines with nothing on them.
func tidyLines(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
