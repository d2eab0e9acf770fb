package finder

// Kind is what a passage holds.
type Kind string

const (
	PaymentCard Kind = "payment_card"
	IBAN        Kind = "iban"
	IDNumber    Kind = "id_number" // of identity documents, taxes, health and social security
	Email       Kind = "email"     // another person's
	Phone       Kind = "phone"     // another person's
	Credential  Kind = "credential"
)

// Kinds are all there are.
var Kinds = []Kind{PaymentCard, IBAN, IDNumber, Email, Phone, Credential}

// Passage is proposed to be withheld: the bytes from Start to End of its text.
type Passage struct {
	Start, End int
	Kind       Kind
	Rule       Rule // why; Rule.Why says it in words
}

// Rule is by what a passage was recognised.
type Rule string

const (
	CardNumber     Rule = "card_number"
	AccountNumber  Rule = "iban"
	GermanTax      Rule = "de_tax_id"
	GermanPension  Rule = "de_pension_number"
	GermanCard     Rule = "de_identity_card"
	FrenchNIR      Rule = "fr_nir"
	SpanishDNI     Rule = "es_dni"
	ItalianCode    Rule = "it_codice_fiscale"
	DutchBSN       Rule = "nl_bsn"
	PolishPESEL    Rule = "pl_pesel"
	BritishNINO    Rule = "uk_nino"
	BritishNHS     Rule = "uk_nhs_number"
	AmericanSSN    Rule = "us_ssn"
	EmailAddress   Rule = "email_address"
	PhoneNumber    Rule = "phone_number"
	NamedSecret    Rule = "named_secret"
	KeyShape       Rule = "key_shape"
	SecretInURL    Rule = "secret_in_url"
	AnsweredSecret Rule = "answered_secret"
)
