package chat

import (
	"cmp"
	"context"
	"time"
)

// DispositionTimeout is that of a session which was closed because nobody wrote.
const DispositionTimeout = "Timeout"

// idle is how long a session of the queue may be silent.
func (d *Desk) idle(q Queue) time.Duration {
	return cmp.Or(time.Duration(q.Idle)*time.Second, d.Idle)
}

// idleGrace is how long before its end an idle session's people are warned.
func idleGrace(idle time.Duration) time.Duration { return min(time.Minute, idle/2) }

// idling is the rule about a session that is due: it is closed if nobody has written since the warning, warned if nobody has written
// for long enough, and else looked at again when that may be so. ok is false if it is not due.
func (in ending) idling(idle time.Duration) (c Change, ok bool) {
	s, grace := in.session, idleGrace(idle)
	if s.State != Active || s.Due.After(in.now) {
		return c, false
	}
	if s.Warned == in.last.Place {
		return in.close(Agent{}, TimedOut, DispositionTimeout, ""), true
	}
	next := s
	if quiet := in.last.At.Add(idle - grace); quiet.After(in.now) {
		next.Due, next.Warned = quiet, 0
		return Change{Name: "not idle", Was: s, Now: next}, true
	}
	next.Due, next.Warned = in.now.Add(grace), in.last.Place
	return Change{Name: "warn", Was: s, Now: next}, true
}

// idleWidth is how many due sessions one sweep looks at; the next goes on.
const idleWidth = 500

// sweepIdle warns and closes the sessions in which nobody writes.
func (d *Desk) sweepIdle(ctx context.Context, done *Swept) error {
	due, err := d.Store.Due(ctx, d.now(), idleWidth)
	if err != nil {
		return err
	}
	for _, id := range due {
		change, err := d.judgeIdle(ctx, id)
		if err != nil {
			d.Log.WarnContext(ctx, "judge idle", "session", id, "err", err)
			continue
		}
		switch {
		case change.Row != nil:
			done.TimedOut++
			d.finishEnding(ctx, "", change)
		case change.Now.Warned > 0:
			done.Warned++
			d.tellSession(ctx, "", d.view(ctx, change.Now, RoleAgent, change.Now.Warned), change.Now.Speakers())
		}
	}
	return nil
}

// judgeIdle makes the transition, judged again in each try: a message in between takes the place that the end would have had.
func (d *Desk) judgeIdle(ctx context.Context, session string) (change Change, err error) {
	err = d.decide(ctx, "idle", func() error {
		change = Change{}
		in, err := d.readEnding(ctx, session)
		if err != nil {
			return ignoreMissing(err)
		}
		c, ok := in.idling(d.idle(in.queue))
		if !ok {
			return nil
		}
		change = c
		return d.Store.Commit(ctx, c)
	})
	return change, err
}
