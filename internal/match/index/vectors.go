//go:build cgo && !plain && (amd64 || arm64)

package index

// #cgo CFLAGS: -O3
// #cgo noavx2 CFLAGS: -DNO_AVX512 -DNO_AVX2
// #cgo noavx512 CFLAGS: -DNO_AVX512
// #cgo noescape index_run
// #cgo nocallback index_run
// #cgo noescape index_skim
// #cgo nocallback index_skim
// #include "index.h"
// #include "skim.h"
// extern int index_vectors(void);
import "C"

import (
	"unsafe"

	"dsr-server/internal/match/prefilter"
)

// vectors: this processor has one of the kinds that the pass is written for.
var vectors = C.index_vectors() != 0

// pass marks the text, as many words as it has room for; see index.h.
func pass(text []byte, room []word, goesOn bool, s *state, n *prefilter.Needles) int {
	var before C.int
	if goesOn {
		before = 1
	}
	return int(C.index_run((*C.uint8_t)(unsafe.SliceData(text)), C.size_t(len(room)), before,
		(*C.word)(unsafe.Pointer(unsafe.SliceData(room))), (*C.state)(unsafe.Pointer(s)), (*C.needles)(unsafe.Pointer(n))))
}

// run reads as many records as there is room for; see skim.h.
func (s *Skim) run() int {
	return int(C.index_skim((*C.uint8_t)(unsafe.SliceData(s.text)), C.size_t(len(s.text)), C.int(s.flags),
		(*C.skim)(unsafe.Pointer(&s.skimmed)), (*C.needles)(unsafe.Pointer(s.needles)), (*C.known_keys)(unsafe.Pointer(&s.known))))
}

// The sizes of what Go and C share.
var _ = [1]struct{}{}[unsafe.Sizeof(skimmed{})-C.sizeof_skim|unsafe.Sizeof(knownKeys{})-C.sizeof_known_keys|unsafe.Sizeof(prefilter.Needles{})-C.sizeof_needles|unsafe.Sizeof(word{})-C.sizeof_word]
