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
	leavers []Agent // the owner and the assistants
	now     time.Time
	keep    time.Duration
}

// leave takes the session out of what its agents have open, and gives the seat back. asJudged is of the owner.
func (in ending) leave(asJudged time.Time) []Write {
	var writes []Write
	for _, a := range in.leavers {
		l := Leave{Agent: a.ID, Session: in.session.ID, Next: a.Next, Open: len(a.Open), At: in.now}
		if a.ID == in.session.Agent {
			l.AsJudged = asJudged
		}
		writes = append(writes, l)
	}
	if in.session.Seat > 0 {
		writes = append(writes, GiveSeat{Shard: in.session.Seat})
	}
	return writes
}

// owner is the agent who has the session.
func (in ending) owner() Agent {
	i := slices.IndexFunc(in.leavers, func(a Agent) bool { return a.ID == in.session.Agent })
	if i < 0 {
		return Agent{ID: in.session.Agent}
	}
	return in.leavers[i]
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
	lost := in.owner()
	return Change{Name: "return to the queue", Was: s, Now: next, Writes: in.leave(asJudged),
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindRequeued, Side: FromSystem, By: lost.ID, Name: lost.Name, At: in.now,
			Version: next.Version, Expires: in.now.Add(in.keep)}}
}

// endInLine is the transition WAITING or OFFERED -> CLOSED of a session that no agent had. offer is the one that shows, if one
// does. unseen, if set, calls it off when the customer has given a sign of life since.
func endInLine(s Session, last Row, offer Offer, outcome Outcome, unseen *Unseen, now time.Time, keep time.Duration) Change {
	next := s
	next.State, next.Version, next.Outcome, next.Token, next.Offered = Closed, s.Version+1, outcome, "", ""
	next.Until, next.Skip, next.Wake, next.NoSeat, next.Expires = time.Time{}, nil, 0, time.Time{}, now.Add(keep)
	var writes []Write
	if unseen != nil {
		writes = append(writes, *unseen)
	}
	if s.State == Offered {
		writes = append(writes, EndOffer{Ref: s.offerRef(), Outcome: OfferCanceled, At: now})
		if s.Offered != Everybody {
			writes = append(writes, release(s.Offered, offer, OfferCanceled, now, 0))
		}
	}
	return Change{Name: "end waiting: " + string(outcome), Was: s, Now: next, Writes: writes,
		Row: &Row{Session: s.ID, Place: last.Place + 1, Kind: KindClosed, Side: FromSystem, Outcome: outcome, At: now,
			Version: next.Version, Expires: now.Add(keep)}}
}

// readEnding reads what an ending is decided on. An agent who was removed has nothing that the session could be taken out of.
func (d *Desk) readEnding(ctx context.Context, session string) (ending, error) {
	s, last, err := d.readTail(ctx, session)
	in := ending{session: s, last: last, now: d.now(), keep: d.Retention}
	if err != nil || s.State != Active {
		return in, err
	}
	in.leavers, err = d.Store.Agents(ctx, s.Speakers())
	return in, err
}

// finishEnding does what follows the end of an owner's part: everybody hears it, and whoever was held up may go on.
func (d *Desk) finishEnding(ctx context.Context, except string, change Change) View {
	speakers := change.Was.Speakers()
	v := d.view(ctx, change.Now, RoleAgent, change.Row.Place, *change.Row)
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
		change = in.close(in.owner(), Handled, disposition, note)
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

// Leave ends a customer's own session: abandoned while it waits, left when an agent has it. Leaving again is the same answer.
// Refusals: not_found, busy.
func (d *Desk) Leave(ctx context.Context, c Connection, session string) (v View, err error) {
	err = d.decide(ctx, "leave", func() error {
		in, err := d.readEnding(ctx, session)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return err
		}
		if err := c.may(in.session); err != nil {
			return err
		}
		switch {
		case in.session.State == Closed:
			v, err = d.current(ctx, c, session)
		case in.session.InLine():
			v, err = d.endWaiting(ctx, c.ID, in.session, in.last, Abandoned, nil)
		default:
			change := in.close(Agent{}, LeftByUser, "", "")
			if err := d.Store.Commit(ctx, change); err != nil {
				return err
			}
			v = d.finishEnding(ctx, c.ID, change)
		}
		return err
	})
	v.For = c.Role
	return v, err
}

// endWaiting ends a session that waits, if it is still as it was judged (else ErrStale), and tells everybody concerned.
func (d *Desk) endWaiting(ctx context.Context, except string, judged Session, last Row, outcome Outcome, unseen *Unseen) (View, error) {
	var offer Offer
	if judged.State == Offered {
		var err error
		if offer, err = d.Store.Offer(ctx, judged.offerRef()); err != nil {
			return View{}, err
		}
	}
	change := endInLine(judged, last, offer, outcome, unseen, d.now(), d.Retention)
	if err := d.Store.Commit(ctx, change); err != nil {
		return View{}, err
	}
	v := d.view(ctx, change.Now, RoleAgent, change.Row.Place, *change.Row)
	_ = together(
		func() error { d.answer(ctx, judged, AnswerOver); return nil },
		func() error { d.tellSession(ctx, except, v, nil); return nil },
		func() error {
			d.tell(ctx, "", OfferGone{Ref: judged.offerRef(), Outcome: OfferCanceled, Customer: v.Person.Name}, agentPrincipals(offer.rings())...)
			return nil
		},
		func() error {
			if judged.State == Offered && judged.Offered != Everybody {
				d.wake(ctx, judged.Offered)
			}
			return nil
		},
		func() error { d.tellLine(ctx, change.Now); return nil },
	)
	return v, nil
}

// giveUp returns the session of a lost agent to its queue, if the agent has given no sign of life since they were judged.
func (d *Desk) giveUp(ctx context.Context, session string, lost Agent) (returned bool, err error) {
	var change Change
	err = d.decide(ctx, "return to the queue", func() error {
		in, err := d.readEnding(ctx, session)
		if err != nil || in.session.State != Active || in.session.Agent != lost.ID || !in.owner().Seen.Equal(lost.Seen) {
			return ignoreMissing(err)
		}
		q, err := d.queueOf(ctx, in.session)
		if err != nil {
			return err
		}
		change = in.giveUp(q, lost.Seen)
		if err := d.Store.Commit(ctx, change); err != nil {
			return err
		}
		returned = true
		return nil
	})
	if err != nil || !returned {
		return false, err
	}
	d.start(ctx, change.Now)
	d.finishEnding(ctx, "", change)
	return true, nil
}
