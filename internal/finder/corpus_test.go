package finder_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/finder"
)

// written is a case of testdata/corpus.jsonl: texts that follow each other, in which
// ⟦rule|passage⟧ marks what is to be found, with the identifiers of the data subject.
type written struct {
	Texts  []string `json:"texts"`
	Own    []string `json:"own"`
	Region string   `json:"region"`
}

// marked is a passage by its text, so that a difference can be read.
type marked struct {
	text, start, end int
	rule             finder.Rule
}

func corpus(t testing.TB) (cases []written) {
	t.Helper()
	f, err := os.Open("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var w written
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, w)
	}
	if len(cases) < 150 {
		t.Fatalf("%d cases are left of the corpus", len(cases))
	}
	return cases
}

// read takes the marks out of the texts.
func (w written) read(t testing.TB) (texts []string, want []marked) {
	t.Helper()
	for i, text := range w.Texts {
		var plain strings.Builder
		for {
			before, rest, found := strings.Cut(text, "⟦")
			plain.WriteString(before)
			if !found {
				break
			}
			inside, behind, closed := strings.Cut(rest, "⟧")
			rule, passage, parted := strings.Cut(inside, "|")
			if !closed || !parted {
				t.Fatalf("a mark is not closed: %s", text)
			}
			want = append(want, marked{i, plain.Len(), plain.Len() + len(passage), finder.Rule(rule)})
			plain.WriteString(passage)
			text = behind
		}
		texts = append(texts, plain.String())
	}
	return texts, want
}

func (w written) finder() finder.Finder {
	var own []dsr.Selector
	for _, value := range w.Own {
		own = append(own, dsr.Selector{Metadata: &dsr.Metadata{Value: value, Match: dsr.Normalized}})
	}
	return finder.New(own, w.Region)
}

// tally counts what was found rightly, found wrongly and missed.
type tally struct{ right, wrong, missed int }

func (c tally) precision() float64 { return share(c.right, c.wrong) }
func (c tally) recall() float64    { return share(c.right, c.missed) }

func share(part, rest int) float64 {
	if part+rest == 0 {
		return 1
	}
	return float64(part) / float64(part+rest)
}

// TestPrecisionAndRecall: the corpus is synthetic, so the figures say that no rule has got
// worse, not how often a real conversation is judged rightly.
func TestPrecisionAndRecall(t *testing.T) {
	t.Parallel()
	kinds, all := map[finder.Kind]*tally{}, &tally{}
	for _, kind := range finder.Kinds {
		kinds[kind] = &tally{}
	}
	for _, w := range corpus(t) {
		judge(t, w, func(kind finder.Kind, count func(*tally)) { count(kinds[kind]); count(all) })
	}
	for _, kind := range finder.Kinds {
		c := *kinds[kind]
		t.Logf("%-12s precision %.3f, recall %.3f (%d right, %d wrong, %d missed)", kind, c.precision(), c.recall(), c.right, c.wrong, c.missed)
		if c.right == 0 || c.precision() < 0.95 || c.recall() < 0.95 {
			t.Errorf("%s: below 0.95", kind)
		}
	}
	t.Logf("%-12s precision %.3f, recall %.3f", "all", all.precision(), all.recall())
	if all.precision() < 0.98 || all.recall() < 0.98 {
		t.Error("all kinds together: below 0.98")
	}
}

// judge compares what is found in one case with what is marked.
func judge(t *testing.T, w written, count func(finder.Kind, func(*tally))) {
	t.Helper()
	texts, want := w.read(t)
	wanted := map[marked]bool{}
	for _, m := range want {
		wanted[m] = true
	}
	for i, passages := range w.finder().In(texts) {
		for _, p := range passages {
			if m := (marked{i, p.Start, p.End, p.Rule}); wanted[m] {
				delete(wanted, m)
				count(p.Kind, func(c *tally) { c.right++ })
				continue
			}
			t.Logf("wrong: %s %q in %q", p.Rule, texts[i][p.Start:p.End], texts[i])
			count(p.Kind, func(c *tally) { c.wrong++ })
		}
	}
	for m := range wanted {
		t.Logf("missed: %s %q in %q", m.rule, texts[m.text][m.start:m.end], texts[m.text])
		count(kindOf[m.rule], func(c *tally) { c.missed++ })
	}
}

var kindOf = map[finder.Rule]finder.Kind{
	finder.CardNumber: finder.PaymentCard, finder.AccountNumber: finder.IBAN, finder.EmailAddress: finder.Email, finder.PhoneNumber: finder.Phone,
	finder.NamedSecret: finder.Credential, finder.KeyShape: finder.Credential, finder.SecretInURL: finder.Credential, finder.AnsweredSecret: finder.Credential,
	finder.GermanTax: finder.IDNumber, finder.GermanPension: finder.IDNumber, finder.GermanCard: finder.IDNumber, finder.FrenchNIR: finder.IDNumber,
	finder.SpanishDNI: finder.IDNumber, finder.ItalianCode: finder.IDNumber, finder.DutchBSN: finder.IDNumber, finder.PolishPESEL: finder.IDNumber,
	finder.BritishNINO: finder.IDNumber, finder.BritishNHS: finder.IDNumber, finder.AmericanSSN: finder.IDNumber,
}

// TestEveryRuleIsInTheCorpusAndHasItsSentences, in both languages.
func TestEveryRuleIsInTheCorpusAndHasItsSentences(t *testing.T) {
	t.Parallel()
	marks := map[finder.Rule]bool{}
	for _, w := range corpus(t) {
		_, want := w.read(t)
		for _, m := range want {
			marks[m.rule] = true
		}
	}
	for rule := range kindOf {
		if !marks[rule] {
			t.Errorf("the corpus has no %s", rule)
		}
		if en, de := rule.Why("en"), rule.Why("de"); en == "" || de == "" || en == de {
			t.Errorf("%s: %q in English, %q in German", rule, en, de)
		}
	}
	if len(marks) != len(kindOf) {
		t.Errorf("the corpus marks %d rules, there are %d", len(marks), len(kindOf))
	}
}
