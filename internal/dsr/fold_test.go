package dsr

import (
	"slices"
	"testing"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"  Ana\u00a0\t\u3000GARCÍA\n":   "ana garcía",
		"\u202aana@example.com\u202c":   "ana@example.com",
		"a\u200bn\u2060a\ufeff":         "ana",
		"\u00ad\u200e\ufe0f":            "",
		"Straße":                        "strasse",
		"ana@XN--BCHER-KVA.example":     "ana@bücher.example",
		"ana@Bücher.example":            "ana@bücher.example",
		"ana@xn--strae-oqa.example":     "ana@strasse.example",
		"ana@xn--99999999.example":      "ana@xn--99999999.example",
		"ana@example。com":               "ana@example.com",
		"ana@mail．example｡com":          "ana@mail.example.com",
		"ana@xn--bcher-kva。example":     "ana@bücher.example",
		"a。b":                           "a。b",
		"see ana@xn--bcher-kva.example": "see ana@xn--bcher-kva.example",
		"e\u200d\u0301":                 "é",
	} {
		if got := Fold(s); got != want {
			t.Errorf("%+q: got %+q, want %+q", s, got, want)
		}
	}
}

func TestSpellingsOfAnAddress(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"Ana García":                {"ana garcía"},
		"ana@example.com":           {"ana@example.com"},
		"ana@Bücher.example":        {"ana@bücher.example", "ana@xn--bcher-kva.example"},
		"ana@xn--bcher-kva.example": {"ana@bücher.example", "ana@xn--bcher-kva.example"},
		"ana@straße.example":        {"ana@strasse.example", "ana@xn--strae-oqa.example"},
	} {
		if got := Spellings(value); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", value, got, want)
		}
	}
}

func TestValuesAreCleanedAtIntake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, want Selector }{
		"an id with a blank":            {Selector{ConversationID: " 5c80\u200b\n"}, Selector{ConversationID: "5c80"}},
		"marks around an address":       {Selector{Metadata: &Metadata{Value: "\u202aana@example.com\u202c"}}, Selector{Metadata: &Metadata{Value: "ana@example.com", Match: Normalized}}},
		"control characters":            {Selector{ConversationID: "\x075c\x7f80"}, Selector{ConversationID: "5c80"}},
		"control characters of a value": {Selector{Metadata: &Metadata{Value: "ana@exam\x7fple.com\x00", Match: Contains}}, Selector{Metadata: &Metadata{Value: "ana@example.com", Match: Contains}}},
		"what looks like a blank":       {Selector{Metadata: &Metadata{Value: "\u2800Ana\u2800Diaz\u2800"}}, Selector{Metadata: &Metadata{Value: "Ana Diaz", Match: Normalized}}},
		"white space stays":             {Selector{Metadata: &Metadata{Value: "Ana\tDiaz"}}, Selector{Metadata: &Metadata{Value: "Ana\tDiaz", Match: Normalized}}},
		"exact keeps the inside":        {Selector{Metadata: &Metadata{Value: " می\u200cخواهم ", Match: Exact}}, Selector{Metadata: &Metadata{Value: "می\u200cخواهم", Match: Exact}}},
	} {
		var f Faults
		c.given.check("s", &f)
		if f.Err() != nil || c.given.ConversationID != c.want.ConversationID || (c.want.Metadata != nil && *c.given.Metadata != *c.want.Metadata) {
			t.Errorf("%s: got %+q %+v, %v", name, c.given.ConversationID, c.given.Metadata, f.Err())
		}
	}
	for name, c := range map[string]struct {
		s    Selector
		want FaultCode
	}{
		"invisible id":     {Selector{ConversationID: "\u200b "}, FaultEmptyValue},
		"invisible value":  {Selector{Metadata: &Metadata{Value: "\u202a\u202c"}}, FaultEmptyValue},
		"three characters": {Selector{Metadata: &Metadata{Value: "ana", Match: Contains}}, FaultShortContains},
		"three and blanks": {Selector{Metadata: &Metadata{Value: " ana\u200b ", Match: Contains}}, FaultShortContains},
	} {
		var f Faults
		if c.s.check("s", &f); len(f) != 1 || f[0].Code != c.want {
			t.Errorf("%s: got %v", name, f)
		}
	}
	var f Faults
	if s := (Selector{Metadata: &Metadata{Value: "ﬁne", Match: Contains}}); true {
		if s.check("s", &f); len(f) > 0 { // four characters once folded
			t.Error(f)
		}
	}
}
