//go:build cgo && !plain && (amd64 || arm64)

#include <string.h>

#include "index.h"
#include "skim.h"

// Reads records of the usual kind, as skim.go says. It is the walker of package match once
// more, without its decisions: whatever is not as in most records it leaves to that one.

#define FUNCTION static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

// level is an object or array that is open.
typedef struct {
	uint64_t keys[MAX_KEYS / 64]; // those that it has
	size_t start;                 // of the present value
	uint8_t array, region;        // of its values
	uint8_t on_path;              // the present key is
	uint8_t number;               // of the present key in the schema
} level;

// reader is what the functions here share.
typedef struct {
	const uint8_t *text;
	size_t size;
	int flags;
	skim *s;
	const needles *n;
	known_keys *known;
	record *r;
	range path[MAX_DEPTH + 1];
	uint32_t path_used;
	int full;
	uint32_t place; // not beside path_used: both change at once, and would be read as one
} reader;

// marked_string is what the marks say of a string.
typedef struct {
	size_t start, end;
	uint64_t notable; // zero if there is nothing else to say, which then is not worked out
	uint64_t escaped, high, stand_ins, other_signs, ats, grams;
	uint16_t traits; // of its numbered escapes, and escaped backslashes
	uint8_t odd;     // a numbered escape may be an odd character
	size_t pair;     // where the latest pair of numbered escapes ends
} marked_string;

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
static int specials(const reader *r, uint64_t marks, size_t from, marked_string *m) {
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
static void stand_ins(const reader *r, uint64_t marks, size_t from, marked_string *m) {
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

// sum_up takes in what the marks say of the bytes from i up to end, which lie in the part.
static int sum_up(const reader *r, marked_string *m, size_t i, size_t end) {
	const skim *s = r->s;
	for (size_t next; i < end; i = next) {
		size_t n = (i - s->from) / 64, from = s->from + 64 * n;
		next = from + 64;
		uint64_t inside = ~(uint64_t)0 << (i - from);
		if (end < next) inside &= ((uint64_t)1 << (end - from)) - 1;
		const word *w = &s->room[n];
		m->escaped |= w->escaped & inside;
		m->high |= w->high & inside;
		m->stand_ins |= w->stand_ins & inside;
		m->other_signs |= w->signs & ~w->ats & inside;
		m->ats |= w->ats & inside;
		m->grams |= w->grams & inside;
		if (w->special & inside && !specials(r, w->special & inside, from, m)) return 0;
		if (w->stand_ins & inside) stand_ins(r, w->stand_ins & inside, from, m);
	}
	return 1;
}

// long_string is string for one that goes on after its first word, of which it has what is notable.
static int long_string(reader *r, size_t i, marked_string *m) {
	skim *s = r->s;
	size_t n = (i - s->from) / 64 + 1;
	for (;; n = 0) {
		for (; n < (s->limit - s->from) / 64; n++) {
			const word *w = &s->room[n];
			if (w->quotes) {
				m->notable |= w->notable & ((w->quotes & -w->quotes) - 1);
				m->end = s->from + 64 * n + __builtin_ctzll(w->quotes);
				return 1;
			}
			m->notable |= w->notable;
		}
		if (!sum_up(r, m, m->start, s->limit)) return 0;
		if (!mark(r)) return 0;
		m->start = s->from;
	}
}

// string finds the end of the string whose content begins at i; false: it is not known.
FUNCTION int string(reader *r, size_t i, marked_string *m) {
	const skim *s = r->s;
	while (UNLIKELY(i >= s->limit))
		if (!mark(r)) return 0;
	const word *w = &s->room[(i - s->from) / 64];
	uint64_t rest = ~(uint64_t)0 << ((i - s->from) % 64);
	uint64_t quotes = w->quotes & rest;
	*m = (marked_string){.start = i, .notable = w->notable & rest & ((quotes & -quotes) - 1)};
	if (quotes) m->end = i - (i - s->from) % 64 + __builtin_ctzll(quotes);
	else if (!long_string(r, i, m)) return 0;
	return LIKELY(!m->notable) || sum_up(r, m, m->start, m->end);
}

// space_end is where white space that begins at i ends; none: the line does.
static size_t space_end(const reader *r, size_t i) {
	for (; i < r->size; i++) {
		uint8_t c = r->text[i];
		if (c == '\n' && r->flags & LINES) return none;
		if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
	}
	return i;
}

#define STOP return none
#define SKIP_SPACE                                                     \
	do {                                                               \
		if (UNLIKELY(i >= r->size)) STOP;                              \
		if (UNLIKELY(r->text[i] <= ' ')) {                             \
			i = space_end(r, i);                                       \
			if (i >= r->size) STOP;                                    \
		}                                                              \
	} while (0)

FUNCTION uint64_t eight(const uint8_t *p) {
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

// key_slot is where a key is looked for first.
FUNCTION size_t key_slot(const uint8_t *p, size_t n) {
	if (n == 0) return 0;
	uint64_t h = (uint64_t)n << 24 | (uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | p[n - 1];
	return h * 0x9E3779B97F4A7C15 >> 54;
}

FUNCTION int stands_at(const known_key *k, const uint8_t *p, size_t left) {
	size_t size = k->size;
	if (size == 0 || left < 8 || left < size || (eight(p) & k->mask) != k->first) return 0;
	if (size <= 8) return 1;
	for (size_t i = 8; i + 8 < size; i += 8)
		if (eight(p + i) != eight(k->token + i)) return 0;
	return eight(p + size - 8) == k->last;
}

// find_key looks a key up that was not expected; 0: it is not known.
static unsigned find_key(reader *r, size_t i) {
	marked_string m;
	r->s->key.start = r->s->key.end = 0;
	if (!string(r, i, &m)) return 0;
	if (!m.notable && !sum_up(r, &m, m.start, m.end)) return 0;
	if (m.escaped | m.high) return 0;
	r->s->key.start = (uint32_t)i, r->s->key.end = (uint32_t)m.end;
	size_t n = m.end - i;
	const uint8_t *p = r->text + i;
	for (size_t slot = key_slot(p, n);; slot = (slot + 1) % KEY_SLOTS) {
		unsigned id = r->known->slots[slot];
		const known_key *k = &r->known->keys[id];
		if (id == 0) return 0;
		if (k->size == n + 1 && memcmp(p, k->token, n) == 0) {
			r->s->key.end = 0; // it needs no learning, whatever the record is left for
			return id;
		}
	}
}

// key reads the key whose content begins at i, and takes it in; it returns 0 if the record is
// not of the usual kind.
FUNCTION unsigned key(reader *r, level *l, size_t i, unsigned depth, unsigned last) {
	uint8_t *next = &r->known->keys[last].next[depth % 4];
	unsigned id = *next;
	if (UNLIKELY(!stands_at(&r->known->keys[id], r->text + i, r->size - i))) {
		id = find_key(r, i);
		*next = (uint8_t)id;
		if (id == 0) return 0;
	}
	uint64_t bit = (uint64_t)1 << (id % 64), *word = &l->keys[id / 64];
	if (UNLIKELY(*word & bit)) return 0; // repeated
	*word |= bit;
	return id;
}

// number_end is prefilter.NumberEnd.
static size_t digits_end(const reader *r, size_t i) {
	while (i < r->size && (uint8_t)(r->text[i] - '0') <= 9) i++;
	return i;
}

static size_t number_end(const reader *r, size_t i) {
	const uint8_t *t = r->text;
	size_t first, size = r->size;
	if (t[i] == '-') i++;
	if (i >= size || (uint8_t)(t[i] - '0') > 9) STOP;
	i = t[i] == '0' ? i + 1 : digits_end(r, i);
	if (i < size && t[i] == '.') {
		first = i + 1;
		if ((i = digits_end(r, first)) == first) STOP;
	}
	if (i < size && (t[i] | 0x20) == 'e') {
		if (++i < size && (t[i] == '+' || t[i] == '-')) i++;
		first = i;
		if ((i = digits_end(r, first)) == first) STOP;
	}
	return i;
}

static size_t literal_end(const reader *r, size_t i) {
	const uint8_t *p = r->text + i;
	size_t left = r->size - i;
	if (left >= 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)) return i + 4;
	if (left >= 5 && memcmp(p, "false", 5) == 0) return i + 5;
	STOP;
}

// tell takes a leaf down for package match to look at; false: there is no room.
static int tell(reader *r, size_t start, size_t end, uint8_t region, int flags, unsigned traits) {
	skim *s = r->s;
	if (s->leaves_used == MAX_LEAVES || s->paths_used + r->path_used > MAX_PATHS) {
		r->full = 1;
		return 0;
	}
	leaf *l = &s->leaves[s->leaves_used++];
	*l = (leaf){{(uint32_t)start, (uint32_t)end}, r->place, s->paths_used, s->paths_used + r->path_used, (uint16_t)traits, region, (uint8_t)flags};
	memcpy(s->paths + s->paths_used, r->path, r->path_used * sizeof(range));
	s->paths_used += r->path_used;
	return 1;
}

// asks says whether a string may be worth looking at; see prefilter.Needles.
FUNCTION int asks(const reader *r, size_t i, const marked_string *m) {
	const needles *n = r->n;
	size_t size = m->end - i;
	if (n->none) return 0;
	if (size < 2 || n->every) return size > 0;
	unsigned pair = r->text[i] | r->text[i + 1] << 8;
	if (n->begins[pair / 8] >> pair % 8 & 1) return 1;
	if (LIKELY(!m->notable)) return 0;
	if (m->grams || m->odd || m->traits & DOUBLED || (m->high && n->any_high)) return 1;
	if (n->signs && m->other_signs) return 1;
	if (!m->ats) return 0;
	if (m->escaped | m->high) return 1;
	uint8_t last = r->text[m->end - 1] | 0x20;
	return n->box_ends[last / 8] >> last % 8 & 1;
}

static unsigned traits(const reader *r, marked_string *m) {
	if (!m->notable) sum_up(r, m, m->start, m->end);
	unsigned t = m->traits;
	if (m->escaped) t |= ESCAPED;
	if (m->high) t |= HIGH | PROVEN;
	if (!m->stand_ins) t |= NO_STAND_IN;
	if (!(m->other_signs | m->ats)) t |= SIGNLESS;
	return t;
}

// string_leaf reads the string value whose content begins at i, and returns where it ends.
FUNCTION size_t string_leaf(reader *r, size_t i, uint8_t region) {
	marked_string m;
	if (!string(r, i, &m)) STOP;
	if (region == ELSEWHERE) return m.end + 1;
	r->r->leaves |= region == SEARCHED && m.end > i;
	r->place += region == IDENTITY;
	if (asks(r, i, &m) && !tell(r, i, m.end, region, m.grams ? HAS_GRAM : 0, traits(r, &m))) STOP;
	r->place += region == IDENTITY;
	return m.end + 1;
}

// asks_number says whether a number may be worth looking at.
FUNCTION int asks_number(const reader *r, size_t i, size_t end) {
	size_t size = end - i;
	if (digits_end(r, i) != end) return r->n->other_numbers;
	return r->n->whole_numbers >> (size < 63 ? size : 63) & 1;
}

// plain_leaf reads a number, true, false or null.
FUNCTION size_t plain_leaf(reader *r, size_t i, uint8_t region, int top) {
	uint8_t c = r->text[i];
	int number = c == '-' || (uint8_t)(c - '0') <= 9;
	size_t end = number ? number_end(r, i) : literal_end(r, i);
	if (end == none || region == ELSEWHERE || (region == IDENTITY && !number)) return end;
	if (top && region == SEARCHED && c != 'n') STOP; // metadata that is a scalar
	r->r->leaves |= region == SEARCHED && c != 'n';
	if (!number) return end;
	r->place += region == IDENTITY;
	if ((region == IDENTITY || asks_number(r, i, end)) && !tell(r, i, end, region, NUMBER, 0)) STOP;
	r->place += region == IDENTITY;
	return end;
}

// record reads the object at i, and returns where it ends.
static size_t read_record(reader *r, size_t i) {
	level levels[MAX_DEPTH + 1], *l = levels;
	unsigned depth = 0, last = 0;
	uint8_t region = r->flags & WHOLE ? SEARCHED : ELSEWHERE;
open: // an object or array at i, in a region
	if (++depth > MAX_DEPTH) STOP;
	l = &levels[depth];
	memset(l, 0, sizeof *l);
	l->region = region;
	l->array = r->text[i++] == '[';
	SKIP_SPACE;
	if (r->text[i] == (l->array ? ']' : '}')) goto close;
	if (l->array) goto value;
member:
	if (r->text[i] != '"') STOP;
	last = key(r, l, ++i, depth, last);
	if (UNLIKELY(last == 0)) STOP;
	const known_key *k = &r->known->keys[last];
	region = l->region;
	if (depth == 1) {
		if (k->flags & ODD_CASE) STOP;
		region = k->region, l->number = k->number;
	}
	if (l->region == SEARCHED || region == OUTSIDE) {
		if (UNLIKELY(k->flags & ASKED_FOR)) STOP;
		r->path[r->path_used++] = (range){(uint32_t)i, (uint32_t)i + k->size - 1};
		r->place++;
		l->on_path = 1;
	}
	i += k->size;
	SKIP_SPACE;
	if (r->text[i++] != ':') STOP;
	SKIP_SPACE;
value: // at i, in a region
	l->start = i;
	switch (r->text[i]) {
	case '"':
		i = string_leaf(r, i + 1, region);
		break;
	case '{':
	case '[':
		if (region == IDENTITY) region = ELSEWHERE;
		goto open;
	default:
		i = plain_leaf(r, i, region, depth == 1 && !(r->flags & WHOLE));
	}
	if (UNLIKELY(i == none)) STOP;
after: // a value of the level ends at i
	if (l->on_path) {
		l->on_path = 0;
		r->path_used--;
		r->place++;
	}
	if (depth == 1 && l->number) r->r->top[l->number] = (range){(uint32_t)l->start, (uint32_t)i};
	SKIP_SPACE;
	if (r->text[i] == ',') {
		i++;
		SKIP_SPACE;
		region = l->region;
		if (l->array) goto value;
		goto member;
	}
	if (r->text[i] != (l->array ? ']' : '}')) STOP;
close:
	i++;
	if (--depth == 0) return i;
	l = &levels[depth];
	goto after;
}

// next_record reads a record at i and keeps it, or leaves everything as it was.
static size_t next_record(reader *r, size_t i) {
	skim *s = r->s;
	uint32_t leaves = s->leaves_used, paths = s->paths_used;
	r->r = &s->records[s->records_used];
	memset(r->r, 0, sizeof *r->r);
	r->r->first_leaf = leaves;
	r->path_used = r->place = 0;
	size_t end = read_record(r, i);
	if (end == none) {
		s->leaves_used = leaves, s->paths_used = paths;
		return none;
	}
	r->r->at = (range){(uint32_t)i, (uint32_t)end};
	r->r->end_leaf = s->leaves_used;
	s->records_used++;
	return end;
}

// stopped is why the record at the present place was not read.
static int stopped(const reader *r) {
	if (r->full && r->s->leaves_used > 0) return FULL;
	return r->s->key.end ? UNKNOWN_KEY : STRANGE;
}

// forget takes back the last record.
static void forget(reader *r) {
	r->s->leaves_used = r->s->records[--r->s->records_used].first_leaf;
}

// lines reads lines from the one that begins at s->at on.
static int lines(reader *r) {
	skim *s = r->s;
	while (s->records_used < MAX_RECORDS) {
		size_t i = s->at;
		for (; i < r->size && r->text[i] <= ' '; i++) {
			if (r->text[i] == '\n') s->at = i + 1;
			else if (r->text[i] != ' ' && r->text[i] != '\t' && r->text[i] != '\r') return STRANGE;
		}
		if (i == r->size) {
			s->at = i;
			return FINISHED;
		}
		if (r->text[i] != '{') return STRANGE;
		size_t end = next_record(r, i);
		if (end == none) return stopped(r);
		for (i = end; i < r->size && r->text[i] <= ' ' && r->text[i] != '\n'; i++)
			if (r->text[i] != ' ' && r->text[i] != '\t' && r->text[i] != '\r') break;
		if (i < r->size && r->text[i] != '\n') {
			forget(r);
			return STRANGE;
		}
		s->at = i < r->size ? i + 1 : i;
	}
	return FULL;
}

// elements reads elements of an array from the one at s->at on. FINISHED: s->at is where the
// last one ended, FULL: where one begins.
static int elements(reader *r) {
	skim *s = r->s;
	while (s->records_used < MAX_RECORDS) {
		if (s->at >= r->size || r->text[s->at] != '{') return STRANGE;
		size_t end = next_record(r, s->at);
		if (end == none) return stopped(r);
		s->at = end;
		size_t i = space_end(r, end);
		if (i == r->size || r->text[i] != ',') return FINISHED;
		i = space_end(r, i + 1);
		if (i == r->size) return FINISHED;
		s->at = i;
	}
	return FULL;
}

int index_skim(const uint8_t *text, size_t size, int flags, skim *s, const needles *n, known_keys *known) {
	reader r = {.text = text, .size = size, .flags = flags, .s = s, .n = n, .known = known};
	if (s->at < s->from) index_skim_from(s, s->at);
	s->records_used = s->leaves_used = s->paths_used = s->unread_used = 0;
	s->key = (range){0, 0};
	return flags & LINES ? lines(&r) : elements(&r);
}

// index_skim_from has the next record begin at a place where no string is open.
void index_skim_from(skim *s, size_t at) {
	s->at = s->from = s->limit = at;
	s->pass = (state){0};
	s->goes_on = 0;
}
