// Package prefilter says of nearly every piece of a record that it cannot match. Its
// answers are "no" and "perhaps": it may say perhaps where nothing matches, and never no
// where something does, so that leaving it out would change nothing but the time that a
// search takes. Package match has the argument, and decides.
package prefilter

// Asks say which comparisons a text is worth.
type Asks uint8

// The comparisons. From Mention on they are for near misses alone, about which a no may be wrong.
const (
	Equal  Asks = 1 << iota // exact and normalized
	Within                  // contains
	Phone
	Mention
	EscapedMention
	Digits
	Mailbox
)

// Filter knows the values of all queries. It does not change after Build.
type Filter struct {
	equal    equalFilter
	within   containsFilter
	phones   phoneFilter
	mentions mentionFilter
	ids      bloom
	digits   bloom
	boxes    bloom
	has      Asks // the comparisons that some value is for
}

// AddEqual takes in a folded value of the modes exact and normalized.
func (f *Filter) AddEqual(folded string) {
	f.has |= Equal
	f.equal.add(folded)
}

// AddContained takes in a folded value to look for within texts.
func (f *Filter) AddContained(folded string) {
	f.has |= Within
	f.within.add(folded)
}

// AddPhone takes in a number in the form of dsr.PhoneKey.
func (f *Filter) AddPhone(number string) {
	f.has |= Phone
	f.phones.add(number)
}

// AddMention takes in a value, as given and folded, that may be mentioned in a text.
func (f *Filter) AddMention(value, folded string) {
	f.has |= Mention
	f.mentions.add(value, folded)
}

// AddDigits takes in the digits of a value that is nothing else.
func (f *Filter) AddDigits(digits string) {
	f.has |= Digits
	f.digits.add(digitSum([]byte(digits)))
}

// AddMailbox takes in an address, folded, without dots and what follows a plus.
func (f *Filter) AddMailbox(box string) {
	f.has |= Mailbox
	f.boxes.add(mailboxSum([]byte(box), atSign([]byte(box))))
}

// AddID takes in a conversation's id.
func (f *Filter) AddID(id string) { f.ids.add(quickHash([]byte(id), 0, len(id))) }

// Build is called once, after the last value.
func (f *Filter) Build() {
	f.within.build()
	f.phones.build()
	f.mentions.build()
}

// PerhapsID reports whether b[i:end], without escapes and bytes over 0x7F, may be an id, in
// whatever case.
func (f *Filter) PerhapsID(b []byte, i, end int) bool { return f.ids.has(quickHash(b, i, end)) }

// PerhapsPhone reports whether a text, or a number of JSON, may mean one of the phone numbers.
func (f *Filter) PerhapsPhone(raw []byte) bool { return f.phones.pass(raw) }

// Perhaps says which comparisons the string b[i:end] is worth. scratch is room to work
// in, and is returned for the next time.
func (f *Filter) Perhaps(b []byte, i, end int, t Traits, scratch []byte) (Asks, []byte) {
	raw := b[i:end]
	var ask Asks
	if f.has&Equal != 0 && f.equal.pass(b, i, end, t) {
		ask |= Equal
	}
	var pass bool
	if f.has&Within != 0 {
		if pass, scratch = f.within.pass(raw, t, scratch); pass {
			ask |= Within
		}
	}
	if f.has&Phone != 0 && f.phones.pass(raw) {
		ask |= Phone
	}
	if f.has&Mention != 0 && len(raw) >= f.mentions.shortest {
		if pass, scratch = f.mentions.pass(raw, t, scratch); pass {
			ask |= Mention
		}
		if mayBeEscaped(raw, t) {
			ask |= EscapedMention
		}
	}
	return ask | f.passNear(raw), scratch
}

// passNear looks for digits and mailboxes.
func (f *Filter) passNear(raw []byte) (ask Asks) {
	if len(raw) < minDigits || len(raw) > maxMailbox {
		return 0
	}
	if f.has&Digits != 0 && f.digits.has(digitSum(raw)) {
		ask |= Digits
	}
	if f.has&Mailbox != 0 {
		if at := atSign(raw); at > 0 && f.boxes.has(mailboxSum(raw, at)) {
			ask |= Mailbox
		}
	}
	return ask
}
