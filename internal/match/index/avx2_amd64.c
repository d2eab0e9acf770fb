//go:build cgo && !plain

#include <immintrin.h>

#include "index.h"

#define FUNCTION static inline __attribute__((always_inline, target("avx2,bmi")))
#define PASS __attribute__((target("avx2,bmi"))) size_t index_avx2
#define WIDTH 32

typedef __m256i vec;

FUNCTION vec load(const uint8_t *p) { return _mm256_loadu_si256((const vec *)p); }
FUNCTION vec all(uint8_t byte) { return _mm256_set1_epi8((char)byte); }
FUNCTION vec and(vec a, vec b) { return _mm256_and_si256(a, b); }
FUNCTION vec or(vec a, vec b) { return _mm256_or_si256(a, b); }
FUNCTION vec xor(vec a, vec b) { return _mm256_xor_si256(a, b); }
FUNCTION vec smaller(vec a, vec b) { return _mm256_min_epu8(a, b); }
FUNCTION vec minus(vec a, vec b) { return _mm256_subs_epu8(a, b); }
FUNCTION vec high_half(vec a) { return _mm256_and_si256(_mm256_srli_epi16(a, 4), all(15)); }
FUNCTION vec table(const uint8_t *entries) { return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)entries)); }
FUNCTION vec look_up(vec table, vec halves) { return _mm256_shuffle_epi8(table, halves); }
FUNCTION uint64_t top_bits(vec a) { return (uint32_t)_mm256_movemask_epi8(a); }
FUNCTION uint64_t equal(vec a, vec b) { return top_bits(_mm256_cmpeq_epi8(a, b)); }
FUNCTION uint64_t common(vec a, vec b) { return top_bits(_mm256_cmpeq_epi8(and(a, b), all(0))) ^ 0xFFFFFFFF; }
FUNCTION uint64_t has(vec a, uint8_t bit) { return top_bits(_mm256_slli_epi16(a, __builtin_clz(bit) - 24)); }
#define BYTES_BEFORE(now, before, n) _mm256_alignr_epi8(now, _mm256_permute2x128_si256(before, now, 0x21), 16 - (n))

#include "pass.h"
