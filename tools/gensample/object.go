package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// object builds a JSON object member by member: in the order given, duplicates and all.
// Values are JSON.
type object struct {
	members []string
	quote   func(string) string
}

// newObject quotes its texts plainly, or with every character beyond ASCII escaped.
func newObject(escaped bool) *object {
	if escaped {
		return &object{quote: quoteASCII}
	}
	return &object{quote: quote}
}

func (o *object) raw(key, value string) *object {
	o.members = append(o.members, o.quote(key)+":"+value)
	return o
}

func (o *object) text(key, value string) *object { return o.raw(key, o.quote(value)) }
func (o *object) num(key string, value int64) *object {
	return o.raw(key, strconv.FormatInt(value, 10))
}

func (o *object) texts(key string, values ...string) *object {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = o.quote(v)
	}
	return o.raw(key, "["+strings.Join(quoted, ",")+"]")
}

func (o *object) String() string { return "{" + strings.Join(o.members, ",") + "}" }

// quote is a JSON string with nothing escaped that need not be.
func quote(s string) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// quoteASCII escapes as Python's json.dumps does by default.
func quoteASCII(s string) string {
	var out strings.Builder
	for _, r := range quote(s) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return out.String()
}

// quoteFirst escapes the first character only, though nobody would have to.
func quoteFirst(s string) string {
	return fmt.Sprintf(`"\u%04x`, s[0]) + quote(s)[2:]
}
