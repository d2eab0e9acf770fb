package finder

import "strings"

// luhn is the check of ISO/IEC 7812-1, Annex B: from the right, every second digit is
// doubled and counts with the sum of its digits; all together are a multiple of ten.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d = crossSum(2 * d)
		}
		sum += d
	}
	return sum%10 == 0
}

// crossSum is the sum of the digits of a number below a hundred.
func crossSum(n int) int { return n/10 + n%10 }

// mod97 is the remainder of ISO/IEC 7064, MOD 97-10, of digits and letters: A is 10, Z is 35.
func mod97(text string) int {
	rest := 0
	for i := range len(text) {
		if c := text[i]; c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}

// mod11and10 is the check of ISO/IEC 7064, MOD 11,10, whose last digit is the check digit.
func mod11and10(digits string) bool {
	product := 10
	for i := range len(digits) - 1 {
		sum := (int(digits[i]-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return (11-product)%10 == int(digits[len(digits)-1]-'0')
}

// weighted is the sum of the digits, each multiplied by its weight.
func weighted(digits string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return sum
}

// number is the value of at most 18 digits.
func number(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// compact is a candidate without what separates its groups, in capital letters.
func compact(candidate string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, candidate)
}
