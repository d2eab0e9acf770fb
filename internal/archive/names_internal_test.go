package archive

import (
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dsr-server/internal/dsr"
)

func TestTameIDsKeepTheirNames(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"5c80416892d94e40a64cea7dc6406e25", "33f34335-bd8a-41a7-8ce1-73542fcc2b9c", "support-bot", "conv-1", "a", "Bot_2", "v1.2", strings.Repeat("a", 64)} {
		if got := cleanName(id); got != id {
			t.Errorf("%s: got %s", id, got)
		}
	}
}

func TestWildIDsAreCleaned(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "..", "../../etc/passwd", "/a", `C:\a`, "a b", "a.", "-rf", "con", "NUL", "nul.txt", "Com1", "lpt9.x", "a..b", "a\x00b", "ü",
		"a\u202ecod.exe", "a~b", strings.Repeat("a", 65), strings.Repeat("ü", 10_000), "\xff"} {
		got := cleanName(id)
		if !strings.Contains(got, "~") || len(got) > 80 || !strictly(got) {
			t.Errorf("%q: got %q", id, got)
		}
	}
}

// strictly says what no system trips over, in other words than the code's.
func strictly(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul", "com1", "lpt1":
		return false
	}
	for _, r := range name {
		if r > 'z' && r != '~' || strings.ContainsRune(`/\:*?"<>|;&$()'! `+"`", r) || r < ' ' {
			return false
		}
	}
	return name != "" && name[0] != '.' && name[0] != '-' && name[len(name)-1] != '.' && !strings.Contains(name, "..") && path.Base(name) == name
}

func TestNamesAreUniqueAndSafeWhateverTheIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := newNames()
		seen := map[string]string{}
		for _, id := range rapid.SliceOfDistinct(rapid.OneOf(rapid.String(), rapid.StringMatching(`[aA][bB]?(-2|~2|\.)?`)), rapid.ID).Draw(t, "ids") {
			name := n.claim(id)
			folded := strings.ToLower(name)
			if other, taken := seen[folded]; taken {
				t.Fatalf("%q and %q are both called %s", id, other, name)
			}
			seen[folded] = id
			if !strictly(name) || !layout.MatchString(transcriptPath("bot", name)) || !layout.MatchString(dataPath(name, "messages.csv")) {
				t.Fatalf("%q is called %q", id, name)
			}
		}
	})
}

func TestFurtherPagesNeverTakeTheNameOfAConversation(t *testing.T) {
	t.Parallel()
	taken := newNames()
	for _, name := range []string{"a", "a-2", "a-3"} {
		taken.claim(name)
	}
	got := strings.Join(pageNames("a", 1501, taken), " ")
	if got != "a a~2 a~3 a-4" {
		t.Errorf("got %s", got)
	}
	if got := pageNames("b", 500, taken); len(got) != 1 {
		t.Errorf("500 messages are on %d pages", len(got))
	}
	if got := pageNames("b", 501, taken); len(got) != 2 || got[1] != "b-2" {
		t.Errorf("501 messages are on the pages %v", got)
	}
}

func TestEveryTextIsThereInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, language := range dsr.Languages {
		texts := textsFor(language, nil)
		if texts.Lang != language {
			t.Errorf("there are no texts in %s", language)
		}
		if readmes.Lookup("readme."+language+".txt") == nil {
			t.Errorf("there is no README.txt in %s", language)
		}
		v := reflect.ValueOf(*texts)
		for i := range v.NumField() {
			name, field := v.Type().Field(i).Name, v.Field(i)
			if field.IsZero() {
				t.Errorf("%s: %s is empty", language, name)
			}
			if field.Kind() == reflect.String && placeholders(field.String()) != placeholders(reflect.ValueOf(*english).Field(i).String()) {
				t.Errorf("%s: %s has other placeholders than in English", language, name)
			}
			if field.Kind() != reflect.Map {
				continue
			}
			for _, key := range reflect.ValueOf(*english).Field(i).MapKeys() {
				if value := field.MapIndex(key); !value.IsValid() || value.IsZero() {
					t.Errorf("%s: %s has nothing for %v", language, name, key)
				}
			}
		}
	}
}

func placeholders(s string) (n int) {
	for _, p := range []string{"%1", "%2", "%3"} {
		n = n*2 + min(1, strings.Count(s, p))
	}
	return n
}

func TestEveryReasonAndMatchHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range dsr.ReasonCodes {
		if english.Reason(code) == english.ReasonOther || german.Reason(code) == german.ReasonOther {
			t.Errorf("no words for %s", code)
		}
	}
	for _, reason := range dsr.MissingReasons {
		if english.MissingFiles[reason] == "" {
			t.Errorf("no words for a file that is missing: %s", reason)
		}
	}
	for code, words := range dsr.AssumptionWords {
		if other := german.Assumptions[code]; other == "" || placeholders(other) != placeholders(words) {
			t.Errorf("the German words for %s are %q", code, other)
		}
	}
	for _, m := range dsr.Matches {
		for _, key := range []string{"email", "*"} {
			for _, l := range []*texts{english, german} {
				if l.MatchWords(dsr.Metadata{Key: key, Match: m}) == "" {
					t.Errorf("%s: no words for %s in %s", l.Lang, m, key)
				}
			}
		}
	}
}

// TestEveryRuleThatIsCountedHasWords looks for the rules where they are counted.
func TestEveryRuleThatIsCountedHasWords(t *testing.T) {
	t.Parallel()
	counted := regexp.MustCompile(`"Q\d+"`)
	rules := 0
	for _, room := range []string{"fulfil", "store", "export", "match"} {
		files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, quoted := range counted.FindAllString(string(text), -1) {
				rule := strings.Trim(quoted, `"`)
				if rules++; english.Rules[rule] == "" {
					t.Errorf("no words for %s of %s", rule, file)
				}
			}
		}
	}
	if rules < 20 {
		t.Errorf("only %d rules were found: the search looks at nothing", rules)
	}
}

func TestNumbersAndDates(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 41873: "41,873", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := english.Number(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1,0 kB", 9949: "9,9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1,0 MB", 25 << 20: "26 MB", 1 << 50: "1126 TB"} {
		if got := german.Bytes(n); got != want {
			t.Errorf("%d bytes: got %s, want %s", n, got, want)
		}
	}
	if got := german.Number(1234567); got != "1.234.567" {
		t.Errorf("got %s", got)
	}
}
