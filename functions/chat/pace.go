package chat

import (
	"context"
	"time"
)

// Pace is how fast a queue's line moves.
type Pace struct {
	Mean time.Duration // between two accepts
	Last time.Time     // accept
}

const (
	// paceWeight is what the latest interval counts in the mean: about the last ten decide it.
	paceWeight = 0.2
	// paceBreak is the longest interval that says anything: behind it lies a night, or a lunch.
	paceBreak = 10 * time.Minute
	// paceTTL is how long a pace is believed without reading it again.
	paceTTL = 10 * time.Second
)

// after is the pace after an accept.
func (p Pace) after(now time.Time) Pace {
	took := now.Sub(p.Last)
	switch {
	case p.Last.IsZero() || took > paceBreak || took < 0:
		return Pace{Last: now} // it begins anew
	case p.Mean == 0:
		return Pace{Mean: took, Last: now}
	}
	return Pace{Mean: p.Mean + time.Duration(paceWeight*float64(took-p.Mean)), Last: now}
}

// wait is how long somebody at that place in the line will wait, 0 when nobody knows. A line that has not moved for longer than
// it used to is as slow as that.
func (p Pace) wait(position int, now time.Time) time.Duration {
	idle := now.Sub(p.Last)
	if p.Mean == 0 || idle > paceBreak {
		return 0
	}
	return time.Duration(position) * max(p.Mean, idle)
}

// pace is the pace of a queue, a few seconds old.
func (d *Desk) pace(ctx context.Context, queue string) Pace {
	p, err := cached(d, "pace#"+queue, paceTTL, func() (Pace, error) { return d.Store.Pace(ctx, queue) })
	d.besteffort(ctx, "read pace", err)
	return p
}

// moved remembers that the queue's line has moved: an agent took a session.
func (d *Desk) moved(ctx context.Context, queue string, now time.Time) {
	p, err := d.Store.Pace(ctx, queue)
	if err == nil {
		err = d.Store.KeepPace(ctx, queue, p.after(now))
	}
	d.besteffort(ctx, "remember the pace", err)
}
