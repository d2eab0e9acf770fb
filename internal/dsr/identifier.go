package dsr

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Shape is what an identifier looks like.
type Shape string

// The shapes, from the one that says most.
const (
	ShapeAddress Shape = "address" // an e-mail address
	ShapePhone   Shape = "phone"
	ShapeID      Shape = "id"
	ShapeText    Shape = "text"
)

// Identifier is what somebody typed or pasted, with what it asks for: what was meant is
// told by its shape, and where that leaves a doubt, every meaning is searched for.
type Identifier struct {
	Text      string
	Shape     Shape
	Selectors []Selector
}

var (
	// phoneShape is what numbers are written with, and an extension behind them.
	phoneShape = regexp.MustCompile(`^[+＋(]?[\p{Nd}\s\p{Z}()./\-‐-―]{5,}(?:;?\s*(?i:ext\.?|extension|x|#)[ .=]*\d{1,7})?$`)
	idShape    = regexp.MustCompile(`^[0-9A-Za-z_.:{}\-]{3,}$`)
)

// Identify finds out what a text asks for. regions are those in which the numbers of the
// sources are dialled.
func Identify(text string, regions []string) Identifier {
	text = pasted(text)
	id := Identifier{Text: text, Shape: ShapeText}
	number, isNumber := dialled(text)
	numbers := phoneNumbers(number, regions)
	isID := idShape.MatchString(text) && strings.ContainsAny(text, "0123456789")
	switch {
	case len(numbers) > 0 && isNumber:
		id.Shape, id.Selectors = ShapePhone, numbers
	case isAddress(FoldText(text)):
		id.Shape = ShapeAddress
	case len(numbers) > 0:
		id.Shape, id.Selectors = ShapePhone, numbers
		if isID { // of digits alone, or with dashes
			id.Selectors = append(id.Selectors, Selector{ConversationID: text})
		}
	case isID:
		id.Shape, id.Selectors = ShapeID, []Selector{{ConversationID: text}}
	}
	id.Selectors = append(id.Selectors, Selector{Metadata: &Metadata{Key: "*", Value: text, Match: Normalized}})
	return id
}

// MayBePhone reports whether the text is written as a telephone number is dialled, of which
// nobody can tell in which country.
func (id Identifier) MayBePhone() bool {
	digits := strings.Count(strings.Map(digitsOnly, id.Text), "0")
	return id.Shape != ShapePhone && id.Shape != ShapeAddress && digits >= 6 && phoneShape.MatchString(id.Text)
}

// digitsOnly makes every digit one and drops the rest.
func digitsOnly(r rune) rune {
	if unicode.IsDigit(r) {
		return '0'
	}
	return -1
}

// phoneNumbers are the numbers that a text means, each once: without a country code it is
// another one in each region.
func phoneNumbers(text string, regions []string) (out []Selector) {
	if !phoneShape.MatchString(text) {
		return nil
	}
	var known []string
	for _, region := range append([]string{""}, regions...) {
		number := E164(text, region)
		if number == "" || slices.Contains(known, number) {
			continue
		}
		known = append(known, number)
		out = append(out, Selector{Metadata: &Metadata{Key: "*", Value: number, Match: Phone}})
	}
	return out
}
