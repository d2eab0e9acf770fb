package report

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"dsr-server/internal/dsr"
)

// fewIdentities is how many e-mail addresses one person is taken to have at most.
const fewIdentities = 3

// Identities collects what found conversations say of whose they are: of each selector
// the e-mail addresses beside what it matched, and the texts that it took for equal. It
// keeps at most mostNamed of each.
type Identities struct {
	selectors []dsr.Selector
	addresses []map[string]bool
	texts     []map[string]bool
}

// mostNamed bounds what is kept of one selector: more than anybody looks at.
const mostNamed = 100

// NewIdentities returns an empty collection for a request.
func NewIdentities(r dsr.Request) *Identities {
	i := &Identities{selectors: r.Selectors}
	for range r.Selectors {
		i.addresses, i.texts = append(i.addresses, map[string]bool{}), append(i.texts, map[string]bool{})
	}
	return i
}

// Add takes in a text of the metadata of a conversation that was found for these reasons.
func (i *Identities) Add(why []dsr.Why, path, text string) {
	addresses := addressesIn(text)
	for _, w := range why {
		if w.Selector >= len(i.selectors) {
			continue
		}
		for _, a := range addresses {
			keep(i.addresses[w.Selector], a)
		}
		m := i.selectors[w.Selector].Metadata
		if m != nil && m.Match == dsr.Normalized && w.Path == path && likeID(text) && dsr.Fold(text) == dsr.Fold(m.Value) {
			keep(i.texts[w.Selector], strings.TrimSpace(text))
		}
	}
}

func keep(set map[string]bool, text string) {
	if len(set) < mostNamed {
		set[text] = true
	}
}

// addressesIn are the e-mail addresses that a text consists of, folded.
func addressesIn(text string) (out []string) {
	const most = 1000 // a list of addresses, not a transcript
	if len(text) > most || !strings.Contains(text, "@") {
		return nil
	}
	text = strings.TrimSpace(text)
	if scheme, rest, found := strings.Cut(text, ":"); found && strings.EqualFold(scheme, "mailto") {
		text, _, _ = strings.Cut(rest, "?")
	}
	list, err := mail.ParseAddressList(strings.ReplaceAll(text, ";", ","))
	if err != nil {
		return nil
	}
	for _, a := range list {
		out = append(out, dsr.Fold(a.Address))
	}
	return out
}

// likeID reports whether a text may be an id, which another in other letters may not be.
func likeID(text string) bool {
	text = strings.TrimSpace(text)
	return strings.ContainsFunc(text, unicode.IsDigit) && !strings.ContainsFunc(text, unicode.IsSpace) && len(addressesIn(text)) == 0
}

// Warnings says which selectors found what may be several people's.
func (i *Identities) Warnings() (warnings []dsr.Warning) {
	for n, set := range i.addresses {
		if len(set) > fewIdentities {
			warnings = append(warnings, dsr.Warning{Code: dsr.WarnSeveralIdentities, Named: sorted(set), Detail: fmt.Sprintf(
				"the conversations that match search term %d carry %s different e-mail addresses in their metadata; they may belong to several people", n+1, atLeast(len(set)))})
		}
	}
	for n, set := range i.texts {
		if texts := differInCase(set); len(texts) > 0 {
			warnings = append(warnings, dsr.Warning{Code: dsr.WarnIDsDifferInCase, Named: texts, Detail: fmt.Sprintf(
				"search term %d was found in different upper and lower case; for an ID these may be different people", n+1)})
		}
	}
	return warnings
}

func sorted(set map[string]bool) []string {
	var out []string
	for text := range set {
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func atLeast(n int) string {
	if n >= mostNamed {
		return fmt.Sprintf("at least %d", n)
	}
	return fmt.Sprint(n)
}

// differInCase are those of the texts that are another one but for case.
func differInCase(set map[string]bool) (out []string) {
	all := sorted(set)
	for _, a := range all {
		if slices.ContainsFunc(all, func(b string) bool { return a != b && strings.EqualFold(a, b) }) {
			out = append(out, a)
		}
	}
	return out
}
