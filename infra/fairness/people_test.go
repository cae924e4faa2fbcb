package fairness_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

const (
	// beatEvery is half as often as real pages and desktops beat: often enough for the lease, and a day has a hundred thousand.
	beatEvery = 2 * time.Minute
	// Nobody decides in less, and nobody takes longer: no queue's time to think is up by then.
	thinkMin, thinkMax = 700 * time.Millisecond, 8 * time.Second
	// An agent who lets an offer ring looks elsewhere for so long.
	distractedMin, distractedMax = 15 * time.Second, 40 * time.Second
)

// ---- customers

// customer is a caller with a session.
type customer struct {
	d *day
	caller
	conn    chat.Connection
	dice    *rand.Rand
	session string
	gone    bool // without a word
}

// nextCaller waits for the caller at this place of the plan.
func (d *day) nextCaller(i int) {
	if i == len(d.callers) {
		return
	}
	c := &customer{d: d, caller: d.callers[i], dice: dice(d.seed, d.callers[i].id+" talks")}
	c.conn = chat.Connection{Principal: chat.Principal{Role: chat.RoleCustomer, ID: c.id, Website: website}, ID: c.id}
	d.at(c.comes, func() error {
		d.nextCaller(i + 1)
		return c.starts()
	})
}

func (c *customer) starts() error {
	v, err := c.d.desk.Start(c.d.ctx, c.conn, chat.Opening{Nonce: "n", CID: "m", Text: "Where is my parcel?", Queue: c.queue})
	if err != nil {
		return err
	}
	c.session = v.Session.ID
	c.d.customers[c.session] = c
	c.d.after(beatEvery, c.beat)
	c.d.after(c.patience, c.loses)
	return nil
}

// beat is a sign of life of the page. Those of a page whose agent is there change nothing that matters here, and are left out.
func (c *customer) beat() error {
	s, open := c.d.watch.session(c.session)
	if !open || c.gone {
		return nil
	}
	c.d.after(beatEvery, c.beat)
	if s.State == chat.Active && c.d.agents[s.Agent].here {
		return nil
	}
	_, err := c.d.desk.Beat(c.d.ctx, c.conn)
	return err
}

// loses: the customer's patience is over, if they are still in the line.
func (c *customer) loses() error {
	s, open := c.d.watch.session(c.session)
	if !open || !s.InLine() {
		return nil
	}
	if c.vanishes {
		c.gone = true
		return nil
	}
	return c.leave()
}

func (c *customer) leave() error {
	_, err := c.d.desk.Leave(c.d.ctx, c.conn, c.session)
	return c.d.answered(err)
}

// ---- agents

// agent is a worker with a desktop.
type agent struct {
	d *day
	worker
	conn   chat.Connection
	dice   *rand.Rand
	here   bool
	cards  []card // the offers that their desktop knows of, the oldest first
	busy   bool   // with one of them
	onWork bool   // signed in, and not out again
}

// card is an offer on a desktop.
type card struct {
	ref   chat.OfferRef
	at    time.Time
	until time.Time
	aside bool // looked at, and not answered
}

func (d *day) employ(w worker) {
	a := &agent{d: d, worker: w, dice: dice(d.seed, w.id)}
	a.conn = chat.Connection{Principal: chat.Principal{Role: chat.RoleAgent, ID: w.id}, ID: w.id}
	d.agents[w.id] = a
	d.at(w.from, a.arrives)
	for _, b := range w.breaks {
		d.at(b.from, func() error { return a.becomes(chat.Wish{State: chat.Paused, Reason: "Break", After: b.after}) })
		d.at(b.till, func() error { return a.becomes(chat.Wish{State: chat.Ready}) })
	}
	if !w.own { // the others stay until everybody has gone
		d.at(w.till, a.goesHome)
	}
	if w.lids > 0 {
		d.after(a.untilLid(), a.closesTheLid)
	}
}

// me is the agent as the desktop shows them.
func (a *agent) me() chat.Agent { return a.d.watch.agent(a.id) }

func (a *agent) arrives() error {
	a.onWork = true
	a.d.after(between(a.dice, 0, beatEvery), a.beat)
	return a.opensTheDesktop()
}

func (a *agent) opensTheDesktop() error {
	a.here = true
	snap, err := a.d.desk.Hello(a.d.ctx, a.conn, chat.Greeting{SignIn: true})
	if err != nil {
		return err
	}
	return a.shows(snap.Offers)
}

// beat is a sign of life of the desktop, and repairs what it has missed.
func (a *agent) beat() error {
	if a.me().State == chat.Offline && !a.onWork {
		return nil
	}
	a.d.after(beatEvery, a.beat)
	if !a.here {
		return nil
	}
	snap, err := a.d.desk.Beat(a.d.ctx, a.conn)
	if err != nil {
		return err
	}
	return a.shows(snap.Offers)
}

// becomes wishes another state, if the agent is at work and at the desk.
func (a *agent) becomes(w chat.Wish) error {
	if !a.here || !a.onWork || a.me().State == chat.Offline {
		return nil
	}
	_, err := a.d.desk.SetAvailability(a.d.ctx, a.conn, w)
	a.looks()
	return a.d.answered(err)
}

// goesHome signs out after the chats that are open.
func (a *agent) goesHome() error {
	if !a.here {
		a.d.after(beatEvery, a.goesHome)
		return nil
	}
	err := a.becomes(chat.Wish{State: chat.Offline, After: true})
	a.onWork = false
	return err
}

// untilLid is until the desktop is closed the next time.
func (a *agent) untilLid() time.Duration {
	return time.Duration(a.dice.ExpFloat64() / a.lids * float64(time.Hour)).Truncate(time.Millisecond)
}

// closesTheLid: the desktop is gone for a while, and nobody hears of it.
func (a *agent) closesTheLid() error {
	a.d.after(a.untilLid(), a.closesTheLid)
	if !a.here || !a.onWork || a.me().State == chat.Offline {
		return nil
	}
	a.here, a.cards = false, nil
	away := between(a.dice, 20*time.Second, 4*time.Minute)
	if a.dice.Float64() < 0.1 {
		away = 7 * time.Minute // longer than their sessions stay theirs
	}
	a.d.after(away, a.opensTheDesktop)
	return nil
}

// hears what was pushed to the desktop.
func (a *agent) hears(e chat.Event) error {
	if !a.here {
		return nil
	}
	switch e := e.(type) {
	case chat.OfferMade:
		return a.shows([]chat.Ring{e.Offer})
	case chat.OfferGone:
		a.drop(e.Ref)
	case chat.AgentChanged:
		if e.Me.Agent.State == chat.NotResponding {
			a.d.after(between(a.dice, 20*time.Second, 90*time.Second), func() error {
				if a.me().State != chat.NotResponding {
					return nil
				}
				return a.becomes(chat.Wish{State: chat.Ready})
			})
		}
	}
	a.looks()
	return nil
}

// shows puts offers on the desktop, which tells that it has them.
func (a *agent) shows(rings []chat.Ring) error {
	for _, r := range rings {
		if slices.ContainsFunc(a.cards, func(c card) bool { return c.ref == r.Ref }) {
			continue
		}
		a.cards = append(a.cards, card{ref: r.Ref, at: r.At, until: r.Until})
		slices.SortStableFunc(a.cards, func(x, y card) int { return x.at.Compare(y.at) })
		if err := a.d.desk.Mark(a.d.ctx, a.conn, r.Ref, a.dice.Float64() < 0.9); err != nil {
			return err
		}
	}
	a.looks()
	return nil
}

func (a *agent) drop(ref chat.OfferRef) {
	a.cards = slices.DeleteFunc(a.cards, func(c card) bool { return c.ref == ref })
}

// first is the card that the agent looks at next. A desktop shows none to who is away, leaving or full.
func (a *agent) first() (card, bool) {
	now := a.d.clock.Now()
	a.cards = slices.DeleteFunc(a.cards, func(c card) bool { return now.After(c.until) })
	if me := a.me(); !a.here || me.State != chat.Ready || me.Next != "" || len(me.Open) >= me.Capacity {
		return card{}, false
	}
	i := slices.IndexFunc(a.cards, func(c card) bool { return !c.aside })
	if i < 0 {
		return card{}, false
	}
	return a.cards[i], true
}

// looks at the first card, and decides about it a moment later.
func (a *agent) looks() {
	if _, found := a.first(); !found || a.busy {
		return
	}
	a.busy = true
	a.d.after(min(max(around(a.dice, a.think, 0.5), thinkMin), thinkMax), func() error {
		a.busy = false
		c, found := a.first()
		if !found {
			return nil
		}
		err := a.decides(c)
		a.looks()
		return err
	})
}

// decides about an offer.
func (a *agent) decides(c card) error {
	x := a.dice.Float64()
	switch {
	case x < a.ignores:
		a.cards[slices.Index(a.cards, c)].aside = true
		a.busy = true
		a.d.after(between(a.dice, distractedMin, distractedMax), func() error {
			a.busy = false
			a.looks()
			return nil
		})
		return nil
	case x < a.ignores+a.rejects:
		a.drop(c.ref)
		return a.d.answered(a.d.desk.Reject(a.d.ctx, a.conn, c.ref))
	}
	a.drop(c.ref)
	v, err := a.d.desk.Accept(a.d.ctx, a.conn, c.ref)
	if err != nil {
		return a.d.answered(err)
	}
	s := v.Session
	customer := a.d.customers[s.ID]
	takes := time.Duration(float64(customer.talks) * a.slow).Truncate(time.Millisecond)
	if customer.leaves > 0 {
		a.d.after(time.Duration(float64(takes)*customer.leaves).Truncate(time.Millisecond), func() error {
			err := customer.leave()
			a.looks()
			return err
		})
	}
	a.d.after(takes, func() error { return a.closes(s) })
	return nil
}

// closes ends a session, as soon as the agent is at the desk. It may be over, or somebody else's by now.
func (a *agent) closes(s chat.Session) error {
	now, open := a.d.watch.session(s.ID)
	if !open || now.Agent != a.id || now.Generation != s.Generation {
		return nil
	}
	if !a.here {
		a.d.after(beatEvery/4, func() error { return a.closes(s) })
		return nil
	}
	_, err := a.d.desk.Close(a.d.ctx, a.conn, chat.Closing{Session: s.ID, Generation: s.Generation, Disposition: "Solved"})
	a.looks()
	return a.d.answered(err)
}
