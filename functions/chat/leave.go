package chat

import (
	"cmp"
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
	queue   Queue
	now     time.Time
	keep    time.Duration
}

// goes takes the session out of what an agent has open.
func (a Agent) goes(session string, now time.Time) Leave {
	return Leave{Agent: a.ID, Session: session, Next: a.Next, NextReason: a.NextReason, NextBy: a.NextBy, Open: len(a.Open), At: now}
}

// leave takes the session out of what its agents have open, gives the seat back and calls off a transfer that rings. asJudged and
// wrapUp are of the owner.
func (in ending) leave(asJudged time.Time, wrapUp time.Duration) []Write {
	var writes []Write
	for _, a := range in.leavers {
		l := a.goes(in.session.ID, in.now)
		if a.ID == in.session.Agent {
			l.AsJudged = asJudged
			if wrapUp > 0 {
				l.WrapUntil = in.now.Add(wrapUp)
			}
		}
		writes = append(writes, l)
	}
	if in.session.Seat > 0 {
		writes = append(writes, GiveSeat{Shard: in.session.Seat})
	}
	if in.session.Transfer != nil {
		writes = append(writes, in.session.callOff(Offer{OfferRef: in.session.transferRef()}, OfferCanceled, in.now, nil)...)
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
	next.unowned()
	next.Expires = in.now.Add(in.keep)
	return Change{Name: "close", Was: s, Now: next, Writes: in.leave(time.Time{}, time.Duration(in.queue.WrapUp)*time.Second),
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindClosed, Side: FromSystem, By: by.ID, Name: by.Name, Outcome: outcome,
			Note: note, At: in.now, Version: next.Version, Expires: in.now.Add(in.keep)}}
}

// unowned takes everything from a session that belongs to its owner's part.
func (s *Session) unowned() {
	s.Last, s.Agent, s.Assist, s.Transfer = s.Agent, "", nil, nil
	s.Seat, s.Token, s.Due, s.Warned = 0, "", time.Time{}, 0
}

// giveUp is the transition ACTIVE -> WAITING of a session whose agent is lost: a new generation at the old place in the line,
// without a seat (one that kept its seat at the head would wait for those behind it, and they for it).
func (in ending) giveUp(asJudged time.Time) Change {
	s, q := in.session, in.queue
	next := s
	next.State, next.Version, next.Generation, next.Part, next.Patience = Waiting, s.Version+1, s.Generation+1, 0, q.Patience()
	next.Queue, next.Weight = q.ID, q.Weight
	next.unowned()
	next.Since, next.Turn, next.Wake, next.Skip, next.Given = in.now, time.Time{}, 0, nil, time.Time{}
	lost := in.owner()
	return Change{Name: "return to the queue", Was: s, Now: next, Writes: in.leave(asJudged, 0),
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindRequeued, Side: FromSystem, By: lost.ID, Name: lost.Name, At: in.now,
			Version: next.Version, Expires: in.now.Add(in.keep)}}
}

// hand is the blind transfer: giveUp to another queue by the owner's own wish. They are not the first to be asked again, and not in
// the same second where nobody else is there.
func (in ending) hand(to Queue, note string) Change {
	in.queue = to
	c := in.giveUp(time.Time{})
	c.Name = "blind transfer"
	c.Now.Last, c.Now.Skip, c.Now.Given = "", []string{in.session.Agent}, in.now
	c.Row.Kind, c.Row.To, c.Row.Note = KindTransferred, cmp.Or(to.Name, to.ID), note
	return c
}

// endInLine is the transition WAITING or OFFERED -> CLOSED of a session that no agent had. offer is the one that shows, if one
// does. unseen, if set, calls it off when the customer has given a sign of life since.
func endInLine(s Session, last Row, offer Offer, outcome Outcome, unseen *Unseen, now time.Time, keep time.Duration) Change {
	next := s
	next.State, next.Version, next.Outcome, next.Token, next.Offered = Closed, s.Version+1, outcome, "", ""
	next.Until, next.Skip, next.Wake, next.NoSeat, next.Given = time.Time{}, nil, 0, time.Time{}, time.Time{}
	next.Expires = now.Add(keep)
	var writes []Write
	if unseen != nil {
		writes = append(writes, *unseen)
	}
	if s.State == Offered {
		writes = append(writes, EndOffer{Ref: s.offerRef(), Outcome: OfferCanceled, At: now})
		if s.Offered != Everybody {
			writes = append(writes, release(s.Offered, offer, OfferCanceled, now, nil))
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
	if in.leavers, err = d.Store.Agents(ctx, s.Speakers()); err != nil {
		return in, err
	}
	in.queue, err = d.queueOf(ctx, s)
	return in, err
}

// finishEnding does what follows the end of an owner's part: everybody hears it, and whoever was held up may go on.
func (d *Desk) finishEnding(ctx context.Context, except string, change Change) View {
	speakers := change.Was.Speakers()
	v := d.view(ctx, change.Now, RoleAgent, change.Row.Place, *change.Row)
	_ = together(
		func() error { d.tellSession(ctx, except, v, speakers); return nil },
		func() error { d.tellLeavers(ctx, change.Writes); return nil },
		func() error {
			if change.Now.InLine() {
				d.tellLine(ctx, change.Now, true)
			}
			return nil
		},
		func() error { d.finishTransfer(ctx, change.Was, OfferCanceled, nil); return nil },
		func() error {
			if change.Was.Seat > 0 {
				d.wakeSeat(ctx, anybody)
			}
			for _, a := range speakers {
				d.wake(ctx, a)
			}
			return nil
		})
	return v
}

// tellLeavers tells those agents of their own state whose next status came, or whose wrap-up began, when they left a session.
func (d *Desk) tellLeavers(ctx context.Context, writes []Write) {
	for _, w := range writes {
		l, ok := w.(Leave)
		if !ok || l.WrapUntil.IsZero() && (l.Next == "" || l.Open > 1) {
			continue
		}
		a, err := d.Store.Agent(ctx, l.Agent)
		d.besteffort(ctx, "read agent", err)
		if err == nil {
			d.tellAgent(ctx, "", a, "")
		}
	}
}

// Closing is an agent's wish to end a session. Generation 0 is whichever there is.
type Closing struct {
	Session     string
	Generation  int
	Disposition string
	Note        string
}

// Close ends a session that the agent owns. Closing again what they closed is the same answer. Refusals: not_found, not_yours,
// closed (by somebody else, or that generation), busy.
func (d *Desk) Close(ctx context.Context, c Connection, o Closing) (View, error) {
	session := o.Session
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
		if o.Generation != 0 && o.Generation != in.session.Generation {
			return Refuse(CodeClosed, "What you closed was closed before. The customer has written again since.")
		}
		change = in.close(in.owner(), Handled, o.Disposition, o.Note)
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
		func() error { d.wake(ctx, offer.rings()...); return nil },
		func() error {
			if judged.State == Offered {
				d.wakeSeat(ctx, anybody)
			}
			return nil
		},
		func() error { d.tellLine(ctx, change.Now, false); return nil },
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
		change = in.giveUp(lost.Seen)
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
