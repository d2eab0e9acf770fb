//go:build cgo && !plain

#include <arm_neon.h>

#include "index.h"

#define FUNCTION static inline __attribute__((always_inline))
#define PASS size_t index_neon
#define WIDTH 16

typedef uint8x16_t vec;

FUNCTION vec load(const uint8_t *p) { return vld1q_u8(p); }
FUNCTION vec all(uint8_t byte) { return vdupq_n_u8(byte); }
FUNCTION vec and(vec a, vec b) { return vandq_u8(a, b); }
FUNCTION vec or(vec a, vec b) { return vorrq_u8(a, b); }
FUNCTION vec xor(vec a, vec b) { return veorq_u8(a, b); }
FUNCTION vec smaller(vec a, vec b) { return vminq_u8(a, b); }
FUNCTION vec minus(vec a, vec b) { return vqsubq_u8(a, b); }
FUNCTION vec high_half(vec a) { return vshrq_n_u8(a, 4); }
FUNCTION vec table(const uint8_t *entries) { return load(entries); }
FUNCTION vec look_up(vec table, vec halves) { return vqtbl1q_u8(table, halves); }
FUNCTION uint64_t top_bits(vec a) { // there is no instruction for it: one bit of each byte, added up
	static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	vec bits = and(vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(a), 7)), load(bit));
	return (uint64_t)vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}
FUNCTION uint64_t equal(vec a, vec b) { return top_bits(vceqq_u8(a, b)); }
FUNCTION uint64_t common(vec a, vec b) { return top_bits(vtstq_u8(a, b)); }
FUNCTION uint64_t has(vec a, uint8_t bit) { return common(a, all(bit)); }
#define BYTES_BEFORE(now, before, n) vextq_u8(before, now, 16 - (n))

#include "pass.h"
