package archive

import (
	"bytes"
	"strconv"

	"dsr-server/internal/record"
)

// markup writes the parts of a page that repeat for every message and every value, where
// templates took more than a third of the time of packaging. Whatever comes from a record is
// written by text, which escapes it; the tests compare the result with html/template's.
type markup struct{ bytes.Buffer }

// text writes what is shown, escaped for elements and for attributes in quotes.
func (m *markup) text(s string) {
	from := 0
	for i := range len(s) {
		escaped := escapes[s[i]]
		if escaped == "" {
			continue
		}
		m.WriteString(s[from:i])
		m.WriteString(escaped)
		from = i + 1
	}
	m.WriteString(s[from:])
}

// escapes are those of html/template.
var escapes = [256]string{0: "\uFFFD", '"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;"}

// within writes a text between two pieces of markup.
func (m *markup) within(before, text, after string) {
	m.WriteString(before)
	m.text(text)
	m.WriteString(after)
}

// dayBegin opens the messages of a day.
func (m *markup) dayBegin(d dayView) {
	m.within(`<h3 class="day">`, d.Day, "</h3>\n")
	m.within(`<ol class="messages" start="`, strconv.FormatInt(d.First, 10), "\">\n")
}

func (m *markup) dayEnd() { m.WriteString("</ol>\n") }

// recordBegin opens the whole record below the messages.
func (m *markup) recordBegin(d transcriptPage) {
	lead := d.T.RecordLead
	if d.Record.Derived() {
		lead = d.T.DerivedLead
	}
	m.within("<section aria-labelledby=\"record\">\n<h2 id=\"record\">", d.T.Record, "</h2>\n")
	m.within(`<p class="note">`, lead, "</p>\n")
}

func (m *markup) recordEnd() { m.WriteString("\n</section>\n") }

// message writes a message with its files.
func (m *markup) message(v *messageView) error {
	m.within(`<li class="message `, string(v.Sender), ``)
	if v.Form != nil || v.Further != nil {
		m.WriteString(` broad`)
	}
	m.within(`" id="`, v.Anchor, "\">\n")
	m.who(v)
	for _, text := range v.Texts {
		m.within(`<p class="text" dir="auto">`, text, "</p>\n")
	}
	if v.Form != nil {
		m.form(v.T, v.Form)
	}
	if len(v.Options) > 0 {
		m.options(v)
	}
	for _, f := range v.Files {
		if err := render(m, "file", f); err != nil {
			return err
		}
		m.WriteString("\n")
	}
	if v.Further != nil {
		m.within(`<details class="further"><summary>`, v.T.Further, `</summary> `)
		m.value(v.Further)
		m.WriteString("</details>\n")
	}
	m.WriteString("</li>\n")
	return nil
}

// who writes the line above a message.
func (m *markup) who(v *messageView) {
	m.within(`<p class="who"><b>`, v.T.Sender(v.Sender), `</b>`)
	if v.Kind != "" {
		m.within(` <span>`, v.T.Kind, `: <bdi>`)
		m.within(``, v.Kind, `</bdi></span>`)
	}
	if v.Action != "" {
		m.within(` <span><bdi>`, v.Action, `</bdi></span>`)
	}
	if v.Clock != "" {
		m.within(` <time datetime="`, v.Machine, `">`)
		m.within(``, v.Clock, `</time>`)
	}
	m.within(` <a class="number" href="#`, v.Anchor, `">`)
	m.within(``, v.T.Number(v.Number), "</a></p>\n")
}

func (m *markup) form(t *texts, form *record.Value) {
	m.within(`<table class="details"><caption>`, t.Form, `</caption> <thead><tr><th scope="col">`)
	m.within(``, t.FieldName, `</th> <th scope="col">`)
	m.within(``, t.FieldValue, "</th></tr></thead><tbody>\n")
	m.rows(form)
	m.WriteString("</tbody></table>\n")
}

func (m *markup) options(v *messageView) {
	m.within(`<div class="options"><p>`, v.T.Options, `</p> <ul>`)
	for _, option := range v.Options {
		m.within(`<li dir="auto">`, option, `</li> `)
	}
	m.WriteString("</ul></div>\n")
}

// record writes a whole record.
func (m *markup) record(v *record.Value) {
	if !v.IsObject() {
		m.value(v)
		return
	}
	m.WriteString("<div class=\"wide\"><table class=\"details\"><tbody>\n")
	m.rows(v)
	m.WriteString(`</tbody></table></div>`)
}

// rows writes the fields of an object, a row of a table for each.
func (m *markup) rows(v *record.Value) {
	for _, f := range v.Fields() {
		m.within(`<tr><th scope="row" dir="auto">`, f.Name, `</th> <td>`)
		m.value(f.Value)
		m.WriteString("</td></tr>\n")
	}
}

// value writes a value as a tree.
func (m *markup) value(v *record.Value) {
	switch {
	case v.IsEmpty():
		m.WriteString(`<span class="none">–</span>`)
	case v.IsObject():
		m.WriteString(`<dl class="tree">`)
		for _, f := range v.Fields() {
			m.within(`<div><dt dir="auto">`, f.Name, `</dt> <dd>`)
			m.value(f.Value)
			m.WriteString(`</dd></div> `)
		}
		m.WriteString(`</dl>`)
	case v.IsList():
		m.WriteString(`<ul class="tree">`)
		for _, f := range v.Fields() {
			m.WriteString(`<li>`)
			m.value(f.Value)
			m.WriteString(`</li> `)
		}
		m.WriteString(`</ul>`)
	case v.IsRaw():
		m.within(`<code class="text" dir="ltr">`, v.Text(), `</code>`)
	default:
		m.within(`<span class="text" dir="auto">`, v.Text(), `</span>`)
	}
}
