package ui

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// field is one field of a form as the template "field" shows it. Its id is its name.
type field struct {
	ID, Label, Hint, Type string
	Value, Error          string
	Autocomplete          string
	Required              bool
}

// Describes lists the ids of the texts that belong to the field, for aria-describedby.
func (f field) Describes() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// dateType is the type of a field for a day. What is no date is shown as text:
// browsers show nothing of it in a date field.
func dateType(value string) string {
	if _, err := time.Parse(time.DateOnly, value); err != nil && value != "" {
		return "text"
	}
	return "date"
}

// choices is a field with a fixed set of answers.
type choices struct {
	field
	Options []option
}

// AsField is what templates of any field take: a template has one type of data.
func (c choices) AsField() field { return c.field }

type option struct {
	ID, Value, Label string
	Chosen           bool
}

// statusMistake is the status of a form that comes back with mistakes marked. It is
// the next step of filling it in, not a failed call: browsers report every 4xx as an
// error in their console.
const statusMistake = http.StatusOK

// fault is a line of the summary above a form: what is wrong and the id to jump to.
type fault struct{ ID, Text string }

// matchChoice is a match mode in plain words.
type matchChoice struct {
	Match         dsr.Match
	label, detail text
}

var matchChoices = []matchChoice{
	{dsr.Normalized, "Matches regardless of capitals",
		"The usual choice. Upper and lower case, spaces before and after, and different encodings of the same letters do not matter: “Ana@Example.com ” finds “ana@example.com”."},
	{dsr.Exact, "Exactly the same, character for character",
		"Every character has to be equal: “Ana@example.com” does not find “ana@example.com”."},
	{dsr.Contains, "Contains this text anywhere",
		"Finds more, and may find other people: “ana” also finds “hanana@example.com”. Look at the result with care."},
	{dsr.Phone, "Phone number, however it is written",
		"Spaces, brackets, dashes and the way the country code is written do not matter: “+49 30 123456” finds “(0049) 30/12 34 56”. Begin with + and the country code."},
}

// matchHelp is a match mode as the help page explains it.
type matchHelp struct{ Label, Detail string }

func (l tongue) matchHelp() (out []matchHelp) {
	for _, c := range matchChoices {
		out = append(out, matchHelp{l.say(c.label), l.say(c.detail)})
	}
	return out
}

func (l tongue) matchLabel(m dsr.Match) string {
	for _, c := range matchChoices {
		if c.Match == m {
			return l.say(c.label)
		}
	}
	return string(m)
}

// rowKinds are what a search term can be treated as.
var rowKinds = []string{string(dsr.Normalized), string(dsr.Exact), string(dsr.Contains), string(dsr.Phone), kindConversationID}

func (l tongue) asOptions(as string) (out []option) {
	for _, c := range matchChoices {
		out = append(out, option{Value: string(c.Match), Label: l.say(c.label)})
	}
	out = append(out, option{Value: kindConversationID, Label: l.say("The ID of a conversation")})
	return chosen(out, as)
}

var languageNames = map[string]text{"en": "English", "de": "German"}

// chosen returns the options with the chosen one marked.
func chosen(options []option, value string) []option {
	out := slices.Clone(options)
	for i := range out {
		out[i].Chosen = out[i].Value == value
	}
	return out
}

// Kinds of search terms.
const (
	kindMetadata       = "metadata"
	kindConversationID = "conversation_id"
)

// rowID is the name and id of a field of row i; people count from one.
func rowID(name string, i int) string { return fmt.Sprintf("%s-%d", name, i+1) }

// hidden is a value that a form carries along.
type hidden struct{ Name, Value string }

// typed is a line that holds something, and which one it is; people count from one.
type typed struct {
	N    int
	Text string
}

func (l tongue) keyField(id, value, mistake string) field {
	return field{ID: id, Label: l.say("Only in this field"), Type: "text", Value: value, Error: mistake, Autocomplete: "off",
		Hint: l.say("The name of the metadata field, for example email or customer.id. Leave empty to search all fields.")}
}
