package finder

import "regexp"

// brand is how a card scheme numbers its cards.
type brand struct {
	low, high int // of the first digits
	lengths   []int
}

// brands by ISO/IEC 7812 and what the schemes publish of the ranges they issue from.
// Visa's old numbers of 13 digits are left out: every German product has one (EAN) that
// begins with 4.
var brands = []brand{
	{4, 4, []int{16, 19}},                        // Visa
	{51, 55, []int{16}}, {2221, 2720, []int{16}}, // Mastercard
	{34, 34, []int{15}}, {37, 37, []int{15}}, // American Express
	{300, 305, []int{14, 16}}, {3095, 3095, []int{14, 16}}, // Diners Club
	{36, 36, []int{14, 16}}, {38, 39, []int{14, 16}}, // Diners Club
	{6011, 6011, []int{16, 19}}, {644, 659, []int{16, 19}}, // Discover
	{622126, 622925, []int{16, 17, 18, 19}},              // Discover and UnionPay
	{62, 62, []int{16, 17, 18, 19}}, {81, 81, []int{16}}, // UnionPay
	{3528, 3589, []int{16, 17, 18, 19}},          // JCB
	{5018, 5018, maestro}, {5020, 5020, maestro}, // Maestro
	{5038, 5038, maestro}, {5893, 5893, maestro}, // Maestro
	{6304, 6304, maestro}, {6759, 6759, maestro}, // Maestro
	{6761, 6763, maestro}, {2200, 2204, []int{16, 17, 18, 19}}, // Maestro, Mir
	{60, 60, []int{16}}, {82, 82, []int{16}}, {508, 508, []int{16}}, // RuPay
}

var maestro = []int{13, 14, 15, 16, 17, 18, 19}

// digitGroups are digits with a blank, a dash or a dot between groups of them.
var digitGroups = regexp.MustCompile(`\d+(?:(?: {1,2}|[.-]| - )\d+)*`)

var oneGroup = regexp.MustCompile(`\d+`)

const shortestCard, longestCard = 13, 19

// cards looks for payment cards. A date or a security code often follows the number, so
// that every run of whole groups is tried.
func cards(v *view, found func(from, to int)) {
	v.each(digitGroups, nil, func(from, to int) {
		groups := oneGroup.FindAllIndex(v.text[from:to], -1)
		for first := 0; first < len(groups); first++ {
			if last := cardOf(v, from, groups[first:]); last >= 0 {
				found(from+groups[first][0], from+groups[first+last][1])
				first += last
			}
		}
	})
}

// cardOf is the last of the groups that, from the first on, are a card's number; -1: none.
func cardOf(v *view, at int, groups [][]int) (last int) {
	last = -1
	digits := 0
	for i, g := range groups {
		if digits += g[1] - g[0]; digits > longestCard || i > 0 && g[1]-g[0] < 2 && i < len(groups)-1 {
			return last
		}
		from, to := at+groups[0][0], at+g[1]
		if digits >= shortestCard && isCard(compact(string(v.text[from:to]))) && grouped(groups[:i+1]) && v.cardStandsAlone(from, to, i > 0) {
			last = i
		}
	}
	return last
}

// grouped reports whether digits are parted as on a card: in fours, or 4-6-5 and 4-6-4.
func grouped(groups [][]int) bool {
	for _, g := range groups[:len(groups)-1] {
		if n := g[1] - g[0]; n < 4 || n == 5 {
			return false
		}
	}
	return true
}

// cardStandsAlone: digits in one piece may count something else, if a word before says so.
func (v *view) cardStandsAlone(from, to int, parted bool) bool {
	return v.free(from, to) && !isJoined(v, from-1) && !isJoined(v, to) && (parted || !ordered.Match(v.before(from)))
}

func isJoined(v *view, place int) bool {
	return place >= 0 && place < len(v.text) && (isWord(v.text[place]) || v.text[place] == '+')
}

func isCard(digits string) bool {
	for _, b := range brands {
		if b.issues(digits) {
			return luhn(digits)
		}
	}
	return false
}

func (b brand) issues(digits string) bool {
	n := len(decimal(b.low))
	if begins := number(digits[:n]); begins < b.low || begins > b.high {
		return false
	}
	for _, length := range b.lengths {
		if len(digits) == length {
			return true
		}
	}
	return false
}
