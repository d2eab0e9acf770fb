package match

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// phones are the values of the mode phone, by the region in which leaves are read: the
// selector's, else the source's.
type phones []phoneRegion

type phoneRegion struct {
	region   string
	byNumber map[string][]int // by dsr.PhoneKey
}

func (m *Matcher) addPhone(n int, value, region string) error {
	number := dsr.PhoneKey(value, region)
	if number == "" {
		return errors.New("the value is not a phone number")
	}
	m.filter.AddPhone(number)
	m.addSpokenNumber(n, number)
	i := slices.IndexFunc(m.phones, func(r phoneRegion) bool { return r.region == region })
	if i < 0 {
		i = len(m.phones)
		m.phones = append(m.phones, phoneRegion{region, map[string][]int{}})
	}
	m.phones[i].byNumber[number] = append(m.phones[i].byNumber[number], n)
	return nil
}

// decidePhone compares a leaf that has passed the filter.
func (w *walker) decidePhone(text string) {
	for _, r := range w.m.phones {
		w.add(r.byNumber[dsr.PhoneKey(text, r.region)])
	}
}

// phoneNumber compares a number leaf that is a natural number: its digits.
func (w *walker) phoneNumber(tok []byte) {
	whole := !bytes.ContainsAny(tok, "eE") // then all its digits stand in it
	if whole && !w.m.filter.PerhapsPhone(tok) {
		return
	}
	d := parseDecimal(tok)
	if d.negative || d.significant == 0 || d.significant > maxPhoneDigits || len(d.exp) > 2 {
		return
	}
	digits, exp, _ := strings.Cut(string(d.canonical(nil)), "e")
	if zeros := d.smallExp() + d.shift; exp != "" && zeros >= 0 && zeros <= maxPhoneDigits {
		w.decidePhone(digits + strings.Repeat("0", int(zeros)))
	}
}

// maxPhoneDigits is more than any way to write a number takes: 15 digits (E.164), after
// a prefix for calls abroad and a carrier's code.
const maxPhoneDigits = 30
