//go:build cgo && !plain && (amd64 || arm64)

#include <string.h>

#include "index.h"
#include "skim.h"
#include "skim_string.h"
#include "skim_value.h"

// Reads records of the usual kind, as skim.go says. It is the walker of package match once
// more, without its decisions: whatever is not as in most records it leaves to that one.

// level is an object or array that is open.
typedef struct {
	uint64_t keys[MAX_KEYS / 64]; // those that it has
	const known_key *key;         // the present one
	size_t key_at, start;         // where it begins, and its value
	uint8_t array, region;        // of its values
	uint8_t on_path;              // the present key is
	uint8_t number;               // of the present key in the schema
} level;

// spot is where in the record a leaf stands.
typedef struct {
	const level *outer, *inner;
	uint32_t place;
	uint8_t region;
} spot;

// path writes the keys above a leaf, and returns how many they are.
static uint32_t path(spot at, range *keys) {
	uint32_t n = 0;
	for (const level *l = at.outer; l <= at.inner; l++)
		if (l->on_path) keys[n++] = (range){(uint32_t)l->key_at, (uint32_t)l->key_at + l->key->size - 1};
	return n;
}

// tell takes a leaf down for package match to look at; false: there is no room.
static int tell(reader *r, size_t start, size_t end, spot at, int flags, unsigned traits) {
	skim *s = r->s;
	if (s->leaves_used == MAX_LEAVES || s->paths_used + MAX_DEPTH > MAX_PATHS) {
		r->full = 1;
		return 0;
	}
	uint32_t first = s->paths_used;
	s->paths_used += path(at, s->paths + first);
	s->leaves[s->leaves_used++] = (leaf){{(uint32_t)start, (uint32_t)end}, at.place, first, s->paths_used, (uint16_t)traits, at.region, (uint8_t)flags};
	return 1;
}

// tell_string takes a string down.
static int tell_string(reader *r, size_t i, size_t end, spot at) {
	const details *d = details_of(r, i, end);
	unsigned t = d->traits;
	if (d->escaped) t |= ESCAPED;
	if (d->high) t |= HIGH | PROVEN;
	if (!d->stand_ins) t |= NO_STAND_IN;
	if (!(d->other_signs | d->ats)) t |= SIGNLESS;
	return tell(r, i, end, at, d->gram ? HAS_GRAM : 0, t);
}

// asks_by_details is asks for a string that something is notable of.
static int asks_by_details(const reader *r, size_t end) {
	const needles *n = r->n;
	const details *d = &r->d;
	if (d->gram || d->odd || d->traits & DOUBLED || (d->high && n->any_high)) return 1;
	if (n->signs && d->other_signs) return 1;
	if (!d->ats) return 0;
	if (d->escaped | d->high) return 1;
	uint8_t last = r->text[end - 1] | 0x20;
	return n->box_ends[last / 8] >> last % 8 & 1;
}

// asks says whether a string may be worth looking at; see prefilter.Needles.
FUNCTION int asks(const reader *r, size_t i, string_end e) {
	const needles *n = r->n;
	size_t size = e.at - i;
	if (UNLIKELY(size < r->told_apart)) return !n->none && size > 0;
	unsigned pair = two(r->text + i);
	return n->begins[pair / 8] >> pair % 8 & 1 || (UNLIKELY(e.notable) && asks_by_details(r, e.at));
}

// string_leaf reads the string value whose content begins at i, and returns where it ends.
FUNCTION size_t string_leaf(reader *r, size_t i, spot at) {
	string_end e = end_of(r, i);
	if (UNLIKELY(e.at == none)) STOP;
	if (UNLIKELY(e.notable) && !details_of(r, i, e.at)) STOP;
	if (at.region != ELSEWHERE && UNLIKELY(asks(r, i, e)) && !tell_string(r, i, e.at, at)) STOP;
	return e.at;
}

// asks_number says whether a number may be worth looking at.
FUNCTION int asks_number(const reader *r, size_t size, int whole) {
	if (!whole) return r->n->other_numbers;
	return r->n->whole_numbers >> (size < 63 ? size : 63) & 1;
}

// number_leaf reads a number.
FUNCTION size_t number_leaf(reader *r, size_t i, spot at) {
	int whole;
	size_t end = number_end(r, i, &whole);
	if (end == none || at.region == ELSEWHERE) return end;
	if ((at.region == IDENTITY || asks_number(r, end - i, whole)) && !tell(r, i, end, at, NUMBER, 0)) STOP;
	return end;
}

// has_already takes a key in, and says whether the level had it.
FUNCTION int has_already(level *l, unsigned id) {
	uint64_t bit = (uint64_t)1 << (id % 64), *word = &l->keys[id / 64], had = *word & bit;
	*word |= bit;
	return had != 0;
}

#define SKIP_SPACE                                  \
	do {                                            \
		if (UNLIKELY(i >= size)) STOP;              \
		if (UNLIKELY(text[i] <= ' ')) {             \
			i = space_end(r, i);                    \
			if (i >= size) STOP;                    \
		}                                           \
	} while (0)

// read_record reads the object at i, and returns where it ends.
static size_t read_record(reader *r, size_t i) {
	const uint8_t *text = r->text;
	const size_t size = r->size;
	range *top = r->r->top;
	level levels[MAX_DEPTH + 1], *l = levels;
	unsigned depth = 0;
	known_key *k = r->known->keys; // that of 0 is none
	uint32_t place = 0;
	size_t leaves = 0;
	uint8_t region = r->flags & WHOLE ? SEARCHED : ELSEWHERE;
open: // an object or array at i, in a region
	if (++depth > MAX_DEPTH) STOP;
	l = &levels[depth];
	*l = (level){.array = text[i++] == '[', .region = region};
	l->on_path = !l->array && (region == SEARCHED || region == OUTSIDE);
	SKIP_SPACE;
	if (text[i] == (l->array ? ']' : '}')) goto close;
	if (l->array) goto value;
	if (text[i] != '"') STOP;
member: // of which the key's quote is at i
	k = key(r, ++i, depth, k);
	if (UNLIKELY(!k || has_already(l, k->id))) STOP;
	l->key = k;
	l->key_at = i;
	place++;
	region = l->region;
	if (depth == 1) {
		if (UNLIKELY(k->flags & ODD_CASE)) STOP;
		region = k->region;
		l->number = k->number;
		l->on_path = l->region == SEARCHED || region == OUTSIDE;
	}
	if (UNLIKELY(k->flags & ASKED_FOR) && l->on_path) STOP;
	i += k->size;
	if (LIKELY(i + 1 < size && two(text + i) == TWO(':', '"'))) {
		l->start = ++i;
		goto string;
	}
	SKIP_SPACE;
	if (text[i++] != ':') STOP;
	SKIP_SPACE;
value: // at i, in a region
	l->start = i;
	switch (text[i]) {
	case '"':
	string:
		i++;
		size_t end = string_leaf(r, i, (spot){levels + 1, l, place, region});
		if (UNLIKELY(end == none)) STOP;
		leaves |= region == SEARCHED ? end - i : 0; // not of an empty string
		i = end + 1;
		break;
	case '{':
	case '[':
		if (region == IDENTITY) region = ELSEWHERE;
		goto open;
	case 't':
	case 'f':
	case 'n':
		if (depth == 1 && region == SEARCHED && text[i] != 'n' && !(r->flags & WHOLE)) STOP; // metadata that is a scalar
		leaves |= region == SEARCHED && text[i] != 'n';
		i = literal_end(r, i);
		break;
	default:
		if (depth == 1 && region == SEARCHED && !(r->flags & WHOLE)) STOP;
		leaves |= region == SEARCHED;
		i = number_leaf(r, i, (spot){levels + 1, l, place, region});
	}
	if (UNLIKELY(i == none)) STOP;
after: // a value of the level ends at i
	if (l->number) top[l->number] = (range){(uint32_t)l->start, (uint32_t)i};
	if (LIKELY(i + 1 < size && two(text + i) == TWO(',', '"') && !l->array)) {
		i++;
		goto member;
	}
	SKIP_SPACE;
	if (text[i] == ',') {
		i++;
		SKIP_SPACE;
		region = l->region;
		if (l->array) goto value;
		if (text[i] != '"') STOP;
		goto member;
	}
	if (text[i] != (l->array ? ']' : '}')) STOP;
close:
	i++;
	place += !l->array; // what stands before and after has not the same path
	if (--depth == 0) {
		r->r->leaves = leaves != 0;
		return i;
	}
	l = &levels[depth];
	goto after;
}

// next_record reads a record at i and keeps it, or leaves everything as it was.
static size_t next_record(reader *r, size_t i) {
	skim *s = r->s;
	uint32_t leaves = s->leaves_used, paths = s->paths_used;
	r->r = &s->records[s->records_used];
	for (int n = 0; n < MAX_NAMES; n++) r->r->top[n].end = 0; // absent
	r->r->first_leaf = leaves;
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
	reader r = {.text = text, .size = size, .flags = flags, .s = s, .n = n, .known = known, .detailed = none, .told_apart = n->none || n->every ? none : 2};
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
