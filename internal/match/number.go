package match

import (
	"math/big"
	"strconv"

	"dsr-server/internal/match/prefilter"
)

// numbers holds the values that are JSON numbers, by their exact decimal value.
type numbers struct {
	byValue   map[string][]int
	maxDigits int // significant digits of the longest value
	maxExp    int // characters of the longest exponent
}

// add takes a trimmed value in if JSON's grammar calls it a number: 007 and +1 are not.
func (s *numbers) add(n int, value string) {
	tok := []byte(value)
	if prefilter.NumberEnd(tok, 0) != len(tok) || len(tok) == 0 {
		return
	}
	d := parseDecimal(tok)
	key := string(d.canonical(nil))
	if s.byValue == nil {
		s.byValue = map[string][]int{}
	}
	s.byValue[key] = append(s.byValue[key], n)
	s.maxDigits = max(s.maxDigits, d.significant)
	s.maxExp = max(s.maxExp, len(key))
}

// find returns the selectors whose value is the number token tok.
// A token that is longer than every value in a way that cannot be made up for is
// not looked at in full, so that neither a million digits nor a huge exponent costs memory.
func (s *numbers) find(tok []byte) []int {
	if s.byValue == nil {
		return nil
	}
	d := parseDecimal(tok)
	// Moving the decimal point changes an exponent by less than the token's length: under 20 digits.
	if d.significant > s.maxDigits || len(d.exp) > s.maxExp+20 {
		return nil
	}
	var buf [64]byte
	return s.byValue[string(d.canonical(buf[:0]))]
}

// decimal is a JSON number taken apart: ±0.digits × 10^… without leading or trailing
// zeros. Its value is digits × 10^(exp+shift), the digits being read as an integer.
type decimal struct {
	negative    bool
	digits      []byte // from the first to the last that is not zero; may hold the point
	significant int    // number of digits in digits
	expNegative bool
	exp         []byte // without leading zeros
	shift       int64
}

func parseDecimal(tok []byte) decimal {
	var d decimal
	if tok[0] == '-' {
		d.negative, tok = true, tok[1:]
	}
	mantissa := tok
	for i, c := range tok {
		if c|0x20 == 'e' {
			mantissa = tok[:i]
			d.parseExp(tok[i+1:])
			break
		}
	}
	d.parseMantissa(mantissa)
	return d
}

func (d *decimal) parseExp(tok []byte) {
	if tok[0] == '-' || tok[0] == '+' {
		d.expNegative = tok[0] == '-'
		tok = tok[1:]
	}
	for len(tok) > 0 && tok[0] == '0' {
		tok = tok[1:]
	}
	d.exp = tok
}

func (d *decimal) parseMantissa(tok []byte) {
	first, last, point := -1, -1, len(tok)
	for i, c := range tok {
		if c == '.' {
			point = i
		} else if c != '0' {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 { // zero, which has neither sign nor exponent
		d.negative, d.exp = false, nil
		return
	}
	d.digits = tok[first : last+1]
	d.significant = len(d.digits)
	if first < point && point < last {
		d.significant--
	}
	if last < point {
		d.shift = int64(point - 1 - last)
	} else {
		d.shift = int64(point - last)
	}
}

// canonical appends a text that is equal for equal values.
func (d *decimal) canonical(dst []byte) []byte {
	if d.negative {
		dst = append(dst, '-')
	}
	for _, c := range d.digits {
		if c != '.' {
			dst = append(dst, c)
		}
	}
	dst = append(dst, 'e')
	if len(d.exp) <= 17 { // fits an int64 even after the shift
		return strconv.AppendInt(dst, d.smallExp()+d.shift, 10)
	}
	e, _ := new(big.Int).SetString(string(d.exp), 10)
	if d.expNegative {
		e.Neg(e)
	}
	return e.Add(e, big.NewInt(d.shift)).Append(dst, 10)
}

func (d *decimal) smallExp() int64 {
	var e int64
	for _, c := range d.exp {
		e = e*10 + int64(c-'0')
	}
	if d.expNegative {
		return -e
	}
	return e
}
