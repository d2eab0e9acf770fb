package archive

import (
	"bytes"
	"html/template"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// reference has the same parts as templates, which html/template escapes.
var reference = template.Must(template.Must(pages.Clone()).ParseFiles("testdata/markup/markup.html"))

func referenceOf(t *testing.T, name string, data any) string {
	t.Helper()
	var b bytes.Buffer
	if err := reference.ExecuteTemplate(&b, name, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// nasty are texts that would become markup where they are not escaped.
var nasty = []string{
	"", "hello", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "a & b &amp; c", "it's", "1+1=2", "\x00", "\xff\xfe", "é 😀 \u202e", "]]>", "<!--", "`${x}`",
	"javascript:alert(1)", "line\nline", strings.Repeat("<", 99),
}

type dice struct{ *rand.Rand }

func (d dice) text() string { return nasty[d.IntN(len(nasty))] + nasty[d.IntN(len(nasty))] }

func (d dice) texts() (all []string) {
	for range d.IntN(3) {
		all = append(all, d.text())
	}
	return all
}

// value is JSON of any shape.
func (d dice) value(depth int) *record.Value {
	switch k := d.IntN(8); {
	case k == 0:
		return record.Parse([]byte("null"))
	case k < 4 && depth < 4:
		fields := make([]record.Field, d.IntN(4))
		for i := range fields {
			fields[i] = record.Field{Name: d.text(), Value: d.value(depth + 1)}
		}
		return record.Object(fields)
	case k == 4:
		return record.Parse([]byte(`{"a":[1,null,"<b>",[],{"c":"d+e"}],"` + strings.Repeat("x", d.IntN(5)) + `":true}`))
	case k == 5:
		return record.Parse([]byte(strings.Repeat(`{"<i>":[`, 9) + `"<u>"` + strings.Repeat(`]}`, 9)))
	case k == 6:
		return record.Parse([]byte("not JSON <b>" + d.text()))
	}
	return record.Parse([]byte(`"<b>' + &amp;"`))
}

func (d dice) message() messageView {
	zone := time.UTC
	v := messageView{T: textsFor([]string{"en", "de"}[d.IntN(2)], zone), Number: d.Int64N(20000), Anchor: "m12-2", Sender: []record.Sender{record.User, record.Bot, record.Unknown}[d.IntN(3)],
		Texts: d.texts(), Options: d.texts()}
	if d.IntN(2) == 0 {
		v.Kind, v.Action = d.text(), d.text()
	}
	if d.IntN(2) == 0 {
		v.Clock, v.Machine = "12:34:56", "2025-01-01T12:34:56.5Z"
	}
	if d.IntN(3) == 0 {
		v.Form = d.value(0)
	}
	if d.IntN(3) == 0 {
		v.Further = d.value(0)
	}
	for range d.IntN(2) {
		v.Files = append(v.Files, fileView{T: v.T, Name: d.text(), Address: d.text(), Why: d.text(), Href: []string{"", "../../files/a.png"}[d.IntN(2)], Inline: d.IntN(2) == 0})
	}
	return v
}

// TestMarkupIsWhatTheTemplateWrites, byte for byte, whatever a record says.
func TestMarkupIsWhatTheTemplateWrites(t *testing.T) {
	t.Parallel()
	d := dice{rand.New(rand.NewPCG(3, 4))}
	for range 3000 {
		v := d.message()
		var m markup
		if err := m.message(&v); err != nil {
			t.Fatal(err)
		}
		if got, want := m.String(), referenceOf(t, "message", v); got != want {
			t.Fatalf("message %+v\ngot  %s\nwant %s", v, got, want)
		}
		m.Reset()
		details := record.Object([]record.Field{{Name: d.text(), Value: d.value(0)}})
		if v.Form != nil {
			details = v.Form // perhaps no object
		}
		if m.record(details); m.String() != referenceOf(t, "record", details) {
			t.Fatalf("record\ngot  %s\nwant %s", m.String(), referenceOf(t, "record", details))
		}
	}
}

// TestMarkupAroundMessagesIsWhatTheTemplateWrites: days and the whole record's heading.
func TestMarkupAroundMessagesIsWhatTheTemplateWrites(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de"} {
		for _, raw := range []string{`{"_id":"1"}`, dsr.DerivedMark + `"a":1}`} {
			d := transcriptPage{page: page{T: textsFor(language, time.UTC)}, Record: dsr.Record{Raw: []byte(raw)}}
			day := dayView{d.T.Date(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)) + " <&'", 12345}
			var m markup
			m.dayBegin(day)
			m.dayEnd()
			m.recordBegin(d)
			m.recordEnd()
			want := referenceOf(t, "day-begin", day) + referenceOf(t, "day-end", nil) + referenceOf(t, "record-begin", d) + referenceOf(t, "record-end", nil)
			if m.String() != want {
				t.Errorf("got  %s\nwant %s", m.String(), want)
			}
		}
	}
}

func TestEveryByteIsEscapedAsTheTemplateDoes(t *testing.T) {
	t.Parallel()
	text := template.Must(template.New("").Parse(`<p title="{{.}}">{{.}}</p>`))
	for c := range 256 {
		s := "a" + string([]byte{byte(c)}) + "b"
		var want bytes.Buffer
		if err := text.Execute(&want, s); err != nil {
			t.Fatal(err)
		}
		var m markup
		m.within(`<p title="`, s, `">`)
		m.within(``, s, `</p>`)
		if m.String() != want.String() {
			t.Errorf("%q: got %s, want %s", s, m.String(), want.String())
		}
	}
}
