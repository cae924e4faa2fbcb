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
}

const (
	// nearlyOver is how little time an offer may have left to be pushed again.
	nearlyOver = 2 * time.Second
	// maxVerified is how many sessions ahead are checked against their items before the index is believed.
	maxVerified = 10
)

// Route is the router: it brings a waiting session one step on. It expires what is over, offers the session or parks it, and
// leaves the task's token with it. It is idempotent: whatever it finds, DynamoDB had decided. An error makes the execution try
// again in 5 s.
func (d *Desk) Route(ctx context.Context, v Visit) error {
	return d.decide(ctx, "route", func() error {
		for range maxTries {
			done, err := d.routeOnce(ctx, v)
			if done || err != nil {
				return err
			}
		}
		return ErrStale
	})
}

func (d *Desk) routeOnce(ctx context.Context, v Visit) (done bool, err error) {
	s, err := d.Store.Session(ctx, v.Session)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if errors.Is(err, ErrNotFound) || s.Generation != v.Generation || s.Part != v.Part || !s.InLine() {
		if err := d.Router.Answer(ctx, v.Token, AnswerOver); err != nil && !errors.Is(err, ErrTokenGone) {
			return false, err
		}
		return true, nil
	}
	now := d.now()
	if s.State == Offered {
		return d.routeOffered(ctx, v, s, now)
	}

	in := routing{session: s, visit: v, now: now, lease: d.Lease, keep: d.Retention}
	var customer SideRow
	if err := together(
		func() (err error) {
			if in.roster, err = d.Store.Roster(ctx, s.Queue); err != nil {
				return err
			}
			ids := make([]string, len(in.roster.Members))
			for i, m := range in.roster.Members {
				ids[i] = m.Agent
			}
			in.agents, err = d.Store.Agents(ctx, ids)
			return err
		},
		func() (err error) { in.shards, err = d.Store.Shards(ctx); return err },
		func() (err error) { customer, err = d.Store.Side(ctx, s.ID, FromCustomer); return err },
	); err != nil {
		return false, err
	}

	lastSign := s.Queued
	if customer.Seen.After(lastSign) {
		lastSign = customer.Seen
	}
	switch {
	case in.roster.MaxWait > 0 && now.Sub(s.Since) > time.Duration(in.roster.MaxWait)*time.Second:
		return false, d.endWaiting(ctx, s.ID, "", Unmanaged, func(n Session) bool {
			return n.Generation == s.Generation && n.Part == s.Part
		}, nil)
	case now.Sub(lastSign) > d.Lease:
		return false, d.endWaiting(ctx, s.ID, "", Abandoned, func(n Session) bool {
			return n.Generation == s.Generation && n.Queued.Equal(s.Queued)
		}, &Unseen{Session: s.ID, Seen: customer.Seen})
	case in.newLap():
		next := s
		next.Skip = nil
		return false, d.Store.Commit(ctx, Change{Name: "new lap", Was: s, Now: next})
	}

	candidates, why := in.candidates()
	full := in.noSeat()
	if len(candidates) > 0 && !full {
		if why.Ahead, err = d.countAhead(ctx, &in, candidates); err != nil {
			return false, err
		}
		if why.Ahead < len(candidates) {
			change := in.offer(candidates, why)
			if now.After(change.Now.Until) {
				return true, nil // this task is over already; its execution is on its way with a new one
			}
			if err := d.Store.Commit(ctx, change); err != nil {
				return false, err
			}
			d.pushOffer(ctx, change.Now, change.Writes[len(change.Writes)-1].(OpenOffer).Offer)
			return true, nil
		}
	}
	if err := d.Store.Commit(ctx, in.park(full)); err != nil {
		return false, err
	}
	d.tellPosition(ctx, s.ID)
	return true, nil
}

// routeOffered visits a session whose offer shows: it is expired, or the token is renewed and the offer pushed again, because
// a router that died between transaction and push would have made an offer that nobody saw.
func (d *Desk) routeOffered(ctx context.Context, v Visit, s Session, now time.Time) (done bool, err error) {
	o, err := d.Store.Offer(ctx, s.offerRef())
	if err != nil {
		return false, err
	}
	if now.After(s.Until) {
		if err := d.giveBack(ctx, s, o, OfferExpired, false); err != nil {
			return false, err
		}
		if s.Offered != Everybody {
			d.wake(ctx, s.Offered)
		}
		return false, nil
	}
	next := s
	next.Token, next.Turn = v.Token, now
	if err := d.Store.Commit(ctx, Change{Name: "visit", Was: s, Now: next}); err != nil {
		return false, err
	}
	if s.Until.Sub(now) >= nearlyOver {
		d.pushOffer(ctx, next, o)
	}
	return true, nil
}

// countAhead reads the lines that the candidates serve and counts who is before this session. The index may still show
// sessions that somebody took a moment ago, so as many of them as matter are checked.
func (d *Desk) countAhead(ctx context.Context, in *routing, candidates []Agent) (int, error) {
	var queues []string
	for _, a := range candidates {
		for _, q := range a.Queues {
			if !slices.Contains(queues, q) {
				queues = append(queues, q)
			}
		}
	}
	var err error
	if in.line, err = d.line(ctx, queues, lineWidth); err != nil {
		return 0, err
	}
	before := in.ahead(candidates)
	if len(before) < len(candidates) || len(before) > maxVerified {
		return len(before), nil
	}
	really := make([]bool, len(before))
	var fs []func() error
	for i, w := range before {
		fs = append(fs, func() error {
			s, err := d.Store.Session(ctx, w.Session)
			really[i] = err == nil && s.State == Waiting && s.Queued.Equal(w.Queued)
			return ignoreMissing(err)
		})
	}
	if err := together(fs...); err != nil {
		return 0, err
	}
	n := 0
	for _, r := range really {
		n += btoi(r)
	}
	return n, nil
}

// pushOffer rings on the desktops of those who were asked and have not said no.
func (d *Desk) pushOffer(ctx context.Context, s Session, o Offer) {
	var to []string
	for _, a := range o.To {
		if o.Shows(a) {
			to = append(to, a)
		}
	}
	_ = together(
		func() error {
			d.tell(ctx, "", OfferMade{Offer: d.ring(ctx, s, o), Now: d.now()}, agentPrincipals(to)...)
			return nil
		},
		func() error {
			d.besteffort(ctx, "remember who was notified", d.Store.Notify(ctx, s.Queue, to, o.At))
			return nil
		})
}

// tellPosition tells a waiting customer their place in the line.
func (d *Desk) tellPosition(ctx context.Context, session string) {
	now, last, err := d.readTail(ctx, session)
	if err != nil || !now.InLine() {
		return
	}
	d.tell(ctx, "", SessionChanged{d.view(ctx, now, RoleCustomer, last.Place), d.now()}, customerOf(now))
}

// toldInLine is how many customers at the front of a line hear at once that it moved; the others hear it with the router's
// next visit.
const toldInLine = 10

// tellLine tells the first in a queue's line that it moved.
func (d *Desk) tellLine(ctx context.Context, queue string) {
	line, err := d.Store.Waiting(ctx, queue, toldInLine)
	if err != nil {
		d.besteffort(ctx, "read line", err)
		return
	}
	var fs []func() error
	for _, w := range line {
		fs = append(fs, func() error { d.tellPosition(ctx, w.Session); return nil })
	}
	if len(fs) > 0 {
		_ = together(fs...)
	}
}
