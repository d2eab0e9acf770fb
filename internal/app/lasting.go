package app

import (
	"context"
	"io"
)

// lookEvery is how much of an archive is read before it is looked at again whether it may
// still be handed out.
const lookEvery = 128 << 10

// lasting reads an archive as long as the request has it: a download that is under way
// ends when its request is purged.
type lasting struct {
	io.ReadSeekCloser
	ctx   context.Context //nolint:containedctx // of the one download that reads it
	still func(context.Context) error
	read  int // since it was looked at
}

func (l *lasting) Read(p []byte) (int, error) {
	if l.read == 0 {
		if err := l.still(l.ctx); err != nil {
			return 0, err
		}
	}
	n, err := l.ReadSeekCloser.Read(p[:min(len(p), lookEvery-l.read)])
	l.read = (l.read + n) % lookEvery
	return n, err
}
