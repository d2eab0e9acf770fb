package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// readCall reads what every POST has: a JSON object into in (empty means {}
// when mayBeEmpty), and the idempotency key.
func readCall(w http.ResponseWriter, r *http.Request, by dsr.Principal, in any, mayBeEmpty bool) (dsr.Call, error) {
	call, body, err := readBody(w, r, by, edge.MaxBody)
	if err != nil {
		return dsr.Call{}, err
	}
	if text := string(bytes.TrimSpace(body)); mayBeEmpty && (len(body) == 0 || text == "null") {
		return call, nil
	}
	if err := decode(r.Header.Get("Content-Type"), body, in); err != nil {
		return dsr.Call{}, err
	}
	return call, checkShape(in)
}

// readBody reads a body of most bytes and the idempotency key that it is bound to.
func readBody(w http.ResponseWriter, r *http.Request, by dsr.Principal, most int64) (call dsr.Call, body []byte, err error) {
	if body, err = edge.ReadBody(w, r, most); err != nil {
		return call, nil, err
	}
	key, err := idempotencyKey(r, body)
	return dsr.Call{By: by, Key: key, Versions: versions(r)}, body, err
}

// decode reads one JSON object and nothing else. Unknown and repeated fields, wrong
// types, text that is not UTF-8 and anything after the object are refused; what was
// refused is not repeated.
func decode(contentType string, body []byte, in any) error {
	if t, _, err := mime.ParseMediaType(contentType); err != nil || t != edge.JSONType {
		return dsr.Errorf(dsr.Malformed, "malformed", "send the body with Content-Type: application/json")
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '{' {
		return dsr.Errorf(dsr.Malformed, "malformed", "the body must be one JSON object")
	}
	return malformed(json.Unmarshal(body, in, json.RejectUnknownMembers(true)))
}

// malformed says in our words what is wrong with the JSON: the decoder's own words
// repeat parts of it.
func malformed(err error) error {
	if err == nil {
		return nil
	}
	e := dsr.Errorf(dsr.Malformed, "malformed", "the body is not one well-formed JSON object in UTF-8")
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
		e.Code, e.Field, e.Detail = "repeated_field", fieldName(syntax.JSONPointer), "the object has this field twice"
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		e.Field = fieldName(semantic.JSONPointer)
		e.Code, e.Detail = "wrong_type", "has a JSON type that is not allowed here; see /openapi.json for the one that is"
		if errors.Is(semantic.Err, json.ErrUnknownName) {
			e.Code, e.Detail = "unknown_field", "there is no such field; see /openapi.json for those there are"
		}
	}
	return e
}

// plainName is what the names of our own fields look like. A name that does not is
// something the caller made up, possibly personal data, and is not repeated.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,39}$`)

// fieldName writes a JSON pointer as in "selectors[0].metadata.value"; it stops
// before a name that it must not repeat.
func fieldName(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			b.WriteString("[" + token + "]")
			continue
		case !plainName.MatchString(token):
			return b.String()
		case b.Len() > 0:
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}

// keyPattern is what an Idempotency-Key may be: printable ASCII.
var keyPattern = regexp.MustCompile(`^[\x20-\x7e]{1,255}$`)

// idempotencyKey binds the header's key to this call, so that the same key under
// another call is seen for the mistake it is.
func idempotencyKey(r *http.Request, body []byte) (dsr.IdempotencyKey, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return dsr.IdempotencyKey{}, nil
	}
	if len(keys) > 1 || !keyPattern.MatchString(keys[0]) {
		return dsr.IdempotencyKey{}, dsr.FieldErrorf("Idempotency-Key", "must be one header of 1 to 255 printable ASCII characters")
	}
	return dsr.IdempotencyKey{Key: keys[0], Route: r.Method + " " + r.URL.Path, BodyHash: sha256.Sum256(body)}, nil
}

// parseTime reads a time as RFC 3339 writes it, and nothing near it.
func parseTime(field, text string) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalText([]byte(text)); err != nil {
		return time.Time{}, dsr.FieldErrorf(field, "is not a time as in RFC 3339, such as 2025-06-30T09:00:00Z")
	}
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9998 {
		return time.Time{}, dsr.FieldErrorf(field, "must lie between the years 1970 and 9998")
	}
	return t, nil
}

// requestOf returns the request that the path names, as by may see it.
func (s *API) requestOf(r *http.Request, by dsr.Principal) (dsr.Request, error) {
	id, err := edge.RequestID(r)
	if err != nil {
		return dsr.Request{}, err
	}
	return s.svc.Request(r.Context(), by, id)
}

// readQuery reads the query as strictly as a body: a filter that is misspelt must not
// show everything.
func readQuery(u *url.URL, known map[string]*string) error { return readParameters(u, known, nil) }

// readParameters is readQuery with some that may be there several times; empty ones of those
// are left out.
func readParameters(u *url.URL, once map[string]*string, several map[string]*[]string) error {
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

// limitOf reads how many items a page is to hold.
func limitOf(text string, usual, most int) (int, error) {
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, dsr.FieldErrorf("limit", "must be a whole number from 1 to %d", most)
	}
	return n, nil
}

func unknownParameter(name string) error {
	e := &dsr.Error{Kind: dsr.Malformed, Code: "unknown_field", Detail: "there is no such parameter; see /openapi.json for those there are"}
	if plainName.MatchString(name) {
		e.Field = name
	}
	return e
}
