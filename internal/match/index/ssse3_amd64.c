//go:build cgo && !plain

#include <immintrin.h>

#include "index.h"

#define FUNCTION static inline __attribute__((always_inline, target("ssse3")))
#define PASS __attribute__((target("ssse3"))) size_t index_ssse3
#define WIDTH 16

typedef __m128i vec;

FUNCTION vec load(const uint8_t *p) { return _mm_loadu_si128((const vec *)p); }
FUNCTION vec all(uint8_t byte) { return _mm_set1_epi8((char)byte); }
FUNCTION vec and(vec a, vec b) { return _mm_and_si128(a, b); }
FUNCTION vec or(vec a, vec b) { return _mm_or_si128(a, b); }
FUNCTION vec xor(vec a, vec b) { return _mm_xor_si128(a, b); }
FUNCTION vec smaller(vec a, vec b) { return _mm_min_epu8(a, b); }
FUNCTION vec minus(vec a, vec b) { return _mm_subs_epu8(a, b); }
FUNCTION vec high_half(vec a) { return _mm_and_si128(_mm_srli_epi16(a, 4), all(15)); }
FUNCTION vec table(const uint8_t *entries) { return load(entries); }
FUNCTION vec look_up(vec table, vec halves) { return _mm_shuffle_epi8(table, halves); }
FUNCTION uint64_t top_bits(vec a) { return (uint32_t)_mm_movemask_epi8(a); }
FUNCTION uint64_t equal(vec a, vec b) { return top_bits(_mm_cmpeq_epi8(a, b)); }
FUNCTION uint64_t common(vec a, vec b) { return top_bits(_mm_cmpeq_epi8(and(a, b), all(0))) ^ 0xFFFF; }
FUNCTION uint64_t has(vec a, uint8_t bit) { return top_bits(_mm_slli_epi16(a, __builtin_clz(bit) - 24)); }
#define BYTES_BEFORE(now, before, n) _mm_alignr_epi8(now, before, 16 - (n))

#include "pass.h"
