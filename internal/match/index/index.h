//go:build cgo && !plain && (amd64 || arm64)

#include <stddef.h>
#include <stdint.h>

// What index.go says of them.
typedef struct {
	uint64_t quotes, escaped, special, high, stand_ins, signs;
} word;
typedef struct {
	uint64_t inside, escape, digits;
} state;

// index_pass marks words times 64 bytes of text, and returns how many words it could mark.
// goes_on says that bytes of the same text lie before it, which may be read.
typedef size_t index_pass(const uint8_t *text, size_t words, int goes_on, word *marks, state *s);
