package dsr

// AnomalyWords say in English what each rule of docs/quirks.md is about, to people who
// have not read it.
var AnomalyWords = map[string]string{
	"Q3":  "the end of the list was not marked clearly",
	"Q6":  "the same record was sent more than once; it is shown once",
	"Q7":  "a record was sent in several versions; the newest is shown",
	"Q8":  "a conversation reaches beyond the period",
	"Q9":  "a message is older than the start of its conversation",
	"Q10": "a message or conversation without its counterpart",
	"Q11": "a time in an unusual form",
	"Q12": "a record without a usable ID",
	"Q13": "characters that are not valid text",
	"Q14": "a number or name in an unusual form",
	"Q22": "the provider’s clock was not right",
	"Q29": "a record does not say in the usual way which user it is of",
	"Q30": "details in an unusual form",
	"Q34": "a last action before the start of its conversation",

	WeakMatch: "a record matched on a first name alone, which many people share",
}
