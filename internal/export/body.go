package export

import (
	"context"
	"errors"
	"io"
)

// firstChunk and mostChunk bound the pieces in which a body is read.
const firstChunk, mostChunk = 32 << 10, 1 << 20

// readBody reads to the end, in pieces that are put together once, and takes what it holds
// from the share. The error is the reader's, *TooLarge, or the context's.
func readBody(ctx context.Context, in io.Reader, share *Share) ([]byte, error) {
	var chunks [][]byte
	var size, taken int64
	for next := int64(firstChunk); ; next = min(2*next, mostChunk) {
		if err := share.Take(ctx, copies*next); err != nil {
			return nil, err
		}
		taken += next
		chunk, err := readChunk(in, make([]byte, next))
		chunks, size = append(chunks, chunk), size+int64(len(chunk))
		switch {
		case size > share.b.LargestAnswer():
			return nil, share.b.answerTooLarge()
		case errors.Is(err, io.EOF):
			share.Give(copies * (taken - size))
			return join(chunks, size), nil
		case err != nil:
			return nil, err
		}
	}
}

// readChunk fills buf as far as it can. The error at the end is io.EOF, as in came up with it:
// a body that was cut has another, which io.ReadFull would not tell from the end.
func readChunk(in io.Reader, buf []byte) (read []byte, err error) {
	for n := 0; ; {
		more, err := in.Read(buf[n:])
		if n += more; err != nil || n == len(buf) {
			return buf[:n], err
		}
	}
}

func join(chunks [][]byte, size int64) []byte {
	if len(chunks) == 1 {
		return chunks[0]
	}
	body := make([]byte, 0, size)
	for _, chunk := range chunks {
		body = append(body, chunk...)
	}
	return body
}
