package export

import (
	"bytes"
	"encoding/json"
	"time"

	"dsr-server/internal/dsr"
)

// Facts reads what the search needs to know from a record of the kind, as Source does.
func (d *Dump) Facts(kind dsr.RecordKind, record json.RawMessage) Facts {
	if kind == dsr.Message {
		return messageFacts(record)
	}
	return conversationFacts(record)
}

// Glance says of a conversation, by the JSON of three of its members, when it began
// and what of Facts.Anomalies it has. Every record of a dump is looked at like this,
// so the usual forms are read without a decoder.
func Glance(id, start, last []byte) (began time.Time, anomalies []string) {
	if !plainText(id) {
		var f Facts
		f.text(id)
		anomalies = f.Anomalies
	}
	began, ok := wholeSeconds(start)
	if !ok {
		if began, ok = instant(start); !ok {
			anomalies = append(anomalies, ruleTime)
		}
	}
	if _, ok := wholeSeconds(last); !ok && !writtenTime(last) {
		if _, ok := instant(last); !ok {
			anomalies = append(anomalies, ruleTime)
		}
	}
	return began, anomalies
}

// plainText reports whether raw is a string that stands for more than nothing, whatever
// it stands for.
func plainText(raw []byte) bool {
	return len(raw) > 2 && raw[0] == '"'
}

// wholeSeconds reads the form that nearly every startTime has: ten digits.
func wholeSeconds(raw []byte) (time.Time, bool) {
	if len(raw) != 10 {
		return time.Time{}, false
	}
	var n int64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return time.Time{}, false
		}
		n = n*10 + int64(c-'0')
	}
	return time.Unix(n, 0).UTC(), raw[0] != '0'
}

// writtenTime reports whether raw is "2006-01-02T15:04:05", with or without a
// fraction, with days that every month has: one that instant would read.
func writtenTime(raw []byte) bool {
	if len(raw) < 21 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return false
	}
	t := raw[1 : len(raw)-1]
	const form = "0000-00-00T00:00:00"
	for i := range form {
		if form[i] == '0' && (t[i] < '0' || t[i] > '9') || form[i] != '0' && t[i] != form[i] {
			return false
		}
	}
	month, day, hour := string(t[5:7]), string(t[8:10]), string(t[11:13])
	if month < "01" || month > "12" || day < "01" || day > "28" || hour > "23" || t[14] > '5' || t[17] > '5' {
		return false
	}
	fraction := t[len(form):]
	return len(fraction) == 0 || len(fraction) > 1 && len(fraction) < 11 && fraction[0] == '.' && digitsOnly(fraction[1:])
}

func digitsOnly(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// conversationKey is how the member that says whose a message is nearly always stands.
var conversationKey = []byte(`"conversationId"`)

// MayBelong reports whether a message may name one of the conversations, going by its
// bytes: it may say yes wrongly, but never no. record is JSON.
//
// The member's key stands in the record as it is, or with an escaped letter. If no
// letter is escaped, each of its occurrences as a key, at any depth, has the key's
// bytes, and no other token has them with a colon behind: in a string the quotes are
// escaped. So if the value of every occurrence is a string without escapes that is
// none of the ids, the record's own is none of them either.
func MayBelong(record []byte, known func(id []byte) bool) bool {
	found := false
	for rest := record; ; {
		i := bytes.Index(rest, conversationKey)
		if i < 0 {
			break
		}
		rest = rest[i+len(conversationKey):]
		value := bytes.TrimLeft(rest, " \t\r\n")
		if len(value) == 0 || value[0] != ':' {
			continue
		}
		value = bytes.TrimLeft(value[1:], " \t\r\n")
		if len(value) == 0 || value[0] != '"' {
			return true
		}
		end := bytes.IndexByte(value[1:], '"')
		if end < 0 || bytes.IndexByte(value[1:1+end], '\\') >= 0 || known(value[1:1+end]) {
			return true
		}
		found = true
	}
	return !found || letterEscaped(record)
}

// letterEscaped reports whether an ASCII letter may be written as \u00XX.
func letterEscaped(record []byte) bool {
	for {
		i := bytes.Index(record, []byte(`\u00`))
		if i < 0 || i+4 >= len(record) {
			return false
		}
		if c := record[i+4]; c >= '4' && c <= '7' {
			return true
		}
		record = record[i+4:]
	}
}
