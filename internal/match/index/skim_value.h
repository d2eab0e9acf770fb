// White space, keys, numbers and literals.

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

// two are the bytes at p and behind it.
FUNCTION unsigned two(const uint8_t *p) {
	uint16_t v;
	memcpy(&v, p, 2);
	return v;
}
#define TWO(first, second) ((first) | (second) << 8)

typedef uint64_t sixteen __attribute__((vector_size(16))); // bytes

FUNCTION sixteen sixteen_at(const uint8_t *p) {
	sixteen v;
	memcpy(&v, p, 16);
	return v;
}

// stands_at reads as many bytes as a token may have.
FUNCTION int stands_at(const known_key *k, const uint8_t *p) {
	sixteen differs = {0};
	for (int i = 0; i < MAX_TOKEN; i += 16) differs |= (sixteen_at(p + i) ^ sixteen_at(k->token + i)) & sixteen_at(k->mask + i);
	return !(differs[0] | differs[1]);
}

// find_key looks a key up that was not expected; 0: it is not known.
static unsigned find_key(reader *r, size_t i) {
	r->s->key.start = r->s->key.end = 0;
	size_t end = end_of(r, i).at;
	const details *d = end == none ? 0 : details_of(r, i, end);
	if (!d || d->escaped | d->high) return 0;
	r->s->key.start = (uint32_t)i, r->s->key.end = (uint32_t)end;
	size_t n = end - i;
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

// key reads the key whose content begins at i, behind the key last; it returns 0 if the record is
// not of the usual kind.
FUNCTION known_key *key(reader *r, size_t i, unsigned depth, known_key *last) {
	known_key *k = &r->known->keys[last->next[depth % 4]];
	if (LIKELY(r->size - i >= MAX_TOKEN && stands_at(k, r->text + i) && k->id)) return k;
	unsigned id = last->next[depth % 4] = (uint8_t)find_key(r, i);
	return id ? &r->known->keys[id] : 0;
}

static size_t digits_end(const reader *r, size_t i) {
	for (; i + 8 <= r->size; i += 8) {
		uint64_t v = eight(r->text + i) ^ 0x3030303030303030;                 // digits are 0 to 9
		uint64_t others = (v | (v + 0x7676767676767676)) & 0x8080808080808080; // up to the first
		if (others) return i + __builtin_ctzll(others) / 8;
	}
	while (i < r->size && (uint8_t)(r->text[i] - '0') <= 9) i++;
	return i;
}

// number_end is prefilter.NumberEnd. whole: there are only digits.
static size_t number_end(const reader *r, size_t i, int *whole) {
	const uint8_t *t = r->text;
	size_t first, size = r->size;
	*whole = t[i] != '-';
	if (!*whole) i++;
	first = i;
	i = digits_end(r, i);
	if (i == first || (t[first] == '0' && i != first + 1)) STOP;
	if (i < size && t[i] == '.') {
		*whole = 0;
		first = i + 1;
		if ((i = digits_end(r, first)) == first) STOP;
	}
	if (i < size && (t[i] | 0x20) == 'e') {
		*whole = 0;
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
