package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// reader ends with its context.
type reader struct {
	ctx context.Context //nolint:containedctx // of the one copy that reads it
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

// copyFile makes a copy with the same permissions and times: an archive's say whether it is finished.
func copyFile(ctx context.Context, from, to string) (err error) {
	in, err := os.OpenFile(from, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, reader{ctx, in})
	return errors.Join(err, out.Sync(), out.Chmod(info.Mode().Perm()&0o600), out.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

// copyKey is copyFile for a key, which may be a link to where keys are kept.
func copyKey(ctx context.Context, from, to string) error {
	file, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	return copyFile(ctx, file, to)
}

func writeFile(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}
