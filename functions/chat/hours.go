package chat

import "time"

// Hours is a part of the week in which a website takes sessions. Times are minutes since midnight in the website's zone; Until
// is at most a day's end and later than From: who works past midnight has two.
type Hours struct {
	Day   time.Weekday
	From  int
	Until int
}

// openAt reports whether the website takes sessions then, and if not, when it opens again; the zero time if it has no hours in
// the week to come. A zone that nobody knows counts as UTC: a website must not be closed by a spelling mistake.
func (w Website) openAt(now time.Time) (open bool, next time.Time) {
	if len(w.Hours) == 0 {
		return true, time.Time{}
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		zone = time.UTC
	}
	local := now.In(zone)
	year, month, today := local.Date()
	// By the clock on the wall, so that nine stays nine when the clocks change.
	minute := 60*local.Hour() + local.Minute()
	for ahead := range 8 { // today's hours may be over: then next week's are the next
		day := (local.Weekday() + time.Weekday(ahead)) % 7
		for _, h := range w.Hours {
			if h.Day != day {
				continue
			}
			if ahead == 0 && h.From <= minute && minute < h.Until {
				return true, time.Time{}
			}
			from := time.Date(year, month, today+ahead, 0, h.From, 0, 0, zone)
			if from.Weekday() != day { // its clocks go forward at midnight, which is where it begins
				_, from = from.ZoneBounds()
			}
			if from.After(now) && (next.IsZero() || from.Before(next)) {
				next = from
			}
		}
		if !next.IsZero() {
			break
		}
	}
	return false, next.UTC()
}
