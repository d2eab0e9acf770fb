//go:build cgo && !plain && (amd64 || arm64)

#include "index.h"

#if defined(__x86_64__)
extern index_pass index_avx512, index_avx2, index_ssse3;

static index_pass *best(void) {
	__builtin_cpu_init();
#ifndef NO_AVX512
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi")) return index_avx512;
#endif
#ifndef NO_AVX2
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return index_avx2;
#endif
	if (__builtin_cpu_supports("ssse3")) return index_ssse3;
	return 0;
}
#else
extern index_pass index_neon;

static index_pass *best(void) { return index_neon; }
#endif

static index_pass *chosen;

int index_vectors(void) {
	chosen = best();
	return chosen != 0;
}

size_t index_run(const uint8_t *text, size_t words, int goes_on, word *marks, state *s, const needles *n) {
	return chosen(text, words, goes_on, marks, s, n);
}
