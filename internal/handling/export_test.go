package handling

// Kind and Value report whether a code has words in a language.
func Kind(language, code string) bool  { return wordsOf(language).kinds[code] != "" }
func Value(language, code string) bool { return wordsOf(language).values[code] != "" }
