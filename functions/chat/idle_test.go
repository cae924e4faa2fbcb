package chat

import (
	"testing"
	"time"
)

func TestIdling(t *testing.T) {
	t.Parallel()
	const grace = time.Minute // of an hour
	tests := []struct {
		name   string
		due    time.Duration // from now on
		quiet  time.Duration // nobody has written for
		warned int
		change string
		next   time.Duration // it is due again from now on
	}{
		{"not due", time.Millisecond, 2 * time.Hour, 0, "", 0},
		{"due now, and quiet for long enough", 0, idle - grace, 0, "warn", grace},
		{"overdue: who comes late still warns a minute before", -time.Hour, 3 * time.Hour, 0, "warn", grace},
		{"not quiet for long enough by a moment", 0, idle - grace - time.Millisecond, 0, "not idle", time.Millisecond},
		{"somebody has just written", 0, time.Second, 0, "not idle", idle - grace - time.Second},
		{"somebody wrote since the warning", 0, grace / 2, 4, "not idle", idle - grace - grace/2},
		{"somebody wrote since the warning, and that is long ago", 0, idle, 4, "warn", grace},
		{"nobody wrote since the warning", 0, idle, 5, "close", 0},
		{"nobody wrote since the warning, which is not over", time.Millisecond, idle, 5, "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := ended()
			in.session.Due, in.session.Warned, in.last.At = morning.Add(test.due), test.warned, morning.Add(-test.quiet)
			c, ok := in.idling(idle)
			equal(t, "is due", ok, test.change != "")
			equal(t, "change", c.Name, test.change)
			if !ok {
				return
			}
			want := in.session
			switch test.change {
			case "close":
				equal(t, "change", c, in.close(Agent{}, TimedOut, "Timeout", ""))
				return
			case "warn":
				want.Warned = 5
			default:
				want.Warned = 0
			}
			want.Due = morning.Add(test.next)
			equal(t, "change", c, Change{Name: test.change, Was: in.session, Now: want}) // no row: nobody may speak who could not
		})
	}
}

func TestIdlingOfWhatHasNoOwner(t *testing.T) {
	t.Parallel()
	for _, state := range []State{Waiting, Offered, Closed} {
		in := ended()
		in.session.State, in.session.Due = state, morning.Add(-time.Hour)
		if c, ok := in.idling(idle); ok {
			t.Errorf("%s: %s", state, c.Name)
		}
	}
}

func TestIdleTimes(t *testing.T) {
	t.Parallel()
	d := &Desk{Idle: DefaultIdle}
	equal(t, "of the stack", d.idle(Queue{}), 30*time.Minute)
	equal(t, "of the queue", d.idle(Queue{Idle: 90}), 90*time.Second)
	equal(t, "warned a minute before", idleGrace(30*time.Minute), time.Minute)
	equal(t, "warned at half of a short time", idleGrace(90*time.Second), 45*time.Second)
}
