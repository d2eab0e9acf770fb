package handling

// HasKind and HasValue report whether a code has words in a language.
func HasKind(language, code string) bool  { return wordsOf(language).kinds[code] != "" }
func HasValue(language, code string) bool { return wordsOf(language).values[code] != "" }
