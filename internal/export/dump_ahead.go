package export

import (
	"io"
	"runtime/debug"
	"sync"
)

// readAhead reads a text in a goroutine of its own, so that unpacking a page and searching it
// overlap. Lines need none: they are cut in another goroutine than they are searched in.
type readAhead struct {
	full   chan piece
	free   chan []byte
	closed chan struct{}
	end    sync.WaitGroup
	now    piece // what is being read
}

// piece is text that has been read, and the error after it.
type piece struct {
	text   []byte
	room   []byte
	err    error
	broken *Panic // nothing else counts
}

// aheadPieces of aheadSize are all that is read ahead.
const (
	aheadPieces = 2
	aheadSize   = 64 << 10
)

func newReadAhead(in io.Reader) *readAhead {
	a := &readAhead{full: make(chan piece, aheadPieces), free: make(chan []byte, aheadPieces), closed: make(chan struct{})}
	for range aheadPieces {
		a.free <- make([]byte, aheadSize)
	}
	a.end.Go(func() { a.run(in) })
	return a
}

func (a *readAhead) run(in io.Reader) {
	for {
		select {
		case room := <-a.free:
			p := readPiece(in, room)
			a.full <- p // there is room for all pieces
			if p.err != nil || p.broken != nil {
				return
			}
		case <-a.closed:
			return
		}
	}
}

func readPiece(in io.Reader, room []byte) (p piece) {
	defer func() {
		if recover() != nil {
			p = piece{broken: &Panic{string(debug.Stack())}}
		}
	}()
	n, err := in.Read(room)
	return piece{text: room[:n], room: room, err: err}
}

// Read implements io.Reader. A panic of the reader ahead is whoever's who reads.
func (a *readAhead) Read(p []byte) (int, error) {
	for len(a.now.text) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.room != nil {
			a.free <- a.now.room
		}
		if a.now = <-a.full; a.now.broken != nil {
			panic(a.now.broken)
		}
	}
	n := copy(p, a.now.text)
	a.now.text = a.now.text[n:]
	return n, nil
}

// close waits until nothing is read any more.
func (a *readAhead) close() {
	close(a.closed)
	a.end.Wait()
}
