package dsr

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Channel is the way on which a request came.
type Channel string

// Channels are all of them.
var Channels = []Channel{"mail", "phone", "form", "post", "in_person", "other"}

func checkChannel(c Channel, f *Faults) {
	if c != "" && !slices.Contains(Channels, c) {
		f.Add("channel", FaultUnknownChannel, channelNames())
	}
}

func channelNames() string {
	names := make([]string, len(Channels))
	for i, c := range Channels {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

// Limits on the labels of a request.
const (
	MaxLabels     = 20
	MaxLabelRunes = 100 // of a value
)

// labelName keeps : and = free for filters, see ParseLabel.
var labelName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`)

func checkLabels(labels map[string]string, f *Faults) {
	if len(labels) > MaxLabels {
		f.Add("labels", FaultTooManyLabels, MaxLabels)
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !labelName.MatchString(name) {
			f.Add("labels", FaultLabelName) // the name may be anything, and is not repeated
			continue
		}
		checkLine("labels."+name, labels[name], f)
	}
}

// checkLine: a value that people read in one line.
func checkLine(field, value string, f *Faults) {
	switch {
	case strings.TrimSpace(value) == "":
		f.Add(field, FaultEmptyLine)
	case utf8.RuneCountInString(value) > MaxLabelRunes:
		f.Add(field, FaultTooLong, MaxLabelRunes, "characters")
	case strings.TrimSpace(value) != value || !referencePattern.MatchString(value):
		f.Add(field, FaultNotPrintable)
	}
}

// LabelFilter selects requests with a label, whatever its value where that is empty.
type LabelFilter struct{ Name, Value string }

// ParseLabel reads "name", "name:value" or "name=value".
func ParseLabel(text string) (l LabelFilter, err error) {
	l.Name = text
	if i := strings.IndexAny(text, ":="); i >= 0 {
		l.Name, l.Value = text[:i], text[i+1:]
	}
	if !labelName.MatchString(l.Name) {
		return l, FieldErrorf("label", "must be the name of a label, or its name and value as in brand:north")
	}
	return l, nil
}

// Identity says how it was checked that the data subject asks, as a fact: no document and
// no number of one belongs here.
type Identity struct {
	Method    string `json:"method"`
	CheckedOn Day    `json:"checked_on"`
	By        string `json:"by"` // who checked it
}

func (i Identity) check(today Day, f *Faults) {
	checkLine("identity.method", i.Method, f)
	checkLine("identity.by", i.By, f)
	if i.CheckedOn > today {
		f.Add("identity.checked_on", FaultFuture)
	}
}
