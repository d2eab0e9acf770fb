package main

import "fmt"

// random is SplitMix64: the same numbers in every version of Go.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is from 0 to before limit.
func (r *random) n(limit int) int {
	return int(r.next() >> 33 % uint64(limit)) //nolint:gosec // 31 bits
}

// between is from lo to hi, both included.
func (r *random) between(lo, hi int) int { return lo + r.n(hi-lo+1) }

// chance is true in so many of a hundred cases.
func (r *random) chance(percent int) bool { return r.n(100) < percent }

func pick[T any](r *random, from []T) T { return from[r.n(len(from))] }

// id is an identifier in one of the vendor's two forms.
func (r *random) id(dashed bool) string {
	s := fmt.Sprintf("%016x%016x", r.next(), r.next())
	if !dashed {
		return s
	}
	return s[:8] + "-" + s[8:12] + "-4" + s[13:16] + "-a" + s[17:20] + "-" + s[20:]
}
