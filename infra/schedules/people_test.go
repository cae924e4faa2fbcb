package schedules_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// client is one open page of a customer or desktop of an agent, with what it shows: it follows the rules that the contract asks of
// clients. Its socket can be dead without anybody knowing.
type client struct {
	w *world
	chat.Connection
	alive  bool
	logs   map[string]*reading
	outbox map[string]*chat.Outgoing // one unacknowledged message a session
	hear   func(chat.Event)          // what its person hears of
}

// reading is how much of a session's log a client shows: all rows up to a place, and some that came too early.
type reading struct {
	seen  int
	early map[int]bool
}

// socket is the other end of a connection.
type socket = client

// connect gives a client a socket; an older one is dead.
func (w *world) connect(c *client) {
	w.order++
	c.ID, c.alive = fmt.Sprintf("%s~%d", c.Principal.ID, w.order), true
	w.sockets[c.ID] = c
}

// deliver brings an event to a socket, or says that it is gone.
func (w *world) deliver(to chat.Connection, e chat.Event) (gone bool) {
	w.count.pushes++
	c := w.sockets[to.ID]
	switch {
	case c == nil || !c.alive || c.ID != to.ID:
		if w.often(0.2) {
			return false // the gateway has not noticed
		}
		w.count.gone++
		return true
	case w.happens(0.01):
		w.count.gone++
		return true // too early, or of another socket of that name: the client is there
	case w.happens(0.04) || chat.Droppable(e) && w.often(0.5):
		w.count.lostPushes++
		return false
	}
	switch e := e.(type) {
	case chat.RowsAdded:
		c.read(e.Session, e.Rows, e.Head)
	case chat.SessionChanged:
		c.read(e.View.Session.ID, e.View.Rows, e.View.Head)
	}
	if c.hear != nil {
		c.hear(e)
	}
	return false
}

// read takes rows in, and asks for those that are missing.
func (c *client) read(session string, rows []chat.Row, head int) {
	r := c.logs[session]
	if r == nil {
		r = &reading{early: map[int]bool{}}
		c.logs[session] = r
	}
	s := c.w.mirror.sessions[session]
	for _, row := range rows {
		if s == nil || row.Place > s.head() || s.log[row.Place-1].text("text") != row.Text || s.log[row.Place-1].text("kind") != string(row.Kind) {
			c.w.promises.broken(oneLog, "%s is shown row %d of session %s, which is not in the log: %s %q", c.ID, row.Place, session, row.Kind, row.Text)
			return
		}
		if row.Place > r.seen {
			r.early[row.Place] = true
		}
	}
	for r.early[r.seen+1] {
		r.seen++
		delete(r.early, r.seen)
	}
	if head > r.seen {
		c.w.after(300*time.Millisecond, func() { c.catchUp(session) })
	}
}

// catchUp asks for what is behind the last row that shows.
func (c *client) catchUp(session string) {
	r := c.logs[session]
	s := c.w.mirror.sessions[session]
	if r == nil || !c.alive || r.seen >= s.head() {
		return // the rows came by themselves
	}
	var rows []chat.Row
	var head int
	after, had := r.seen, s.head()
	c.w.do(c.ID+" asks for the rest of "+session, func(ctx context.Context, d *chat.Desk) (err error) {
		rows, head, err = d.Since(ctx, c.Connection, session, after)
		return err
	}, func(cmd *command) {
		switch {
		case cmd.dead:
		case refused(cmd.err) == chat.CodeNotYours || refused(cmd.err) == chat.CodeClosed:
			delete(c.logs, session)
		case refused(cmd.err) == chat.CodeCursorAhead || refused(cmd.err) == chat.CodeResync:
			c.w.promises.broken(oneLog, "%s asks for what is behind row %d of session %s and hears: %v", c.ID, after, session, cmd.err)
		case cmd.err == nil:
			if head < had || len(rows) == 0 && head > after || len(rows) > 0 && rows[0].Place != after+1 {
				c.w.promises.broken(oneLog, "%s asks for what is behind row %d of %d of session %s and gets %d rows up to %d", c.ID, after, had, session, len(rows), head)
			}
			c.read(session, rows, head)
		}
	})
}

// take takes in what a hello or a beat answers. heads are those of all sessions when it was asked.
func (c *client) take(snap chat.Snapshot, heads map[string]int) {
	for _, v := range snap.Sessions {
		if id := v.Session.ID; v.Head < heads[id] {
			c.w.promises.broken(oneLog, "%s hears that session %s ends at row %d, when it had %d", c.ID, id, v.Head, heads[id])
		}
		c.read(v.Session.ID, v.Rows, v.Head)
	}
}

func (w *world) heads() map[string]int {
	heads := map[string]int{}
	for id, s := range w.mirror.sessions {
		heads[id] = s.head()
	}
	return heads
}

// hello opens a new socket and catches up. then hears the answer.
func (c *client) hello(signIn bool, then func(*chat.Snapshot)) {
	c.w.connect(c)
	g := chat.Greeting{Cursors: map[string]int{}, SignIn: signIn}
	for id, r := range c.logs {
		g.Cursors[id] = r.seen
	}
	c.greet(c.ID+" says hello", then, func(ctx context.Context, d *chat.Desk) (chat.Snapshot, error) {
		return d.Hello(ctx, c.Connection, g)
	})
}

func (c *client) beat(then func(*chat.Snapshot)) {
	c.greet(c.ID+" beats", then, func(ctx context.Context, d *chat.Desk) (chat.Snapshot, error) {
		return d.Beat(ctx, c.Connection)
	})
}

func (c *client) greet(name string, then func(*chat.Snapshot), f func(context.Context, *chat.Desk) (chat.Snapshot, error)) {
	var snap chat.Snapshot
	id, heads := c.ID, c.w.heads()
	c.w.do(name, func(ctx context.Context, d *chat.Desk) (err error) { snap, err = f(ctx, d); return err }, func(cmd *command) {
		if cmd.dead || cmd.err != nil || !c.alive || c.ID != id {
			return // the next beat repairs it
		}
		c.take(snap, heads)
		if then != nil {
			then(&snap)
		}
	})
}

// send writes a message, or repeats the one that has not been acknowledged.
func (c *client) send(session string) {
	m := c.outbox[session]
	if m == nil {
		after := 0
		if r := c.logs[session]; r != nil {
			after = r.seen
		}
		c.w.order++
		m = &chat.Outgoing{Session: session, CID: fmt.Sprintf("m%d", c.w.order), Text: fmt.Sprintf("text %d", c.w.order), After: after}
		c.outbox[session] = m
		c.w.promises.texts[m.CID] = m.Text
	}
	c.sendAgain(m)
	if c.w.happens(0.1) {
		c.sendAgain(m) // the frame is handled twice
	}
}

func (c *client) sendAgain(m *chat.Outgoing) {
	var row chat.Row
	c.w.do(fmt.Sprintf("%s writes %s into %s behind %d", c.ID, m.CID, m.Session, m.After), func(ctx context.Context, d *chat.Desk) (err error) {
		row, err = d.Send(ctx, c.Connection, *m)
		return err
	}, func(cmd *command) {
		current := c.outbox[m.Session] == m
		switch code := refused(cmd.err); {
		case cmd.dead || cmd.err != nil && code == "" || code == chat.CodeBusy:
			if current && c.alive {
				c.w.after(2*time.Second, func() {
					if c.outbox[m.Session] == m && c.alive {
						c.sendAgain(m)
					}
				})
			}
			return
		case current && (code == chat.CodeNotOpen || code == chat.CodeLicenceFull || code == chat.CodeNobody):
			m.Offline = true // the page asks whether to leave a message
			c.sendAgain(m)
			return
		case code == chat.CodeCursorAhead || code == chat.CodeResync:
			c.w.promises.broken(oneLog, "%s writes behind row %d of session %s and hears: %v", c.ID, m.After, m.Session, cmd.err)
		case cmd.err == nil:
			c.w.promises.acknowledged(m.Session, m.CID, row.Place)
			c.read(m.Session, []chat.Row{row}, row.Place)
		}
		if current {
			delete(c.outbox, m.Session)
		}
	})
}

// ---- customers

// customer is a person with a page of a website, sometimes two.
type customer struct {
	w     *world
	id    string
	here  bool
	pages []*client
	nonce string // of the attempt to start that has not been answered
}

func (w *world) invite(id, website string) {
	c := &customer{w: w, id: id, here: true}
	tabs := 1
	if w.often(0.3) {
		tabs = 2
	}
	for range tabs {
		c.pages = append(c.pages, &client{w: w, logs: map[string]*reading{}, outbox: map[string]*chat.Outgoing{},
			Connection: chat.Connection{Principal: chat.Principal{Role: chat.RoleCustomer, ID: id, Website: website}}})
	}
	w.customers = append(w.customers, c)
	c.opens()
	w.after(w.within(beatEvery), c.beat)
	w.after(w.within(20*time.Second), c.live)
}

// session is the mirror of the customer's session, nil before the first and after the retention of the last.
func (c *customer) session() *session {
	for _, s := range c.w.mirror.sessions {
		if s.state.text("customer") == c.id && !c.w.expired(s) {
			return s
		}
	}
	return nil
}

func (c *customer) page() *client { return c.pages[c.w.IntN(len(c.pages))] }

// opens the customer's pages.
func (c *customer) opens() {
	c.here = true
	for _, p := range c.pages {
		p.hello(false, nil)
	}
}

// vanishes closes the customer's pages; whether anybody hears of it is luck.
func (c *customer) vanishes() {
	c.here = false
	for _, p := range c.pages {
		p.alive = false
		if old := p.Connection; c.w.often(0.5) {
			c.w.do(p.ID+" hangs up", func(ctx context.Context, d *chat.Desk) error { return d.Goodbye(ctx, old) }, nil)
		}
	}
}

// beatEvery is shorter than in production, as lease is.
const beatEvery = 35 * time.Second

func (c *customer) beat() {
	if s := c.session(); c.here && s != nil && s.is() != chat.Closed {
		for _, p := range c.pages {
			p.beat(nil)
		}
	}
	c.w.after(beatEvery, c.beat)
}

// live is one step of the customer's life, and then the next.
func (c *customer) live() {
	if c.w.quiet {
		return
	}
	if c.here {
		choose(c.w, c, customerSteps)
	}
	c.w.after(c.w.between(time.Second, 20*time.Second), c.live)
}

// starts opens the session, or writes into it: the page does not know better.
func (c *customer) starts(p *client) {
	if c.nonce == "" {
		c.w.order++
		c.nonce = fmt.Sprintf("nonce%d", c.w.order)
	}
	o := chat.Opening{Nonce: c.nonce, CID: "start-" + c.nonce, Text: "A question (" + c.nonce + ")", Person: chat.Person{Name: "Mx " + c.id}}
	o.Offline = c.w.often(0.05)
	if c.w.often(0.6) {
		o.Queue = c.w.queues[c.w.IntN(len(c.w.queues))].ID
	}
	c.w.promises.texts[o.CID] = o.Text
	c.startAgain(p, o)
	if c.w.happens(0.2) {
		c.startAgain(c.page(), o) // a double click
	}
}

func (c *customer) startAgain(p *client, o chat.Opening) {
	var v chat.View
	c.w.do(p.ID+" starts with "+o.Nonce, func(ctx context.Context, d *chat.Desk) (err error) {
		v, err = d.Start(ctx, p.Connection, o)
		return err
	}, func(cmd *command) {
		if code := refused(cmd.err); code == chat.CodeNotOpen || code == chat.CodeLicenceFull || code == chat.CodeNobody {
			o.Offline = true
		}
		if cmd.dead || cmd.err != nil {
			if c.nonce == o.Nonce && p.alive && !c.w.quiet {
				c.w.after(2*time.Second, func() {
					if c.nonce == o.Nonce && p.alive {
						c.startAgain(p, o)
					}
				})
			}
			return
		}
		if c.nonce == o.Nonce {
			c.nonce = ""
		}
		if i := slices.IndexFunc(v.Rows, func(r chat.Row) bool { return r.CID == o.CID }); i >= 0 {
			c.w.promises.acknowledged(v.Session.ID, o.CID, v.Rows[i].Place)
		} else {
			c.w.promises.broken(oneLog, "%s starts and is not shown the message", c.id)
		}
		p.read(v.Session.ID, v.Rows, v.Head)
	})
}

func (c *customer) leaves(s *session) {
	p := c.page()
	id := s.id
	c.w.do(p.ID+" leaves "+id, func(ctx context.Context, d *chat.Desk) error {
		_, err := d.Leave(ctx, p.Connection, id)
		return err
	}, nil)
}

// ---- agents

// agent is a person with a desktop, sometimes two.
type agent struct {
	w        *world
	id       string
	here     bool
	desktops []*client
	asked    map[chat.OfferRef]bool // offers that the desktops know of
	picky    bool                   // rejects more than others
	mood     mood                   // once the faults have stopped
}

type mood string

const (
	busy   mood = "works"        // takes chats and closes them
	holds  mood = "holds"        // takes chats and keeps them
	pauses mood = "pauses"       // stays paused
	away   mood = "is gone home" // laptop closed
)

func (w *world) employ(id string) *agent {
	a := &agent{w: w, id: id, asked: map[chat.OfferRef]bool{}, picky: w.often(0.2),
		mood: []mood{busy, busy, busy, holds, pauses, away}[w.IntN(6)]}
	desktops := 1
	if w.often(0.2) {
		desktops = 2
	}
	for range desktops {
		d := &client{w: w, logs: map[string]*reading{}, outbox: map[string]*chat.Outgoing{},
			Connection: chat.Connection{Principal: chat.Principal{Role: chat.RoleAgent, ID: id}}}
		d.hear = func(e chat.Event) { a.hears(d, e) }
		a.desktops = append(a.desktops, d)
	}
	w.agents = append(w.agents, a)
	a.arrives()
	w.after(w.within(beatEvery), a.beat)
	w.after(w.within(20*time.Second), a.live)
	return a
}

func (a *agent) row() item { return a.w.mirror.agents[a.id] }

func (a *agent) desktop() *client { return a.desktops[a.w.IntN(len(a.desktops))] }

// arrives opens the desktops and signs in.
func (a *agent) arrives() {
	a.here = true
	for _, d := range a.desktops {
		d.hello(true, func(snap *chat.Snapshot) { a.shown(d, snap) })
	}
}

// vanishes: the laptop is closed, and nobody hears of it.
func (a *agent) vanishes() {
	a.here = false
	clear(a.asked)
	for _, d := range a.desktops {
		d.alive = false
	}
}

func (a *agent) beat() {
	if a.here {
		for _, d := range a.desktops {
			d.beat(func(snap *chat.Snapshot) { a.shown(d, snap) })
		}
	}
	a.w.after(beatEvery, a.beat)
}

// shown: what a desktop shows after a hello or a beat.
func (a *agent) shown(d *client, snap *chat.Snapshot) {
	for id := range d.logs {
		if !slices.ContainsFunc(snap.Sessions, func(v chat.View) bool { return v.Session.ID == id }) {
			delete(d.logs, id)
		}
	}
	for _, o := range snap.Offers {
		a.rings(d, o.Ref)
	}
}

func (a *agent) hears(d *client, e chat.Event) {
	if made, ok := e.(chat.OfferMade); ok {
		a.rings(d, made.Offer.Ref)
	}
}

// rings: an offer shows on a desktop, and its agent does something about it, or not.
func (a *agent) rings(d *client, ref chat.OfferRef) {
	if a.asked[ref] || !a.here {
		return
	}
	a.asked[ref] = true
	w := a.w
	if w.quiet || w.often(0.95) {
		w.after(w.within(200*time.Millisecond), func() { a.marks(d, ref, false) })
	}
	if w.often(0.75) {
		w.after(w.within(3*time.Second), func() { a.marks(d, ref, true) })
	}
	think := w.between(200*time.Millisecond, 10*time.Second)
	if w.quiet {
		think = w.within(3 * time.Second)
	}
	w.after(think, func() { a.decides(ref) })
}

func (a *agent) marks(d *client, ref chat.OfferRef, seen bool) {
	if d.alive {
		a.w.do(fmt.Sprintf("%s has %s on screen: %v", d.ID, text(ref), seen), func(ctx context.Context, desk *chat.Desk) error {
			return desk.Mark(ctx, d.Connection, ref, seen)
		}, nil)
	}
}

func text(ref chat.OfferRef) string {
	return fmt.Sprintf("%s/%d/%d", ref.Session, ref.Generation, ref.Round)
}

// decides about an offer.
func (a *agent) decides(ref chat.OfferRef) {
	x := a.w.Float64()
	if a.picky {
		x = 0.5 + x/2
	}
	switch {
	case !a.here:
	case a.w.quiet || x < 0.7:
		a.accepts(ref, 3)
		switch {
		case a.w.happens(0.15):
			a.accepts(ref, 1) // a double click
		case a.w.happens(0.4):
			for _, other := range a.ringing() { // and all others, as fast as they can click
				if other != ref {
					a.accepts(other, 1)
				}
			}
		}
	case x < 0.9:
		a.rejects(ref, 3)
	}
}

// ringing are the offers that show on the agent's desktops.
func (a *agent) ringing() (refs []chat.OfferRef) {
	for ref := range a.asked {
		s := a.w.mirror.sessions[ref.Session]
		if sk, _ := s.shows(); sk == fmt.Sprintf("O#%d#%d", ref.Generation, ref.Round) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(x, y chat.OfferRef) int { return cmp.Compare(x.Session, y.Session) })
	return refs
}

// returns, if the agent is there.
func (a *agent) returns() {
	if a.here {
		a.becomes(chat.Wish{State: chat.Ready})
	}
}

// accepts takes an offer; a desktop without an answer asks again.
func (a *agent) accepts(ref chat.OfferRef, tries int) {
	d := a.desktop()
	if a.lastPlace() && a.w.happens(0.5) {
		a.isGivenOne()
	}
	var v chat.View
	answered := a.w.promises.asks(ref, a.id)
	a.w.do(a.id+" accepts "+text(ref), func(ctx context.Context, desk *chat.Desk) (err error) {
		v, err = desk.Accept(ctx, d.Connection, ref)
		return err
	}, func(c *command) {
		var no *chat.Error
		if !c.dead {
			answered(v, c.err)
		}
		switch {
		case c.err == nil && !c.dead:
			d.read(ref.Session, v.Rows, v.Head)
			if slices.Contains(v.Session.Assist, a.id) && a.w.happens(0.4) {
				if owner := a.w.agent(v.Session.Agent); owner.here {
					owner.hands(ref.Session, false) // while somebody assists
				}
			}
		case tries > 1 && (c.dead || !errors.As(c.err, &no) || no.Retry):
			a.w.after(a.w.within(2*time.Second), func() { a.accepts(ref, tries-1) })
		}
	})
}

// lastPlace reports whether the agent has one place left.
func (a *agent) lastPlace() bool { return len(a.row().set("open")) == a.row().int("cap")-1 }

// isGivenOne: a colleague hands a session to this agent alone, which holds a place of theirs.
func (a *agent) isGivenOne() {
	for _, c := range a.w.agents {
		if session := c.mine(); c != a && c.here && session != "" {
			c.handsOver(chat.Handover{Session: session, Agent: a.id, Note: "yours?"})
			return
		}
	}
}

func (a *agent) rejects(ref chat.OfferRef, tries int) {
	d := a.desktop()
	a.w.do(a.id+" rejects "+text(ref), func(ctx context.Context, desk *chat.Desk) error {
		return desk.Reject(ctx, d.Connection, ref)
	}, func(c *command) {
		if (c.dead || c.err != nil) && tries > 1 {
			a.w.after(a.w.within(2*time.Second), func() { a.rejects(ref, tries-1) })
		}
	})
}

// picks a message that was left.
func (a *agent) picks(session string) {
	d := a.desktop()
	var v chat.View
	answered := a.w.promises.picks(session, a.id)
	a.w.do(a.id+" picks "+session, func(ctx context.Context, desk *chat.Desk) (err error) {
		v, err = desk.Pick(ctx, d.Connection, session)
		return err
	}, func(c *command) {
		if c.dead {
			return
		}
		if answered(c.err); c.err == nil {
			d.read(session, v.Rows, v.Head)
		}
	})
}

// becomes: the agent's own wish, or a supervisor's for another one.
func (a *agent) becomes(w chat.Wish) {
	d := a.desktop()
	a.w.do(fmt.Sprintf("%s wishes %+v", a.id, w), func(ctx context.Context, desk *chat.Desk) error {
		_, err := desk.SetAvailability(ctx, d.Connection, w)
		return err
	}, nil)
}

// hands a session to an agent or to a queue, or invites one of them to assist.
func (a *agent) hands(session string, assist bool) {
	h := chat.Handover{Session: session, Agent: a.w.anyAgent(), Assist: assist, Note: "look"}
	if a.w.often(0.5) {
		h.Agent, h.Queue = "", a.w.anyQueue()
	}
	a.handsOver(h)
}

func (a *agent) handsOver(h chat.Handover) {
	d := a.desktop()
	a.w.do(fmt.Sprintf("%s hands over %+v", a.id, h), func(ctx context.Context, desk *chat.Desk) error {
		_, err := desk.Transfer(ctx, d.Connection, h)
		return err
	}, nil)
}

func (a *agent) takesBack(session string) {
	d := a.desktop()
	a.w.do(a.id+" takes the transfer back of "+session, func(ctx context.Context, desk *chat.Desk) error {
		_, err := desk.Withdraw(ctx, d.Connection, session)
		return err
	}, nil)
}

// endsAssist: of the agent's own, or of an assistant of theirs.
func (a *agent) endsAssist(session, whose string) {
	d := a.desktop()
	a.w.do(a.id+" ends the assist of "+whose+" in "+session, func(ctx context.Context, desk *chat.Desk) error {
		_, err := desk.EndAssist(ctx, d.Connection, session, whose)
		return err
	}, nil)
}

func (a *agent) closes(session string) {
	d := a.desktop()
	c := chat.Closing{Session: session, Disposition: "Solved"}
	if a.w.often(0.8) { // else by a desktop that does not say
		c.Generation = a.w.mirror.sessions[session].state.int("gen")
	}
	a.w.do(a.id+" closes "+session, func(ctx context.Context, desk *chat.Desk) error {
		_, err := desk.Close(ctx, d.Connection, c)
		return err
	}, nil)
}

// mine is a session that the agent is in, "" if there is none.
func (a *agent) mine() string { return a.w.any(a.row().set("open")) }

// any is one of a list, "" of none.
func (w *world) any(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[w.IntN(len(list))]
}

// live is one step of the agent's life, and then the next.
func (a *agent) live() {
	if a.w.quiet {
		a.calmsDown()
		a.w.after(a.w.between(5*time.Second, 10*time.Second), a.live)
		return
	}
	if a.here {
		choose(a.w, a, agentSteps)
	}
	a.w.after(a.w.between(time.Second, 12*time.Second), a.live)
}
