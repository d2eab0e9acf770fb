package archive

import (
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
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
type conversationTable struct {
	csv    csvWriter
	speech Speech
	paths  []string // of metadata, a column each
}

func newConversationTable(w io.Writer, s Speech, paths []string) recordWriter {
	return &conversationTable{csvWriter{w: w}, s, paths}
}

func (t *conversationTable) begin() error {
	names := []string{"id", "start_utc", "last_action_utc", "locale", "tags", "user_message_count"}
	for _, path := range t.paths {
		names = append(names, strings.TrimSuffix("metadata."+path, "."))
	}
	return t.csv.header(append(names, "raw_json")...)
}

func (t *conversationTable) record(rec dsr.Record) error {
	c := t.speech.Conversation(rec)
	row := []string{record.Visible(rec.ID), csvTime(rec.Start), csvTime(rec.LastAction), c.Locale.Cell(), c.Tags.Cell(), c.UserMessages.Cell()}
	row = append(row, cells(c.Metadata, t.paths)...)
	return t.csv.row(append(row, string(rec.Raw))...)
}

// messageTable is messages.csv.
type messageTable struct {
	csv    csvWriter
	speech Speech
}

func newMessageTable(w io.Writer, s Speech) recordWriter {
	return &messageTable{csvWriter{w: w}, s}
}

func (t *messageTable) begin() error {
	return t.csv.header("conversation_id", "id", "time_utc", "sender_derived", "type", "user_action", "text", "options", "raw_json")
}

func (t *messageTable) record(rec dsr.Record) error {
	m := t.speech.Message(rec)
	raw := string(rec.Raw)
	for _, s := range m.Sides { // a second side is a row of its own, without the record
		text := strings.Join(s.Texts, "\n")
		if s.Form != nil {
			text = s.Form.Cell()
		}
		err := t.csv.row(record.Visible(rec.ConversationID), record.Visible(rec.ID), csvTime(rec.Time), string(s.Sender), m.Kind, s.Action,
			text, strings.Join(s.Options, "; "), raw)
		if err != nil {
			return err
		}
		raw = ""
	}
	return nil
}

// csvTime is a derived time, or nothing when the record's own cannot be read.
func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
