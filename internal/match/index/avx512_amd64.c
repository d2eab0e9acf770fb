//go:build cgo && !plain

#include <immintrin.h>

#include "index.h"

#define TARGET target("avx512f,avx512bw,bmi")
#define FUNCTION static inline __attribute__((always_inline, TARGET))
#define PASS __attribute__((TARGET)) size_t index_avx512
#define WIDTH 64

typedef __m512i vec;

// general has bits computed with in a general register: between mask registers, which GCC would
// choose, that takes several times as long.
FUNCTION uint64_t general(uint64_t bits) {
	__asm__("" : "+r"(bits));
	return bits;
}

FUNCTION vec load(const uint8_t *p) { return _mm512_loadu_si512(p); }
FUNCTION vec all(uint8_t byte) {
	vec v = _mm512_set1_epi8((char)byte);
	__asm__("" : "+v"(v)); // made once, not for every word
	return v;
}
FUNCTION vec and(vec a, vec b) { return _mm512_and_si512(a, b); }
FUNCTION vec or(vec a, vec b) { return _mm512_or_si512(a, b); }
FUNCTION vec xor(vec a, vec b) { return _mm512_xor_si512(a, b); }
FUNCTION vec smaller(vec a, vec b) { return _mm512_min_epu8(a, b); }
FUNCTION vec minus(vec a, vec b) { return _mm512_subs_epu8(a, b); }
FUNCTION vec high_half(vec a) { return _mm512_and_si512(_mm512_srli_epi16(a, 4), all(15)); }
FUNCTION vec table(const uint8_t *entries) { return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)entries)); }
FUNCTION vec look_up(vec table, vec halves) { return _mm512_shuffle_epi8(table, halves); }
FUNCTION uint64_t top_bits(vec a) { return general(_mm512_movepi8_mask(a)); }
FUNCTION uint64_t equal(vec a, vec b) { return general(_mm512_cmpeq_epi8_mask(a, b)); }
FUNCTION uint64_t common(vec a, vec b) { return general(_mm512_test_epi8_mask(a, b)); }
FUNCTION uint64_t has(vec a, uint8_t bit) { return common(a, all(bit)); }
#define BYTES_BEFORE(now, before, n) _mm512_alignr_epi8(now, _mm512_alignr_epi64(now, before, 6), 16 - (n))

#include "pass.h"
