package finder

import (
	"strings"

	"dsr-server/internal/dsr"
)

// own are the data subject's identifiers, which are no passages to withhold.
type own struct {
	folded  []string // as Normalized compares
	compact []string // letters and digits alone
	within  []string // what is asked for by a part of it
	phones  []string // as dsr.PhoneKey
	region  string
}

func ownOf(selectors []dsr.Selector, region string) own {
	o := own{region: region}
	for _, s := range selectors {
		if s.Metadata == nil {
			o.compact = append(o.compact, compact(s.ConversationID))
			continue
		}
		o.add(*s.Metadata)
	}
	return o
}

func (o *own) add(m dsr.Metadata) {
	o.folded = append(o.folded, dsr.Fold(m.Value))
	if c := compact(plainText(m.Value)); c != "" {
		o.compact = append(o.compact, c)
	}
	if m.Match == dsr.Contains && (strings.Contains(m.Value, "@") || digitsIn(m.Value) >= leastDigits) {
		o.within = append(o.within, dsr.FoldText(m.Value))
	}
	region := m.Region
	if region == "" {
		region = o.region
	}
	if number := dsr.PhoneKey(m.Value, region); number != "" {
		o.phones = append(o.phones, number)
	}
}

// leastDigits of a telephone number must agree for it to be the same one, where one of the
// two has no country code; or of part of a number that is asked for.
const leastDigits = 7

// is reports whether a candidate is the data subject's own.
func (o own) is(kind Kind, candidate string) bool {
	folded, bare := dsr.Fold(candidate), compact(plainText(candidate))
	for _, c := range o.compact {
		if c == bare {
			return true
		}
	}
	for _, f := range o.folded {
		if f == folded {
			return true
		}
	}
	for _, part := range o.within {
		if strings.Contains(folded, part) || strings.Contains(bare, compact(part)) && digitsIn(part) >= leastDigits {
			return true
		}
	}
	return kind == Phone && o.isPhone(candidate)
}

func (o own) isPhone(candidate string) bool {
	key := dsr.PhoneKey(candidate, o.region)
	digits := strings.TrimLeft(compact(plainText(candidate)), "0")
	for _, p := range o.phones {
		if p == key || len(digits) >= leastDigits && strings.HasSuffix(p, digits) {
			return true
		}
	}
	return false
}

// plainText is a text as the forms see it.
func plainText(text string) string { return string(fold(text).text) }
