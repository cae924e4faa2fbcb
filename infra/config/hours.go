package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// days are the names of the days of a week, which begins on Monday.
var days = [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// weekday is the day of that name's place, and place is the other way round.
func weekday(place int) time.Weekday { return time.Weekday((place + 1) % 7) }

func place(d time.Weekday) int { return (int(d) + 6) % 7 }

// parseHours reads lines like "mon-fri 09:00-17:30", which the schema has checked. fri-mon goes over the week's end.
func parseHours(lines []string) []chat.Hours {
	var hours []chat.Hours
	for _, line := range lines {
		span, clock, _ := strings.Cut(line, " ")
		first, last, several := strings.Cut(span, "-")
		if !several {
			last = first
		}
		from, until, _ := strings.Cut(clock, "-")
		for d := slices.Index(days[:], first); ; d = (d + 1) % len(days) {
			hours = append(hours, chat.Hours{Day: weekday(d), From: minutes(from), Until: minutes(until)})
			if days[d] == last {
				break
			}
		}
	}
	return hours
}

func minutes(clock string) int {
	var h, m int
	if _, err := fmt.Sscanf(clock, "%d:%d", &h, &m); err != nil {
		return 0
	}
	return h*60 + m
}

// formatHours writes hours as few lines: days that follow each other and have the same times are one.
func formatHours(hours []chat.Hours) []string {
	sorted := slices.Clone(hours)
	slices.SortFunc(sorted, func(a, b chat.Hours) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until), cmp.Compare(place(a.Day), place(b.Day)))
	})
	sorted = slices.Compact(sorted)
	type run struct{ first, last, from, until int }
	var runs []run
	for _, h := range sorted {
		if n := len(runs); n > 0 && runs[n-1].from == h.From && runs[n-1].until == h.Until && runs[n-1].last+1 == place(h.Day) {
			runs[n-1].last++
			continue
		}
		runs = append(runs, run{place(h.Day), place(h.Day), h.From, h.Until})
	}
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.from, b.from)) })
	var lines []string
	for _, r := range runs {
		span := days[r.first]
		if r.last > r.first {
			span += "-" + days[r.last]
		}
		lines = append(lines, fmt.Sprintf("%s %02d:%02d-%02d:%02d", span, r.from/60, r.from%60, r.until/60, r.until%60))
	}
	return lines
}
