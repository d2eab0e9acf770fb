package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

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
	if _, err := edge.BodyType(r, edge.JSONType); err != nil && len(body) > 0 {
		return dsr.Call{}, err
	}
	if text := string(bytes.TrimSpace(body)); mayBeEmpty && (len(body) == 0 || text == "null") {
		return call, nil
	}
	if err := decode(body, in); err != nil {
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
func decode(body []byte, in any) error {
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '{' {
		return dsr.Errorf(dsr.Malformed, "malformed", "the body must be one JSON object")
	}
	return malformed(json.Unmarshal(body, in, strict))
}

// strict is how JSON is read. A number with a fraction of nothing is a whole one, as in JSON
// Schema.
var strict = json.JoinOptions(json.RejectUnknownMembers(true), json.WithUnmarshalers(json.UnmarshalFromFunc(wholeNumberFrom)))

// wholeForm is how much of a number is looked at: 1.0 and 1e2, and not 1e1000000000.
var wholeForm = regexp.MustCompile(`^-?[0-9]{1,16}([.][0-9]{1,16})?([eE][+-]?[0-9])?$`)

func wholeNumberFrom(dec *jsontext.Decoder, into *int) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	text := string(value)
	if text == "null" {
		*into = 0
		return nil
	}
	n, ok := new(big.Rat), wholeForm.MatchString(text)
	if ok {
		n, ok = n.SetString(text)
	}
	if !ok || !n.IsInt() || !n.Num().IsInt64() {
		return errors.New("not a whole number")
	}
	*into = int(n.Num().Int64())
	return nil
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

// fieldName writes a JSON pointer as in "selectors[0].metadata.value"; it stops
// before a name that it must not repeat.
func fieldName(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			b.WriteString("[" + token + "]")
			continue
		case !edge.PlainName(token):
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

// requestOf returns the request that the path names, as by may see it.
func (s *API) requestOf(r *http.Request, by dsr.Principal) (dsr.Request, error) {
	id, err := edge.RequestID(r)
	if err != nil {
		return dsr.Request{}, err
	}
	return s.svc.Request(r.Context(), by, id)
}

// readQuery reads the parameters of a call that may be there once.
func readQuery(u *url.URL, known map[string]*string) error { return edge.ReadQuery(u, known, nil) }

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
