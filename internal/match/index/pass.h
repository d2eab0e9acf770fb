// The pass over a block, written once for all kinds of vectors. A file that includes it
// has defined vec, WIDTH (its bytes), the operations on it, FUNCTION (how functions are
// declared) and PASS (the name of this one). What the marks mean is written in index.go.

#define PARTS (64 / WIDTH)

typedef struct {
	vec part[PARTS];
} chunk; // 64 bytes

// EVERY is what is said of each byte of a chunk, by what is said of those of its part i.
#define EVERY(said)                                                           \
	({                                                                        \
		uint64_t bits = 0;                                                    \
		for (int i = 0; i < PARTS; i++) bits |= (uint64_t)(said) << WIDTH * i; \
		bits;                                                                 \
	})

FUNCTION uint64_t equal_to(const chunk *c, uint8_t byte) { return EVERY(equal(c->part[i], all(byte))); }

// The kinds of bytes that are marked, by what both halves of a byte allow.
enum { QUOTE = 128, BACKSLASH = 64, CONTROL = 32, AT = 16, SIGN = 8, EQUALS = 4, LETTER_U = 2 };
static const uint8_t mark_by_high[16] = {CONTROL, CONTROL, QUOTE | SIGN, EQUALS, AT, BACKSLASH, 0, LETTER_U};
static const uint8_t mark_by_low[16] = {
	CONTROL | AT, CONTROL, CONTROL | QUOTE, CONTROL, CONTROL, CONTROL | SIGN | LETTER_U, CONTROL | SIGN, CONTROL,
	CONTROL, CONTROL, CONTROL, CONTROL, CONTROL | BACKSLASH, CONTROL | EQUALS, CONTROL, CONTROL,
};

// halves are the halves of the bytes of a chunk, to be looked up by.
typedef struct {
	vec low[PARTS], high[PARTS];
} halves;

FUNCTION halves halves_of(const chunk *c) {
	halves h;
	for (int i = 0; i < PARTS; i++) {
		h.low[i] = and(c->part[i], all(15));
		h.high[i] = high_half(c->part[i]);
	}
	return h;
}

FUNCTION chunk kinds_of(const halves *h) {
	chunk kinds;
	for (int i = 0; i < PARTS; i++) kinds.part[i] = and(look_up(table(mark_by_high), h->high[i]), look_up(table(mark_by_low), h->low[i]));
	return kinds;
}

FUNCTION uint64_t bytes_of(const chunk *kinds, uint8_t kind) { return EVERY(has(kinds->part[i], kind)); }

// Bit n is set if the number of bits up to it is odd.
FUNCTION uint64_t odd_so_far(uint64_t bits) {
	bits ^= bits << 1;
	bits ^= bits << 2;
	bits ^= bits << 4;
	bits ^= bits << 8;
	bits ^= bits << 16;
	bits ^= bits << 32;
	return bits;
}

// The bytes that a backslash stands before that is not itself one of them: of a run of
// backslashes every second one. carry is whether that holds for the first byte.
FUNCTION uint64_t escaped_by(uint64_t backslashes, uint64_t *carry) {
	const uint64_t even = 0x5555555555555555;
	uint64_t seq;
	backslashes &= ~*carry;
	uint64_t after = backslashes << 1 | *carry;
	uint64_t odd_starts = backslashes & ~even & ~after;
	*carry = __builtin_add_overflow(odd_starts, backslashes, (unsigned long long *)&seq);
	return (even ^ seq << 1) & after;
}

// The letters of escapes, by what both halves of a byte allow, and hexadecimal digits.
static const uint8_t digit_by_high[16] = {[3] = 1, [4] = 2, [6] = 2};
static const uint8_t digit_by_low[16] = {1, 3, 3, 3, 3, 3, 3, 1, 1, 1};
static const uint8_t escape_by_high[16] = {0, 0, 1, 0, 0, 2, 4, 8};
static const uint8_t escape_by_low[16] = {[2] = 1 | 4 | 8, [4] = 8, [5] = 8, [6] = 4, [0xC] = 2, [0xE] = 4, [0xF] = 1};

// The bytes that begin characters of which some stand for one of ASCII: by the first half
// (C, D, E and F are 1, 2, 4, 8), and those of each that are meant by the second.
enum { STAND_IN = 15 };
static const uint8_t lead_by_high[16] = {[0xC] = 1, [0xD] = 2, [0xE] = 4, [0xF] = 8};
static const uint8_t lead_by_low[16] = {8, 4 | 8, 1 | 4 | 8, 4 | 8, 1 | 8, 1 | 8, 8, 1 | 8, 2 | 8, 8, 1 | 4 | 8, 1 | 8, 8, 1 | 8, 8, 4 | 8};

FUNCTION uint64_t is_kind(const chunk *c, const uint8_t *by_high, const uint8_t *by_low, uint8_t kinds) {
	return EVERY(common(and(look_up(table(by_high), high_half(c->part[i])), all(kinds)), look_up(table(by_low), and(c->part[i], all(15)))));
}

// The first bytes of Hiragana and Katakana, of which none stands for ASCII, but for those whose
// second byte lies in the next 64.
FUNCTION uint64_t kana(const chunk *c) {
	uint64_t after = EVERY(equal(smaller(minus(c->part[i], all(0x80)), all(3)), minus(c->part[i], all(0x80)))) & ~equal_to(c, 0x80);
	return equal_to(c, 0xE3) & after >> 1;
}

// UTF-8, by John Keiser and Daniel Lemire, "Validating UTF-8 in less than one instruction
// per byte" (2021): each pair of bytes is looked up by three halves of it; what all three
// allow is an error, but for the bytes that have to be the third or fourth.
enum {
	TOO_SHORT = 1, TOO_LONG = 2, OVERLONG_3 = 4, TOO_LARGE = 8, SURROGATE = 16, OVERLONG_2 = 32, TOO_LARGE_1000 = 64, OVERLONG_4 = 64, TWO_CONTS = 128,
	CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS,
};
static const uint8_t first_high[16] = {
	TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TWO_CONTS, TWO_CONTS, TWO_CONTS, TWO_CONTS,
	TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
};
static const uint8_t first_low[16] = {
	CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY, CARRY, CARRY | TOO_LARGE,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
	CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
};
static const uint8_t second_high[16] = {
	TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
	TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4, TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE,
	TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE, TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
	TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
};

FUNCTION vec not_utf8(vec now, vec before) {
	vec one = BYTES_BEFORE(now, before, 1);
	vec pair = and(and(look_up(table(first_high), high_half(one)), look_up(table(first_low), and(one, all(15)))), look_up(table(second_high), high_half(now)));
	vec third = minus(BYTES_BEFORE(now, before, 2), all(0xE0 - 0x80));
	vec fourth = minus(BYTES_BEFORE(now, before, 3), all(0xF0 - 0x80));
	return xor(and(or(third, fourth), all(0x80)), pair);
}

static const uint8_t largest_end[64] = {
	255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xF0 - 1, 0xE0 - 1, 0xC0 - 1,
};

// Not zero where the last bytes begin a character that has to go on.
FUNCTION vec unfinished(vec last) { return minus(last, load(largest_end + 64 - WIDTH)); }

FUNCTION uint64_t letters_of_escapes(const halves *h) {
	return EVERY(common(look_up(table(escape_by_high), h->high[i]), look_up(table(escape_by_low), h->low[i])));
}

// The marks of escapes; what is wrong with them is returned.
FUNCTION uint64_t escapes(const chunk *c, const halves *h, const chunk *kinds, uint64_t *escaped, uint64_t *special, state *s) {
	uint64_t backslashes = bytes_of(kinds, BACKSLASH);
	*escaped = escaped_by(backslashes, &s->escape);
	uint64_t fault = *escaped & ~letters_of_escapes(h);
	uint64_t numbered = *escaped & bytes_of(kinds, LETTER_U);
	if (numbered | s->digits) {
		fault |= (s->digits | numbered << 1 | numbered << 2 | numbered << 3 | numbered << 4) & ~is_kind(c, digit_by_high, digit_by_low, 3);
		s->digits = numbered >> 63 | numbered >> 62 | numbered >> 61 | numbered >> 60;
	}
	*special = numbered | (*escaped & backslashes);
	return fault;
}

// The tables of needles, as vectors.
typedef struct {
	vec low[3], high[3];
} gram_tables;

FUNCTION gram_tables tables_of(const needles *n) {
	gram_tables t = {0};
	for (int i = 0; n && i < 3; i++) t.low[i] = table(n->low[i]), t.high[i] = table(n->high[i]);
	return t;
}

// The bytes at which a gram of three bytes may end: of each the values allow some, by halves.
typedef struct {
	vec first, second; // what the last bytes before may be
} grams_before;

FUNCTION vec allowed(const gram_tables *n, int of, vec low, vec high) {
	return and(look_up(n->low[of], low), look_up(n->high[of], high));
}

FUNCTION uint64_t grams(const halves *h, const gram_tables *n, grams_before *before) {
	uint64_t ends = 0;
	for (int i = 0; i < PARTS; i++) {
		vec low = h->low[i], high = h->high[i];
		vec first = allowed(n, 0, low, high), second = allowed(n, 1, low, high);
		vec pair = and(BYTES_BEFORE(first, before->first, 2), BYTES_BEFORE(second, before->second, 1));
		ends |= common(pair, allowed(n, 2, low, high)) << WIDTH * i;
		*before = (grams_before){first, second};
	}
	return ends;
}

PASS(const uint8_t *text, size_t words, int goes_on, word *marks, state *kept, const needles *n) {
	state s = *kept;
	grams_before last = {all(0), all(0)};
	const gram_tables tables = tables_of(n);
	vec before = goes_on ? load(text - WIDTH) : all(0);
	vec open = unfinished(before); // of the text so far
	const uint64_t high_counts = n && n->any_high ? ~(uint64_t)0 : 0;
	if (goes_on) {
		vec low = and(before, all(15)), high = high_half(before);
		last = (grams_before){allowed(&tables, 0, low, high), allowed(&tables, 1, low, high)};
	}
	for (size_t done = 0; done < words; done++, text += 64, marks++) {
		chunk c;
		vec bytes = all(0), bad = open;
		for (int i = 0; i < PARTS; i++) {
			c.part[i] = load(text + WIDTH * i);
			bytes = or(bytes, c.part[i]);
		}
		uint64_t high = 0, stand_ins = 0, escaped = 0, special = 0, fault = 0;
		open = all(0);
		if (top_bits(bytes)) {
			high = EVERY(top_bits(c.part[i]));
			stand_ins = is_kind(&c, lead_by_high, lead_by_low, STAND_IN) & ~kana(&c);
			bad = not_utf8(c.part[0], before);
			for (int i = 1; i < PARTS; i++) bad = or(bad, not_utf8(c.part[i], c.part[i - 1]));
			open = unfinished(c.part[PARTS - 1]);
		}
		before = c.part[PARTS - 1];
		halves h = halves_of(&c);
		chunk kinds = kinds_of(&h);
		fault = escapes(&c, &h, &kinds, &escaped, &special, &s);
		uint64_t quotes = bytes_of(&kinds, QUOTE) & ~escaped;
		uint64_t inside = odd_so_far(quotes) ^ s.inside;
		fault |= bytes_of(&kinds, CONTROL) & inside;
		if (fault | common(bad, bad)) return done;
		s.inside = (uint64_t)((int64_t)inside >> 63);
		uint64_t other_signs = EVERY(common(kinds.part[i], all(SIGN | EQUALS))), ats = bytes_of(&kinds, AT);
		marks->quotes = quotes;
		marks->escaped = escaped;
		marks->special = special;
		marks->high = high;
		marks->stand_ins = stand_ins;
		marks->signs = other_signs | ats;
		marks->ats = ats;
		if (n) { // for index_skim
			uint64_t g = grams(&h, &tables, &last);
			marks->grams = g;
			marks->notable = g | special | stand_ins | other_signs | ats | (high & high_counts);
		}
	}
	*kept = s;
	return words;
}
