package chat

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

func TestPatience(t *testing.T) {
	t.Parallel()
	tests := []struct{ timeout, patience, rings int }{
		{10, 11, 10}, {20, 21, 20}, {29, 30, 29}, // one task
		{30, 16, 31}, {58, 30, 59}, // two
		{59, 21, 62}, {60, 21, 62}, {87, 30, 89}, // three
		{120, 25, 124}, // five
		{0, 21, 20},    // the default
	}
	for _, test := range tests {
		t.Run(strconv.Itoa(test.timeout), func(t *testing.T) {
			t.Parallel()
			q := Queue{Timeout: test.timeout}
			equal(t, "patience", q.Patience(), test.patience)
			equal(t, "rings", q.offerUntil(morning, q.Patience()).Sub(morning), time.Duration(test.rings)*time.Second)
		})
	}
}

// The rule of record, for every time-out that may be configured: n = ceil(T/29), patience = ceil(T/n) + 1 and at most 30, and an
// offer ends a second before the last of its n tasks does.
func TestPatienceOfEveryTimeout(t *testing.T) {
	t.Parallel()
	for timeout := 10; timeout <= 120; timeout++ {
		q := Queue{Timeout: timeout}
		n := (timeout + 28) / 29
		patience := (timeout+n-1)/n + 1
		if q.Patience() != patience || patience > maxPatience || n*patience < timeout {
			t.Errorf("T = %d: patience %d, want %d (n = %d)", timeout, q.Patience(), patience, n)
		}
		if got, want := q.offerUntil(morning, patience), morning.Add(time.Duration(n*patience-1)*time.Second); !got.Equal(want) {
			t.Errorf("T = %d: an offer ends after %v, want %v", timeout, got.Sub(morning), want.Sub(morning))
		}
	}
}

// An execution keeps its patience when the queue's time-out changes: offers still ring for T, and less than one task longer.
func TestOffersOfAChangedTimeout(t *testing.T) {
	t.Parallel()
	for timeout := 10; timeout <= 120; timeout++ {
		for patience := 11; patience <= maxPatience; patience++ {
			rings := int(Queue{Timeout: timeout}.offerUntil(morning, patience).Sub(morning) / time.Second)
			if rings < timeout || rings >= timeout+patience || (rings+1)%patience != 0 {
				t.Errorf("T = %d, patience %d: rings for %d s", timeout, patience, rings)
			}
		}
	}
}

func TestLostAfter(t *testing.T) {
	t.Parallel()
	equal(t, "default", Queue{}.lostAfter(), 5*time.Minute)
	equal(t, "configured", Queue{LostAfter: 60}.lostAfter(), time.Minute)
}

func TestLineOrder(t *testing.T) {
	t.Parallel()
	want := []Waiter{
		{Session: "heavy, late", Weight: 5, Queued: morning.Add(time.Hour)},
		{Session: "first", Weight: 1, Queued: morning},
		{Session: "second a", Weight: 1, Queued: morning.Add(time.Second)},
		{Session: "second b", Weight: 1, Queued: morning.Add(time.Second)},
		{Session: "light, early", Queued: morning.Add(-time.Hour)},
	}
	seeds(t, 20, func(t *testing.T, r *rand.Rand) {
		line := slices.Clone(want)
		r.Shuffle(len(line), func(i, j int) { line[i], line[j] = line[j], line[i] })
		slices.SortFunc(line, Waiter.compare)
		equal(t, "line", line, want)
	})
}
