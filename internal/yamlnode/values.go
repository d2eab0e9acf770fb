package yamlnode

import (
	"errors"
	"strconv"
	"time"
)

// The sentences a value that cannot be read is refused with.
var (
	errNotDuration = errors.New("is not a duration; write hours, minutes and seconds, as in 2160h, 90m or 1h30m (there is no unit for days: 90 days are 2160h)")
	errNotBool     = errors.New("is neither true nor false")
	errNotNumber   = errors.New("is not a whole number")
)

// Duration reads a duration. The error is a sentence about the key and does not repeat the text.
func Duration(text string) (time.Duration, error) {
	return parse(text, time.ParseDuration, errNotDuration)
}

// Number reads a whole number, with an error like Duration's.
func Number(text string) (int, error) { return parse(text, strconv.Atoi, errNotNumber) }

// Bool takes the two words of YAML alone, with an error like Duration's.
func Bool(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errNotBool
	}
	return text == "true", nil
}

func parse[T any](text string, read func(string) (T, error), refusal error) (T, error) {
	v, err := read(text)
	if err != nil {
		return v, refusal
	}
	return v, nil
}
