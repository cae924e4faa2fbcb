package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// errNoSeat is the rule's answer to an accept that the licence has no seat for.
var errNoSeat = errors.New("no seat")

// errYours is the rule's answer to the winner who asks again.
var errYours = errors.New("yours already")

// acceptance is what an accept is decided on.
type acceptance struct {
	session Session
	last    Row
	offer   Offer
	agent   Agent
	leavers []Agent // the owner and the assistants of a session that is handed over
	queue   Queue   // that a transfer goes to
	shards  []Shard
	ref     OfferRef
	now     time.Time
	idle    time.Duration
	keep    time.Duration
}

// accept is the rule that lets one agent win a session. Which failure speaks first: the session (yours already, taken, late),
// the agent (not available, full), the licence. A place that was taken meanwhile is no failure: it is decided again.
func (in acceptance) accept() (Change, error) {
	s, a := in.session, in.agent
	if s.Speaks(a.ID) {
		return Change{}, errYours
	}
	if s.rings(in.ref) {
		return in.acceptTransfer()
	}
	if s.State != Offered || s.offerRef() != in.ref {
		return Change{}, in.tooLate()
	}
	if s.Offered != a.ID && (s.Offered != Everybody || !slices.Contains(in.offer.To, a.ID)) {
		return Change{}, Refuse(CodeForbidden, "This offer was not made to you.")
	}
	if err := in.free(s.Until); err != nil {
		return Change{}, err
	}
	next := s
	next.State, next.Version, next.Agent, next.Due = Active, s.Version+1, a.ID, in.due()
	next.Token, next.Offered, next.Skip, next.Until, next.Wake, next.NoSeat = "", "", nil, time.Time{}, 0, time.Time{}
	next.Given = time.Time{}
	writes := in.take(s.Offered == a.ID)
	if len(in.shards) > 0 {
		shard, ok := emptiest(in.shards)
		if !ok {
			return Change{}, errNoSeat
		}
		next.Seat = shard
		writes = append(writes, TakeSeat{Shard: shard})
	}
	return Change{Name: "accept", Was: s, Now: next, Writes: writes,
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindAccepted, Side: FromSystem, By: a.ID, Name: a.Name, At: in.now,
			Version: next.Version, Expires: in.now.Add(in.keep)}}, nil
}

// due is when the session is looked at for idleness, if nobody writes from now on.
func (in acceptance) due() time.Time { return in.now.Add(in.idle - idleGrace(in.idle)) }

// free refuses an accept that comes too late, or of an agent who is not available or has no room.
func (in acceptance) free(until time.Time) error {
	a := in.agent
	switch {
	case in.now.After(until):
		return Refuse(CodeLate, "The time to accept this chat was over.")
	case a.State != Ready:
		return Refuse(CodePaused, "You are not available. Set yourself to available first.")
	case slices.Contains(a.Open, in.session.ID):
		return nil
	case len(a.Open) >= a.Capacity:
		return Refuse(CodeFull, "You have %s, which is all you may hold at once.", count(len(a.Open), "chat", "chats"))
	case a.Offer != "" && a.Offer != in.ref.Reservation() && len(a.Open)+1 >= a.Capacity:
		return Refuse(CodeFull, "Another offer holds your last free place. Answer that one first.")
	}
	return nil
}

// take gives the session to the agent and ends the offer.
func (in acceptance) take(reserved bool) []Write {
	return []Write{
		Take{Agent: in.agent.ID, Session: in.session.ID, Offer: in.ref.Reservation(), Reserved: reserved, Capacity: in.agent.Capacity, At: in.now},
		EndOffer{Ref: in.ref, Outcome: OfferAccepted, By: in.agent.ID, At: in.now},
	}
}

// tooLate refuses an accept of an offer that does not show any more: a loser hears who has the session.
func (in acceptance) tooLate() error {
	by := in.offer.By
	if by == "" && in.offer.Kind == KindRouting && in.session.State == Active && in.session.Generation == in.ref.Generation {
		by = in.session.Agent // by a later offer
	}
	if by == "" || by == in.agent.ID {
		return Refuse(CodeLate, "This offer is over.")
	}
	return &Error{Code: CodeTaken, Message: "Somebody else took this chat.", By: Ref{ID: by}}
}

// emptiest is the licence shard with the most free seats.
func emptiest(shards []Shard) (number int, ok bool) {
	free := 0
	for _, s := range shards {
		if f := s.Limit - s.Used; f > free {
			number, free = s.Number, f
		}
	}
	return number, free > 0
}

// readAcceptance reads what an accept is decided on. Refusals: not_found, forbidden.
func (d *Desk) readAcceptance(ctx context.Context, agent string, ref OfferRef) (acceptance, error) {
	in := acceptance{ref: ref, now: d.now(), keep: d.Retention}
	missing := func(err error, refusal *Error) error {
		if errors.Is(err, ErrNotFound) {
			return refusal
		}
		return err
	}
	noOffer := Refuse(CodeNotFound, "There is no such offer.")
	err := together(
		func() (err error) { in.agent, err = d.Store.Agent(ctx, agent); return missing(err, refuseStranger()) },
		func() (err error) {
			in.session, in.last, err = d.readTail(ctx, ref.Session)
			return missing(err, noOffer)
		},
		func() (err error) { in.offer, err = d.Store.Offer(ctx, ref); return missing(err, noOffer) },
		func() (err error) { in.shards, err = d.Store.Shards(ctx); return err },
	)
	if err != nil {
		return in, err
	}
	queue := in.session.Queue
	if in.session.rings(ref) {
		if in.leavers, err = d.Store.Agents(ctx, in.session.Speakers()); err != nil {
			return in, err
		}
		queue = cmp.Or(in.session.Transfer.Queue, queue)
	}
	in.queue, err = d.queueOf(ctx, Session{Queue: queue})
	in.idle = d.idle(in.queue)
	return in, err
}

// Accept lets an agent take an offer. The first wins; the winner who asks again hears the same, a loser hears who has it.
// Refusals: taken (By), late, forbidden, paused, full, licence_full, not_found, busy.
func (d *Desk) Accept(ctx context.Context, c Connection, ref OfferRef) (View, error) {
	var in acceptance
	var change Change
	err := d.decide(ctx, "accept", func() (err error) {
		if in, err = d.readAcceptance(ctx, c.Principal.ID, ref); err != nil {
			return err
		}
		change, err = in.accept()
		if errors.Is(err, errNoSeat) {
			if err := d.giveBack(ctx, in.session, in.offer, OfferCanceled); err != nil {
				return err
			}
			d.answer(ctx, in.session, AnswerWithdrawn)
			return Refuse(CodeLicenceFull, "All seats of the licence are in use. The customer keeps their place.")
		}
		if err != nil {
			return err
		}
		return d.Store.Commit(ctx, change)
	})
	var refused *Error
	switch {
	case errors.Is(err, errYours):
		return d.current(ctx, c, ref.Session)
	case errors.As(err, &refused) && refused.Code == CodeTaken:
		refused.By = d.agentRef(ctx, refused.By.ID)
		refused.Message = fmt.Sprintf("%s took this chat.", refused.By.Name)
		return View{}, refused
	case err != nil:
		return View{}, err
	}
	v := d.view(ctx, change.Now, RoleAgent, change.Row.Place, *change.Row)
	if in.session.rings(ref) {
		d.finishHandover(ctx, c, in, change, v)
		return v, nil
	}
	_ = together(
		func() error { d.answer(ctx, change.Was, AnswerOver); return nil },
		func() error { d.tellSession(ctx, c.ID, v, []string{c.Principal.ID}); return nil },
		func() error {
			// All who were asked, in this offer or before it in this lap: those who rejected hear who took it, and the winner's
			// other desktops stop ringing.
			gone := OfferGone{Ref: ref, Outcome: OfferRescinded, By: v.Agent, Customer: v.Person.Name}
			d.tell(ctx, c.ID, gone, agentPrincipals(union(in.offer.To, in.session.Skip))...)
			return nil
		},
		func() error { d.moved(ctx, change.Now.Queue, in.now); return nil },
		// Who has room for more is free for the next, and so is everybody else for whom it rang.
		func() error { d.wake(ctx, union([]string{c.Principal.ID}, in.offer.rings())...); return nil },
		func() error { d.tellLine(ctx, change.Now, false); return nil },
	)
	return v, nil
}

// union is a with what it has not of b.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(all, x) {
			all = append(all, x)
		}
	}
	return all
}

// Reject declines an offer: it goes on to the next agent at once, and not to this one again in this lap. Declining what is
// over is fine.
func (d *Desk) Reject(ctx context.Context, c Connection, ref OfferRef) error {
	agent := c.Principal.ID
	asked := false     // together with others
	var given *Session // the session that went back to the line
	err := d.decide(ctx, "reject", func() error {
		s, err := d.Store.Session(ctx, ref.Session)
		if err == nil && s.rings(ref) {
			asked, err = d.declineTransfer(ctx, s, agent)
			return err
		}
		if err != nil || s.State != Offered || s.offerRef() != ref || (s.Offered != agent && s.Offered != Everybody) {
			return ignoreMissing(err)
		}
		o := Offer{OfferRef: ref, To: []string{agent}, Rejected: []string{agent}}
		if s.Offered == Everybody {
			if o, err = d.Store.Reject(ctx, ref, agent, d.now()); errors.Is(err, ErrStale) {
				return nil // over, or never made to this agent
			} else if err != nil {
				return err
			}
			if asked = true; !o.declined() {
				return nil
			}
		}
		if err := d.Store.Commit(ctx, backToLine(s, o, OfferRejected, d.now(), nil)); err != nil {
			return err
		}
		given = &s
		return nil
	})
	if err != nil {
		return err
	}
	_ = together(
		func() error {
			if asked { // else the end of the reservation has recorded it
				d.besteffort(ctx, "sign of life", d.Store.Blame(ctx, Release{Agent: agent, At: d.now(), Answered: true}))
			}
			return nil
		},
		func() error {
			if given != nil {
				d.answer(ctx, *given, AnswerRejected)
			}
			if given != nil || asked {
				d.wake(ctx, agent) // the place that it wanted is free for the next
			}
			return nil
		},
		func() error { // on the agent's other desktops it still rings
			d.tell(ctx, c.ID, OfferGone{Ref: ref, Outcome: OfferRejected}, c.Principal)
			return nil
		})
	return nil
}

// Mark records that an offer reached a desktop, and whether it was on a visible screen: an offer that reached nobody is held
// against nobody.
func (d *Desk) Mark(ctx context.Context, c Connection, ref OfferRef, seen bool) error {
	return d.decide(ctx, "mark", func() error {
		err := d.Store.Mark(ctx, ref, c.Principal.ID, seen, d.now())
		if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
			return nil // it is over
		}
		return err
	})
}

// backToLine is the transition OFFERED -> WAITING of an offer that was rejected, has expired, or was canceled because the
// licence had no seat when it was accepted. Who rejected it or let it pass is not asked again in this lap. missed is as Desk.missed
// reads it.
func backToLine(s Session, o Offer, outcome OfferOutcome, now time.Time, missed map[string]int) Change {
	next := s
	next.State, next.Offered, next.Until, next.Skip = Waiting, "", time.Time{}, slices.Clone(s.Skip)
	if outcome == OfferRejected {
		next.Given = now
	}
	if outcome == OfferCanceled {
		next.NoSeat = now
	}
	for _, a := range o.To {
		_, could := missed[a]
		declined := slices.Contains(o.Rejected, a) || outcome == OfferExpired && could && o.blameOf(a) != blameUnreached
		if declined && !slices.Contains(next.Skip, a) {
			next.Skip = append(next.Skip, a)
		}
	}
	writes := []Write{EndOffer{Ref: o.OfferRef, Outcome: outcome, At: now}}
	if s.Offered != Everybody {
		writes = append(writes, release(s.Offered, o, outcome, now, missed))
	}
	return Change{Name: "give back: " + string(outcome), Was: s, Now: next, Writes: writes}
}

// release says what an offer's end means for one of those asked. missed is as Desk.missed reads it.
func release(agent string, o Offer, outcome OfferOutcome, now time.Time, missed map[string]int) Release {
	r := Release{Agent: agent, Offer: o.Reservation(), At: now}
	before, could := missed[agent]
	switch {
	case outcome == OfferRejected:
		r.Answered = true
	case outcome == OfferExpired:
		switch o.blameOf(agent) {
		case blameUnreached:
			r.Unreached = true
		case blameMissed:
			r.Missed, r.WasMissed, r.NotResponding = could, before, could && before+1 >= MissedLimit
		}
	}
	return r
}

// giveBack puts a session back in the line whose offer has expired or was canceled, and tells those on whose desktops it still
// rings. ErrStale if the session changed.
func (d *Desk) giveBack(ctx context.Context, s Session, o Offer, outcome OfferOutcome) error {
	now := d.now()
	missed, err := d.missed(ctx, o, outcome)
	if err != nil {
		return err
	}
	if err := d.Store.Commit(ctx, backToLine(s, o, outcome, now, missed)); err != nil {
		return err
	}
	return d.tellEnded(ctx, s, o, outcome, now, missed, s.Offered == Everybody)
}

// missed is how many offers in a row each of those asked had missed before who let this one pass. Who is full when it is given back, or not
// available any more, has it on no screen and has missed nothing.
func (d *Desk) missed(ctx context.Context, o Offer, outcome OfferOutcome) (map[string]int, error) {
	missed := map[string]int{}
	if outcome != OfferExpired {
		return missed, nil
	}
	agents, err := d.Store.Agents(ctx, o.To)
	for _, a := range agents {
		if a.answers() {
			missed[a.ID] = a.Missed
		}
	}
	return missed, err
}

// tellEnded takes an offer off the desktops on which it still rings, and holds its end against whom it is to be held. free:
// nobody had a reservation, whose end would have recorded that.
func (d *Desk) tellEnded(ctx context.Context, s Session, o Offer, outcome OfferOutcome, now time.Time, missed map[string]int, free bool) error {
	after := []func() error{func() error {
		d.tell(ctx, "", OfferGone{Ref: o.OfferRef, Outcome: outcome, Customer: d.person(ctx, s).Name}, agentPrincipals(o.rings())...)
		return nil
	}}
	for _, a := range o.To {
		r := release(a, o, outcome, now, missed)
		if !r.Missed && !r.Unreached {
			continue
		}
		after = append(after, func() error {
			if free {
				r.Offer = ""
				d.besteffort(ctx, "record a missed offer", d.Store.Blame(ctx, r))
			}
			if r.NotResponding {
				d.tellNotResponding(ctx, a)
			}
			return nil
		})
	}
	return together(after...)
}

// tellNotResponding tells an agent that new sessions go to others, if it has come to that.
func (d *Desk) tellNotResponding(ctx context.Context, agent string) {
	a, err := d.Store.Agent(ctx, agent)
	d.besteffort(ctx, "read agent", err)
	if err == nil && a.State == NotResponding {
		d.tellAgent(ctx, "", a, fmt.Sprintf("You missed %d chats in a row, so new ones go to others. Set yourself to available when you are back.", MissedLimit))
	}
}
