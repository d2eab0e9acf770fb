// Package prefilter says of nearly every piece of a record that it cannot match. Its
// answers are "no" and "perhaps": it may say perhaps where nothing matches, and never no
// where something does, so that leaving it out would change nothing but the time that a
// search takes. Package match has the argument, and decides.
package prefilter

import "slices"

// Asks say which comparisons a text is worth.
type Asks uint16

// The comparisons. From Mention on they are for near misses alone.
const (
	Equal  Asks = 1 << iota // exact and normalized
	Within                  // contains
	Phone
	Mention
	Escapes // the text is worth being unescaped
	Loose
	Digits
	Mailbox
	Number // a phone number in a text
)

// Filter knows the values of all queries. It does not change after Build.
type Filter struct {
	equal    equalFilter
	within   containsFilter
	phones   phoneFilter
	mentions mentionFilter
	loose    looseFilter
	ids      bloom
	digits   bloom
	boxes    bloom
	has      Asks // the comparisons that some value is for
	// for Needles:
	openings openings
	boxEnds  []byte
}

// AddEqual takes in a folded value of the modes exact and normalized.
func (f *Filter) AddEqual(folded string) {
	f.has |= Equal
	f.equal.add(folded)
	f.openings.add(AppendBaseForm(nil, []byte(folded)))
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

// AddMention takes in a folded value that may be mentioned in a text.
func (f *Filter) AddMention(folded string) {
	f.has |= Mention
	f.mentions.add(folded)
}

// AddLoose takes in the loose form of a value.
func (f *Filter) AddLoose(loose string) {
	f.has |= Loose
	f.loose.add(loose)
	f.openings.add([]byte(loose))
}

// AddDigits takes in the digits of a value that is nothing else.
func (f *Filter) AddDigits(digits string) {
	f.has |= Digits
	f.digits.add(digitSum([]byte(digits)))
	f.openings.add([]byte(digits))
}

// AddMailbox takes in an address, folded, without dots and what follows a plus.
func (f *Filter) AddMailbox(box string) {
	f.has |= Mailbox
	base := AppendBaseForm(nil, []byte(box))
	f.boxes.add(mailboxSum(base, atSign(base)))
	f.boxEnds = append(f.boxEnds, base[len(base)-1]|0x20, ' ')
}

// AddID takes in a conversation's id.
func (f *Filter) AddID(id string) {
	b := trimASCII([]byte(id))
	f.ids.add(quickHash(b, 0, len(b)))
}

// Build is called once, after the last value.
func (f *Filter) Build() {
	f.within.build()
	f.phones.build()
	f.mentions.build()
}

// PerhapsID reports whether b[i:end], without escapes and bytes over 0x7F, may be an id, in
// whatever case and with blanks around it.
func (f *Filter) PerhapsID(b []byte, i, end int) bool {
	for i < end && b[i] == ' ' {
		i++
	}
	for i < end && b[end-1] == ' ' {
		end--
	}
	return f.ids.has(quickHash(b, i, end))
}

// PerhapsPhone reports whether a number of JSON may mean one of the phone numbers.
func (f *Filter) PerhapsPhone(raw []byte) bool {
	asNumber, _ := f.phones.pass(raw, Signless)
	return asNumber
}

// Perhaps says which comparisons the string b[i:end] is worth; sights are those of a text that
// begins with b, or none. scratch is room to work in, and is returned for the next time.
func (f *Filter) Perhaps(b []byte, i, end int, t Traits, sights *Sights, scratch []byte) (ask Asks, _ []byte) {
	raw := b[i:end]
	if f.has&Equal != 0 && f.equal.pass(b, i, end, t) {
		ask |= Equal
	}
	var pass bool
	if f.has&Within != 0 {
		if pass, scratch = f.within.pass(raw, t, scratch); pass {
			ask |= Within
		}
	}
	word := false
	if sights.filter == nil {
		word = f.mentions.wordIn(raw, t)
	} else if f.has&Mention != 0 {
		word = sights.in(i, end)
	}
	near, scratch := f.near(raw, t, word, scratch)
	return ask | near, scratch
}

// PerhapsNear says which comparisons for near misses, or as a phone number, a text is worth.
func (f *Filter) PerhapsNear(raw []byte, t Traits) Asks {
	ask, _ := f.near(raw, t, f.mentions.wordIn(raw, t), nil)
	return ask
}

// near is PerhapsNear; word says that one of the words that mentions are looked for by stands
// in the text.
func (f *Filter) near(raw []byte, t Traits, word bool, scratch []byte) (ask Asks, _ []byte) {
	if f.has&Phone != 0 {
		asNumber, within := f.phones.pass(raw, t)
		if asNumber {
			ask |= Phone
		}
		if within {
			ask |= Number
		}
	}
	if f.has&(Mention|Phone) != 0 && mayBeEscaped(raw, t) {
		var pass bool
		if pass, scratch = f.passEscaped(raw, scratch); pass {
			ask |= Escapes
		}
	}
	var pass bool
	if f.has&Mention != 0 {
		if pass, scratch = f.mentions.pass(raw, t, word, scratch); pass {
			ask |= Mention
		}
	}
	plain := t&(Escaped|NonASCII) == 0
	if f.has&Loose != 0 && (plain && f.loose.pass(raw) || !plain && f.loose.passAny(raw)) {
		ask |= Loose
	}
	if len(raw) < minDigits || len(raw) > maxShort {
		return ask, scratch
	}
	if f.has&Digits != 0 && (plain && f.digits.has(digitSum(raw)) || !plain && f.digits.has(rawDigitSum(raw))) {
		ask |= Digits
	}
	if f.has&Mailbox != 0 && (!plain || t&Signless == 0) {
		text := raw
		if !plain && mayHoldAt(raw, t) {
			scratch = rawBaseForm(scratch[:0], raw)
			text = scratch
		}
		if at := atSign(text); at > 0 && f.boxes.has(mailboxSum(text, at)) {
			ask |= Mailbox
		}
	}
	return ask, scratch
}

// passEscaped reports whether a leaf mentions a value once its escapes are taken away. A
// long one is looked at in parts by who asks.
func (f *Filter) passEscaped(raw, scratch []byte) (bool, []byte) {
	if len(raw) > maxEscaped {
		return true, scratch
	}
	scratch = Decode(scratch[:0], raw)
	decoded := len(scratch)
	scratch = slices.Grow(scratch, (maxUnescapes+2)*decoded) // so that all of it finds room
	behind := cap(scratch) - decoded
	text := unescapeIn(scratch[decoded:decoded:behind], scratch)
	spoken := AppendSpoken(scratch[behind:behind:cap(scratch)], text)
	if f.mentions.passSpoken(spoken) || f.has&Phone == 0 {
		return f.mentions.passSpoken(spoken), scratch
	}
	_, within := f.phones.occursIn(text)
	return within, scratch
}

// maxEscaped is the longest leaf that is unescaped to find out whether that is worth it.
const maxEscaped = 16 << 10
