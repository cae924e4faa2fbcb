package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Visit is one visit of a routing execution to the router.
type Visit struct {
	Session    string
	Generation int
	Part       int
	Entered    time.Time // when the execution entered the state; the task ends Patience later
	Token      string
	Round      int // of the transfer that the execution serves; 0: it routes

	expired bool // an offer ran out in this visit
}

const (
	// nearlyOver is how little time an offer may have left to ring (again): nobody decides in less. So long after its end it is given back.
	nearlyOver = 2 * time.Second
	// maxVerified is how many sessions ahead are checked against their items before the index is believed.
	maxVerified = 10
	// maxRings is of how many offers to several before a session it is read for whom they ring: more hardly do at once.
	maxRings = 50
)

// Route is the router: it brings a waiting session one step on. It expires what is over, offers the session or parks it, and
// leaves the task's token with it. It is idempotent: whatever it finds, DynamoDB had decided. An error makes the execution try
// again in 5 s.
func (d *Desk) Route(ctx context.Context, v Visit) error {
	return d.decide(ctx, "route", func() error { return d.visit(ctx, &v) })
}

// visit takes one step. ErrStale: the session changed, by somebody else's hand or by this step, so look again.
func (d *Desk) visit(ctx context.Context, v *Visit) error {
	if v.Round > 0 {
		return d.visitTransfer(ctx, *v)
	}
	s, last, err := d.readTail(ctx, v.Session)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err != nil || s.Generation != v.Generation || s.Part != v.Part || !s.InLine() {
		return d.over(ctx, *v)
	}
	if s.State == Offered {
		return d.visitOffered(ctx, v, s)
	}
	in := routing{session: s, visit: *v, lease: d.Lease, keep: d.Retention}
	if err := together(
		func() error { return d.readRoster(ctx, &in) },
		func() (err error) { in.shards, err = d.Store.Shards(ctx); return err },
		func() (err error) { in.customer, err = d.Store.Side(ctx, s.ID, FromCustomer); return err },
	); err != nil {
		return err
	}
	in.now = d.now()
	switch {
	case in.waitedTooLong():
		return d.waitedTooLong(ctx, *v, in, last)
	case in.abandoned():
		if _, err := d.endWaiting(ctx, "", s, last, Abandoned, &Unseen{Session: s.ID, Seen: in.customer.Seen}); err != nil {
			return err
		}
		return d.over(ctx, *v)
	case in.newLap():
		next := s
		next.Skip = nil
		if err := d.Store.Commit(ctx, Change{Name: "new lap", Was: s, Now: next}); err != nil {
			return err
		}
		return ErrStale
	}
	candidates, why := in.candidates()
	var al allotment
	if err := d.readClaims(ctx, &in); err != nil {
		return err
	}
	if len(candidates) > 0 && !in.noSeat() {
		if al, err = d.allot(ctx, &in, candidates); err != nil {
			return err
		}
		if asked := in.choose(candidates, al, &why); len(asked) > 0 {
			change, offer := in.offer(asked, why)
			if offer.Until.Sub(in.now) < nearlyOver {
				return nil // this task is as good as over; the next one offers
			}
			if err := d.Store.Commit(ctx, change); err != nil {
				return err
			}
			d.pushOffer(ctx, change.Now, offer)
			if change.Now.Offered != Everybody {
				al, _ = al.without(asked[0], true)
			}
			d.wakeOne(ctx, al.sleeper())
			return nil
		}
	}
	if err := d.Store.Commit(ctx, in.park(candidates)); err != nil {
		return err
	}
	// An agent whose wrap-up is over, or who is within reach again, has woken nobody: whoever looks first wakes who is first.
	d.wakeOne(ctx, al.sleeper())
	d.passSeat(ctx, in, candidates)
	if !s.Turn.IsZero() { // who has just come knows their position
		d.tellPosition(ctx, s, last.Place, d.position(ctx, s))
	}
	return nil
}

// waitedTooLong does what the queue says about a session that nobody took in time.
func (d *Desk) waitedTooLong(ctx context.Context, v Visit, in routing, last Row) error {
	outcome := Unmanaged
	switch in.roster.Then {
	case ThenMessage:
		outcome = Message
	case ThenOverflow:
		to, err := d.queue(ctx, in.roster.Overflow)
		if errors.Is(err, ErrNotFound) {
			break // it was deleted
		}
		if err != nil {
			return err
		}
		change := in.overflow(to)
		if err := d.Store.Commit(ctx, change); err != nil {
			return err
		}
		d.start(ctx, change.Now)
		d.tellPosition(ctx, change.Now, last.Place, d.position(ctx, change.Now))
		d.tellLine(ctx, in.session, false)
		d.tellLine(ctx, change.Now, true)
		return d.over(ctx, v)
	}
	if _, err := d.endWaiting(ctx, "", in.session, last, outcome, nil); err != nil {
		return err
	}
	return d.over(ctx, v)
}

// over ends an execution that has nothing to route any more.
func (d *Desk) over(ctx context.Context, v Visit) error {
	if err := d.Router.Answer(ctx, v.Token, AnswerOver); !errors.Is(err, ErrTokenGone) {
		return err
	}
	return nil
}

// readRoster reads a queue's rules and its members as agents. A queue that was deleted has nobody.
func (d *Desk) readRoster(ctx context.Context, in *routing) error {
	var err error
	if in.roster, err = d.Store.Roster(ctx, in.session.Queue); err != nil {
		return ignoreMissing(err)
	}
	in.agents, err = d.Store.Agents(ctx, in.roster.agents())
	return err
}

// visitOffered visits a session whose offer shows: it is expired, or the token is renewed and the offer pushed again, because
// a router that died between transaction and push would have made an offer that nobody saw.
func (d *Desk) visitOffered(ctx context.Context, v *Visit, s Session) error {
	o, err := d.Store.Offer(ctx, s.offerRef())
	if err != nil {
		return err
	}
	now := d.now()
	if now.After(s.Until) {
		if err := d.giveBack(ctx, s, o, OfferExpired); err != nil {
			return err
		}
		d.wake(ctx, o.rings()...)
		v.expired = true
		return ErrStale
	}
	next := s
	next.Token, next.Turn = v.Token, now
	if err := d.Store.Commit(ctx, Change{Name: "visit", Was: s, Now: next}); err != nil {
		return err
	}
	if s.Until.Sub(now) >= nearlyOver {
		d.pushOffer(ctx, next, o)
	}
	return nil
}

// allot reads the lines that the candidates serve and gives those before this session their places. When that leaves nobody, it looks
// twice: the index may still show sessions that somebody took a moment ago, and those that ring for others, too, may have a place there.
func (d *Desk) allot(ctx context.Context, in *routing, candidates []Agent) (allotment, error) {
	var queues []string
	for _, a := range candidates {
		queues = union(queues, a.Queues)
	}
	if in.line == nil { // else the lines of all queues were read for the seats
		var err error
		if in.line, err = d.line(ctx, queues, lineWidth); err != nil {
			return allotment{}, err
		}
	}
	in.line = slices.DeleteFunc(in.line, func(w Waiter) bool { return !slices.Contains(queues, w.Queue) })
	if err := d.readRings(ctx, in); err != nil {
		return allotment{}, err
	}
	al := in.allot(candidates, nil)
	if len(al.left(candidates, in.roster.Strategy.Reserves())) > 0 {
		return al, nil
	}
	var others []Agent
	if err := together(
		func() error { return d.verify(ctx, in.line, al.before) },
		func() (err error) { others, err = d.others(ctx, *in, al); return err },
	); err != nil {
		return allotment{}, err
	}
	return in.allot(candidates, others), nil
}

// fewSeats is how many seats may be left for it to matter who takes them: more sessions hardly ring at once.
const fewSeats = 50

// readClaims counts who comes to a seat before this session, when few are left: whoever accepts is not to hear that there is none.
func (d *Desk) readClaims(ctx context.Context, in *routing) error {
	left := in.seats()
	if left == 0 || left > fewSeats {
		return nil
	}
	queues, err := d.Store.List(ctx, ListQueues)
	if err != nil {
		return err
	}
	if in.line, err = d.line(ctx, queues, lineWidth); err != nil {
		return err
	}
	ring, lack := in.claims(in.line)
	if len(ring)+len(lack) >= left {
		if err := d.verify(ctx, in.line, slices.Concat(ring, lack)); err != nil {
			return err
		}
		ring, lack = in.claims(in.line)
	}
	in.ringing, in.lacking = len(ring), len(lack)
	return nil
}

// passSeat wakes another session when this one is parked beside a seat for which nobody rings. One that only lacks a seat left it to
// those before it; one for which it did not lack, or that rang for it, leaves it to all. That each wakes an earlier one, or lacks a seat
// no more, is why this ends.
func (d *Desk) passSeat(ctx context.Context, in routing, candidates []Agent) {
	s := in.session
	switch {
	case in.ringing >= in.seats():
	case len(candidates) > 0 && in.noSeat():
		d.wakeSeat(ctx, func(w Waiter) bool { return w.compare(s.waiter()) < 0 })
	case !s.NoSeat.IsZero() || in.visit.expired || s.Given.After(s.Turn):
		d.wakeSeat(ctx, func(w Waiter) bool { return w.Session != s.ID })
	}
}

// verify reads the items of some sessions of the line, unless there are too many. Whom one rings for is known if it still is that offer.
func (d *Desk) verify(ctx context.Context, line, some []Waiter) error {
	if len(some) > maxVerified {
		return nil
	}
	var fs []func() error
	for i, w := range line {
		if !slices.ContainsFunc(some, func(x Waiter) bool { return x.Session == w.Session }) {
			continue
		}
		fs = append(fs, func() error {
			s, err := d.Store.Session(ctx, w.Session)
			line[i] = s.waiter() // of no session: not waiting
			if s.State == w.State && s.Round == w.Round && s.Generation == w.Generation {
				line[i].Rings = w.Rings
			}
			return ignoreMissing(err)
		})
	}
	return together(fs...)
}

// others are agents who are no candidates, and free for one of those before that rings for them.
func (d *Desk) others(ctx context.Context, in routing, al allotment) ([]Agent, error) {
	var ids []string
	for _, w := range al.before {
		ids = union(ids, w.Rings)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(al.agents, func(a Agent) bool { return a.ID == id })
	})
	agents, err := d.Store.Agents(ctx, ids)
	return slices.DeleteFunc(agents, func(a Agent) bool { return a.unfit(in.now, in.lease, nil, false) != "" }), err
}

// readRings reads for whom the first offers to several ring that are before this session; further ones count as if they rang for all
// whom their queue has.
func (d *Desk) readRings(ctx context.Context, in *routing) error {
	var fs []func() error
	for i, w := range in.line {
		if w.State == Waiting || !in.before(w) || len(fs) == maxRings {
			continue
		}
		fs = append(fs, func() error {
			o, err := d.Store.Offer(ctx, OfferRef{w.Session, w.Generation, w.Round})
			in.line[i].Rings = append([]string{}, o.rings()...)
			return ignoreMissing(err)
		})
	}
	return together(fs...)
}

// pushOffer rings on the desktops of those who were asked and have not said no.
func (d *Desk) pushOffer(ctx context.Context, s Session, o Offer) {
	to := o.rings()
	_ = together(
		func() error {
			d.tell(ctx, "", OfferMade{Offer: d.ring(ctx, s, o), Now: d.now()}, agentPrincipals(to)...)
			return nil
		},
		func() error {
			if o.remembered() {
				d.besteffort(ctx, "remember who was notified", d.Store.Notify(ctx, s.Queue, to, o.At))
			}
			return nil
		})
}

// tellPosition tells a waiting customer their place in the line.
func (d *Desk) tellPosition(ctx context.Context, s Session, head, position int) {
	v := d.placeless(ctx, s, RoleCustomer, head)
	v.Position, v.Wait = position, d.pace(ctx, s.Queue).wait(position, d.now())
	d.tell(ctx, "", SessionChanged{v, d.now()}, customerOf(s))
}

// toldInLine is how many customers at the front of a line hear at once that it moved; the others hear it with the router's
// next visit.
const toldInLine = 10

// tellLine tells the first in a queue's line that this session is no longer among them, or that it has come back to its place
// before them. Who stands before it has not moved.
func (d *Desk) tellLine(ctx context.Context, moved Session, back bool) {
	line, err := d.Store.Waiting(ctx, moved.Queue, toldInLine+1)
	if err != nil {
		d.besteffort(ctx, "read line", err)
		return
	}
	var fs []func() error
	// The index may be a moment late: it may show it still, or not yet.
	for i, w := range slices.DeleteFunc(line, func(w Waiter) bool { return w.Session == moved.ID }) {
		if w.compare(moved.waiter()) < 0 {
			continue
		}
		position := i + 1
		if back {
			position++
		}
		fs = append(fs, func() error {
			s, last, err := d.readTail(ctx, w.Session)
			if err == nil && s.InLine() {
				d.tellPosition(ctx, s, last.Place, position)
			}
			return nil
		})
	}
	_ = together(fs...)
}
