package audit

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Append returns the hashes to store with leaf number n (n leaves are there before
// it), from tlog.StoredHashIndex(0, n) on. It reads hashes of earlier leaves from r.
func Append(n int64, leaf []byte, r tlog.HashReader) ([]tlog.Hash, error) {
	if n < 0 {
		return nil, fmt.Errorf("append audit event: negative index %d", n)
	}
	hashes, err := tlog.StoredHashes(n, leaf, r)
	if err != nil {
		return nil, fmt.Errorf("append audit event %d: %w", n, err)
	}
	return hashes, nil
}

// Tree returns the size and the root hash of the log of the first n events.
func Tree(n int64, r tlog.HashReader) (tlog.Tree, error) {
	if n < 0 {
		return tlog.Tree{}, fmt.Errorf("audit tree: negative size %d", n)
	}
	h, err := tlog.TreeHash(n, r)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("audit tree of %d events: %w", n, err)
	}
	return tlog.Tree{N: n, Hash: h}, nil
}

// ProveRecord returns the proof that event n is in the log of the first size events.
func ProveRecord(size, n int64, r tlog.HashReader) (tlog.RecordProof, error) {
	p, err := tlog.ProveRecord(size, n, r)
	if err != nil {
		return nil, fmt.Errorf("prove audit event %d of %d: %w", n, size, err)
	}
	return p, nil
}

// CheckRecord returns nil if p proves that leaf is event n of tree. It needs nothing
// but its arguments.
func CheckRecord(p tlog.RecordProof, tree tlog.Tree, n int64, leaf []byte) error {
	if err := tlog.CheckRecord(p, tree.N, tree.Hash, n, tlog.RecordHash(leaf)); err != nil {
		return fmt.Errorf("audit event %d is not proved to be in the log of %d: %w", n, tree.N, err)
	}
	return nil
}

// ProveTree returns the proof that the log of the first size events begins with the
// log of the first older ones.
func ProveTree(size, older int64, r tlog.HashReader) (tlog.TreeProof, error) {
	if older == 0 && size >= 0 {
		return tlog.TreeProof{}, nil // every log begins with the empty one
	}
	p, err := tlog.ProveTree(size, older, r)
	if err != nil {
		return nil, fmt.Errorf("prove that %d audit events begin with %d: %w", size, older, err)
	}
	return p, nil
}

// CheckTree returns nil if p proves that tree begins with older: nothing that was in
// the log then has been changed or removed since.
func CheckTree(p tlog.TreeProof, tree, older tlog.Tree) error {
	err := error(nil)
	if older.N == 0 {
		err = checkEmpty(p, tree, older)
	} else {
		err = tlog.CheckTree(p, tree.N, tree.Hash, older.N, older.Hash)
	}
	if err != nil {
		return fmt.Errorf("the audit log of %d events is not proved to begin with that of %d: %w", tree.N, older.N, err)
	}
	return nil
}

func checkEmpty(p tlog.TreeProof, tree, older tlog.Tree) error {
	empty, err := tlog.TreeHash(0, nil)
	if err != nil || len(p) != 0 || older.Hash != empty || tree.N < 0 || tree.N == 0 && tree.Hash != empty {
		return errors.New("not the empty log")
	}
	return nil
}

// FormatCheckpoint writes a tree the way transparency logs exchange it, to be signed
// and kept elsewhere: three lines, origin, size and root hash in base64
// (https://c2sp.org/tlog-checkpoint). origin is one non-empty line.
func FormatCheckpoint(origin string, tree tlog.Tree) []byte {
	return fmt.Appendf(nil, "%s\n%d\n%s\n", origin, tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
}

// ParseCheckpoint reads what FormatCheckpoint writes; lines after the third are
// extensions or signatures and are not looked at.
func ParseCheckpoint(text []byte) (origin string, tree tlog.Tree, err error) {
	lines := bytes.SplitN(text, []byte("\n"), 4)
	if len(lines) < 4 || len(lines[0]) == 0 {
		return "", tlog.Tree{}, errors.New("audit checkpoint: fewer than three lines")
	}
	n, err := strconv.ParseInt(string(lines[1]), 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != string(lines[1]) {
		return "", tlog.Tree{}, errors.New("audit checkpoint: the size is not a number")
	}
	h, err := tlog.ParseHash(string(lines[2]))
	if err != nil {
		return "", tlog.Tree{}, errors.New("audit checkpoint: the hash is not 32 bytes in base64")
	}
	return string(lines[0]), tlog.Tree{N: n, Hash: h}, nil
}
