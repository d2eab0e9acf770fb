package record_test

import (
	"testing"

	"dsr-server/internal/record"
)

func TestHTMLIsShownAsItsText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<p>Hello <b>Ana</b></p><p>How are you?</p>": "Hello Ana\nHow are you?",
		"one<br>two<br/>three<BR />four":             "one\ntwo\nthree\nfour",
		"a &lt;b&gt; &amp; c&#39;s":                  "a <b> & c's",
		`<a title="1 > 0" href='x'>link</a>`:         "link",
		"<script>alert('<p>')</script >after":        "after",
		"<STYLE>p{}</style>after":                    "after",
		"<!-- <b>not</b> shown -->shown":             "shown",
		"1 < 2 and 3 > 2":                            "1 < 2 and 3 > 2",
		"not closed <b and on":                       "not closed <b and on",
		"<script>never closed":                       "",
		"plain":                                      "plain",
		"":                                           "",
		"<":                                          "<",
		"<ul>\n<li>one</li>\n<li>two</li>\n</ul>":    "one\ntwo",
		"&lt;script&gt;alert(1)&lt;/script&gt;":      "<script>alert(1)</script>", // a text, which pages escape
		"<img src=x onerror=alert(1)>":               "",
		"<p\nclass=x>a</p\n>b":                       "a\nb",
	} {
		if got := record.PlainHTML(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
