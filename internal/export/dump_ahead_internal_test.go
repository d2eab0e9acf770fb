package export

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"
)

// TestReadingAheadChangesNothing: the same text and the same error at its end, in whatever
// pieces it comes and is taken.
func TestReadingAheadChangesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	random := rand.New(rand.NewPCG(1, 2))
	broken := errors.New("broken")
	for range 200 {
		text := make([]byte, random.IntN(5*aheadSize))
		for i := range text {
			text[i] = byte(i * 7)
		}
		var in io.Reader = bytes.NewReader(text)
		var want error
		switch random.IntN(3) {
		case 0:
			in = iotest.DataErrReader(in)
		case 1:
			in, want = io.MultiReader(in, iotest.ErrReader(broken)), broken
		}
		a := newReadAhead(in)
		got, err := io.ReadAll(iotest.HalfReader(a))
		if !bytes.Equal(got, text) || !errors.Is(err, want) {
			t.Fatalf("%d bytes of %d, %v", len(got), len(text), err)
		}
		if n, err := a.Read(make([]byte, 9)); n != 0 || err == nil {
			t.Errorf("behind the end: %d, %v", n, err)
		}
		a.close()
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("a record") }

func TestAPanicAheadIsWhoeversWhoReads(t *testing.T) {
	a := newReadAhead(panics{})
	defer a.close()
	defer func() {
		if p, ok := recover().(*Panic); !ok || p.Stack == "" {
			t.Errorf("got %v", p)
		}
	}()
	_, err := a.Read(make([]byte, 1))
	t.Errorf("no panic, but %v", err)
}

// TestReadingAheadMayBeGivenUp at any time, with nothing left that reads.
func TestReadingAheadMayBeGivenUp(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for n := range 20 {
		a := newReadAhead(bytes.NewReader(make([]byte, 8*aheadSize)))
		if _, err := io.CopyN(io.Discard, a, int64(n)*aheadSize/3); err != nil {
			t.Fatal(err)
		}
		a.close()
	}
}
