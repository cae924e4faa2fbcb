package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ending is what the end of an owner's part is decided on.
type ending struct {
	session Session
	last    Row
	leavers []Agent // the owner first, then the assistants
	now     time.Time
	keep    time.Duration
}

// leave takes the session out of what its agents have open, and gives the seat back.
func (in ending) leave(asJudged time.Time) []Write {
	var writes []Write
	for i, a := range in.leavers {
		l := Leave{Agent: a.ID, Session: in.session.ID, Next: a.Next, Open: len(a.Open), At: in.now}
		if i == 0 {
			l.AsJudged = asJudged
		}
		writes = append(writes, l)
	}
	if in.session.Seat > 0 {
		writes = append(writes, GiveSeat{Shard: in.session.Seat})
	}
	return writes
}

// close is the transition ACTIVE -> CLOSED.
func (in ending) close(by Agent, outcome Outcome, disposition, note string) Change {
	s := in.session
	next := s
	next.State, next.Version, next.Outcome, next.Disposition = Closed, s.Version+1, outcome, disposition
	next.Agent, next.Assist, next.Seat, next.Token, next.Due = "", nil, 0, "", time.Time{}
	next.Expires = in.now.Add(in.keep)
	return Change{Name: "close", Was: s, Now: next, Writes: in.leave(time.Time{}),
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindClosed, Side: FromSystem, By: by.ID, Name: by.Name, Outcome: outcome,
			Note: note, At: in.now, Version: next.Version, Expires: in.now.Add(in.keep)}}
}

// giveUp is the transition ACTIVE -> WAITING of a session whose agent is lost: a new generation at the old place in the line,
// without a seat (one that kept its seat at the head would wait for those behind it, and they for it).
func (in ending) giveUp(q Queue, asJudged time.Time) Change {
	s := in.session
	next := s
	next.State, next.Version, next.Generation, next.Part, next.Patience = Waiting, s.Version+1, s.Generation+1, 0, q.Patience()
	next.Agent, next.Assist, next.Seat, next.Token, next.Due = "", nil, 0, "", time.Time{}
	next.Since, next.Turn, next.Wake, next.Skip = in.now, time.Time{}, 0, nil
	lost := in.leavers[0]
	return Change{Name: "return to the queue", Was: s, Now: next, Writes: in.leave(asJudged),
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindRequeued, Side: FromSystem, By: lost.ID, Name: lost.Name, At: in.now,
			Version: next.Version, Expires: in.now.Add(in.keep)}}
}

// readEnding reads what an ending is decided on. ErrStale if the agents do not match the session any more.
func (d *Desk) readEnding(ctx context.Context, session string) (ending, error) {
	s, last, err := d.readTail(ctx, session)
	in := ending{session: s, last: last, now: d.now(), keep: d.Retention}
	if err != nil || s.State != Active {
		return in, err
	}
	speakers := s.Speakers()
	agents, err := d.Store.Agents(ctx, speakers)
	if err != nil {
		return in, err
	}
	for _, id := range speakers {
		i := slices.IndexFunc(agents, func(a Agent) bool { return a.ID == id })
		if i < 0 {
			return in, ErrStale
		}
		in.leavers = append(in.leavers, agents[i])
	}
	return in, nil
}

// finishEnding does what follows the end of an owner's part: everybody hears it, and whoever was held up may go on.
func (d *Desk) finishEnding(ctx context.Context, except string, change Change) View {
	speakers := change.Was.Speakers()
	v := d.viewForAll(ctx, change.Now, change.Row.Place, *change.Row)
	_ = together(
		func() error { d.tellSession(ctx, except, v, speakers); return nil },
		func() error {
			if change.Was.Seat > 0 {
				d.wakeSeat(ctx)
			}
			for _, a := range speakers {
				d.wake(ctx, a)
			}
			return nil
		})
	return v
}

// Close ends a session that the agent owns. Closing again what they closed is the same answer. Refusals: not_found, not_yours,
// closed (by somebody else), busy.
func (d *Desk) Close(ctx context.Context, c Connection, session, disposition, note string) (View, error) {
	var change Change
	var again *Row
	err := d.decide(ctx, "close", func() error {
		in, err := d.readEnding(ctx, session)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return err
		}
		if in.session.State == Closed && in.last.Kind == KindClosed && in.last.By == c.Principal.ID {
			again = &in.last
			return nil
		}
		if err := c.may(in.session); err != nil {
			return err
		}
		if in.session.Agent != c.Principal.ID {
			return Refuse(CodeNotYours, "Only the agent who has this chat can close it.")
		}
		change = in.close(in.leavers[0], Handled, disposition, note)
		return d.Store.Commit(ctx, change)
	})
	if err != nil {
		return View{}, err
	}
	if again != nil {
		return d.current(ctx, c, session, *again)
	}
	return d.finishEnding(ctx, c.ID, change), nil
}

// Leave ends a customer's own session: abandoned while it waits, left when an agent has it.
func (d *Desk) Leave(ctx context.Context, c Connection, session string) (View, error) {
	for range maxTries {
		s, err := d.Store.Session(ctx, session)
		if errors.Is(err, ErrNotFound) || err == nil && c.may(s) != nil {
			return View{}, Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return View{}, err
		}
		switch {
		case s.State == Closed:
			return d.current(ctx, c, session)
		case s.InLine():
			err = d.endWaiting(ctx, session, c.ID, Abandoned, func(n Session) bool { return n.Generation == s.Generation }, nil)
		default:
			err = d.closeByCustomer(ctx, session, c.ID)
		}
		if err != nil {
			return View{}, err
		}
	}
	return View{}, Refuse(CodeBusy, "Too many people changed this at once. Please try again.")
}

func (d *Desk) closeByCustomer(ctx context.Context, session, except string) error {
	var change Change
	done := false
	err := d.decide(ctx, "leave", func() error {
		in, err := d.readEnding(ctx, session)
		if err != nil || in.session.State != Active {
			return err
		}
		change, done = in.close(Agent{}, LeftByUser, "", ""), true
		if err := d.Store.Commit(ctx, change); err != nil {
			done = false
			return err
		}
		return nil
	})
	if err != nil || !done {
		return err
	}
	d.finishEnding(ctx, except, change)
	return nil
}

// endWaiting ends a session before it has an owner. judge is asked again in each try and may call it off; unseen, if set, is
// judged again too.
func (d *Desk) endWaiting(ctx context.Context, session, except string, outcome Outcome, judge func(Session) bool, unseen *Unseen) error {
	var change Change
	var offer Offer
	done := false
	err := d.decide(ctx, "end waiting", func() error {
		done = false
		s, last, err := d.readTail(ctx, session)
		if err != nil || !s.InLine() || !judge(s) {
			return err
		}
		now := d.now()
		if unseen != nil {
			side, err := d.Store.Side(ctx, session, FromCustomer)
			if err != nil {
				return err
			}
			if !side.Seen.Equal(unseen.Seen) {
				return nil // the customer is back
			}
		}
		next := s
		next.State, next.Version, next.Outcome, next.Token, next.Offered = Closed, s.Version+1, outcome, "", ""
		next.Until, next.Skip, next.Wake, next.NoSeat, next.Expires = time.Time{}, nil, 0, time.Time{}, now.Add(d.Retention)
		change = Change{Name: "end waiting: " + string(outcome), Was: s, Now: next,
			Row: &Row{Session: s.ID, Place: last.Place + 1, Kind: KindClosed, Side: FromSystem, Outcome: outcome, At: now,
				Version: next.Version, Expires: now.Add(d.Retention)}}
		if unseen != nil {
			change.Writes = append(change.Writes, *unseen)
		}
		offer = Offer{}
		if s.State == Offered {
			if offer, err = d.Store.Offer(ctx, s.offerRef()); err != nil {
				return err
			}
			change.Writes = append(change.Writes, EndOffer{Ref: s.offerRef(), Outcome: OfferCanceled, At: now})
			if s.Offered != Everybody {
				change.Writes = append(change.Writes, release(s.Offered, offer, OfferCanceled, now, nil))
			}
		}
		if err := d.Store.Commit(ctx, change); err != nil {
			return err
		}
		done = true
		return nil
	})
	if err != nil || !done {
		return err
	}
	d.answer(ctx, change.Was, AnswerOver)
	v := d.viewForAll(ctx, change.Now, change.Row.Place, *change.Row)
	d.tellSession(ctx, except, v, nil)
	var shown []string
	for _, a := range offer.To {
		if offer.Shows(a) {
			shown = append(shown, a)
		}
	}
	d.tell(ctx, "", OfferGone{Ref: offer.OfferRef, Outcome: OfferCanceled, Customer: v.Person.Name}, agentPrincipals(shown)...)
	if change.Was.State == Offered && change.Was.Offered != Everybody {
		d.wake(ctx, change.Was.Offered)
	}
	d.tellLine(ctx, change.Was.Queue)
	return nil
}

// giveUp returns the session of a lost agent to its queue, if the agent has given no sign of life since they were judged.
func (d *Desk) giveUp(ctx context.Context, session string, lost Agent) error {
	var change Change
	done := false
	err := d.decide(ctx, "return to the queue", func() error {
		done = false
		in, err := d.readEnding(ctx, session)
		if err != nil || in.session.State != Active || in.session.Agent != lost.ID || !in.leavers[0].Seen.Equal(lost.Seen) {
			return ignoreMissing(err)
		}
		q, err := d.queue(ctx, in.session.Queue)
		if err != nil {
			return err
		}
		change = in.giveUp(q, lost.Seen)
		if err := d.Store.Commit(ctx, change); err != nil {
			return err
		}
		done = true
		return nil
	})
	if err != nil || !done {
		return err
	}
	d.start(ctx, change.Now)
	d.finishEnding(ctx, "", change)
	return nil
}
