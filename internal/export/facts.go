package export

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Rules of docs/quirks.md that reading a record may find.
const (
	ruleTime = "Q11" // a time that cannot be read
	ruleNoID = "Q12" // a record without a usable _id
)

// conversationFacts and messageFacts read the records of the DeepConverse / AgentX
// Support Export API (https://docs.deepconverse.com/product-docs/analytics/export-api).
func conversationFacts(record json.RawMessage) Facts {
	v := members(record, "_id", "startTime", "lastActionAt")
	f := Facts{}
	f.ID = f.text(v["_id"])
	f.Start = f.when(v["startTime"])
	f.LastAction = f.when(v["lastActionAt"])
	return f
}

func messageFacts(record json.RawMessage) Facts {
	v := members(record, "_id", "time", "conversationId")
	f := Facts{}
	f.ID = f.text(v["_id"])
	f.Time = f.when(v["time"])
	if raw, found := v["conversationId"]; found {
		_ = json.Unmarshal(raw, &f.ConversationID) // anything but a string stays empty
	}
	return f
}

// text reads an id. One that decodes to replacement characters which it does not hold
// is none: two such ids would look the same, and neither could be asked for.
func (f *Facts) text(raw json.RawMessage) string {
	var s string
	err := json.Unmarshal(raw, &s)
	garbled := !utf8.Valid(raw) || strings.Contains(s, "\ufffd") && !replaced.Match(raw)
	if err != nil || s == "" || garbled {
		f.Anomalies = append(f.Anomalies, ruleNoID)
		return ""
	}
	return s
}

// replaced finds the replacement character itself in a JSON string.
var replaced = regexp.MustCompile("\ufffd|(?i:\\\\ufffd)")

func (f *Facts) when(raw json.RawMessage) (t time.Time) {
	t, ok := instant(raw)
	if !ok {
		f.Anomalies = append(f.Anomalies, ruleTime)
	}
	return t
}

// members returns the first value of each named member of a JSON object.
func members(record json.RawMessage, names ...string) map[string]json.RawMessage {
	found := make(map[string]json.RawMessage, len(names))
	dec := jsontext.NewDecoder(bytes.NewReader(record), lenient...)
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '{' {
		return found
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return found
		}
		name := wanted(token.String(), names)
		if name == "" {
			if dec.SkipValue() != nil {
				return found
			}
			continue
		}
		value, err := dec.ReadValue()
		if err != nil {
			return found
		}
		if _, twice := found[name]; !twice {
			found[name] = json.RawMessage(value.Clone())
		}
	}
	return found
}

func wanted(name string, names []string) string {
	for _, n := range names {
		if n == name {
			return n
		}
	}
	return ""
}
