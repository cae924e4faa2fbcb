package chat

import (
	"testing"
	"time"
)

func TestPaceAfter(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return morning.Add(-d) }
	tests := []struct {
		name string
		was  Pace
		mean time.Duration
	}{
		{"the first accept says nothing", Pace{}, 0},
		{"the second is the mean", Pace{Last: ago(time.Minute)}, time.Minute},
		{"as ever", Pace{time.Minute, ago(time.Minute)}, time.Minute},
		{"faster: by a fifth of the difference", Pace{time.Minute, ago(10 * time.Second)}, 50 * time.Second},
		{"slower: by a fifth of the difference", Pace{time.Minute, ago(2 * time.Minute)}, 72 * time.Second},
		{"two at once", Pace{time.Minute, ago(0)}, 48 * time.Second},
		{"after the longest interval that says anything", Pace{time.Minute, ago(paceBreak)}, time.Minute + 108*time.Second},
		{"after a night it begins anew", Pace{time.Minute, ago(paceBreak + time.Millisecond)}, 0},
		{"by a clock that is behind", Pace{time.Minute, morning.Add(time.Second)}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "pace", test.was.after(morning), Pace{test.mean, morning})
		})
	}
}

// About the last ten decide: a new pace is believed after as many.
func TestPaceFollows(t *testing.T) {
	t.Parallel()
	p, now := Pace{5 * time.Minute, morning}, morning
	for range 10 {
		now = now.Add(time.Minute)
		p = p.after(now)
	}
	if p.Mean < time.Minute || p.Mean > 90*time.Second {
		t.Errorf("after ten a minute, the mean is %v", p.Mean)
	}
}

func TestPaceWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		pace     Pace
		position int
		want     time.Duration
	}{
		{"nobody knows", Pace{}, 3, 0},
		{"one accept is no pace", Pace{Last: morning}, 3, 0},
		{"each before takes the mean", Pace{time.Minute, morning.Add(-time.Second)}, 3, 3 * time.Minute},
		{"the line has not moved for longer than it used to", Pace{time.Minute, morning.Add(-4 * time.Minute)}, 2, 8 * time.Minute},
		{"it has not moved for too long to tell", Pace{time.Minute, morning.Add(-paceBreak - time.Second)}, 2, 0},
		{"not in a line", Pace{time.Minute, morning}, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "wait", test.pace.wait(test.position, morning), test.want)
		})
	}
}
