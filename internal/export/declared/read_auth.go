package declared

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

func (o object) auth() (a Auth) {
	kinds := []AuthKind{Header, Query, Basic, ClientCredentials}
	of := o.mapping("auth", append(namesOf(kinds), "prefix", "file")...)
	if of.tree == nil {
		return a
	}
	a.line = of.tree.line
	for _, kind := range kinds {
		switch {
		case !of.has(string(kind)):
		case a.Kind != "":
			of.fault(string(kind), "has no place beside %s; give exactly one", a.Kind)
		default:
			a.Kind = kind
		}
	}
	from := of
	switch a.Kind {
	case "":
		o.fault("auth", "must have one of %s", strings.Join(namesOf(kinds), ", "))
		return a
	case Basic:
		from = of.mapping("basic", "user", "file")
		from.need("user", "the user's name")
		a.Name = from.text("user")
	case ClientCredentials:
		from = of.mapping("client_credentials", "url", "id", "file", "scope")
		from.need("id", "the client's id")
		from.need("url", "the address at which tokens are had")
		a.Name, a.URL, a.Scope = from.text("id"), from.tokenURL(), from.text("scope")
	default:
		a.Name = of.text(string(a.Kind))
		if a.Kind == Header && a.Name != "" && !headerName(a.Name) {
			of.fault("header", "is no name of a header that may be set")
		}
	}
	if from.path != of.path {
		of.refuse(string(a.Kind), "file", "prefix")
	}
	if a.Prefix = of.text("prefix"); a.Prefix != "" && a.Kind != Header {
		of.fault("prefix", "is for a header only")
	}
	a.File = from.text("file")
	return a
}

// tokenURL reads where tokens are had: the one address beside base_url that a secret is sent to.
func (o object) tokenURL() string {
	text := o.text("url")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !here(u.Hostname())) {
		o.fault("url", "must be a URL that begins with https:// and has neither user name nor fragment (http:// only for this machine)")
	}
	return text
}

func here(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// headers reads what every call carries.
func (o object) headers() map[string]string {
	t := o.get("headers")
	if t == nil {
		return nil
	}
	if t.keys == nil {
		o.fault("headers", "must hold keys, each with a single value")
		return nil
	}
	headers, of := map[string]string{}, object{o.faults, "headers", t}
	for _, name := range t.order {
		text := of.text(name)
		switch {
		case !headerName(name):
			of.fault(name, "is no name of a header that may be set")
		case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }):
			of.fault(name, "must be printable ASCII")
		case hasPlace(text):
			of.fault(name, "takes no placeholder; headers are sent as they are")
		}
		headers[name] = text
	}
	return headers
}

// hasPlace reports whether a text would be filled in elsewhere.
func hasPlace(text string) bool {
	t, err := ParseTemplate(text)
	return err == nil && slices.ContainsFunc(t, func(p Piece) bool { return p.Place != "" })
}

// checkHeaders refuses the header that auth sets.
func (o object) checkHeaders(d *Declaration) {
	own := map[AuthKind]string{Header: d.Auth.Name, Basic: "Authorization", ClientCredentials: "Authorization"}[d.Auth.Kind]
	for name := range d.Headers {
		if own != "" && strings.EqualFold(name, own) {
			object{o.faults, "headers", o.get("headers")}.fault(name, "is set by auth; remove one of them")
		}
	}
}

// ownHeaders are set by the program: they say how a call is made, or hold secrets, which
// have their place in auth.
var ownHeaders = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Host", "Keep-Alive",
	"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

// headerName reports whether a header may be set: its name is a token of RFC 9110 and not
// one of the program's own.
func headerName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r > '~' || r <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) && !slices.Contains(ownHeaders, http.CanonicalHeaderKey(name))
}
