package schedules_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// steps are what somebody may do next, each with its weight. A new kind of step is a row in one of the tables below.
type steps[T any] []struct {
	weight int
	do     func(T)
}

// choose is one of the steps.
func choose[T any](w *world, all steps[T]) func(T) {
	total := 0
	for _, s := range all {
		total += s.weight
	}
	n := w.IntN(total)
	for _, s := range all {
		if n -= s.weight; n < 0 {
			return s.do
		}
	}
	panic("no steps")
}

var customerSteps = steps[*customer]{
	{6, func(c *customer) { // writes
		s := c.session()
		if !c.here {
			return
		}
		if p := c.page(); s == nil || c.nonce != "" {
			c.starts(p)
		} else {
			p.send(s.id)
		}
	}},
	{1, func(c *customer) { // opens the page again, and starts as if there was nothing
		if c.here {
			c.starts(c.page())
		}
	}},
	{1, func(c *customer) { // ends it
		if s := c.session(); s != nil && c.here {
			c.leaves(s)
		}
	}},
	{1, func(c *customer) { // is away for a while, perhaps for longer than the lease
		if c.here {
			c.vanishes()
			c.w.after(c.w.within(3*lease/2), c.opens)
		}
	}},
	{1, func(c *customer) { // loads the page again
		if c.here {
			c.page().hello(false, nil)
		}
	}},
	{1, func(c *customer) { // types, and has read
		p, s := c.page(), c.session()
		if s == nil || !c.here {
			return
		}
		id, head := s.id, s.head()
		c.w.do(p.ID+" types", func(ctx context.Context, d *chat.Desk) error { return d.Typing(ctx, p.Connection, id) }, nil)
		c.w.do(p.ID+" has read", func(ctx context.Context, d *chat.Desk) error { return d.Read(ctx, p.Connection, id, head) }, nil)
	}},
}

var agentSteps = steps[*agent]{
	{2, func(a *agent) { // pauses for a while
		a.becomes(chat.Paused, "Lunch")
		a.w.after(a.w.within(60*time.Second), func() { a.becomes(chat.Ready, "") })
	}},
	{2, func(a *agent) { a.becomes(chat.Ready, "") }},
	{1, func(a *agent) { // signs out for a while
		a.becomes(chat.Offline, "")
		a.w.after(a.w.within(60*time.Second), func() { a.becomes(chat.Ready, "") })
	}},
	{1, func(a *agent) { // closes the laptop, perhaps for so long that others get the chats
		a.vanishes()
		a.w.after(a.w.within(240*time.Second), func() {
			if !a.w.quiet || a.mood != away {
				a.arrives()
			}
		})
	}},
	{1, func(a *agent) { // loads the desktop again
		d := a.desktop()
		d.hello(false, func(snap *chat.Snapshot) { a.shown(d, snap) })
	}},
	{4, func(a *agent) { // writes
		if id := a.mine(); id != "" {
			a.desktop().send(id)
		}
	}},
	{4, func(a *agent) { // closes
		if id := a.mine(); id != "" {
			a.closes(id)
		}
	}},
	{1, func(a *agent) { // does what the screen of a moment ago allowed
		id := a.w.any(slices.Sorted(maps.Keys(a.w.mirror.sessions)))
		if id == "" || a.w.mirror.sessions[id].state == nil {
			return
		}
		s := a.w.mirror.sessions[id].state
		ref := chat.OfferRef{Session: id, Generation: s.int("gen") - a.w.IntN(2), Round: s.int("round") - a.w.IntN(2)}
		switch a.w.IntN(4) {
		case 0:
			a.accepts(ref, 1)
		case 1:
			a.rejects(ref, 1)
		case 2:
			a.desktop().send(id)
		case 3:
			a.closes(id)
		}
	}},
}

// operatorSteps are what an operator or a supervisor changes while everybody works.
var operatorSteps = steps[*world]{
	{2, func(w *world) { // one agent may hold more or fewer sessions
		a := w.agents[w.IntN(len(w.agents))]
		row := a.row()
		c := chat.Agent{ID: a.id, Name: row.text("name"), Capacity: 1 + w.IntN(3)}
		for _, q := range row["queues"].L {
			c.Queues = append(c.Queues, *q.S)
		}
		w.do(fmt.Sprintf("operator lets %s hold %d", a.id, c.Capacity), func(ctx context.Context, d *chat.Desk) error {
			return d.Store.PutAgent(ctx, c)
		}, nil)
	}},
	{1, func(w *world) { // the licence
		limit := 1 + w.IntN(6)
		w.do(fmt.Sprintf("operator buys %d seats", limit), func(ctx context.Context, d *chat.Desk) error {
			return d.Store.PutLicence(ctx, limit)
		}, nil)
	}},
	{1, func(w *world) { // a queue's strategy and timeout
		i := w.IntN(len(w.queues))
		q := w.queues[i]
		q.Strategy, q.Timeout = w.strategy(), w.timeout()
		w.queues[i] = q
		w.do("operator changes "+q.ID, func(ctx context.Context, d *chat.Desk) error { return d.Store.PutQueue(ctx, q) }, nil)
	}},
}

func (w *world) strategy() chat.Strategy {
	return []chat.Strategy{chat.BeepAll, chat.BeepAll, chat.RRMemory, chat.LeastRecent, chat.LongestIdle, chat.FewestChats}[w.IntN(6)]
}

func (w *world) timeout() int { return []int{10, 20, 40}[w.IntN(3)] }

// grace is how long the sessions of a lost agent stay theirs.
func (w *world) grace(queue string) time.Duration {
	i := slices.IndexFunc(w.queues, func(q chat.Queue) bool { return q.ID == queue })
	return time.Duration(w.queues[i].LostAfter) * time.Second
}

const website = "shop"

// opens the business: queues, agents who sign in, a licence, and customers who come.
func (w *world) opens() {
	for i := range 2 {
		q := chat.Queue{ID: fmt.Sprintf("q%d", i+1), Strategy: w.strategy(), Timeout: w.timeout(), Weight: w.IntN(2), LostAfter: 80 + 20*w.IntN(3)}
		q.Name = q.ID
		if w.often(0.3) {
			q.MaxWait = 100 + w.IntN(100)
		}
		w.queues = append(w.queues, q)
	}
	var agents []chat.Agent
	for i := range 2 + w.IntN(2) {
		a := chat.Agent{ID: []string{"ann", "bob", "eve"}[i], Capacity: 1 + w.IntN(3), Queues: []string{"q1", "q2"}}
		a.Name = a.ID
		if i > 0 && w.often(0.5) {
			a.Queues = a.Queues[w.IntN(2):][:1]
		}
		agents = append(agents, a)
	}
	seats := 1 + w.IntN(5)
	w.quiet = true
	w.do("operator sets up", func(ctx context.Context, d *chat.Desk) error {
		for _, q := range w.queues {
			if err := d.Store.PutQueue(ctx, q); err != nil {
				return err
			}
		}
		for _, a := range agents {
			if err := d.Store.PutAgent(ctx, a); err != nil {
				return err
			}
		}
		if err := d.Store.PutLicence(ctx, seats); err != nil {
			return err
		}
		return d.Store.PutWebsite(ctx, chat.Website{ID: website, Name: "Shop", Queues: []string{"q1", "q2"}})
	}, func(c *command) {
		if c.err != nil {
			w.promises.broken("schedule", "setting up: %v", c.err)
		}
	})
	w.run(w.clock.Now())
	w.quiet = false
	for _, a := range agents {
		w.employ(a.ID)
	}
	for i := range 2 + w.IntN(4) {
		w.invite(fmt.Sprintf("c%d", i+1), website)
	}
	w.after(sweepEvery, w.sweep)
	w.after(w.within(60*time.Second), w.operates)
}

func (w *world) operates() {
	if w.quiet {
		return
	}
	choose(w, operatorSteps)(w)
	w.after(w.between(20*time.Second, 100*time.Second), w.operates)
}

// ---- the stack's own

// visit lets the execution whose visit is due see the router.
func (w *world) visit() {
	v, found := w.executions.Visit()
	if !found {
		return
	}
	w.visits[v.Token] = v
	w.count.visits++
	switch {
	case w.happens(0.01):
		w.loses(v.Session)
		return
	case w.happens(0.02):
		w.executions.Fail(v.Token) // the function did not even start
		return
	case w.happens(0.02):
		w.routes(v) // it was invoked twice
	}
	w.routes(v)
}

func (w *world) routes(v chat.Visit) {
	name := fmt.Sprintf("route %s-%d-%d (%s)", v.Session, v.Generation, v.Part, v.Token)
	w.do(name, func(ctx context.Context, d *chat.Desk) error { return d.Route(ctx, v) }, func(c *command) {
		if (c.dead || c.err != nil) && w.often(0.85) { // else the task hangs until its time is over
			w.executions.Fail(v.Token)
		}
	})
}

// loses ends a session's executions as nothing should.
func (w *world) loses(session string) {
	forgotten := w.often(0.3)
	w.count.lostExecutions += w.executions.Lose(session, forgotten)
	w.promises.lostExecution(session)
	w.tell("executions", func() string { return fmt.Sprintf("of %s are lost, their names %v", session, forgotten) })
}

const sweepEvery = time.Minute

// sweep is the reaper.
func (w *world) sweep() {
	w.count.sweeps++
	mends := w.promises.beforeSweep()
	w.do("sweep", func(ctx context.Context, d *chat.Desk) error {
		_, err := d.Sweep(ctx, false)
		return err
	}, func(c *command) {
		if !c.dead && c.err == nil && !c.hurt {
			mends()
		}
	})
	w.after(sweepEvery, w.sweep)
}
