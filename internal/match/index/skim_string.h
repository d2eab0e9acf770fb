// The strings of a text by their marks.

#define FUNCTION static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

// details are what the marks say of a string.
typedef struct {
	uint64_t escaped, high, stand_ins, other_signs, ats;
	size_t pair;     // where the latest pair of numbered escapes ends
	uint16_t traits; // of its numbered escapes, and escaped backslashes
	uint8_t odd;     // a numbered escape may be an odd character
	uint8_t gram;    // and one byte more beside it
} details;

// reader is what the functions of skimming share.
typedef struct {
	const uint8_t *text;
	size_t size;
	int flags;
	skim *s;
	const needles *n;
	known_keys *known;
	record *r;
	int full;
	size_t told_apart; // shorter strings are all asked about, or none
	size_t detailed;   // where the content of the string begins that the details are those of
	details d;
} reader;

// string_end is where a string ends. notable is zero if its details are of no interest.
typedef struct {
	size_t at;
	uint64_t notable;
} string_end;

static const size_t none = (size_t)-1;

// mark marks the next part of the text. The last bytes, which fill no word, are copied.
static int mark(reader *r) {
	skim *s = r->s;
	if (s->limit >= r->size) return 0;
	size_t words = (r->size - s->limit) / 64;
	if (words > WINDOW / 64) words = WINDOW / 64;
	s->from = s->limit;
	size_t marked;
	if (words > 0) {
		marked = index_run(r->text + s->from, words, s->goes_on, s->room, &s->pass, r->n);
	} else {
		size_t rest = r->size - s->from;
		memset(s->tail, ' ', sizeof s->tail);
		if (s->goes_on) memcpy(s->tail, r->text + s->from - 64, 64);
		memcpy(s->tail + 64, r->text + s->from, rest);
		marked = index_run(s->tail + 64, 1, s->goes_on, s->room, &s->pass, r->n);
		words = 1;
	}
	s->goes_on = 1;
	s->limit += 64 * marked;
	return marked == words;
}

FUNCTION unsigned hex(uint8_t digit) { return (digit & 15) + (digit >> 6) * 9; }

FUNCTION uint32_t hex4(const uint8_t *d) { return hex(d[0]) << 12 | hex(d[1]) << 8 | hex(d[2]) << 4 | hex(d[3]); }

FUNCTION int has(const uint64_t *set, uint8_t c) { return set[c >> 6 & 1] >> (c & 63) & 1; }

FUNCTION int follows(const needles *n, uint8_t a, uint8_t b) { return a < 0x80 && has(n->word_pairs[a], b); }

FUNCTION uint8_t small(uint8_t c) { return c - 'A' < 26u ? c | 0x20 : c; }

// unread has a character be looked up for the next time; until then it counts as odd.
static int unread(skim *s, uint32_t character) {
	if (s->unread_used < MAX_UNREAD) {
		s->odd[character] = VERY_ODD;
		s->unread[s->unread_used++] = character;
	}
	return 1;
}

// odd says whether a character, which stands from i up to end, may be an odd one that stands in a
// word: prefilter.joints.fits, but that it may say so more often.
static int odd(const reader *r, uint32_t character, size_t i, size_t end) {
	if (character >= ODD_END) return 1;
	uint8_t one = r->s->odd[character];
	if (one <= VERY_ODD) return one == UNREAD ? unread(r->s, character) : one == VERY_ODD;
	int goes_on = follows(r->n, small(r->text[i - 1]), one);
	if (!goes_on && !has(r->n->word_begins, one)) return 0;
	if (goes_on && has(r->n->word_ends, one)) return 1;
	uint8_t after = r->text[end];
	return after >= 0x80 || after == '\\' || follows(r->n, one, small(after));
}

// pair reads the surrogate pair of which the first half is at c, behind the backslash, or
// returns 0.
FUNCTION uint32_t pair(const uint8_t *c) {
	if ((c[2] | 0x20) > 'b' || c[5] != '\\' || c[6] != 'u' || (c[7] | 0x20) != 'd' || (c[8] | 0x20) < 'c') return 0;
	return 0x10000 + ((hex4(c + 1) & 0x3FF) << 10 | (hex4(c + 7) & 0x3FF));
}

// specials looks at the marked escapes of a word: halves of pairs have to be whole.
static int specials(const reader *r, uint64_t marks, size_t from, details *m) {
	for (; marks; marks &= marks - 1) {
		size_t i = from + __builtin_ctzll(marks);
		const uint8_t *c = r->text + i;
		if (i < m->pair) continue;
		if (*c == '\\') {
			m->traits |= DOUBLED;
			continue;
		}
		m->traits |= NUMBERED;
		if (i + 11 >= r->size) return 0;
		uint32_t character = hex4(c + 1);
		size_t end = i + 5;
		if (character - 0xD800 < 0x800) {
			if (!(character = pair(c))) return 0;
			m->pair = end += 6;
		}
		if (!m->odd) m->odd = character < 0x80 || r->n->any_high || odd(r, character, i - 1, end);
	}
	return 1;
}

// stand_ins looks at the characters that may stand for one of ASCII.
static void stand_ins(const reader *r, uint64_t marks, size_t from, details *m) {
	for (; marks && !m->odd; marks &= marks - 1) {
		size_t i = from + __builtin_ctzll(marks);
		if (i + 4 >= r->size) {
			m->odd = 1;
			return;
		}
		const uint8_t *c = r->text + i;
		if (c[0] < 0xE0) m->odd = odd(r, (c[0] & 31) << 6 | (c[1] & 63), i, i + 2);
		else if (c[0] < 0xF0) m->odd = odd(r, (c[0] & 15) << 12 | (c[1] & 63) << 6 | (c[2] & 63), i, i + 3);
		else m->odd = odd(r, (uint32_t)(c[0] & 7) << 18 | (c[1] & 63) << 12 | (c[2] & 63) << 6 | (c[3] & 63), i, i + 4);
	}
}

// four says whether four bytes may be a gram and one byte more; see prefilter.Needles.
FUNCTION int four(const needles *n, const uint8_t *p) {
	uint32_t v;
	memcpy(&v, p, 4);
	v = (v | 0x20202020) * 0x9E3779B1 >> 20;
	return n->fours[v / 8] >> v % 8 & 1;
}

// fours says whether a gram that ends at one of the marks has the byte beside it that it has in
// a word.
static int fours(const reader *r, uint64_t marks, size_t from) {
	for (; marks; marks &= marks - 1) {
		size_t last = from + __builtin_ctzll(marks);
		if (last < 3 || last + 1 >= r->size) return 1; // not known
		if (four(r->n, r->text + last - 3) || four(r->n, r->text + last - 2)) return 1;
	}
	return 0;
}

// take_in adds what the marks say of a string's bytes from i up to end, which lie in the part.
static int take_in(const reader *r, details *d, size_t i, size_t end) {
	const skim *s = r->s;
	for (size_t next; i < end; i = next) {
		size_t n = (i - s->from) / 64, from = s->from + 64 * n;
		next = from + 64;
		uint64_t inside = ~(uint64_t)0 << (i - from);
		if (end < next) inside &= ((uint64_t)1 << (end - from)) - 1;
		const word *w = &s->room[n];
		d->escaped |= w->escaped & inside;
		d->high |= w->high & inside;
		if (!(w->notable & inside)) continue;
		d->stand_ins |= w->stand_ins & inside;
		d->other_signs |= w->signs & ~w->ats & inside;
		d->ats |= w->ats & inside;
		if (!d->gram && w->grams & inside) d->gram = fours(r, w->grams & inside, from);
		if (w->special & inside && !specials(r, w->special & inside, from, d)) return 0;
		if (w->stand_ins & inside) stand_ins(r, w->stand_ins & inside, from, d);
	}
	return 1;
}

// details_of are those of the string whose content is from i up to end, or 0 if half a pair is
// among its escapes.
static const details *details_of(reader *r, size_t i, size_t end) {
	if (r->detailed == i) return &r->d;
	r->detailed = i;
	r->d = (details){0};
	return take_in(r, &r->d, i, end) ? &r->d : 0;
}

// first_quote is where the first string ends in the words from n on, of which notable gathers
// what is notable; none: in a later part.
static size_t first_quote(const skim *s, size_t n, uint64_t *notable) {
	for (; n < (s->limit - s->from) / 64; n++) {
		const word *w = &s->room[n];
		if (w->quotes) {
			*notable |= w->notable & ((w->quotes & -w->quotes) - 1);
			return s->from + 64 * n + __builtin_ctzll(w->quotes);
		}
		*notable |= w->notable;
	}
	return none;
}

// end_in_later_part is end_of for a string that goes on after the part.
static string_end end_in_later_part(reader *r, size_t i) {
	const skim *s = r->s;
	string_end e = {none, ~(uint64_t)0};
	r->detailed = i;
	r->d = (details){0};
	for (size_t end; take_in(r, &r->d, i, s->limit) && mark(r); i = s->from)
		if ((end = first_quote(s, 0, &e.notable)) != none) {
			if (take_in(r, &r->d, s->from, end)) e.at = end;
			break;
		}
	return e;
}

// end_in_later_word is end_of for a string that goes on after its first word, of which it has
// what is notable.
static string_end end_in_later_word(reader *r, size_t i, uint64_t notable) {
	string_end e = {.notable = notable};
	e.at = first_quote(r->s, (i - r->s->from) / 64 + 1, &e.notable);
	return e.at == none ? end_in_later_part(r, i) : e;
}

// end_of finds the end of the string whose content begins at i; none: it is not known.
FUNCTION string_end end_of(reader *r, size_t i) {
	const skim *s = r->s;
	while (UNLIKELY(i >= s->limit))
		if (!mark(r)) return (string_end){none, 0};
	size_t at = i - s->from;
	const word *w = &s->room[at / 64];
	uint64_t rest = ~(uint64_t)0 << at % 64, quotes = w->quotes & rest, notable = w->notable & rest;
	if (UNLIKELY(!quotes)) return end_in_later_word(r, i, notable);
	return (string_end){i - at % 64 + __builtin_ctzll(quotes), notable & ((quotes & -quotes) - 1)};
}
