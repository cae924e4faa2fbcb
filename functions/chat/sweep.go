package chat

import (
	"context"
	"errors"
	"time"
)

// Swept counts what a sweep mended.
type Swept struct {
	Restarted int // routing executions
	Offline   int // agents past their lease
	Returned  int // sessions of lost agents
}

// sweepWidth is how many sessions of a queue one sweep looks at.
const sweepWidth = 1000

// Sweep is the reaper, once a minute: it starts routing that was lost, stores that agents are gone and returns their sessions
// to the queue. all: every routing counts as lost, because its tokens died with the process (the start of the local runner).
// Whatever it finds is judged again with the item inside the transaction.
func (d *Desk) Sweep(ctx context.Context, all bool) (Swept, error) {
	var done Swept
	err := together(
		func() error { return d.sweepLines(ctx, all, &done) },
		func() error { return d.sweepAgents(ctx, &done) },
	)
	return done, err
}

func (d *Desk) sweepLines(ctx context.Context, all bool, done *Swept) error {
	queues, err := d.Store.List(ctx, ListQueues)
	if err != nil {
		return err
	}
	for _, q := range queues {
		line, err := d.Store.Waiting(ctx, q, sweepWidth)
		if err != nil {
			return err
		}
		for _, w := range line {
			if !all && turning(w.Turn, w.Queued, d.now()) {
				continue
			}
			restarted, err := d.restart(ctx, w.Session, all)
			if err != nil {
				d.Log.WarnContext(ctx, "restart routing", "session", w.Session, "err", err)
				continue
			}
			if restarted {
				done.Restarted++
			}
		}
	}
	return nil
}

// restart starts the routing of a session again. If the execution's name is used up the part is raised, under a condition, and
// that one is started.
func (d *Desk) restart(ctx context.Context, session string, all bool) (bool, error) {
	s, err := d.Store.Session(ctx, session)
	if err != nil || !s.InLine() || (!all && turning(s.Turn, s.Since, d.now())) {
		return false, ignoreMissing(err)
	}
	err = d.Router.Start(ctx, s.Execution())
	if !errors.Is(err, ErrExecutionExists) {
		return err == nil, err
	}
	next := s
	next.Part++
	if err := d.Store.Commit(ctx, Change{Name: "raise part", Was: s, Now: next}); err != nil {
		if errors.Is(err, ErrStale) {
			return false, nil
		}
		return false, err
	}
	return true, d.Router.Start(ctx, next.Execution())
}

func (d *Desk) sweepAgents(ctx context.Context, done *Swept) error {
	ids, err := d.Store.List(ctx, ListAgents)
	if err != nil {
		return err
	}
	agents, err := d.Store.Agents(ctx, ids)
	if err != nil {
		return err
	}
	now := d.now()
	for _, a := range agents {
		if a.State != Offline && !a.Present(now, d.Lease) {
			gone, err := d.setOffline(ctx, a)
			if err != nil {
				d.Log.WarnContext(ctx, "set offline", "agent", a.ID, "err", err)
				continue
			}
			if gone {
				done.Offline++
			}
		}
		if a.Seen.Before(now.Add(-d.Lease)) {
			done.Returned += d.returnAll(ctx, a, now)
		}
	}
	return nil
}

// reasonLost is why the sweep set an agent offline; the desktop offers one click back.
const reasonLost = "lost"

// setOffline stores that an agent's lease is over, unless they are back. A showing offer is withdrawn with it.
func (d *Desk) setOffline(ctx context.Context, judged Agent) (bool, error) {
	back := errors.New("back")
	withdrawn, err := d.setAvailability(ctx, judged.ID, func(a Agent) (SetAvailability, error) {
		if a.State == Offline || !a.Seen.Equal(judged.Seen) {
			return SetAvailability{}, back
		}
		return SetAvailability{State: Offline, Reason: reasonLost, Empty: len(a.Open) == 0, AsJudged: judged.Seen}, nil
	})
	if errors.Is(err, back) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d.finishWithdrawal(ctx, withdrawn, judged.ID)
	a, err := d.Store.Agent(ctx, judged.ID)
	d.besteffort(ctx, "read agent", err)
	if err == nil {
		d.tellAgent(ctx, "", a, "You were away, so you are offline. Set yourself to available when you are back.")
	}
	return true, nil
}

// returnAll gives the sessions of a lost agent back to their queues, each after its queue's time of grace.
func (d *Desk) returnAll(ctx context.Context, a Agent, now time.Time) (returned int) {
	for _, id := range a.Open {
		s, err := d.Store.Session(ctx, id)
		if err != nil || s.Agent != a.ID {
			continue
		}
		q, err := d.queueOf(ctx, s)
		if err != nil || now.Sub(a.Seen) < q.lostAfter() {
			continue
		}
		given, err := d.giveUp(ctx, id, a)
		if err != nil {
			d.Log.WarnContext(ctx, "return to the queue", "session", id, "agent", a.ID, "err", err)
		}
		if given {
			returned++
		}
	}
	return returned
}
