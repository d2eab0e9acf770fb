package export

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// restChain is one chain of pages.
type restChain struct {
	r      *Rest
	q      query
	call   declared.Call
	fields match.Fields
	single bool // it is one record, and no list
}

// interval is the part of the query's that a page is of.
func (c restChain) interval(at restPosition) (part dsr.Interval, last bool) {
	n, of := pieces(c.call, c.q.interval)
	return of(at.Piece), at.Piece+1 >= n
}

// span is what is sent of the interval for a page.
func (c restChain) span(at restPosition) restSpan {
	part, _ := c.interval(at)
	s := sent(c.call, part)
	if !at.At.IsZero() {
		from := at.At
		if at.Past {
			from = from.Add(c.call.Unit().Unit())
		}
		if e := c.call.Window.Ends; e == declared.Exclusive || e == declared.Unknown {
			from = from.Add(-c.call.Unit().Unit())
		}
		s.from = from
	}
	return s
}

// size is how many records of a page are asked for.
func (c restChain) size() int { return max(c.q.perPage, c.r.d.SizeMin) }

func (c restChain) values(at restPosition) declared.Values {
	s := c.span(at)
	v := declared.Values{Start: s.from, End: s.to, Numeric: at.Numeric, Texts: map[declared.Place]string{
		declared.Size: strconv.Itoa(c.size()), declared.ID: c.q.ask.ID, declared.Cursor: at.Cursor,
		declared.Offset: strconv.FormatInt(at.Offset, 10), declared.Number: strconv.Itoa(c.call.Next.First + at.Page),
	}}
	return v
}

// target is the place of what the next page is asked for by.
func target(kind declared.NextKind) declared.Place {
	return map[declared.NextKind]declared.Place{declared.ByCursor: declared.Cursor, declared.ByOffset: declared.Offset, declared.ByPage: declared.Number}[kind]
}

// address is what a page is called by.
func (c restChain) address(at restPosition) string {
	if at.Link != "" {
		return c.r.admitted(c.origin() + at.Link)
	}
	v, params := c.values(at), url.Values{}
	for _, p := range c.call.Query {
		if !p.Value.Lacks(v) {
			params.Set(p.Name, p.Value.Fill(v))
		}
	}
	if text := v.Texts[target(c.call.Next.Kind)]; c.call.Next.Query != "" && text != "" {
		params.Set(c.call.Next.Query, text)
	}
	address := c.r.cfg.BaseURL + c.call.Path.FillPath(v)
	if len(params) > 0 {
		address += "?" + params.Encode()
	}
	return c.r.admitted(address)
}

// body is what is posted for a page.
func (c restChain) body(at restPosition) []byte {
	body := c.call.Body
	if path := c.call.Next.Body; path != nil && at.Link == "" {
		body = body.With(path, target(c.call.Next.Kind))
	}
	if body == nil {
		return nil
	}
	return body.Fill(c.values(at))
}

// origin is scheme and host of base_url, without a slash at its end.
func (c restChain) origin() string {
	u, err := url.Parse(c.r.cfg.BaseURL)
	if err != nil {
		return c.r.cfg.BaseURL
	}
	return u.Scheme + "://" + u.Host
}

// admitted is an address with the key that goes into it, if one does.
func (r *Rest) admitted(address string) string {
	if r.d.Auth.Kind != declared.Query {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return address // the call says so
	}
	params := u.Query()
	params.Set(r.d.Auth.Name, r.cfg.Secret)
	u.RawQuery = params.Encode()
	return u.String()
}

// header is what every call carries.
func (r *Rest) header() map[string]string {
	header := maps.Clone(r.d.Headers)
	if header == nil {
		header = map[string]string{}
	}
	switch r.d.Auth.Kind {
	case declared.Header:
		header[r.d.Auth.Name] = r.d.Auth.Prefix + r.cfg.Secret
	case declared.Basic:
		header["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(r.d.Auth.Name+":"+r.cfg.Secret))
	}
	return header
}

// follow is a link to the next page as path and query, resolved against the address that was
// called. One that leads to another host, port, scheme or user is refused: the key would go
// there.
func (c restChain) follow(link string, at restPosition) (next, refused string) {
	const elsewhere = "the link to the next page does not lead to the host of base_url, so it is not followed"
	base, err := url.Parse(c.address(at))
	if err != nil {
		return "", elsewhere
	}
	u, err := base.Parse(link)
	if err != nil || u.Scheme != base.Scheme || !strings.EqualFold(u.Hostname(), base.Hostname()) || port(u) != port(base) || u.User.String() != base.User.String() || u.Opaque != "" {
		return "", elsewhere
	}
	if c.r.d.Auth.Kind == declared.Query {
		params := u.Query()
		params.Del(c.r.d.Auth.Name) // it is added again; a position holds no key
		u.RawQuery = params.Encode()
	}
	return u.RequestURI(), ""
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

// linkValue is one of the links of a Link header (RFC 8288), with its parameters.
var linkValue = regexp.MustCompile(`<([^>]*)>([^<]*)`)

// linkTo returns the header's link to the next page; found is false where there is none.
func linkTo(h http.Header) (link string, found bool) {
	for _, value := range h.Values("Link") {
		for _, m := range linkValue.FindAllStringSubmatch(value, -1) {
			if nextLink.MatchString(m[2]) {
				return m[1], true
			}
		}
	}
	return "", false
}

// withoutLink is a header without its links.
func withoutLink(h http.Header) http.Header {
	rest := h.Clone()
	rest.Del("Link")
	return rest
}
