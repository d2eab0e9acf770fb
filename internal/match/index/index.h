//go:build cgo && !plain && (amd64 || arm64)

#include <stddef.h>
#include <stdint.h>

// What index.go says of them.
typedef struct {
	uint64_t quotes, escaped, special, high, stand_ins, signs, ats, grams, notable;
} word;
typedef struct {
	uint64_t inside, escape, digits;
} state;

// What prefilter.Needles says of them.
typedef struct {
	uint64_t word_begins[2], word_ends[2], word_pairs[128][2], whole_numbers;
	uint8_t low[3][16], high[3][16];
	uint8_t begins[1 << 13];
	uint8_t box_ends[32];
	uint8_t fours[512];
	uint8_t every, none, other_numbers, any_high, signs;
} needles;

// index_pass marks words times 64 bytes of text, and returns how many words it could mark.
// goes_on says that bytes of the same text lie before it, which may be read.
// n is 0 or what is looked for besides.
typedef size_t index_pass(const uint8_t *text, size_t words, int goes_on, word *marks, state *s, const needles *n);

// index_run is the pass for the vectors of this processor.
size_t index_run(const uint8_t *text, size_t words, int goes_on, word *marks, state *s, const needles *n);
