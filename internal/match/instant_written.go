package match

import (
	"regexp"
	"time"
)

// writtenForms are the ways to write a time that mean one moment only, without the zone.
// A fraction may follow the seconds of each.
var writtenForms = []string{
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006/01/02 15:04:05", "20060102T150405",
	"Mon, 2 Jan 2006 15:04:05", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 2006 15:04:05", "Monday, 02-Jan-06 15:04:05", "2 Jan 2006 15:04:05",
	"Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04:05 PM", "January 2, 2006, 3:04:05 PM", "January 2, 2006 3:04:05 PM",
}

// zonedForms need a zone to be a time and not half of one.
var zonedForms = []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15", "20060102T1504"}

var (
	// behindYear is a zone in front of the year, as Unix and Ruby write it.
	behindYear = regexp.MustCompile(`^(.* \d\d:\d\d:\d\d) ([A-Za-z]{3}|[+-]\d{4}) (\d{4})$`)
	// zoneAtEnd is a zone that means one offset; its name behind it, as JavaScript, Java
	// and Go write it, says nothing more.
	zoneAtEnd = regexp.MustCompile(`(?i)\s*(?:(?:UTC|GMT)?([+-])(\d\d):?(\d\d)?(?: UTC| GMT)?|Z|UTC|GMT)(?:\[[\w/+-]+\]| *\([^()]*\))?$`)
	blanks    = regexp.MustCompile(`\s+`)
	leap      = regexp.MustCompile(`(:\d\d):60\b`)
)

// written reads a time in words and digits. Without a zone it is UTC: the vendor's own
// sample agrees with its numeric start only so.
func written(text string) (time.Time, bool) {
	text = blanks.ReplaceAllString(behindYear.ReplaceAllString(text, "$1 $3 $2"), " ")
	offset, forms := time.Duration(0), writtenForms
	if p := zoneAtEnd.FindStringSubmatchIndex(text); p != nil && p[0] > 0 {
		var valid bool
		if offset, valid = offsetOf(text, p); !valid {
			return time.Time{}, false
		}
		text, forms = text[:p[0]], append(forms[:len(forms):len(forms)], zonedForms...)
	}
	if seconds := leap.ReplaceAllString(text, "$1:59"); seconds != text { // which clocks count as the next
		text, offset = seconds, offset-time.Second
	}
	if len(text) > 10 && text[10] == 't' {
		text = text[:10] + "T" + text[11:]
	}
	for _, form := range forms {
		if t, err := time.Parse(form, text); err == nil {
			return t.Add(-offset), true
		}
	}
	return time.Time{}, false
}

// offsetOf reads what zoneAtEnd has found.
func offsetOf(text string, p []int) (offset time.Duration, valid bool) {
	if p[2] < 0 {
		return 0, true
	}
	hours, minutes := digits([]byte(text[p[4]:p[5]])), 0
	if p[6] >= 0 {
		minutes = digits([]byte(text[p[6]:p[7]]))
	}
	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if text[p[2]:p[3]] == "-" {
		offset = -offset
	}
	return offset, hours < 24 && minutes < 60
}
