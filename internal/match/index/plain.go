//go:build !cgo || plain || !(amd64 || arm64)

package index

import "dsr-server/internal/match/prefilter"

// Nothing is marked here: the walker reads every string itself.
const vectors = false

func pass([]byte, []word, bool, *state, *prefilter.Needles) int { return 0 }

func (*Skim) run() int { return int(Strange) }
