package http

import (
	"net/url"
	"regexp"
	"slices"

	"dsr-server/internal/dsr"
)

// ReadQuery reads the parameters of a call as strictly as a body: a filter that is misspelt
// must not show everything. Some may be there once, some several times; empty ones of those are
// left out.
func ReadQuery(u *url.URL, once map[string]*string, several map[string]*[]string) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return dsr.Errorf(dsr.Malformed, "malformed", "the query part of the address is not well-formed")
	}
	for name, v := range values {
		if into := several[name]; into != nil {
			*into = slices.DeleteFunc(v, func(text string) bool { return text == "" })
			continue
		}
		into := once[name]
		if into == nil {
			return unknownParameter(name)
		}
		if len(v) > 1 {
			return &dsr.Error{Kind: dsr.Malformed, Code: "repeated_field", Field: name, Detail: "the query has this parameter twice"}
		}
		*into = v[0]
	}
	return nil
}

func unknownParameter(name string) error {
	e := &dsr.Error{Kind: dsr.Malformed, Code: "unknown_field", Detail: "there is no such parameter; see /openapi.json for those there are"}
	if PlainName(name) {
		e.Field = name
	}
	return e
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,39}$`)

// PlainName reports whether a name looks like those of our own fields. One that does not is
// something the caller made up, possibly personal data, and is not repeated.
func PlainName(name string) bool { return plainName.MatchString(name) }
