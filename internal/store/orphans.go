package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// linkHash is what is kept of a conversation's id: 64 bits of SHA-256 under a key of the source's
// own, so that two ids that are taken for one cannot be arranged.
type linkHash = uint64

func hashOf(key seal.Key, id string) linkHash {
	var buf [128]byte
	sum := sha256.Sum256(append(append(buf[:0], key[:]...), id...))
	return binary.BigEndian.Uint64(sum[:])
}

// storeLinks keeps which conversations a batch lists and refers to, in the batch's own
// transaction: a crash neither loses nor doubles any.
func (t tx) storeLinks(ctx context.Context, c dsr.Commit) error {
	if c.Links.Empty() {
		return nil
	}
	k, err := t.knownSourceKey(ctx, c.Unit.Source)
	if err != nil {
		return err
	}
	done, err := t.ExecContext(ctx, `INSERT INTO unit_links (unit_id, links, body) VALUES (?, ?, x'')`, c.Unit.ID, len(c.Links.Listed)+len(c.Links.Referred))
	if err != nil {
		return fmt.Errorf("store links: %w", err)
	}
	id, err := done.LastInsertId()
	if err != nil {
		return fmt.Errorf("store links: %w", err)
	}
	body := k.Seal(linksPlace(id), encodeLinks(k.Derive("links"), c.Links))
	if _, err := t.ExecContext(ctx, `UPDATE unit_links SET body = ? WHERE id = ?`, body, id); err != nil {
		return fmt.Errorf("store links: %w", err)
	}
	return nil
}

func linksPlace(id int64) seal.Place { return seal.At("unit_links", "body", strconv.FormatInt(id, 10)) }

// encodeLinks writes the number of conversations listed and their hashes, then those that
// are referred to.
func encodeLinks(key seal.Key, l dsr.Links) []byte {
	out := binary.AppendUvarint(nil, uint64(len(l.Listed)))
	for _, id := range l.Listed {
		out = binary.BigEndian.AppendUint64(out, hashOf(key, id))
	}
	for id, trace := range l.Referred {
		first, last, without := int64(untimed), int64(untimed), int64(0)
		if !trace.First.IsZero() {
			first, last = trace.First.UnixMilli(), trace.Last.UnixMilli()
		}
		if trace.Untimed {
			without = 1
		}
		out = binary.BigEndian.AppendUint64(out, hashOf(key, id))
		for _, n := range []int64{trace.Messages, without, first, last} {
			out = binary.AppendVarint(out, n)
		}
	}
	return out
}

// untimed is stored for the times of a conversation none of whose messages has one.
const untimed = math.MaxInt64

var errLinks = errors.New("stored links are damaged")

// decodeLinks calls listed and referred for each link.
func decodeLinks(b []byte, listed func(linkHash), referred func(linkHash, dsr.Trace)) error {
	n, size := binary.Uvarint(b)
	if size <= 0 || uint64(len(b)-size)/8 < n { //nolint:gosec // size is within b
		return errLinks
	}
	for b = b[size:]; n > 0; n-- {
		listed(binary.BigEndian.Uint64(b))
		b = b[8:]
	}
	for len(b) > 0 {
		if len(b) < 8 {
			return errLinks
		}
		hash, numbers := binary.BigEndian.Uint64(b), [4]int64{}
		b = b[8:]
		for i := range numbers {
			v, size := binary.Varint(b)
			if size <= 0 {
				return errLinks
			}
			numbers[i], b = v, b[size:]
		}
		trace := dsr.Trace{Messages: numbers[0], Untimed: numbers[1] != 0}
		if numbers[2] != untimed {
			trace.First, trace.Last = time.UnixMilli(numbers[2]).UTC(), time.UnixMilli(numbers[3]).UTC()
		}
		referred(hash, trace)
	}
	return nil
}

// linksAtOnce is how many links are compared in memory at once, in about 8 MB.
const linksAtOnce = 1 << 19

const unitsOf = `SELECT unit_id FROM unit_requests WHERE request_id = ? AND source = ?`

// Orphans are the messages in the files read for a request whose conversation none of the
// files lists, as far as they may be of the window. Memory does not grow with the files:
// the links are compared in parts, by their hashes.
func (s *Store) Orphans(ctx context.Context, id, source string, w dsr.Window) (o dsr.Orphans, err error) {
	err = s.inParts(ctx, linkComparison{of: unitsOf, args: []any{id, source}, source: source, window: w}, func(c linkComparison) error {
		return c.compare(ctx, &o)
	})
	return o, err
}

// Listed counts the different records that units of a source list.
func (s *Store) Listed(ctx context.Context, source string, units []int64) (n int64, err error) {
	const these = `SELECT value FROM json_each(?)`
	ids, err := json.Marshal(units)
	if err != nil {
		return 0, fmt.Errorf("count what units list: %w", err)
	}
	err = s.inParts(ctx, linkComparison{of: these, args: []any{string(ids)}, source: source}, func(c linkComparison) error {
		listed, _, err := c.links(ctx)
		n += int64(len(slices.Compact(listed)))
		return err
	})
	return n, err
}

// inParts calls each with one part of the links after another.
func (s *Store) inParts(ctx context.Context, c linkComparison, each func(linkComparison) error) error {
	return s.view(ctx, func(t tx) error {
		var links uint64
		err := t.QueryRowContext(ctx, `SELECT coalesce(sum(links), 0) FROM unit_links WHERE unit_id IN (`+c.of+`)`, c.args...).Scan(&links)
		if err != nil {
			return fmt.Errorf("count links: %w", err)
		}
		if links == 0 {
			return nil
		}
		if c.key, err = t.knownSourceKey(ctx, c.source); err != nil {
			return err
		}
		c.tx, c.parts = t, links/linksAtOnce+1
		c.room = make([]linkHash, 0, (links+links/16)/c.parts) // parts differ little in size
		for c.part = range c.parts {
			if err := each(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// linkComparison compares the links whose hash is in one of several parts.
type linkComparison struct {
	tx
	key         seal.Key
	of          string // the units whose links they are, as SQL with args
	args        []any
	source      string
	window      dsr.Window
	part, parts uint64
	room        []linkHash // for those listed; growing step by step would take three times as much
}

// compare adds the messages of conversations in this part that nothing lists. What they
// are is read only where there are any, so that the usual comparison holds hashes alone.
func (c linkComparison) compare(ctx context.Context, o *dsr.Orphans) error {
	unlisted, err := c.unlisted(ctx)
	if err != nil || len(unlisted) == 0 {
		return err
	}
	err = c.each(ctx, func(linkHash) {}, func(h linkHash, more dsr.Trace) {
		if trace, is := unlisted[h]; is {
			trace.Add(more)
			unlisted[h] = trace
		}
	})
	for _, trace := range unlisted {
		if trace.Meets(c.window, c.now) {
			o.Conversations++
			o.Add(trace)
		}
	}
	return err
}

// unlisted are the conversations in this part that messages refer to and nothing lists.
func (c linkComparison) unlisted(ctx context.Context) (map[linkHash]dsr.Trace, error) {
	listed, referred, err := c.links(ctx)
	out := map[linkHash]dsr.Trace{}
	for _, h := range referred {
		if _, known := slices.BinarySearch(listed, h); !known {
			out[h] = dsr.Trace{}
		}
	}
	return out, err
}

// links are those in this part, what is listed in order.
func (c linkComparison) links(ctx context.Context) (listed, referred []linkHash, err error) {
	listed = c.room[:0]
	err = c.each(ctx, func(h linkHash) {
		if h%c.parts == c.part {
			listed = append(listed, h)
		}
	}, func(h linkHash, _ dsr.Trace) {
		if h%c.parts == c.part {
			referred = append(referred, h)
		}
	})
	slices.Sort(listed)
	return listed, referred, err
}

func (c linkComparison) each(ctx context.Context, listed func(linkHash), referred func(linkHash, dsr.Trace)) error {
	rows, err := c.QueryContext(ctx, `SELECT id, body FROM unit_links WHERE unit_id IN (`+c.of+`)`, c.args...)
	if err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row int64
		var sealed []byte
		if err := rows.Scan(&row, &sealed); err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		body, err := c.key.Open(linksPlace(row), sealed)
		if err != nil {
			return err
		}
		if err := decodeLinks(body, listed, referred); err != nil {
			return err
		}
	}
	return rows.Err()
}

// dropLinks forgets the links of files that no search needs any more: none is open, and
// none may be opened again.
func (t tx) dropLinks(ctx context.Context, id, source string) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM unit_links WHERE unit_id IN (`+unitsOf+`) AND NOT EXISTS (
			SELECT 1 FROM unit_requests m JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source
			WHERE m.unit_id = unit_links.unit_id AND p.complete IS NOT 1)`, id, source)
	if err != nil {
		return fmt.Errorf("drop links: %w", err)
	}
	return nil
}
