package archive

import (
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// csvWriter writes RFC 4180: a header, CRLF, every value in quotes, in UTF-8 also where
// a record is not. Unlike encoding/csv it leaves line breaks inside a value as they are.
type csvWriter struct {
	w    io.Writer
	line strings.Builder
}

// mark is the byte order mark by which spreadsheets tell UTF-8 from their own encoding.
const mark = "\uFEFF"

// header writes the mark and the names of the columns.
func (c *csvWriter) header(names ...string) error {
	if _, err := io.WriteString(c.w, mark); err != nil {
		return err
	}
	return c.row(names...)
}

func (c *csvWriter) row(cells ...string) error {
	c.line.Reset()
	for i, cell := range cells {
		if i > 0 {
			c.line.WriteByte(',')
		}
		c.line.WriteByte('"')
		c.line.WriteString(strings.ReplaceAll(safeCell(strings.ToValidUTF8(cell, "\uFFFD")), `"`, `""`))
		c.line.WriteByte('"')
	}
	c.line.WriteString("\r\n")
	_, err := io.WriteString(c.w, c.line.String())
	return err
}

// formulaStart are the characters with which spreadsheets begin a formula (OWASP,
// "CSV Injection", with the full-width forms), and the mark itself.
const formulaStart = "=+-@\t\r\n\x00＝＋－＠'"

// safeCell puts a ' before what a spreadsheet would run as a formula, and before a
// leading ' so that taking one off always gives the value back.
func safeCell(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size > 0 && strings.ContainsRune(formulaStart, first) {
		return "'" + s
	}
	return s
}

// conversationTable is conversations.csv.
type conversationTable struct{ csv csvWriter }

func newConversationTable(w io.Writer) recordWriter { return &conversationTable{csvWriter{w: w}} }

func (t *conversationTable) begin() error {
	return t.csv.header("id", "start_utc", "last_action_utc", "locale", "tags", "user_message_count", "raw_json")
}

func (t *conversationTable) record(rec dsr.Record) error {
	v := parse(rec.Raw)
	return t.csv.row(visible(rec.ID), csvTime(rec.Start), csvTime(rec.LastAction),
		v.get("locale").cell(), v.get("tags").cell(), v.get("userMessageCount").cell(), string(rec.Raw))
}

// messageTable is messages.csv.
type messageTable struct {
	csv  csvWriter
	bots agents
}

func newMessageTable(w io.Writer, bots agents) recordWriter {
	return &messageTable{csvWriter{w: w}, bots}
}

func (t *messageTable) begin() error {
	return t.csv.header("conversation_id", "id", "time_utc", "sender_derived", "type", "user_action", "text", "options", "raw_json")
}

func (t *messageTable) record(rec dsr.Record) error {
	m := readMessage(rec, t.bots)
	text := strings.Join(m.texts, "\n")
	if m.form != nil {
		text = m.form.cell()
	}
	return t.csv.row(visible(rec.ConversationID), visible(rec.ID), csvTime(rec.Time), string(m.sender), m.kind, m.action,
		text, strings.Join(m.options, "; "), string(rec.Raw))
}

// csvTime is a derived time, or nothing when the record's own cannot be read.
func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
