package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Handover is an owner's wish to hand a session to an agent or to a queue, or (Assist) to have one of them write along. Blind
// gives it to the queue at once.
type Handover struct {
	Session string
	Agent   string
	Queue   string
	Assist  bool
	Blind   bool
	Note    string
}

// asked reports whether this is the transfer that was wished for. A blind one never rings.
func (t *Transfer) asked(h Handover) bool {
	return t != nil && !h.Blind && t.Agent == h.Agent && t.Queue == h.Queue && t.Assist == h.Assist
}

// handover is what a transfer is decided on.
type handover struct {
	ending
	wish   Handover
	to     Queue   // the queue that it goes to, or that the agent's time to think comes from
	agents []Agent // the agent, or the queue's
	given  bool    // blindly, by this very wish: it is a repeat
	lease  time.Duration
}

// offer is the transition that lets a transfer ring. The session stays with its owner. Refusals: bad_value, full, nobody.
func (in handover) offer() (Change, Offer, error) {
	s, h := in.session, in.wish
	if s.Transfer != nil {
		return Change{}, Offer{}, Refuse(CodeBadValue, "This chat is being offered to somebody already. Take that back first.")
	}
	if h.Assist && len(s.Assist) >= MaxAssist {
		return Change{}, Offer{}, Refuse(CodeFull, "%d colleagues write along already: more nobody could follow.", MaxAssist)
	}
	candidates, why, err := in.candidates()
	if err != nil {
		return Change{}, Offer{}, err
	}
	next := s
	next.Round++
	next.Transfer = &Transfer{Assist: h.Assist, Agent: h.Agent, Queue: h.Queue, By: s.Agent, Note: h.Note, Round: next.Round,
		Until: in.now.Add(time.Duration(in.to.timeout()) * time.Second)}
	next.Patience = in.to.Patience()
	o := Offer{OfferRef: next.transferRef(), Kind: KindTransfer, From: s.Agent, Note: h.Note, To: candidates, Strategy: BeepAll, Why: why,
		At: in.now, Until: next.Transfer.Until, Expires: in.now.Add(in.keep)}
	if h.Assist {
		o.Kind = KindAssist
	}
	c := Change{Name: "transfer", Was: s, Now: next}
	if h.Agent != "" {
		c.Writes = append(c.Writes, Reserve{Agent: h.Agent, Offer: o.Reservation(), Lease: in.now.Add(-in.lease), At: in.now})
	}
	c.Writes = append(c.Writes, OpenOffer{Offer: o})
	return c, o, nil
}

// candidates are those whom the transfer rings: available, with room, and not in the session already.
func (in handover) candidates() ([]string, Why, error) {
	why := Why{Excluded: map[string]string{}}
	for _, a := range in.agents {
		reason := a.unfit(in.now, in.lease, nil, in.wish.Agent != "")
		if in.session.Speaks(a.ID) {
			reason = "in this chat already"
		}
		switch {
		case reason == "" && len(why.Candidates) < MaxAsked:
			why.Candidates = append(why.Candidates, a.ID)
		case reason != "" && in.wish.Agent != "":
			return nil, why, Refuse(CodeNobody, "%s cannot take it now: %s.", a.Name, reason)
		case reason != "" && len(why.Excluded) < maxExcluded:
			why.Excluded[a.ID] = reason
		}
	}
	if len(why.Candidates) == 0 {
		if in.wish.Assist {
			return nil, why, Refuse(CodeNobody, "Nobody in %s is free to help now.", in.to.Name)
		}
		return nil, why, Refuse(CodeNobody, "Nobody in %s is free now. You can send the chat there at once: it waits in its place.", in.to.Name)
	}
	return why.Candidates, why, nil
}

// acceptTransfer is the rule of a transfer or invitation that is accepted. A transfer is a new generation: what the giver and the
// assistants had is over. Refusals: forbidden, late, paused, full.
func (in acceptance) acceptTransfer() (Change, error) {
	s, a, t := in.session, in.agent, in.session.Transfer
	if t.Agent != a.ID && (t.Agent != "" || !slices.Contains(in.offer.To, a.ID)) {
		return Change{}, Refuse(CodeForbidden, "This offer was not made to you.")
	}
	if err := in.free(t.Until); err != nil {
		return Change{}, err
	}
	next := s
	next.Transfer, next.Version = nil, s.Version+1
	row := &Row{Session: s.ID, Place: in.last.Place + 1, Side: FromSystem, By: a.ID, Name: a.Name, Note: t.Note, At: in.now, Version: next.Version,
		Expires: in.now.Add(in.keep)}
	c := Change{Name: "accept assist", Was: s, Row: row, Writes: in.take(t.Agent != "")}
	if t.Assist {
		if len(s.Assist) >= MaxAssist {
			return Change{}, Refuse(CodeFull, "%d colleagues write along already: more nobody could follow.", MaxAssist)
		}
		row.Kind = KindJoined
		next.Assist = append(slices.Clone(s.Assist), a.ID)
		c.Now = next
		return c, nil
	}
	c.Name, row.Kind = "accept transfer", KindTransferred
	next.Agent, next.Last, next.Assist = a.ID, s.Agent, nil
	next.Generation, next.Part, next.Patience = s.Generation+1, 0, in.queue.Patience()
	next.Queue, next.Weight = in.queue.ID, in.queue.Weight
	next.Due, next.Warned = in.due(), 0 // by the rules of that queue
	if t.Queue != "" {
		row.To = cmp.Or(in.queue.Name, in.queue.ID)
	}
	for _, l := range in.leavers {
		c.Writes = append(c.Writes, l.goes(s.ID, in.now))
	}
	c.Now = next
	return c, nil
}

// callOff ends the offer of the transfer that rings, and the reservation for it.
func (s Session) callOff(o Offer, outcome OfferOutcome, now time.Time, missed map[string]int) []Write {
	writes := []Write{EndOffer{Ref: s.transferRef(), Outcome: outcome, At: now}}
	if s.Transfer.Agent != "" {
		writes = append(writes, release(s.Transfer.Agent, o, outcome, now, missed))
	}
	return writes
}

// dropTransfer is the transition of a transfer that nobody takes.
func (s Session) dropTransfer(writes []Write, outcome OfferOutcome) Change {
	next := s
	next.Transfer = nil
	return Change{Name: "end transfer: " + string(outcome), Was: s, Now: next, Writes: writes}
}

// readHandover reads what a transfer is decided on. Refusals: not_found, not_yours, closed.
func (d *Desk) readHandover(ctx context.Context, c Connection, h Handover) (handover, error) {
	in := handover{wish: h, lease: d.Lease}
	var err error
	if in.ending, err = d.readEnding(ctx, h.Session); errors.Is(err, ErrNotFound) {
		return in, Refuse(CodeNotFound, "There is no such session.")
	} else if err != nil {
		return in, err
	}
	if refused := c.may(in.session); refused != nil {
		if h.Blind {
			r, err := d.lastBy(ctx, c.Principal.ID, in.last)
			if in.given = r.Kind == KindTransferred && r.To != ""; err != nil || in.given {
				return in, err
			}
		}
		return in, refused
	}
	if in.session.Agent != c.Principal.ID {
		return in, Refuse(CodeNotYours, "Only the agent who has this chat can hand it over or invite somebody.")
	}
	if h.Queue == "" {
		a, err := d.Store.Agent(ctx, h.Agent)
		if errors.Is(err, ErrNotFound) {
			return in, Refuse(CodeNotFound, "There is no such agent.")
		}
		in.to, in.agents = in.queue, []Agent{a}
		return in, err
	}
	r, err := d.Store.Roster(ctx, h.Queue)
	if errors.Is(err, ErrNotFound) {
		return in, Refuse(CodeNotFound, "There is no such queue.")
	}
	if err != nil {
		return in, err
	}
	in.to = r.Queue
	in.agents, err = d.Store.Agents(ctx, r.agents())
	return in, err
}

// Transfer offers a session that the agent owns to somebody else, or invites somebody to assist; a blind one goes to the queue at
// once. Asking again for what rings is the same answer. Refusals: not_found, not_yours, closed, bad_value, nobody, full, busy.
func (d *Desk) Transfer(ctx context.Context, c Connection, h Handover) (View, error) {
	var change Change
	var in handover
	err := d.decide(ctx, "transfer", func() (err error) {
		change = Change{}
		in, err = d.readHandover(ctx, c, h)
		if err != nil || in.given || in.session.Transfer.asked(h) {
			return err
		}
		if h.Blind {
			change = in.hand(in.to, h.Note)
		} else if change, _, err = in.offer(); err != nil {
			return err
		}
		return d.Store.Commit(ctx, change)
	})
	if err != nil {
		return View{}, err
	}
	switch {
	case change.Name == "":
		if t := in.session.Transfer; t.asked(h) && t.Turn.IsZero() { // whoever offered it may have died before this
			d.besteffort(ctx, "start transfer", d.Router.Start(ctx, in.session.transferExecution()))
		}
		return d.current(ctx, c, h.Session)
	case h.Blind:
		d.start(ctx, change.Now)
		return d.finishEnding(ctx, c.ID, change), nil
	}
	// The router rings, as ever: it would have to anyway, if this died here.
	d.besteffort(ctx, "start transfer", d.Router.Start(ctx, change.Now.transferExecution()))
	v, err := d.current(ctx, c, h.Session)
	if err == nil {
		d.tell(ctx, c.ID, SessionChanged{v, d.now()}, agentPrincipals(change.Now.Speakers())...)
	}
	return v, err
}

// Withdraw takes a transfer back that rings. Nothing to take back is fine. Refusals: not_found, not_yours, closed, busy.
func (d *Desk) Withdraw(ctx context.Context, c Connection, session string) (View, error) {
	err := d.decide(ctx, "withdraw transfer", func() error {
		s, err := d.Store.Session(ctx, session)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return err
		}
		if err := c.may(s); err != nil {
			return err
		}
		if s.Agent != c.Principal.ID {
			return Refuse(CodeNotYours, "Only the agent who has this chat can take that back.")
		}
		if s.Transfer == nil {
			return nil
		}
		o, err := d.Store.Offer(ctx, s.transferRef())
		if err != nil {
			return err
		}
		return d.endTransfer(ctx, s, o, OfferCanceled)
	})
	if err != nil {
		return View{}, err
	}
	return d.current(ctx, c, session)
}

// visitTransfer serves the execution of a transfer: it rings, rings again, and ends when the time is over.
func (d *Desk) visitTransfer(ctx context.Context, v Visit) error {
	s, err := d.Store.Session(ctx, v.Session)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if !s.rings(OfferRef{v.Session, v.Generation, v.Round}) {
		return d.over(ctx, v)
	}
	o, err := d.Store.Offer(ctx, s.transferRef())
	if err != nil {
		return err
	}
	now := d.now()
	if now.After(s.Transfer.Until) {
		if err := d.endTransfer(ctx, s, o, OfferExpired); err != nil {
			return err
		}
		return d.over(ctx, v)
	}
	t := *s.Transfer
	t.Token, t.Turn = v.Token, now
	next := s
	next.Transfer = &t
	if err := d.Store.Commit(ctx, Change{Name: "visit transfer", Was: s, Now: next}); err != nil {
		return err
	}
	if t.Until.Sub(now) >= nearlyOver {
		d.pushOffer(ctx, next, o)
	}
	return nil
}

// declineTransfer takes an agent's no. asked: together with others.
func (d *Desk) declineTransfer(ctx context.Context, s Session, agent string) (asked bool, err error) {
	ref := s.transferRef()
	if s.Transfer.Agent != "" {
		if s.Transfer.Agent != agent {
			return false, nil
		}
		o, err := d.Store.Offer(ctx, ref)
		if err != nil {
			return false, err
		}
		o.Rejected = []string{agent}
		return false, d.endTransfer(ctx, s, o, OfferRejected)
	}
	o, err := d.Store.Reject(ctx, ref, agent, d.now())
	if errors.Is(err, ErrStale) {
		return false, nil // over, or never made to this agent
	}
	if err != nil || !o.declined() {
		return err == nil, err
	}
	return true, d.endTransfer(ctx, s, o, OfferRejected)
}

// endTransfer ends a transfer that nobody took, and tells both sides. ErrStale if the session changed.
func (d *Desk) endTransfer(ctx context.Context, s Session, o Offer, outcome OfferOutcome) error {
	now := d.now()
	missed, err := d.missed(ctx, o, outcome)
	if err != nil {
		return err
	}
	change := s.dropTransfer(s.callOff(o, outcome, now, missed), outcome)
	if err := d.Store.Commit(ctx, change); err != nil {
		return err
	}
	_ = together(
		func() error { return d.tellEnded(ctx, s, o, outcome, now, missed, s.Transfer.Agent == "") },
		func() error { d.finishTransfer(ctx, s, outcome, &o); return nil },
		func() error { d.tellGiver(ctx, s, outcome); return nil },
	)
	return nil
}

// finishTransfer does what follows the end of a transfer that rang: its execution is over, and who was reserved for it may go on.
// offer is nil where those who were asked have not been told.
func (d *Desk) finishTransfer(ctx context.Context, was Session, outcome OfferOutcome, offer *Offer) {
	t := was.Transfer
	if t == nil {
		return
	}
	if t.Token != "" {
		d.besteffort(ctx, "answer transfer", d.Router.Answer(ctx, t.Token, AnswerOver))
	}
	if offer == nil {
		o, err := d.Store.Offer(ctx, was.transferRef())
		d.besteffort(ctx, "read offer", err)
		gone := OfferGone{Ref: was.transferRef(), Outcome: outcome, Customer: d.person(ctx, was).Name}
		to := slices.DeleteFunc(slices.Clone(o.To), func(a string) bool { return slices.Contains(o.Rejected, a) })
		d.tell(ctx, "", gone, agentPrincipals(to)...)
	}
	if t.Agent != "" {
		d.wake(ctx, t.Agent)
	}
}

// tellGiver tells the owner what became of their transfer, and all who write in the session that it rings no more.
func (d *Desk) tellGiver(ctx context.Context, was Session, outcome OfferOutcome) {
	to := d.agentRef(ctx, was.Transfer.Agent)
	if was.Transfer.Queue != "" {
		to = d.queueRef(ctx, was.Transfer.Queue)
	}
	d.tell(ctx, "", OfferGone{Ref: was.transferRef(), Outcome: outcome, By: to, Customer: d.person(ctx, was).Name}, agentPrincipal(was.Agent))
	s, last, err := d.readTail(ctx, was.ID)
	d.besteffort(ctx, "read session", err)
	if err == nil {
		d.tell(ctx, "", SessionChanged{d.view(ctx, s, RoleAgent, last.Place), d.now()}, agentPrincipals(s.Speakers())...)
	}
}

// finishHandover does what follows an accepted transfer or invitation: everybody hears it, and who gave the session away is free.
func (d *Desk) finishHandover(ctx context.Context, c Connection, in acceptance, change Change, v View) {
	taker := d.agentRef(ctx, c.Principal.ID)
	t := change.Was.Transfer
	_ = together(
		func() error {
			if t.Token != "" {
				d.besteffort(ctx, "answer transfer", d.Router.Answer(ctx, t.Token, AnswerOver))
			}
			return nil
		},
		func() error {
			d.tellSession(ctx, c.ID, v, union(change.Now.Speakers(), change.Was.Speakers()))
			return nil
		},
		func() error {
			d.tell(ctx, c.ID, OfferGone{Ref: in.ref, Outcome: OfferRescinded, By: taker, Customer: v.Person.Name}, agentPrincipals(in.offer.To)...)
			return nil
		},
		func() error {
			d.tell(ctx, c.ID, OfferGone{Ref: in.ref, Outcome: OfferAccepted, By: taker, Customer: v.Person.Name}, agentPrincipal(t.By))
			return nil
		},
		func() error {
			d.tellLeavers(ctx, change.Writes)
			for _, w := range change.Writes {
				if l, ok := w.(Leave); ok {
					d.wake(ctx, l.Agent)
				}
			}
			d.wake(ctx, taker.ID)
			return nil
		})
}
