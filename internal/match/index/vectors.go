//go:build cgo && !plain && (amd64 || arm64)

package index

// #cgo CFLAGS: -O3
// #cgo noavx2 CFLAGS: -DNO_AVX2
// #cgo noescape index_run
// #cgo nocallback index_run
// #include "index.h"
// extern int index_vectors(void);
// extern size_t index_run(const uint8_t *text, size_t words, int goes_on, word *marks, state *s);
import "C"

import "unsafe"

// vectors: this processor has one of the kinds that the pass is written for.
var vectors = C.index_vectors() != 0

// pass marks the text, as many words as it has room for; see index.h.
func pass(text []byte, room []word, goesOn bool, s *state) int {
	var before C.int
	if goesOn {
		before = 1
	}
	return int(C.index_run((*C.uint8_t)(unsafe.SliceData(text)), C.size_t(len(room)), before,
		(*C.word)(unsafe.Pointer(unsafe.SliceData(room))), (*C.state)(unsafe.Pointer(s))))
}
