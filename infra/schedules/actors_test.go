package schedules_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// steps are what somebody may do next, each with its weight; often there is nothing to do. A new kind of step is a row in one of the
// tables below.
type steps[T any] []struct {
	weight int
	do     func(T)
}

// choose does one of the steps.
func choose[T any](w *world, who T, all steps[T]) {
	total := 0
	for _, s := range all {
		total += s.weight
	}
	n := w.IntN(total)
	for _, s := range all {
		if n -= s.weight; n < 0 {
			s.do(who)
			return
		}
	}
}

var customerSteps = steps[*customer]{
	{8, func(c *customer) { // writes
		s := c.session()
		if p := c.page(); s == nil || c.nonce != "" {
			c.starts(p)
		} else {
			p.send(s.id)
		}
	}},
	{1, func(c *customer) { // starts as if there was nothing
		c.starts(c.page())
	}},
	{1, func(c *customer) { // ends it
		if s := c.session(); s != nil {
			c.leaves(s)
		}
	}},
	{1, func(c *customer) { // is away for a while, perhaps for longer than the lease
		c.vanishes()
		c.w.after(c.w.within(3*lease/2), c.opens)
	}},
	{1, func(c *customer) { // loads the page again
		c.page().hello(false, nil)
	}},
	{1, func(c *customer) { // types, and has read
		p, s := c.page(), c.session()
		if s == nil {
			return
		}
		id, head := s.id, s.head()
		c.w.do(p.ID+" types", func(ctx context.Context, d *chat.Desk) error { return d.Typing(ctx, p.Connection, id) }, nil)
		c.w.do(p.ID+" has read", func(ctx context.Context, d *chat.Desk) error { return d.Read(ctx, p.Connection, id, head) }, nil)
	}},
}

var agentSteps = steps[*agent]{
	{1, func(a *agent) { // pauses for a while
		a.becomes(chat.Wish{State: chat.Paused, Reason: "Lunch"})
		a.w.after(a.w.within(40*time.Second), a.returns)
	}},
	{1, func(a *agent) { // signs out for a while
		a.becomes(chat.Wish{State: chat.Offline})
		a.w.after(a.w.within(40*time.Second), a.returns)
	}},
	{3, func(a *agent) { // is available
		if a.row().text("state") != string(chat.Ready) || a.row().has("wrapUntil") {
			a.becomes(chat.Wish{State: chat.Ready})
		}
	}},
	{2, func(a *agent) { // pauses, or goes, after these chats; and at this very moment their customers go
		open := a.row().set("open")
		for _, id := range open {
			if c := a.w.customerOf(id); c.here && a.w.often(0.5) {
				c.leaves(a.w.mirror.sessions[id])
			}
		}
		a.becomes(chat.Wish{State: []chat.Availability{chat.Paused, chat.Offline}[a.w.IntN(2)], Reason: "Lunch", After: true})
		a.w.after(a.w.within(40*time.Second), a.returns)
	}},
	{1, func(a *agent) { // decides for somebody else; only a supervisor may
		a.becomes(chat.Wish{State: []chat.Availability{chat.Paused, chat.Offline, chat.Ready}[a.w.IntN(3)], After: a.w.often(0.3), Agent: a.w.anyAgent()})
	}},
	{10, func(a *agent) { // hands over, to an agent or to a queue, or invites one
		id := a.mine()
		if id == "" {
			return
		}
		a.hands(id, a.w.often(0.5))
	}},
	{1, func(a *agent) { // sends to a queue at once
		if id := a.mine(); id != "" {
			a.handsOver(chat.Handover{Session: id, Queue: a.w.anyQueue(), Blind: true})
		}
	}},
	{1, func(a *agent) { // takes back what rings
		id := a.mine()
		if id != "" && a.w.mirror.sessions[id].transfer() != nil {
			a.takesBack(id)
		}
	}},
	{2, func(a *agent) { // leaves where they assist, or sends an assistant away
		id := a.mine()
		if id == "" {
			return
		}
		if assist := a.w.any(a.w.mirror.sessions[id].state.set("assist")); assist != "" {
			a.endsAssist(id, assist)
		}
	}},
	{2, func(a *agent) { // closes the laptop, perhaps for so long that others get the chats
		a.vanishes()
		a.w.after(a.w.within(200*time.Second), func() {
			if !a.w.quiet || a.mood != away {
				a.arrives()
			}
		})
	}},
	{1, func(a *agent) { // loads the desktop again
		d := a.desktop()
		d.hello(false, func(snap *chat.Snapshot) { a.shown(d, snap) })
	}},
	{5, func(a *agent) { // writes, and perhaps so do others
		id := a.mine()
		if id == "" {
			return
		}
		a.desktop().send(id)
		if c := a.w.customerOf(id); c.here && a.w.often(0.3) {
			c.page().send(id)
		}
	}},
	{3, func(a *agent) { // closes
		if id := a.mine(); id != "" {
			a.closes(id)
		}
	}},
	{3, func(a *agent) { // answers a message that was left; and others have seen it, too
		if id := a.w.any(a.w.left()); id != "" {
			a.picks(id)
			if other := a.w.agent(a.w.anyAgent()); other.here && a.w.often(0.4) {
				other.picks(id)
			}
		}
	}},
	{1, func(a *agent) { // looks around
		d, c, id := a.desktop(), a.desktop().Connection, a.mine()
		a.w.do(d.ID+" looks around", func(ctx context.Context, desk *chat.Desk) error {
			if _, err := desk.Team(ctx, c); err != nil || id == "" {
				return err
			}
			_, err := desk.Ledger(ctx, c, id)
			return err
		}, nil)
	}},
	{2, func(a *agent) { // does what the screen of a moment ago allowed
		id := a.w.any(slices.Sorted(maps.Keys(a.w.mirror.sessions)))
		if id == "" || a.w.mirror.sessions[id].state == nil {
			return
		}
		s := a.w.mirror.sessions[id].state
		ref := chat.OfferRef{Session: id, Generation: max(1, s.int("gen")-a.w.IntN(2)), Round: max(1, s.int("round")-a.w.IntN(2))}
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
		c := chat.Agent{ID: a.id, Name: row.text("name"), Capacity: 1 + w.IntN(3), Supervisor: row.has("supervisor")}
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
	{1, func(w *world) { // restarts the local runner: tokens and executions die with it, data stays
		for _, id := range slices.Sorted(maps.Keys(w.mirror.sessions)) {
			w.count.lostExecutions += w.executions.Lose(id, true)
			w.promises.lostExecution(id)
		}
		w.do("sweep behind a restart", func(ctx context.Context, d *chat.Desk) error {
			_, err := d.Sweep(ctx, true)
			return err
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

// idle is how long a session may be silent.
func (w *world) idle(queue string) time.Duration {
	i := slices.IndexFunc(w.queues, func(q chat.Queue) bool { return q.ID == queue })
	if w.queues[i].Idle == 0 {
		return chat.DefaultIdle
	}
	return time.Duration(w.queues[i].Idle) * time.Second
}

func (w *world) anyAgent() string { return w.agents[w.IntN(len(w.agents))].id }

func (w *world) anyQueue() string { return w.queues[w.IntN(len(w.queues))].ID }

func (w *world) customerOf(session string) *customer {
	id := w.mirror.sessions[session].state.text("customer")
	i := slices.IndexFunc(w.customers, func(c *customer) bool { return c.id == id })
	return w.customers[i]
}

// left are the sessions that were left as a message.
func (w *world) left() (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(w.mirror.sessions)) {
		if s := w.mirror.sessions[id]; s.is() == chat.Closed && s.state.text("outcome") == string(chat.Message) {
			ids = append(ids, id)
		}
	}
	return ids
}

const website = "shop"

// opens the business: queues, agents who sign in, a licence, and customers who come.
func (w *world) opens() {
	for i := range 2 {
		q := chat.Queue{ID: fmt.Sprintf("q%d", i+1), Strategy: w.strategy(), Timeout: w.timeout(), Weight: w.IntN(2), LostAfter: 60 + 15*w.IntN(3)}
		for i > 0 && q.Strategy.Reserves() == w.queues[0].Strategy.Reserves() && w.often(0.7) {
			q.Strategy = w.strategy() // queues of both kinds that share agents are what is interesting
		}
		q.Name = q.ID
		if w.often(0.4) {
			q.MaxWait = 50 + w.IntN(100)
			q.Then = []chat.Fallback{chat.ThenUnmanaged, chat.ThenOverflow, chat.ThenOverflow, chat.ThenMessage}[w.IntN(4)]
			q.Overflow = fmt.Sprintf("q%d", 2-i)
		}
		if w.often(0.4) {
			q.Idle = 20 + w.IntN(40)
		}
		if w.often(0.4) {
			q.WrapUp = 5 + w.IntN(20)
		}
		q.Previous = w.often(0.5)
		w.queues = append(w.queues, q)
	}
	var agents []chat.Agent
	for i := range []int{2, 3, 3, 4}[w.IntN(4)] {
		a := chat.Agent{ID: []string{"ann", "bob", "eve", "dan"}[i], Capacity: 1 + min(w.IntN(4), w.IntN(4)), Queues: []string{"q1", "q2"}, Supervisor: i == 0}
		a.Name = a.ID
		if i > 0 && w.often(0.5) {
			a.Queues = a.Queues[w.IntN(2):][:1]
		}
		agents = append(agents, a)
	}
	seats := 1 + w.IntN(5)
	site := chat.Website{ID: website, Name: "Shop", Queues: []string{"q1", "q2"}}
	if w.often(0.3) {
		site.Messages = []chat.Openness{chat.IsFull, chat.IsNobody}[w.IntN(2):]
	}
	if w.often(0.1) { // closes in a minute
		site.Hours = []chat.Hours{{Day: morning.Weekday(), From: 0, Until: morning.Hour()*60 + 1}}
	}
	if w.often(0.15) {
		w.retention = time.Duration(20+w.IntN(60)) * time.Second
	}
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
		return d.Store.PutWebsite(ctx, site)
	}, func(c *command) {
		if c.err != nil {
			w.promises.broken(works, "setting up: %v", c.err)
		}
	})
	w.run(w.clock.Now())
	w.quiet = false
	for _, a := range agents {
		w.employ(a.ID)
	}
	for i := range 2 + w.IntN(3) {
		w.invite(fmt.Sprintf("c%d", i+1), website)
	}
	w.after(sweepEvery, w.sweep)
	w.after(w.within(60*time.Second), w.operates)
}

func (w *world) operates() {
	if w.quiet {
		return
	}
	choose(w, w, operatorSteps)
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
	case w.happens(0.01) || v.Round > 0 && w.happens(0.1):
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
	if s := w.mirror.sessions[v.Session]; s.inLine() && w.clock.Now().Sub(s.seen) > lease {
		if c := w.customerOf(v.Session); !c.here && w.happens(0.3) {
			c.opens() // at the very moment at which they are given up
		}
	}
	for _, a := range w.agents { // another offer may be on its way to them while they take this one
		if a.here && (a.lastPlace() && w.happens(0.3) || w.happens(0.05)) {
			for _, ref := range a.ringing() {
				a.accepts(ref, 1)
			}
		}
	}
	name := fmt.Sprintf("route %s-%d-%d (%s)", v.Session, v.Generation, v.Part, v.Token)
	if v.Round > 0 {
		name = fmt.Sprintf("serve transfer %s-%d-x%d (%s)", v.Session, v.Generation, v.Round, v.Token)
	}
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

// sweepEvery is the longest time between two sweeps.
const sweepEvery = time.Minute

// sweep is the reaper.
func (w *world) sweep() {
	for _, a := range w.agents {
		if !a.here && a.mine() != "" && w.happens(0.4) { // at the very moment at which their chats are taken from them
			w.after(w.within(30*w.callTakes()), a.arrives)
		}
	}
	w.count.sweeps++
	mends := w.promises.beforeSweep()
	var done chat.Swept
	w.do("sweep", func(ctx context.Context, d *chat.Desk) (err error) {
		done, err = d.Sweep(ctx, false)
		return err
	}, func(c *command) {
		if !c.dead && c.err == nil && !c.hurt {
			mends(done)
		}
	})
	w.after(w.between(sweepEvery/3, sweepEvery), w.sweep)
}
