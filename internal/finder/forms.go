package finder

import "regexp"

// idForms: letters and check digits say more than digits alone.
var idForms = slicesOf(southForms, germanForms, northForms, englishForms)

func slicesOf(all ...[]form) (out []form) {
	for _, some := range all {
		out = append(out, some...)
	}
	return out
}

// noNumber are what digits are no number in: an id of RFC 9562, a hash, a point in time of
// ISO 8601.
var noNumber = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{24,}\b|\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?`)

var pageAddress = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"]+`)

// searchAll has every rule look at the text; those that say most about what they find come
// first. Addresses of pages hold keys and addresses of people, but no numbers.
func (f Finder) searchAll(v *view, take func(Kind, Rule) func(from, to int)) {
	for _, k := range keyForms {
		k.search(v, take(k.kind, k.rule))
	}
	emailForm.search(v, take(emailForm.kind, emailForm.rule))
	accounts(v, take(IBAN, AccountNumber))
	v.each(pageAddress, hints{"http"}, v.take)
	v.each(noNumber, nil, v.take)
	for _, k := range idForms {
		k.search(v, take(k.kind, k.rule))
	}
	cards(v, take(PaymentCard, CardNumber))
	f.phones(v, take(Phone, PhoneNumber))
	answers(v, take(Credential, AnsweredSecret))
}
