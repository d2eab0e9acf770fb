package backup

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// pack writes a folder as one file that its recipients alone can read (age over tar).
func pack(dir, path string, recipients []age.Recipient) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, f.Sync(), f.Close()) }()
	sealed, err := age.Encrypt(f, recipients...)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	out := tar.NewWriter(sealed)
	if err := out.AddFS(os.DirFS(dir)); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return errors.Join(out.Close(), sealed.Close())
}

// unpack reads such a file into a new folder.
func unpack(path, dir string, identities []age.Identity) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = f.Close() }()
	plain, err := age.Decrypt(f, identities...)
	if err != nil {
		return fmt.Errorf("the backup %s cannot be opened with this identity: %w", path, err)
	}
	in := tar.NewReader(plain)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the backup %s cannot be read: %w", path, err)
		}
		if err := unpackEntry(in, h, dir); err != nil {
			return err
		}
	}
}

func unpackEntry(in io.Reader, h *tar.Header, dir string) error {
	if h.Typeflag == tar.TypeDir {
		return nil
	}
	if h.Name != manifestName && !restorable(h.Name) || h.Typeflag != tar.TypeReg {
		return fmt.Errorf("the backup holds %q, which no backup has", h.Name)
	}
	path := filepath.Join(dir, filepath.FromSlash(h.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Sync(), out.Chmod(h.FileInfo().Mode().Perm()&0o600), out.Close(), os.Chtimes(path, h.ModTime, h.ModTime))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}
