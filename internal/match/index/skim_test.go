package index

import (
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/match/prefilter"
)

// needlesFor are those of a search for mentions.
func needlesFor(words ...string) *prefilter.Needles {
	var f prefilter.Filter
	for _, w := range words {
		f.AddMention(w)
		f.AddLoose(w)
	}
	f.Build()
	return f.Needles(prefilter.Numbers{})
}

// skimmedLeaves are the leaves of lines that are to be looked at. Blanks follow, because the very
// end of a text is left to the walker.
func skimmedLeaves(t *testing.T, line string, n *prefilter.Needles) (leaves []Leaf, why Reason) {
	t.Helper()
	s := new(Skim)
	s.Begin([]byte(line+strings.Repeat(" ", 20)), Lines, n)
	for {
		records, _, why := s.Next(func([]byte) Key { return Key{Number: 1, Region: Outside} })
		for i := range records {
			leaves = append(leaves, s.Leaves(&records[i])...)
		}
		if why != Full {
			return leaves, why
		}
	}
}

// TestAWordIsSeenWhereverItStands in the words of marks, at their edges and those of a part.
func TestAWordIsSeenWhereverItStands(t *testing.T) {
	t.Parallel()
	needVectors(t)
	n := needlesFor("jane.doe@example.com", "5c80f8a3b3f1a2001c7e4d21", "quux")
	for _, word := range []string{"jane.doe@example.com", "JANE.DOE@EXAMPLE.COM", "5C80f8a3b3f1a2001c7e4d21", "quux", "QuuX"} {
		for _, from := range []int{0, window - 150} {
			for before := from; before < from+150; before++ {
				for _, behind := range []int{0, 1, 70} {
					line := `{"k":"` + strings.Repeat("-", before) + word + strings.Repeat("x", behind) + `"}`
					leaves, why := skimmedLeaves(t, line, n)
					if why != Finished || len(leaves) != 1 || !leaves[0].HasGram() || int(leaves[0].At.End) != len(line)-2 {
						t.Fatalf("%s after %d: %v, %+v", word, before, why, leaves)
					}
				}
			}
		}
	}
}

// TestWhatHasNothingToDoWithAValueIsPassedOver: it is what the needles are for.
func TestWhatHasNothingToDoWithAValueIsPassedOver(t *testing.T) {
	t.Parallel()
	needVectors(t)
	n := needlesFor("jane.doe@example.com")
	for text, asked := range map[string]bool{
		"words and words": false, "Électronique, Straße": false, `Users:\tÄ \u00e9`: false, "Где мой заказ?": false, "明日の午前中にお届けします": false, "x": true, "": false,
		"janet": true, "moe@example.org": false, "who is doe@example": true, " words": true, "words 100%": true, `\"words\"`: true, "wo\u00aard": false, "jane\uff20x": true, "je\uff0eds": true, "荷物\u3002荷物": false, `je\uff0eds`: true, `荷\u3002\u8377`: false, `wo\u0041`: true, `wo\\rds`: true, "[words]": true,
	} {
		line := fmt.Sprintf(`{"k":"%s"}`+"\n", text)
		lines := strings.Repeat(line, 4*maxRecords) // at first characters are not known
		leaves, why := skimmedLeaves(t, lines, n)
		last := len(leaves) > 0 && int(leaves[len(leaves)-1].At.Start) > len(lines)-len(line)
		if why != Finished || last != asked {
			t.Errorf("%q: %v, %v, %+v", text, why, last, leaves)
		}
	}
}

// TestWhatIsNotOfTheUsualKindIsLeft to the walker.
func TestWhatIsNotOfTheUsualKindIsLeft(t *testing.T) {
	t.Parallel()
	needVectors(t)
	n := needlesFor("jane.doe@example.com")
	for _, line := range []string{
		`{"k":"a","k":"b"}`, `{"k":"\ud83d"}`, `{"k":"\udc00\ud83d"}`, `{"k":"\ud83d\u0041"}`, "{\"k\":\"\xff\"}", "{\"k\":\"\n\"}", `{"k":"a"`, `{"k":"a"} x`, `{"k":01}`, `{"k":1.}`, `{"k":tru}`, `{"k":[1,]}`, `{"k":{]}`, `{"\u006b":"a"}`, `{"k" "a"}`, `{"k":"a",}`, `[]`, `x`, "{\"k\":\n1}",
		`{"k":1e}`, `{"k":-}`, `{"k":+1}`, `{"k":"\x"}`, `{"k":"\u12g4"}`, "\x00", `{"k":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", "{\"é\":1}",
	} {
		for _, before := range []string{"", `{"k":"words"}` + "\n"} {
			if _, why := skimmedLeaves(t, before+line+strings.Repeat(" ", 70), n); why != Strange {
				t.Errorf("%q was skimmed: %v", line, why)
			}
		}
	}
	for _, line := range []string{`{"k":0}`, `{"k":-0.5E+3}`, `{ "k" : [ true , false , null ] }`, `{}`, `{"k":{}}`, `{"k":[]}`, `{"k":"\ud83d\ude00\u00e9\/\b"}`, "", " ", "\r\n"} {
		if _, why := skimmedLeaves(t, line, n); why != Finished {
			t.Errorf("%q was left: %v", line, why)
		}
	}
}

// TestNoKeyIsTakenForAnother, of any length, with all there is room for.
func TestNoKeyIsTakenForAnother(t *testing.T) {
	t.Parallel()
	needVectors(t)
	n := needlesFor("jane.doe@example.com")
	var line strings.Builder
	keys := 0
	for length := range 39 {
		for _, last := range "abcdef" {
			if key := strings.Repeat("k", length) + string(last); keys < maxKeys-1 {
				fmt.Fprintf(&line, `,"%s":1`, key)
				keys++
			}
		}
	}
	text := "{" + line.String()[1:] + "}"
	if _, why := skimmedLeaves(t, text+"\n"+text, n); why != Finished {
		t.Errorf("%d keys: %v", keys, why)
	}
	for _, key := range []string{"a", "kkkkkkka", "kkkkkkkka", strings.Repeat("k", 16) + "a", strings.Repeat("k", 30) + "f"} {
		if _, why := skimmedLeaves(t, text[:len(text)-1]+`,"`+key+`":1}`, n); why != Strange {
			t.Errorf("%q was not seen twice", key)
		}
	}
	if _, why := skimmedLeaves(t, text[:len(text)-1]+strings.Repeat(`,"another":1,"onemore":1,"andone":1,"yetanotherone":1`, 10)+"}", n); why != Strange {
		t.Error("there is no end to the keys")
	}
}

// TestAKeyIsLearntOnce, however strange the records are that it is met in.
func TestAKeyIsLearntOnce(t *testing.T) {
	t.Parallel()
	needVectors(t)
	lines := strings.Repeat("{\"a\":1,\"b\":2}\n{\"b\":1,\"a\":01}\n{\"a\":[],\"a\":2}\n", 20)
	s := new(Skim)
	s.Begin([]byte(lines+strings.Repeat(" ", 20)), Lines, needlesFor("jane.doe@example.com"))
	learnt := map[string]int{}
	for at, why := 0, Full; why != Finished; {
		_, at, why = s.Next(func(name []byte) Key {
			learnt[string(name)]++
			return Key{Region: Outside}
		})
		if why == Strange { // as the walker goes on behind it
			s.From(at + strings.IndexByte(lines[at:], '\n') + 1)
		}
	}
	if learnt["a"] != 1 || learnt["b"] != 1 {
		t.Errorf("learnt %v", learnt)
	}
}
