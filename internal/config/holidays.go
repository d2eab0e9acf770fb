package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/us"

	"dsr-server/internal/dsr"
)

// holidays are the public holidays that a whole country keeps.
var holidays = map[string][]*cal.Holiday{
	"AT": at.Holidays, "BE": be.Holidays, "BR": br.Holidays, "CH": ch.Holidays, "DE": de.Holidays, "DK": dk.Holidays,
	"ES": es.Holidays, "FR": fr.Holidays, "GB": gb.Holidays, "IE": ie.Holidays, "IT": it.Holidays,
	"NL": nl.Holidays, "NO": no.Holidays, "PL": pl.Holidays, "SE": se.Holidays, "US": us.Holidays,
}

func (c *Config) checkHolidays(r *report) {
	if _, known := holidays[strings.ToUpper(c.Holidays)]; c.Holidays != "" && !known {
		r.fault("holidays", "must be one of %s, or left out; then weekends alone are days of rest", strings.Join(slices.Sorted(maps.Keys(holidays)), ", "))
	}
}

// Deadlines says when requests are due.
func (c *Config) Deadlines() dsr.Deadlines {
	return dsr.Deadlines{Regime: c.Regime, Location: c.location, Working: c.workingDay()}.Filled()
}

// workingDay tells working days from weekends and, where holidays names a country, from
// its public holidays.
func (c *Config) workingDay() dsr.WorkingDay {
	days := cal.NewBusinessCalendar()
	days.AddHoliday(holidays[strings.ToUpper(c.Holidays)]...)
	return func(d dsr.Day) bool {
		t, err := time.Parse(time.DateOnly, string(d))
		return err != nil || days.IsWorkday(t)
	}
}
