package chat

import (
	"testing"
	"time"
)

// weekdays are hours on Monday to Friday.
func weekdays(from, until int) (hours []Hours) {
	for d := time.Monday; d <= time.Friday; d++ {
		hours = append(hours, Hours{d, from, until})
	}
	return hours
}

// always is round the clock.
func always() (hours []Hours) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		hours = append(hours, Hours{d, 0, 24 * 60})
	}
	return hours
}

func TestOpenAt(t *testing.T) {
	t.Parallel()
	const nine, noon, one, five, midnight = 9 * 60, 12 * 60, 13 * 60, 17*60 + 30, 24 * 60
	lunch := append(weekdays(nine, noon), weekdays(one, five)...)
	night := []Hours{{time.Friday, 22 * 60, midnight}, {time.Saturday, 0, 2 * 60}}
	tests := []struct {
		name  string
		hours []Hours
		zone  string
		now   string
		opens string // "": it is open
	}{
		{"no hours: always", nil, "", "2026-11-28T03:00:00Z", ""},
		{"open", weekdays(nine, five), "", "2026-11-24T12:00:00Z", ""},
		{"the first moment", weekdays(nine, five), "", "2026-11-24T09:00:00Z", ""},
		{"the moment before", weekdays(nine, five), "", "2026-11-24T08:59:59Z", "2026-11-24T09:00:00Z"},
		{"the last moment", weekdays(nine, five), "", "2026-11-24T17:29:59Z", ""},
		{"just over", weekdays(nine, five), "", "2026-11-24T17:30:00Z", "2026-11-25T09:00:00Z"},
		{"over the weekend", weekdays(nine, five), "", "2026-11-27T18:00:00Z", "2026-11-30T09:00:00Z"},
		{"on Sunday", weekdays(nine, five), "", "2026-11-29T12:00:00Z", "2026-11-30T09:00:00Z"},
		{"over the year's end", weekdays(nine, five), "", "2026-12-31T18:00:00Z", "2027-01-01T09:00:00Z"},

		{"at lunch", lunch, "", "2026-11-24T12:30:00Z", "2026-11-24T13:00:00Z"},
		{"after lunch", lunch, "", "2026-11-24T13:00:00Z", ""},
		{"whatever comes first, in whatever order it stands", append(weekdays(one, five), weekdays(nine, noon)...), "", "2026-11-24T06:00:00Z", "2026-11-24T09:00:00Z"},
		{"one day a week, just over", []Hours{{time.Tuesday, nine, noon}}, "", "2026-11-24T12:00:00Z", "2026-12-01T09:00:00Z"},
		{"one day a week, the day before", []Hours{{time.Wednesday, nine, noon}}, "", "2026-11-24T12:00:00Z", "2026-11-25T09:00:00Z"},

		{"past midnight", night, "", "2026-11-27T23:59:59Z", ""},
		{"and on", night, "", "2026-11-28T00:00:00Z", ""},
		{"until two", night, "", "2026-11-28T02:00:00Z", "2026-12-04T22:00:00Z"},
		{"round the clock", always(), "", "2026-11-28T00:00:00Z", ""},

		{"in Prague it is ten already", weekdays(nine, five), "Europe/Prague", "2026-11-24T08:30:00Z", ""},
		{"in Los Angeles it is still Monday", weekdays(nine, five), "America/Los_Angeles", "2026-11-24T00:30:00Z", ""},
		{"in Los Angeles it is Friday night", weekdays(nine, five), "America/Los_Angeles", "2026-11-28T02:00:00Z", "2026-11-30T17:00:00Z"},
		{"in Auckland it is Saturday already", weekdays(nine, five), "Pacific/Auckland", "2026-11-27T20:00:00Z", "2026-11-29T20:00:00Z"},
		{"in Kathmandu, a quarter off", weekdays(nine, five), "Asia/Kathmandu", "2026-11-24T03:15:00Z", ""},
		{"and not a moment before", weekdays(nine, five), "Asia/Kathmandu", "2026-11-24T03:14:59Z", "2026-11-24T03:15:00Z"},
		{"a zone that nobody knows is UTC", weekdays(nine, five), "Europe/Praha", "2026-11-24T09:00:00Z", ""},

		// Nine stays nine when the clocks change: in Prague on 29 March and 25 October 2026.
		{"in winter", weekdays(nine, five), "Europe/Prague", "2026-03-27T08:00:00Z", ""},
		{"over the night that is an hour shorter", weekdays(nine, five), "Europe/Prague", "2026-03-28T12:00:00Z", "2026-03-30T07:00:00Z"},
		{"in summer", weekdays(nine, five), "Europe/Prague", "2026-03-30T07:00:00Z", ""},
		{"over the night that is an hour longer", weekdays(nine, five), "Europe/Prague", "2026-10-24T12:00:00Z", "2026-10-26T08:00:00Z"},
		{"on the day itself", []Hours{{time.Sunday, nine, five}}, "Europe/Prague", "2026-03-29T07:00:00Z", ""},
		{"from an hour that there is not", []Hours{{time.Sunday, 2*60 + 30, five}}, "Europe/Prague", "2026-03-29T01:30:00Z", ""},
		{"in the hour that comes twice", always(), "Europe/Prague", "2026-10-25T01:30:00Z", ""},

		// In Chile they change at midnight: Sunday, 6 September 2026 begins at one.
		{"on a day without midnight", []Hours{{time.Sunday, nine, five}}, "America/Santiago", "2026-09-06T12:00:00Z", ""},
		{"on a day without midnight that is closed", weekdays(nine, five), "America/Santiago", "2026-09-06T12:00:00Z", "2026-09-07T12:00:00Z"},
		{"on the evening before, with hours that go on", always(), "America/Santiago", "2026-09-06T03:30:00Z", ""},
		{"until a midnight that there is not", []Hours{{time.Saturday, nine, midnight}}, "America/Santiago", "2026-09-06T03:59:59Z", ""},
		{"from a midnight that there is not", []Hours{{time.Sunday, 0, five}}, "America/Santiago", "2026-09-06T03:59:59Z", "2026-09-06T04:00:00Z"},
		{"and over it", []Hours{{time.Saturday, nine, midnight}, {time.Sunday, 0, five}}, "America/Santiago", "2026-09-06T04:00:00Z", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, test.now)
			if err != nil {
				t.Fatal(err)
			}
			open, next := Website{Hours: test.hours, Zone: test.zone}.openAt(now)
			got := ""
			if !open {
				got = next.Format(time.RFC3339)
			} else if !next.IsZero() {
				t.Errorf("open, and opens %v", next)
			}
			equal(t, "opens", got, test.opens)
		})
	}
}

// A website whose hours never come is closed, and nobody knows until when.
func TestNeverOpen(t *testing.T) {
	t.Parallel()
	open, next := Website{Hours: []Hours{{Day: 9, From: 0, Until: 60}}}.openAt(morning)
	if open || !next.IsZero() {
		t.Errorf("open %v, opens %v", open, next)
	}
}

// In the days around each change of the clocks, in zones that change them in every way: it is open when the clock on the wall says so,
// and else it opens at a moment when it is open and was not before.
func TestOpensWhenItSays(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Prague", "America/Santiago", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			local, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			w := Website{Zone: zone, Hours: []Hours{{time.Sunday, 0, 5 * 60}, {time.Friday, 0, 3 * 60}, {time.Friday, 9 * 60, 17 * 60}, {time.Saturday, 22 * 60, 24 * 60}}}
			changes := 0
			for day := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
				_, offset := day.In(local).Zone()
				if _, next := day.AddDate(0, 0, 1).In(local).Zone(); next == offset {
					continue
				}
				changes++
				for now := day.AddDate(0, 0, -3); now.Before(day.AddDate(0, 0, 3)); now = now.Add(30 * time.Minute) {
					opensWhenItSays(t, w, now.In(local))
				}
			}
			equal(t, "changes of the clocks", changes, 2)
		})
	}
}

func opensWhenItSays(t *testing.T, w Website, wall time.Time) {
	t.Helper()
	minute, says := 60*wall.Hour()+wall.Minute(), false
	for _, h := range w.Hours {
		says = says || h.Day == wall.Weekday() && h.From <= minute && minute < h.Until
	}
	open, next := w.openAt(wall)
	if open != says {
		t.Fatalf("%v: open %v", wall, open)
	}
	if open {
		return
	}
	if at, _ := w.openAt(next); !at || !next.After(wall) {
		t.Fatalf("%v: opens %v, when it is closed", wall, next.In(wall.Location()))
	}
	if before, _ := w.openAt(next.Add(-time.Minute)); before {
		t.Fatalf("%v: opens %v, when it is open already", wall, next.In(wall.Location()))
	}
}
