// Package vault keeps finished archives at rest. It keeps true that an archive is
// either whole and synced or not there, that no plaintext touches the disk, and that
// whoever deletes an archive's identity has erased it.
package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"

	"filippo.io/age"

	"dsr-server/internal/durable"
)

// Vault is a folder of finished archives, each encrypted with age under an identity
// of its own. Its methods may be called at the same time.
type Vault struct {
	dir  string
	home fs.FileInfo // the folder as it was when it was opened

	mu      sync.Mutex
	writing map[string]struct{} // temporary files under way
}

const (
	suffix     = ".age"
	tempPrefix = ".tmp-"
)

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// Open creates the folder if it is missing, and keeps others out of it. A link in its
// place is refused.
func Open(dir string) (*Vault, error) {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("archive folder: %s is not a folder but a link or a file; put the folder itself there", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("archive folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs x to be entered
		return nil, fmt.Errorf("archive folder: %w", err)
	}
	home, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("archive folder: %w", err)
	}
	return &Vault{dir: dir, home: home, writing: map[string]struct{}{}}, nil
}

// NewIdentity makes the secret for one archive ("AGE-SECRET-KEY-1…"); the caller
// keeps it sealed.
func NewIdentity() (string, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("archive identity: %w", err)
	}
	return identity.String(), nil
}

// Save encrypts what write writes and puts it under name, in place of what was there.
// When it returns nil the file is synced to disk; otherwise nothing has changed.
func (v *Vault) Save(ctx context.Context, name, identity string, write func(io.Writer) error) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	key, err := parseIdentity(identity)
	if err != nil {
		return err
	}
	f, err := v.createTemp(tempPrefix + name)
	if err != nil {
		return fmt.Errorf("save archive: %w", err)
	}
	defer v.discard(f) // after the rename there is nothing left to remove
	if err := encrypt(ctx, f, key.Recipient(), write); err != nil {
		return fmt.Errorf("save archive: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("save archive: %w", err)
	}
	if err := durable.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("save archive: %w", err)
	}
	return nil
}

func encrypt(ctx context.Context, f io.Writer, to age.Recipient, write func(io.Writer) error) error {
	sealed, err := age.Encrypt(f, to)
	if err != nil {
		return err
	}
	if err := write(ctxWriter{ctx, sealed}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return sealed.Close()
}

// ErrLost says that an archive's file is missing or damaged.
var ErrLost = errors.New("the archive's file is missing or damaged")

// Open returns the archive's plaintext for reading at any place, and its size. A
// file that was cut short or whose beginning was changed is refused here, one that
// was changed elsewhere when that part is read. The caller closes it. The error
// wraps ErrLost when there is no such archive, or it was changed.
func (v *Vault) Open(name, identity string) (io.ReadSeekCloser, int64, error) {
	path, err := v.path(name)
	if err != nil {
		return nil, 0, err
	}
	key, err := parseIdentity(identity)
	if err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0) // a link leads out of the folder
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ELOOP) {
		return nil, 0, fmt.Errorf("open archive: %w: %w", ErrLost, err)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open archive: %w", err)
	}
	plain, size, err := decrypt(f, key)
	if err != nil {
		_ = f.Close()
		return nil, 0, fmt.Errorf("open archive: %w: %w", ErrLost, err)
	}
	return openArchive{io.NewSectionReader(plain, 0, size), f}, size, nil
}

// Holds reports whether there is a file of that name which is long enough for so many
// bytes of plaintext: age adds to them, and takes nothing away.
func (v *Vault) Holds(name string, size int64) bool {
	path, err := v.path(name)
	if err != nil {
		return false
	}
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > size
}

func decrypt(f *os.File, key age.Identity) (io.ReaderAt, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	return age.DecryptReaderAt(f, info.Size(), key)
}

// openArchive reads the plaintext and closes the file under it.
type openArchive struct {
	*io.SectionReader
	io.Closer
}

// Remove deletes the archive; one that is not there is no error.
func (v *Vault) Remove(name string) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	if err := durable.Remove(path); err != nil {
		return fmt.Errorf("remove archive: %w", err)
	}
	return nil
}

func (v *Vault) path(name string) (string, error) {
	if !validName.MatchString(name) {
		return "", errors.New("not a name for an archive: letters, digits, '.', '_' and '-' only, 128 at most")
	}
	return filepath.Join(v.dir, name+suffix), nil
}

// createTemp makes a new file with mode 0600 and enters it as being written.
func (v *Vault) createTemp(name string) (*os.File, error) {
	if err := v.InPlace(); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	f, err := os.OpenFile(filepath.Join(v.dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		v.writing[name] = struct{}{}
	}
	return f, err
}

func (v *Vault) discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.writing, filepath.Base(f.Name()))
}

func parseIdentity(identity string) (*age.X25519Identity, error) {
	key, err := age.ParseX25519Identity(identity)
	if err != nil {
		return nil, errors.New("the archive's identity cannot be read") // the cause repeats the secret
	}
	return key, nil
}

// ctxWriter refuses to write once its context has ended.
type ctxWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c ctxWriter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}
