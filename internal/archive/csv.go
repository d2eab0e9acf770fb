package archive

import (
	"io"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
	"dsr-server/internal/spreadsheet"
)

// conversationTable is conversations.csv.
type conversationTable struct {
	csv    *spreadsheet.Writer
	speech Speech
	paths  []string // of metadata, a column each
}

func newConversationTable(w io.Writer, s Speech, paths []string) recordWriter {
	return &conversationTable{spreadsheet.NewWriter(w), s, paths}
}

func (t *conversationTable) begin() error {
	names := []string{"id", "start_utc", "last_action_utc", "locale", "tags", "user_message_count"}
	for _, path := range t.paths {
		names = append(names, strings.TrimSuffix("metadata."+path, "."))
	}
	return t.csv.Header(append(names, "raw_json")...)
}

func (t *conversationTable) record(rec dsr.Record) error {
	if rec.Withheld != "" {
		rec.Start, rec.LastAction = time.Time{}, time.Time{}
	}
	c := t.speech.Conversation(rec)
	row := []string{record.Visible(rec.ID), csvTime(rec.Start), csvTime(rec.LastAction), c.Locale.Cell(), c.Tags.Cell(), c.UserMessages.Cell()}
	row = append(row, cells(c.Metadata, t.paths)...)
	return t.csv.Row(append(row, string(rec.Raw))...)
}

// messageTable is messages.csv.
type messageTable struct {
	csv    *spreadsheet.Writer
	speech Speech
}

func newMessageTable(w io.Writer, s Speech) recordWriter {
	return &messageTable{spreadsheet.NewWriter(w), s}
}

func (t *messageTable) begin() error {
	return t.csv.Header("conversation_id", "id", "time_utc", "sender_derived", "type", "user_action", "text", "options", "raw_json")
}

func (t *messageTable) record(rec dsr.Record) error {
	if rec.Withheld != "" {
		return t.csv.Row(record.Visible(rec.ConversationID), record.Visible(rec.ID), "", string(record.Unknown), "", "", record.Mark, "", string(rec.Raw))
	}
	m := t.speech.Message(rec)
	raw := string(rec.Raw)
	for _, s := range m.Sides { // a second side is a row of its own, without the record
		text := strings.Join(s.Texts, "\n")
		if s.Form != nil {
			text = s.Form.Cell()
		}
		err := t.csv.Row(record.Visible(rec.ConversationID), record.Visible(rec.ID), csvTime(rec.Time), string(s.Sender), m.Kind, s.Action,
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
