package handling

import (
	"cmp"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// words are all words of one language.
type words struct {
	Lang, Title, Lead, Facts, Reference, ID, Received, Regime, Channel, Checked, State string
	Search, Complete, Incomplete, Found, Conversations, Messages, Answer, Open, ToldOn string
	Rested, Until, Extended, DeadlinesHeading, DeadlinesLead, From, Due, Because       string
	EventsHeading, EventsLead, When, Who, What, Details, Somebody, ZoneNote            string

	months  [12]string
	form    string // of a day: day, month, year
	because func(view, dsr.DeadlineThen) string
	kinds   map[string]string // by kind of event
	names   map[string]string // by name of an event's fact
	values  map[string]string // by code
}

// wordsOf are those of a language, English for one that is not known.
func wordsOf(language string) *words {
	if language == german.Lang {
		return german
	}
	return english
}

func (w *words) day(d dsr.Day) string {
	if d == "" {
		return ""
	}
	t := d.Begin(time.UTC)
	return fmt.Sprintf(w.form, t.Day(), w.months[t.Month()-1], t.Year())
}

// What has no words, as what a later version wrote, is shown by its code.
func (w *words) kind(code string) string  { return cmp.Or(w.kinds[code], code) }
func (w *words) name(code string) string  { return cmp.Or(w.names[code], code) }
func (w *words) value(code string) string { return cmp.Or(w.values[code], code) }

// Kind is what happened, by the code of an event, in the words of a language.
func Kind(language, code string) string { return wordsOf(language).kind(code) }

// Name is what is told about an event, likewise.
func Name(language, code string) string { return wordsOf(language).name(code) }

// Value is how that stands, likewise.
func Value(language, code string) string { return wordsOf(language).value(code) }

// Value is value for the template.
func (w *words) Value(code string) string { return w.value(code) }
