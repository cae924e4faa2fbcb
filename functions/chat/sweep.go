package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Swept counts what a sweep mended, and what it saw on its way.
type Swept struct {
	Restarted int // routing executions
	Offline   int // agents past their lease
	Returned  int // sessions of lost agents
	Dropped   int // transfers that their execution forgot
	Warned    int // sessions in which nobody writes
	TimedOut  int // and those that were closed for it

	Waiting int           // sessions in all lines
	Longest time.Duration // how long the longest of them has waited since it came into its line
	Used    int           // seats of the licence
	Limit   int           // of the licence, 0 if there is none
	// Drift is what does not fit when everything is counted again, in words. Sessions move while they are counted: a drift is one
	// when two recounts in a row show the same.
	Drift []string
}

const (
	// sweepWidth is how many sessions of a queue one sweep looks at.
	sweepWidth = 1000
	// longestRead is how many items are read to find who has waited longest: one, if nobody in front came back to the queue.
	longestRead = 10
)

// Sweep is the reaper, once a minute: it starts routing that was lost, stores that agents are gone and returns their sessions
// to the queue. all: every routing counts as lost, because its tokens died with the process (the start of the local runner).
// Whatever it finds is judged again with the item inside the transaction.
func (d *Desk) Sweep(ctx context.Context, all bool) (Swept, error) {
	var done Swept
	if err := together(
		func() error { return d.sweepLines(ctx, all, &done) },
		func() error { return d.sweepAgents(ctx, &done) },
		func() error { return d.sweepIdle(ctx, &done) },
	); err != nil {
		return done, err
	}
	return done, d.recount(ctx, &done)
}

func (d *Desk) sweepLines(ctx context.Context, all bool, done *Swept) error {
	queues, err := d.Store.List(ctx, ListQueues)
	if err != nil {
		return err
	}
	var waiting []Waiter
	for _, q := range queues {
		line, err := d.Store.Waiting(ctx, q, sweepWidth)
		if err != nil {
			return err
		}
		waiting = append(waiting, line...)
		if err := d.sweepTransfers(ctx, q, done); err != nil {
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
	done.Waiting, done.Longest = len(waiting), d.longest(ctx, waiting)
	return nil
}

// longest is how long the longest of those who wait has done so. The index knows their place in the line, which a session keeps
// when it comes back to its queue; since when it waits this time, its item knows.
func (d *Desk) longest(ctx context.Context, waiting []Waiter) (longest time.Duration) {
	slices.SortFunc(waiting, func(a, b Waiter) int { return a.Queued.Compare(b.Queued) })
	now := d.now()
	for _, w := range waiting[:min(len(waiting), longestRead)] {
		if now.Sub(w.Queued) <= longest {
			break
		}
		s, err := d.Store.Session(ctx, w.Session)
		if err == nil && s.InLine() {
			longest = max(longest, now.Sub(s.Since))
		}
	}
	return longest
}

// restart starts the routing of a session again. If the execution's name is used up the part is raised, under a condition, and
// that one is started. Who changed the session meanwhile may have left its routing to this: it is judged again.
func (d *Desk) restart(ctx context.Context, session string, all bool) (restarted bool, err error) {
	err = d.decide(ctx, "restart routing", func() error {
		restarted = false
		s, err := d.Store.Session(ctx, session)
		if err != nil || !s.InLine() || (!all && turning(s.Turn, s.Since, d.now())) {
			return ignoreMissing(err)
		}
		if err = d.Router.Start(ctx, s.Execution()); errors.Is(err, ErrExecutionExists) {
			next := s
			next.Part++
			if err := d.Store.Commit(ctx, Change{Name: "raise part", Was: s, Now: next}); err != nil {
				return err
			}
			err = d.Router.Start(ctx, next.Execution())
		}
		restarted = err == nil
		return err
	})
	return restarted, err
}

// lostTransfer is how long after its end a transfer is dropped whose execution should have done it.
const lostTransfer = time.Minute

// sweepTransfers drops the transfers of a queue whose execution was lost.
func (d *Desk) sweepTransfers(ctx context.Context, queue string, done *Swept) error {
	handed, err := d.Store.Transfers(ctx, queue)
	if err != nil {
		return err
	}
	for _, id := range handed {
		dropped := false
		err := d.decide(ctx, "drop transfer", func() error {
			dropped = false
			s, err := d.Store.Session(ctx, id)
			if err != nil || s.Transfer == nil || d.now().Sub(s.Transfer.Until) < lostTransfer {
				return ignoreMissing(err)
			}
			o, err := d.Store.Offer(ctx, s.transferRef())
			if err != nil {
				return err
			}
			dropped = true
			return d.endTransfer(ctx, s, o, OfferExpired)
		})
		if err != nil {
			d.Log.WarnContext(ctx, "drop transfer", "session", id, "err", err)
		} else if dropped {
			done.Dropped++
		}
	}
	return nil
}

// sweepAgents stores that agents are gone and gives back what they have.
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
		if a.State == Offline && len(a.Open) == 0 {
			d.retire(ctx, a)
			continue
		}
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

// retire takes an agent off the list of those at work whose last session ended while they were OFFLINE, unless they are back.
func (d *Desk) retire(ctx context.Context, a Agent) {
	d.besteffort(ctx, "retire agent", d.Store.SetAvailability(ctx, SetAvailability{Agent: a.ID, State: Offline, Reason: a.Reason, By: a.By,
		Offer: a.Offer, Empty: true, AsJudged: a.Seen, At: a.Changed}))
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

// returnAll gives the sessions of a lost agent back to their queues, each after its queue's time of grace, and ends what they assist
// in.
func (d *Desk) returnAll(ctx context.Context, a Agent, now time.Time) (returned int) {
	for _, id := range a.Open {
		s, err := d.Store.Session(ctx, id)
		if err != nil || !s.Speaks(a.ID) {
			continue
		}
		q, err := d.queueOf(ctx, s)
		if err != nil || now.Sub(a.Seen) < q.lostAfter() {
			continue
		}
		if s.Agent != a.ID {
			if err := d.endLostAssist(ctx, id, a); err != nil {
				d.Log.WarnContext(ctx, "end assist", "session", id, "agent", a.ID, "err", err)
			}
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

// endLostAssist ends the assist of a lost agent, if they have given no sign of life since they were judged.
func (d *Desk) endLostAssist(ctx context.Context, session string, lost Agent) error {
	back := errors.New("back")
	_, err := d.endAssist(ctx, "", session, lost.ID, lost.Seen, func(in ending) error {
		if slices.ContainsFunc(in.leavers, func(a Agent) bool { return a.ID == lost.ID && !a.Seen.Equal(lost.Seen) }) {
			return back
		}
		return nil
	})
	if errors.Is(err, back) {
		return nil
	}
	return err
}
