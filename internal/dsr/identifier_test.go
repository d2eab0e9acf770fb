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
		if got.Shape != want.shape || said(got.Selectors) != want.means {
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

// TestWhatIsCopiedAlongWithAValueIsTakenOff, and what it was taken for stays so when it is
// identified again: the page shows a request's selectors as what they were typed as.
func TestWhatIsCopiedAlongWithAValueIsTakenOff(t *testing.T) {
	t.Parallel()
	const ana, name, id = "ana@example.com", "Ana García", "5c80416892d94e40a64cea7dc6406e25"
	for text, want := range map[string]string{
		"<ana@example.com>": ana, "Ana <ana@example.com>": ana, `"García, Ana" <ana@example.com>;`: ana, "ana@example.com (Ana García)": ana,
		"mailto:ana@example.com?subject=Hello%20there": ana, "MAILTO:ana%40example.com": ana, "<mailto:ana@example.com>": ana, "mailto:Ana%20%3Cana@example.com%3E": ana,
		"ana@example.com;": ana, "ana@example.com,": ana, "ana@example.com.": ana, " ana@example.com ;\t": ana, `"ana@example.com"`: ana, "'ana@example.com',": ana, "„ana@example.com“.": ana,
		"«ana@example.com»": ana, "ana%40example.com": ana, "ana%2540example.com": ana, "ana@example.com\x7f": ana, "\x07ana@exam\x00ple.com": ana, "\u2800ana@example.com\u3164": ana,
		"ana@example.com\u200b\x1b": ana,
		`"Ana García"`:              name, "“Ana García”": name, "Ana García;": name, "Ana\u2800García": name, "Ana \x7fGarcía": name, "Ana%20Garc%C3%ADa": name, "`Ana García`": name,
		"Ana García Jr.": "Ana García Jr.", "O'Brien": "O'Brien", "100 % sure": "100 % sure", "'t Hooft": "'t Hooft", "a;b": "a;b", "https://x.example/%20": "https://x.example/%20",
		id + ";": id, `"` + id + `"`: id, id + ".": id, "<" + id + ">": id, "{" + id + "}": "{" + id + "}", "%7B" + id + "%7D": "{" + id + "}", id + "\x07": id,
	} {
		got := Identify(text, []string{"DE"})
		if again := Identify(got.Text, []string{"DE"}); got.Text != want || said(again.Selectors) != said(got.Selectors) || got.Shape != again.Shape {
			t.Errorf("%+q: got %+q: %s; again %+q: %s", text, got.Text, said(got.Selectors), again.Text, said(again.Selectors))
		}
		if wantShape := Identify(want, []string{"DE"}).Shape; got.Shape != wantShape {
			t.Errorf("%+q: got %s, want %s", text, got.Shape, wantShape)
		}
	}
	for _, text := range []string{"\x7f", "\u2800", "\x07\u200b "} {
		s := Submission{Selectors: []Selector{{Identifier: text}, {ConversationID: text}, {Metadata: &Metadata{Value: text}}}}
		if faults := s.Validate(time.Now(), []string{"bot"}, nil); len(faults) != 3 || faults[0].Code != FaultEmptyValue {
			t.Errorf("%+q: %v", text, faults)
		}
	}
}

func TestAPhoneNumberIsRecognisedHoweverItIsCopied(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"tel:+49-30-3923415", "tel:030-3923415;phone-context=+49", "sip:%2B49303923415@sip.example.com", "<sip:+49303923415@sip.example.com>;tag=1", "sips:+49303923415@sip.example.com;user=phone",
		"%2B49303923415", "%2B49%2030%203923415", "https://wa.me/49303923415", "https://wa.me/49303923415?text=Hello%20there", "wa.me/49303923415", "http://api.whatsapp.com/send?phone=49303923415&text=x",
		"whatsapp://send?phone=49303923415", "whatsapp://send?text=x&phone=%2B49303923415", "whatsapp:+49303923415", "49303923415@s.whatsapp.net", "49303923415_1:7@s.whatsapp.net", "viber://chat?number=%2B49303923415",
		"skype:+49303923415?call", "xmpp:49303923415@s.whatsapp.net", "sms:+49303923415?body=x", "+49 30 3923415 (home)", "030 3923415 ext. 5", "+49 30 3923415;", "+49 30 3923415.", `"+49 30 3923415"`, "<+49 30 3923415>",
		"+49 30 3923415\x7f", "Ana <+49 30 3923415>",
	} {
		got := Identify(text, []string{"DE"})
		if got.Shape != ShapePhone || got.Selectors[0].Metadata.Value != "+49303923415" {
			t.Errorf("%+q: got %s: %s", text, got.Shape, said(got.Selectors))
		}
		if again := Identify(got.Text, []string{"DE"}); said(again.Selectors) != said(got.Selectors) {
			t.Errorf("%+q: got %s; again %s", text, said(got.Selectors), said(again.Selectors))
		}
	}
	for _, text := range []string{"49303923415@lid", "49303923415-1456789012@g.us", "49303923415@example.com", "https://shop.example/orders/0303923415", "https://wa.me/message/ABCDEF1234567", "xmpp:ana@example.com", "skype:ana"} {
		if got := Identify(text, []string{"DE"}); got.Shape == ShapePhone {
			t.Errorf("%s is taken for a number: %s", text, said(got.Selectors))
		}
	}
}

func TestAnOddDomainIsDoubted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ana@gmail.con": "Ana@gmail.com", "ana@mail.example.con": "ana@mail.example.com", "ana@gmial.com": "ana@gmail.com", "ana@GMAI.CON": "ana@gmail.com", "ana@web.dee": "ana@web.de",
		"ana@gmail.com": "", "ana@example.com": "", "ana@example.co": "", "ana@example.co.uk": "", "ana@example.cm": "", "ana@localhost": "", "ana@example.om": "", "Ana": "", "+49 30 3923415": "",
	} {
		if got := Identify(text, nil).LikelyMeant(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
