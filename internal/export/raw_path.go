package export

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/record"
)

// wholeValue says whether a body is one value of JSON and nothing else.
func wholeValue(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), lenient...) // which it reads in place
	if err := dec.SkipValue(); err != nil {
		return syntaxError(err)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return errors.New("there is more after the end of the JSON")
	}
	return nil
}

// locate is where in a body, which is JSON, the value at a path stands. A member on the way
// that comes twice leaves open which of them is meant.
func locate(body []byte, path record.Path) (begin, end int, err error) {
	end = len(body)
	for _, step := range path {
		from, to := 0, 0
		err := readObject(body[begin:end], func(name string, dec *jsontext.Decoder) error {
			v, err := dec.ReadValue()
			switch {
			case err != nil:
				return syntaxError(err)
			case name == step.Name && to > 0:
				return errTwice
			case name == step.Name:
				to = int(dec.InputOffset())
				from = to - len(v)
			}
			return nil
		})
		if errors.Is(err, errTwice) {
			return 0, 0, err
		}
		if err != nil || to == 0 {
			return 0, 0, errNotExport
		}
		begin, end = begin+from, begin+to
	}
	return begin, end, nil
}

var errTwice = errors.New("the member that holds the list appears twice")

// rawsAt are the values at a path as they stand in a text, which is JSON. Of a repeated name
// the first counts that is neither null nor an empty string.
func rawsAt(value []byte, path record.Path) (all [][]byte) {
	if len(path) == 0 {
		return [][]byte{value}
	}
	var one []byte
	anyField(value, func(name string, v []byte) bool {
		switch {
		case path[0].Each:
			all = append(all, rawsAt(v, path[1:])...)
		case name == path[0].Name && (one == nil || blankValue(one)):
			one = v
		}
		return one != nil && !blankValue(one)
	})
	if one != nil {
		return rawsAt(one, path[1:])
	}
	return all
}
