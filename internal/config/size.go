package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Size is a number of bytes, written in the file as 256MiB or 2GiB.
type Size int64

func (s Size) String() string {
	if s%gibibyte == 0 {
		return fmt.Sprintf("%dGiB", s/gibibyte)
	}
	return fmt.Sprintf("%dMiB", s/mebibyte)
}

const (
	mebibyte Size = 1 << 20
	gibibyte Size = 1 << 30
)

var (
	sizeUnits   = map[string]Size{"MiB": mebibyte, "GiB": gibibyte}
	sizePattern = regexp.MustCompile(`^(\d{1,6}) ?(MiB|GiB)$`)
	errNotSize  = errors.New("is not a size; write a whole number and MiB or GiB, as in 256MiB or 2GiB")
)

func parseSize(text string) (Size, error) {
	m := sizePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, errNotSize
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, errNotSize
	}
	return Size(n) * sizeUnits[m[2]], nil
}

// checkMemory keeps the budget large enough for a page, and small enough to mean something.
func (c *Config) checkMemory(r *report) {
	checkSize("limits.memory", c.Limits.Memory, 32*mebibyte, 1024*gibibyte, r)
}

func checkSize(path string, size, least, most Size, r *report) {
	if !r.faulty[path] && (size < least || size > most) {
		r.fault(path, "must be from %v to %v", least, most)
	}
}
