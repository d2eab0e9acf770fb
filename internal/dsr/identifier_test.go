package dsr

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// said writes selectors in one line.
func said(all []Selector) string {
	var out []string
	for _, s := range all {
		if m := s.Metadata; m != nil {
			out = append(out, fmt.Sprintf("%s %s=%s", m.Match, m.Key, m.Value))
		} else {
			out = append(out, "id="+s.ConversationID)
		}
	}
	return strings.Join(out, ", ")
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	const phone = "phone *=+49303923415, normalized *="
	for text, want := range map[string]struct {
		shape Shape
		means string
	}{
		" Ana@Example.com\u200b":                 {ShapeAddress, "normalized *=Ana@Example.com"},
		"Ana García <ana@example.com>":           {ShapeAddress, "normalized *=ana@example.com"},
		"mailto:ana@example.com":                 {ShapeAddress, "normalized *=ana@example.com"},
		"ana@bücher.example":                     {ShapeAddress, "normalized *=ana@bücher.example"},
		"030 3923415":                            {ShapePhone, phone + "030 3923415"},
		"0049 30 3923415":                        {ShapePhone, phone + "0049 30 3923415"},
		"+49 30 3923415":                         {ShapePhone, phone + "+49 30 3923415"},
		"\u202a+49\u00a030\u2011392 3415\u202c":  {ShapePhone, phone + "+49\u00a030\u2011392 3415"},
		"+49303923415":                           {ShapePhone, phone + "+49303923415"},
		"0303923415":                             {ShapePhone, "phone *=+49303923415, id=0303923415, normalized *=0303923415"},
		"5c80416892d94e40a64cea7dc6406e25":       {ShapeID, "id=5c80416892d94e40a64cea7dc6406e25, normalized *=5c80416892d94e40a64cea7dc6406e25"},
		"33f34335-bd8a-41a7-8ce1-73542fcc2b9c\n": {ShapeID, "id=33f34335-bd8a-41a7-8ce1-73542fcc2b9c, normalized *=33f34335-bd8a-41a7-8ce1-73542fcc2b9c"},
		"1234":                                   {ShapeID, "id=1234, normalized *=1234"},
		"Ana García":                             {ShapeText, "normalized *=Ana García"},
		"@ana":                                   {ShapeText, "normalized *=@ana"},
		"12 Main Street":                         {ShapeText, "normalized *=12 Main Street"},
	} {
		got := Identify(text, []string{"DE"})
		if got.Shape != want.shape || said(got.Selectors) != want.means || got.Sentence() == "" {
			t.Errorf("%+q: got %s: %s; want %s: %s", text, got.Shape, said(got.Selectors), want.shape, want.means)
		}
	}
	if got := said(Identify("0121 234 5678", []string{"DE", "GB"}).Selectors); !strings.Contains(got, "phone *=+491212345678") || !strings.Contains(got, "phone *=+441212345678") {
		t.Errorf("a number of two regions: got %s", got)
	}
	if got := Identify("030 3923415", nil); got.Shape != ShapeText {
		t.Errorf("without a region: got %s, %s", got.Shape, said(got.Selectors))
	}
}

func TestAnIdentifierBecomesItsSelectors(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 6, 30, 9, 0, 0, 0, time.UTC)
	for _, sources := range [][]string{nil, {"bot"}} {
		s := Submission{Sources: sources, Selectors: []Selector{{Identifier: "030 3923415"}, {Identifier: "+49 30 3923415"}, {Metadata: &Metadata{Match: Phone, Value: "x"}}}}
		faults := s.Validate(now, []string{"bot", "other"}, map[string]string{"bot": "DE"})
		if len(faults) != 1 || faults[0].Field != "selectors[2].metadata.value" {
			t.Errorf("faults %v", faults)
		}
		if got := said(s.Selectors[:len(s.Selectors)-1]); got != "phone *=+49303923415, normalized *=030 3923415, normalized *=+49 30 3923415" {
			t.Errorf("got %s", got)
		}
	}
	for name, c := range map[string]struct {
		s     Selector
		field string
		code  FaultCode
	}{
		"with another kind": {Selector{Identifier: "x", ConversationID: "y"}, "selectors[0]", FaultTwoKinds},
		"nothing to see":    {Selector{Identifier: " \u200b"}, "selectors[0].identifier", FaultEmptyValue},
		"too long":          {Selector{Identifier: strings.Repeat("x", MaxValueBytes+1)}, "selectors[0].identifier", FaultTooLong},
	} {
		s := Submission{Selectors: []Selector{c.s}}
		faults := s.Validate(now, []string{"bot"}, nil)
		if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Field == c.field && f.Code == c.code }) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestAddressesOfTelephoneNetworksAreNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"49301234567@s.whatsapp.net": "+49301234567", "49301234567:23@c.us": "+49301234567", "sip:+49301234567@example.com": "+49301234567",
		"tel:030 1234567": "+49301234567", "whatsapp:+49301234567": "+49301234567",
	} {
		id := Identify(text, []string{"DE"})
		if id.Shape != ShapePhone || id.Selectors[0].Metadata.Value != want {
			t.Errorf("%s: %s, %+v", text, id.Shape, id.Selectors[0])
		}
	}
	for _, text := range []string{"ana@c.us", "4930@example.com", "sip:ana@example.com"} {
		if id := Identify(text, []string{"DE"}); id.Shape == ShapePhone {
			t.Errorf("%s is taken for a phone number", text)
		}
	}
}
