// Package finder proposes passages of texts that may have to be withheld (Art. 15(4)
// GDPR, CCPA Regulations § 7024(d)): payment cards, bank accounts, numbers of identity
// documents and of social security, other people's addresses and telephone numbers, and
// credentials. It decides nothing: a person does.
//
// It keeps true that a passage lies within its text, begins and ends between characters,
// and shares none with another; that the data subject's own identifiers are never
// proposed; and that the time it takes grows with the length of the text alone. It knows
// no store, no vendor and nobody's configuration.
//
// # How a passage is found
//
// A text is folded first (folded.go), so that a form can be written for ASCII alone. Each
// form (form.go) says what a candidate looks like, which check digits it must have, and
// which words must stand near it or must not. A form without check digits, or whose check
// one in eleven numbers passes by chance, needs a word that names it: in the text, or in
// the text before it, as an answer follows a question.
//
// In reading order: finder.go, kind.go, why.go, forms.go, card.go, iban.go, id_de.go,
// id_south.go, id_north.go, id_english.go, email.go, phone.go, credential.go, answer.go,
// form.go, window.go, own.go, check_digits.go, folded.go.
package finder
