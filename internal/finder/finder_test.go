package finder_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/finder"
)

// TestTheSubjectsOwnIsNeverProposed, however it is written and asked for.
func TestTheSubjectsOwnIsNeverProposed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		own  dsr.Metadata
		text string
	}{
		{dsr.Metadata{Value: "Ana@Example.com", Match: dsr.Exact}, "write to ANA@example.COM"},
		{dsr.Metadata{Value: "ana@xn--bcher-kva.example", Match: dsr.Normalized}, "ana@bücher.example"},
		{dsr.Metadata{Value: "ana@bücher.example", Match: dsr.Normalized}, "ana@xn--bcher-kva.example"},
		{dsr.Metadata{Value: "ana.lima@", Match: dsr.Contains}, "ana.lima@example.org"},
		{dsr.Metadata{Value: "+49303923415", Match: dsr.Phone}, "call me: 030 / 392 34 15"},
		{dsr.Metadata{Value: "030 3923415", Match: dsr.Normalized}, "call +49 30 3923415"},
		{dsr.Metadata{Value: "+49 171 2345678", Match: dsr.Phone}, "whatsapp +٤٩ ١٧١ ٢٣٤٥٦٧٨"},
		{dsr.Metadata{Value: "4532-0151-1283-0366", Match: dsr.Normalized}, "card 4532 0151 1283 0366"},
		{dsr.Metadata{Value: "12345678z", Match: dsr.Normalized}, "mi DNI 12.345.678-Z"},
	} {
		f := finder.New([]dsr.Selector{{Metadata: &c.own}}, "DE")
		if found := f.In([]string{c.text})[0]; len(found) > 0 {
			t.Errorf("asked for %q: proposes %q of %q", c.own.Value, c.text[found[0].Start:found[0].End], c.text)
		}
		if found := finder.New(nil, "DE").In([]string{c.text})[0]; len(found) != 1 {
			t.Errorf("another's: %d passages in %q", len(found), c.text)
		}
	}
}

// TestNothingIsLostWhereALongTextIsParted: the same passage at every place around the end
// of a piece.
func TestNothingIsLostWhereALongTextIsParted(t *testing.T) {
	t.Parallel()
	const passage = "4532 0151 1283 0366"
	f := finder.New(nil, "")
	for _, filling := range []string{"word ", "слово "} {
		for before := 52 << 10; before < 70<<10; before += 1021 {
			text := strings.Repeat(filling, before/len(filling)) + passage + " " + strings.Repeat(filling, 20<<10)
			found := f.In([]string{text})[0]
			if len(found) != 1 || text[found[0].Start:found[0].End] != passage {
				t.Fatalf("after %d bytes: got %v", before, found)
			}
		}
	}
}

// TestALongKeyIsProposedWhole: half a key is as good as none withheld.
func TestALongKeyIsProposedWhole(t *testing.T) {
	t.Parallel()
	pem := "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n", 50) + "-----END RSA PRIVATE KEY-----"
	jwt := "eyJ" + strings.Repeat("hbGciOiJIUzI1NiJ9", 100) + ".eyJ" + strings.Repeat("zdWIiOiIx", 100) + ".dozjgNryP4J3jVmNHl0w5N"
	for _, key := range []string{pem, jwt} {
		text := "this is it: " + key + " thanks"
		if found := finder.New(nil, "").In([]string{text})[0]; len(found) != 1 || text[found[0].Start:found[0].End] != key {
			t.Errorf("got %v of a key of %d bytes", found, len(key))
		}
	}
}

// TestTheTextBeforeSaysWhatIsAnswered, and no text but the one right before.
func TestTheTextBeforeSaysWhatIsAnswered(t *testing.T) {
	t.Parallel()
	f := finder.New(nil, "")
	const ssn = "401-55-1873"
	if found := f.In([]string{"Your social security number?", ssn, ssn}); len(found[1]) != 1 || len(found[2]) != 0 {
		t.Errorf("got %v", found)
	}
}

// hard are texts in which each rule has to look often.
var hard = []string{
	strings.Repeat("1", 1000), strings.Repeat("1 ", 1000), strings.Repeat("4111 ", 500), strings.Repeat("DE89 ", 400),
	strings.Repeat("a@", 600), strings.Repeat("a.", 600) + "@b", strings.Repeat("password ", 200), strings.Repeat("+1", 600),
	strings.Repeat("-----BEGIN PRIVATE KEY-----", 60), strings.Repeat("eyJ.", 300), strings.Repeat("\u0301", 500), strings.Repeat("\xff", 900),
	strings.Repeat("ﷺ", 300), strings.Repeat("½", 400), strings.Repeat("\u200b", 300), strings.Repeat("http://a:b", 200),
}

func FuzzIn(f *testing.F) {
	for _, w := range corpus(f) {
		texts, _ := w.read(f)
		f.Add(texts[0], texts[len(texts)-1], strings.Join(w.Own, " "))
	}
	for _, text := range hard {
		f.Add(text, text, "ana@example.com")
	}
	f.Fuzz(func(t *testing.T, first, second, value string) {
		s := dsr.Selector{Metadata: &dsr.Metadata{Value: value, Match: dsr.Contains}}
		texts := []string{first, second}
		for i, passages := range finder.New([]dsr.Selector{s}, "DE").In(texts) {
			checkPassages(t, texts[i], passages)
		}
	})
}

// checkPassages holds when passages lie within the text, between characters, sorted and apart.
func checkPassages(t *testing.T, text string, passages []finder.Passage) {
	t.Helper()
	begins := map[int]bool{len(text): true}
	for i := range text {
		begins[i] = true
	}
	end := 0
	for _, p := range passages {
		if p.Start < end || p.End <= p.Start || p.End > len(text) || !begins[p.Start] || !begins[p.End] {
			t.Fatalf("got %v, of a text of %d bytes, behind %d", p, len(text), end)
		}
		if p.Kind == "" || p.Rule.Why("en") == "" {
			t.Fatalf("got %v without a reason", p)
		}
		end = p.End
		if utf8.ValidString(text) && !utf8.ValidString(text[p.Start:p.End]) {
			t.Fatalf("%v cuts a character", p)
		}
	}
}

// BenchmarkIn has the rules look at what is hardest for them: bytes a second stay the same
// however long a text is.
func BenchmarkIn(b *testing.B) {
	all := strings.Join(hard, "\n")
	for name, text := range map[string]string{"1": all, "8": strings.Repeat(all+"\n", 8), "64": strings.Repeat(all+"\n", 64)} {
		b.Run("times="+name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				finder.New(nil, "DE").In([]string{text})
			}
		})
	}
}
