package chat

import (
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
	if s.Speaks(a.ID) && s.Generation == in.ref.Generation {
		return Change{}, errYours
	}
	if s.State != Offered || s.offerRef() != in.ref {
		if s.State == Active && s.Generation == in.ref.Generation {
			return Change{}, &Error{Code: CodeTaken, Message: "Somebody else took this chat.", By: Ref{ID: s.Agent}}
		}
		return Change{}, Refuse(CodeLate, "This offer is over.")
	}
	if s.Offered != a.ID && (s.Offered != Everybody || !slices.Contains(in.offer.To, a.ID)) {
		return Change{}, Refuse(CodeForbidden, "This offer was not made to you.")
	}
	if in.now.After(s.Until) {
		return Change{}, Refuse(CodeLate, "The time to accept this chat was over.")
	}
	reserved := s.Offered == a.ID
	held := 0
	if a.Offer != "" && a.Offer != in.ref.Reservation() {
		held = 1 // another offer holds a place
	}
	switch {
	case a.State != Ready:
		return Change{}, Refuse(CodePaused, "You are not available. Set yourself to available first.")
	case !slices.Contains(a.Open, s.ID) && len(a.Open)+held >= a.Capacity:
		return Change{}, Refuse(CodeFull, "You have %d chats, which is all you may hold at once.", len(a.Open))
	}
	next := s
	next.State, next.Version, next.Agent, next.Due = Active, s.Version+1, a.ID, in.now.Add(in.idle)
	next.Token, next.Offered, next.Skip, next.Until, next.Wake, next.NoSeat = "", "", nil, time.Time{}, 0, time.Time{}
	writes := []Write{
		Take{Agent: a.ID, Session: s.ID, Offer: in.ref.Reservation(), Reserved: reserved, Capacity: a.Capacity, At: in.now},
		EndOffer{Ref: in.ref, Outcome: OfferAccepted, By: a.ID, At: in.now},
	}
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

// Accept lets an agent take an offer. The first wins; the winner who asks again hears the same, a loser hears who has it.
// Refusals: taken (By), late, forbidden, paused, full, licence_full, busy.
func (d *Desk) Accept(ctx context.Context, c Connection, ref OfferRef) (View, error) {
	var change Change
	var offer Offer
	yours := false
	err := d.decide(ctx, "accept", func() error {
		in := acceptance{ref: ref, idle: d.Idle, keep: d.Retention}
		if err := together(
			func() (err error) { in.session, in.last, err = d.readTail(ctx, ref.Session); return err },
			func() (err error) { in.offer, err = d.Store.Offer(ctx, ref); return err },
			func() (err error) { in.agent, err = d.Store.Agent(ctx, c.Principal.ID); return err },
			func() (err error) { in.shards, err = d.Store.Shards(ctx); return err },
		); errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such offer.")
		} else if err != nil {
			return err
		}
		in.now, offer = d.now(), in.offer
		var err error
		change, err = in.accept()
		switch {
		case errors.Is(err, errYours):
			yours = true
			return nil
		case errors.Is(err, errNoSeat):
			if err := d.giveBack(ctx, in.session, in.offer, OfferCanceled, true); err != nil {
				return err
			}
			return Refuse(CodeLicenceFull, "All seats of the licence are in use. The customer keeps their place.")
		case err != nil:
			return err
		}
		return d.Store.Commit(ctx, change)
	})
	var refused *Error
	if errors.As(err, &refused) && refused.Code == CodeTaken {
		winner := *refused
		winner.By = d.agentRef(ctx, refused.By.ID)
		winner.Message = fmt.Sprintf("%s took this chat.", winner.By.Name)
		return View{}, &winner
	}
	if err != nil {
		return View{}, err
	}
	if yours {
		return d.current(ctx, c, ref.Session)
	}
	won := change.Now
	v := d.viewForAll(ctx, won, change.Row.Place, *change.Row)
	var losers []string
	for _, a := range offer.To {
		if a != c.Principal.ID && !slices.Contains(offer.Rejected, a) {
			losers = append(losers, a)
		}
	}
	_ = together(
		func() error { d.answer(ctx, change.Was, AnswerOver); return nil },
		func() error { d.tellSession(ctx, c.ID, v, []string{c.Principal.ID}); return nil },
		func() error {
			d.tell(ctx, "", OfferGone{Ref: ref, Outcome: OfferRescinded, By: v.Agent, Customer: v.Person.Name}, agentPrincipals(losers)...)
			return nil
		},
		func() error {
			d.besteffort(ctx, "remember who was engaged", d.Store.Engage(ctx, won.Queue, c.Principal.ID))
			return nil
		},
		func() error { d.tellLine(ctx, won.Queue); return nil },
	)
	return v, nil
}

// Reject declines an offer: it goes on to the next agent at once, and not to this one again in this lap. Declining what is
// over is fine.
func (d *Desk) Reject(ctx context.Context, c Connection, ref OfferRef) error {
	agent := c.Principal.ID
	var given *Session
	err := d.decide(ctx, "reject", func() error {
		given = nil
		s, err := d.Store.Session(ctx, ref.Session)
		if err != nil {
			return ignoreMissing(err)
		}
		if s.State != Offered || s.offerRef() != ref || (s.Offered != agent && s.Offered != Everybody) {
			return nil
		}
		var o Offer
		if s.Offered == Everybody {
			if o, err = d.Store.Reject(ctx, ref, agent); errors.Is(err, ErrStale) {
				return nil // over, or never made to this agent
			} else if err != nil {
				return err
			}
			d.besteffort(ctx, "sign of life", d.Store.Blame(ctx, Release{Agent: agent, At: d.now(), Answered: true}))
			if !o.declined() {
				return nil
			}
		} else {
			o = Offer{OfferRef: ref, To: []string{agent}, Rejected: []string{agent}}
		}
		change := d.backToLine(s, o, OfferRejected, false, d.now(), nil)
		if err := d.Store.Commit(ctx, change); err != nil {
			return err
		}
		given = &s
		return nil
	})
	if err != nil || given == nil {
		return err
	}
	d.answer(ctx, *given, AnswerRejected)
	if given.Offered == agent {
		d.wake(ctx, agent)
	}
	return nil
}

// Mark records that an offer reached a desktop, and whether it was on a visible screen: an offer that reached nobody is held
// against nobody.
func (d *Desk) Mark(ctx context.Context, c Connection, ref OfferRef, seen bool) error {
	err := d.Store.Mark(ctx, ref, c.Principal.ID, seen, d.now())
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// backToLine is the transition OFFERED -> WAITING, however the offer ended. missed: how many offers in a row each agent had
// missed before (for an expired one).
func (d *Desk) backToLine(s Session, o Offer, outcome OfferOutcome, noSeat bool, now time.Time, missed map[string]int) Change {
	next := s
	next.State, next.Offered, next.Until = Waiting, "", time.Time{}
	if noSeat {
		next.NoSeat = now
	}
	for _, a := range o.To {
		if slices.Contains(o.Rejected, a) || outcome == OfferExpired && o.blameOf(a) != blameUnreached {
			if !slices.Contains(next.Skip, a) {
				next.Skip = append(slices.Clone(next.Skip), a)
			}
		}
	}
	writes := []Write{EndOffer{Ref: o.OfferRef, Outcome: outcome, At: now}}
	if s.Offered != Everybody {
		writes = append(writes, release(s.Offered, o, outcome, now, missed))
	}
	return Change{Name: "give back: " + string(outcome), Was: s, Now: next, Writes: writes}
}

// release says what an offer's end means for one of those asked. Without a reservation (beepall) it is recorded by Blame.
func release(agent string, o Offer, outcome OfferOutcome, now time.Time, missed map[string]int) Release {
	r := Release{Agent: agent, Offer: o.Reservation(), At: now}
	switch {
	case outcome == OfferRejected:
		r.Answered = true
	case outcome == OfferExpired:
		switch o.blameOf(agent) {
		case blameUnreached:
			r.Unreached = true
		case blameMissed:
			r.Missed, r.WasMissed = true, missed[agent]
			r.NotResponding = missed[agent]+1 >= MissedLimit
		}
	}
	return r
}

// giveBack ends an offer that nobody won and tells everybody concerned. ErrStale if the session changed.
func (d *Desk) giveBack(ctx context.Context, s Session, o Offer, outcome OfferOutcome, noSeat bool) error {
	now := d.now()
	missed := map[string]int{}
	if outcome == OfferExpired {
		agents, err := d.Store.Agents(ctx, o.To)
		if err != nil {
			return err
		}
		for _, a := range agents {
			missed[a.ID] = a.Missed
		}
	}
	change := d.backToLine(s, o, outcome, noSeat, now, missed)
	if err := d.Store.Commit(ctx, change); err != nil {
		return err
	}
	for _, a := range o.To {
		r := release(a, o, outcome, now, missed)
		if s.Offered == Everybody && (r.Missed || r.Unreached) {
			r.Offer = ""
			d.besteffort(ctx, "record a missed offer", d.Store.Blame(ctx, r))
		}
		if r.NotResponding {
			d.tellMe(ctx, "", a, fmt.Sprintf("You missed %d chats in a row, so new ones go to others. Set yourself to available when you are back.", MissedLimit))
		}
	}
	var shown []string
	for _, a := range o.To {
		if o.Shows(a) {
			shown = append(shown, a)
		}
	}
	d.tell(ctx, "", OfferGone{Ref: o.OfferRef, Outcome: outcome, Customer: d.person(ctx, s).Name}, agentPrincipals(shown)...)
	if noSeat {
		d.answer(ctx, s, AnswerWithdrawn)
	}
	return nil
}
