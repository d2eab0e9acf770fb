package declared

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// Template is a text with places to fill in.
type Template []Piece

// Piece is a text, or a place to fill in.
type Piece struct {
	Text  string // empty of a place
	Place Place  // empty of a text
	Form  Form   // of a time
	OData bool   // stands inside a literal of OData: each ' is doubled
	Quote bool   // stays a text where it would be a number
}

// Place is what is filled in.
type Place string

const (
	Start  Place = "start"
	Finish Place = "end"
	Size   Place = "size"
	ID     Place = "id"
	Cursor Place = "cursor"
	Offset Place = "offset"
	Number Place = "page"
)

// Places are all of them.
var Places = []Place{Start, Finish, Size, ID, Cursor, Offset, Number}

// Form is how a time is written.
type Form string

const (
	Seconds      Form = "s"
	Milliseconds Form = "ms"
	Microseconds Form = "us"
	RFC3339      Form = "rfc3339"
	Date         Form = "date"
)

// Forms are all of them, the default first.
var Forms = []Form{Seconds, Milliseconds, Microseconds, RFC3339, Date}

// units are how far apart two times are that a form tells apart.
var units = map[Form]time.Duration{
	Seconds: time.Second, Milliseconds: time.Millisecond, Microseconds: time.Microsecond, RFC3339: time.Second, Date: 24 * time.Hour,
}

// Unit is how far apart two times are that the form tells apart.
func (f Form) Unit() time.Duration { return units[f] }

// Write writes a time; a fraction that the form can hold is kept, any other is dropped.
func (f Form) Write(t time.Time) string {
	switch f {
	case Milliseconds:
		return strconv.FormatInt(t.UnixMilli(), 10)
	case Microseconds:
		return strconv.FormatInt(t.UnixMicro(), 10)
	case RFC3339:
		return t.UTC().Format(time.RFC3339Nano)
	case Date:
		return t.UTC().Format(time.DateOnly)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// ParseTemplate reads a text with places in braces, as in {start|rfc3339}; {{ is a brace. The
// error says what is wrong, without the text.
func ParseTemplate(text string) (t Template, err error) {
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		t = t.with(before)
		switch {
		case !found:
			return t, nil
		case strings.HasPrefix(rest, "{"):
			t, text = t.with("{"), rest[1:]
			continue
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("has a brace that is not closed; write {{ for the brace itself")
		}
		piece, err := parsePlace(inside)
		if err != nil {
			return nil, err
		}
		t, text = append(t, piece), after
	}
	return t, nil
}

func (t Template) with(text string) Template {
	if text == "" {
		return t
	}
	if last := len(t) - 1; last >= 0 && t[last].Place == "" {
		t[last].Text += text
		return t
	}
	return append(t, Piece{Text: text})
}

func parsePlace(inside string) (p Piece, err error) {
	name, forms, _ := strings.Cut(inside, "|")
	if p.Place = Place(name); !slices.Contains(Places, p.Place) {
		return p, fmt.Errorf("has a placeholder that is not known; the nearest is {%s}", dsr.Nearest(name, namesOf(Places)))
	}
	timed := p.Place == Start || p.Place == Finish
	for form := range strings.SplitSeq(forms, "|") {
		switch {
		case form == "":
		case form == "text":
			p.Quote = true
		case form == "odata":
			p.OData = true
		case timed && p.Form == "" && slices.Contains(Forms, Form(form)):
			p.Form = Form(form)
		default:
			known := []string{"text", "odata"}
			if timed {
				known = append(namesOf(Forms), known...)
			}
			return p, fmt.Errorf("has a form of {%s} that is not known; it takes %s", name, strings.Join(known, ", "))
		}
	}
	if timed && p.Form == "" {
		p.Form = Seconds
	}
	return p, nil
}

func namesOf[T ~string](all []T) (names []string) {
	for _, one := range all {
		names = append(names, string(one))
	}
	return names
}

// Has reports whether the place is in the text.
func (t Template) Has(place Place) bool {
	return slices.ContainsFunc(t, func(p Piece) bool { return p.Place == place })
}

// Values are what is filled in.
type Values struct {
	Start, End time.Time
	Texts      map[Place]string // of all places that are no times
	// Numeric says that the cursor was a number where it was read.
	Numeric bool
}

func (v Values) of(p Piece) string {
	text := v.Texts[p.Place]
	switch p.Place {
	case Start:
		text = p.Form.Write(v.Start)
	case Finish:
		text = p.Form.Write(v.End)
	}
	if p.OData {
		text = strings.ReplaceAll(text, "'", "''")
	}
	return text
}

// Fill returns the text.
func (t Template) Fill(v Values) string {
	var b strings.Builder
	for _, p := range t {
		if p.Place == "" {
			b.WriteString(p.Text)
			continue
		}
		b.WriteString(v.of(p))
	}
	return b.String()
}

// FillPath returns a path of an address. What is filled in is one segment of it, or a part of one.
func (t Template) FillPath(v Values) string {
	var b strings.Builder
	for _, p := range t {
		if p.Place == "" {
			b.WriteString((&url.URL{Path: p.Text}).EscapedPath())
			continue
		}
		b.WriteString(strings.ReplaceAll(url.PathEscape(v.of(p)), ".", "%2E")) // or ".." would leave its place
	}
	return b.String()
}

// number reports whether the text is one place that is filled in with a number.
func (t Template) number(v Values) bool {
	if len(t) != 1 || t[0].Place == "" || t[0].Quote {
		return false
	}
	switch p := t[0]; p.Place {
	case Start, Finish:
		return p.Form != RFC3339 && p.Form != Date
	case Cursor:
		return v.Numeric
	case ID:
		return false
	}
	return true
}
