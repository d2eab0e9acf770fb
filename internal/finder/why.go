package finder

// Why says in a person's language, German or else English, by what the passage was
// recognised.
func (r Rule) Why(language string) string {
	if language == "de" {
		return whyGerman[r]
	}
	return whyEnglish[r]
}

var whyEnglish = map[Rule]string{ //nolint:gosec // sentences about secrets
	CardNumber:     "has the beginning, length and check digit of a payment card's number",
	AccountNumber:  "has the form and check digits of an international bank account number (IBAN)",
	GermanTax:      "has the form and check digit of a German tax identification number",
	GermanPension:  "has the form and check digit of a German pension insurance number",
	GermanCard:     "has the form of a German identity card's number",
	FrenchNIR:      "has the form of a French social security number (NIR)",
	SpanishDNI:     "has the form and check letter of a Spanish DNI or NIE",
	ItalianCode:    "has the form and check letter of an Italian codice fiscale",
	DutchBSN:       "is called a Dutch citizen service number (BSN) and passes its check",
	PolishPESEL:    "has the date and check digit of a Polish PESEL number",
	BritishNINO:    "is called a British national insurance number and has its form",
	BritishNHS:     "is called an NHS number and has its check digit",
	AmericanSSN:    "is called a US social security number and has the form of one that is issued",
	EmailAddress:   "is an e-mail address that the request does not ask for",
	PhoneNumber:    "is a telephone number that the request does not ask for",
	NamedSecret:    "follows a word for a password, PIN, security code or key",
	KeyShape:       "has the form of a key or token to a service",
	SecretInURL:    "is an address that holds a user's name and password",
	AnsweredSecret: "answers a question for a password, PIN or code",
}

var whyGerman = map[Rule]string{ //nolint:gosec // sentences about secrets
	CardNumber:     "hat Anfang, Länge und Prüfziffer einer Zahlungskartennummer",
	AccountNumber:  "hat Form und Prüfziffern einer internationalen Kontonummer (IBAN)",
	GermanTax:      "hat Form und Prüfziffer einer steuerlichen Identifikationsnummer",
	GermanPension:  "hat Form und Prüfziffer einer deutschen Rentenversicherungsnummer",
	GermanCard:     "hat die Form der Nummer eines deutschen Personalausweises",
	FrenchNIR:      "hat die Form einer französischen Sozialversicherungsnummer (NIR)",
	SpanishDNI:     "hat Form und Prüfbuchstaben einer spanischen DNI oder NIE",
	ItalianCode:    "hat Form und Prüfbuchstaben eines italienischen Codice fiscale",
	DutchBSN:       "wird niederländische Bürgerservicenummer (BSN) genannt und besteht deren Prüfung",
	PolishPESEL:    "hat Datum und Prüfziffer einer polnischen PESEL-Nummer",
	BritishNINO:    "wird britische Sozialversicherungsnummer genannt und hat deren Form",
	BritishNHS:     "wird NHS-Nummer genannt und hat deren Prüfziffer",
	AmericanSSN:    "wird Sozialversicherungsnummer der USA genannt und hat die Form einer vergebenen",
	EmailAddress:   "ist eine E-Mail-Adresse, nach der die Anfrage nicht fragt",
	PhoneNumber:    "ist eine Telefonnummer, nach der die Anfrage nicht fragt",
	NamedSecret:    "folgt auf ein Wort für Passwort, PIN, Sicherheitscode oder Schlüssel",
	KeyShape:       "hat die Form eines Schlüssels oder Tokens für einen Dienst",
	SecretInURL:    "ist eine Adresse, in der Name und Passwort eines Benutzers stehen",
	AnsweredSecret: "antwortet auf die Frage nach Passwort, PIN oder Code",
}
