package app

import (
	"fmt"
	"syscall"
)

// diskOf is the space on the disk of a folder in bytes: what is left for this user, and all
// there is.
func diskOf(folder string) (free, size float64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, 0, fmt.Errorf("disk of data_dir: %w", err)
	}
	block := float64(s.Bsize)
	return float64(s.Bavail) * block, float64(s.Blocks) * block, nil
}
