package dsr

import "time"

// DueAt is the end of the one month that Art. 12(3) GDPR allows: 23:59:59 in loc of
// the day in the next month that has the number of the day of receipt, or of that
// month's last day (Regulation 1182/71, Art. 3). A due date on a weekend is not
// moved; WorkingDayBefore is shown beside it.
func DueAt(received time.Time, loc *time.Location) time.Time {
	return monthsLater(received, 1, loc)
}

// ExtendedDueAt is DueAt with months (1 or 2) more, which Art. 12(3) allows once.
func ExtendedDueAt(received time.Time, months int, loc *time.Location) time.Time {
	return monthsLater(received, 1+months, loc)
}

func monthsLater(received time.Time, months int, loc *time.Location) time.Time {
	y, m, d := received.In(loc).Date()
	lastDay := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, loc).Day()
	return time.Date(y, m+time.Month(months), min(d, lastDay), 23, 59, 59, 0, loc).UTC()
}

// WorkingDayBefore returns t, or the Friday before it when t falls on a weekend in loc:
// public holidays are not known here, nor whether the time goes on to the next working day
// (Regulation 1182/71, Art. 3(4)).
func WorkingDayBefore(t time.Time, loc *time.Location) time.Time {
	local := t.In(loc)
	switch local.Weekday() {
	case time.Saturday:
		return local.AddDate(0, 0, -1).UTC()
	case time.Sunday:
		return local.AddDate(0, 0, -2).UTC()
	}
	return t
}
