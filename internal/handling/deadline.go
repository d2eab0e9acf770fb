package handling

import (
	"fmt"

	"dsr-server/internal/dsr"
)

// deadline shows a deadline that there was, with its reason in the page's language.
func (v view) deadline(d dsr.DeadlineThen) deadline {
	return deadline{From: v.moment(d.From), Due: v.W.day(dsr.DayOf(d.DueAt, v.zone)), Because: v.W.because(v, d)}
}

// englishBecause is what the history says already.
func englishBecause(_ view, d dsr.DeadlineThen) string { return d.Because }

// germanBecause says the same as dsr.Clock.Explain.
func germanBecause(v view, d dsr.DeadlineThen) string {
	if d.Recorded {
		return "wie damals berechnet; Zeitzone, Feiertage oder Regeln haben sich seither geändert"
	}
	c := d.Clock
	said := fmt.Sprintf("ein Monat ab dem Tag des Eingangs, %s", v.W.day(c.Received))
	if c.Regime.Months == 0 {
		said = fmt.Sprintf("%d Tage ab dem Tag des Eingangs, %s", c.Regime.Days, v.W.day(c.Received))
	}
	said += " (" + germanLaw[c.Regime.Name] + ")"
	if c.Extended > 0 {
		said += "; verlängert um " + germanCount(c.Extended, c.Regime.MoreMonths > 0)
	}
	if n := dsr.Rested(c.Pauses); n > 0 {
		said += "; die Frist ruhte " + germanCount(n, false)
	}
	straight := c
	straight.Regime.Rolls = false
	if day := straight.Due(dsr.NoWeekend); c.Regime.Rolls && day != dsr.DayOf(d.DueAt, v.zone) {
		said += "; der " + v.W.day(day) + " ist kein Werktag, daher der nächste"
	}
	return said
}

func germanCount(n int, months bool) string {
	unit := "Tag"
	if months {
		unit = "Monat"
	}
	if n != 1 {
		unit += "e"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// germanLaw is what dsr.Regime.Law is called in German, by regime.
var germanLaw = map[string]string{
	"gdpr": "Art. 12 Abs. 3 DSGVO", "uk": "Art. 12 und 12A UK GDPR", "ccpa": "CCPA Regulations § 7021", "lgpd": "Art. 19 LGPD", "ch": "Art. 18 der Schweizer Datenschutzverordnung",
}
