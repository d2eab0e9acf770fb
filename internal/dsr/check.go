package dsr

import "fmt"

// Finding is one result of a source's self-test, in plain words.
type Finding struct {
	Name   string `json:"name"` // key, clock, data, fields, page_size, window_field, range
	OK     bool   `json:"ok"`
	Text   string `json:"text"`   // what was found
	Advice string `json:"advice"` // what to set or do; empty when nothing is to be done

	// Said and Advised are what Text and Advice were made of, to be said in another language.
	Said, Advised Saying `json:"-"`
}

// FindingText is what a finding says, in English: a format of package fmt, and the key of its
// translations.
type FindingText string

// Saying is a text with its values.
type Saying struct {
	Text FindingText
	Args []any
}

// String is the saying in English.
func (s Saying) String() string {
	if len(s.Args) == 0 {
		return string(s.Text)
	}
	return fmt.Sprintf(string(s.Text), s.Args...)
}

// NewFinding is a finding that can be said in other languages.
func NewFinding(name string, ok bool, said, advised Saying) Finding {
	return Finding{Name: name, OK: ok, Text: said.String(), Advice: advised.String(), Said: said, Advised: advised}
}
