package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// connectionLife is how long a connection row lives without a sign: API Gateway ends sockets after two hours.
const connectionLife = 130 * time.Minute

// Greeting is what a hello says.
type Greeting struct {
	// Cursors name the last place seen of each session.
	Cursors map[string]int
	// SignIn makes an agent available who is OFFLINE.
	SignIn bool
}

// connect makes a connection known and renews its life.
func (d *Desk) connect(ctx context.Context, c Connection) error {
	c.Seen = d.now()
	c.Expires = c.Seen.Add(connectionLife)
	return d.Store.Connect(ctx, c)
}

// Hello makes a connection known, then reads all that its principal has missed: in this order, so that whatever is written
// later is pushed to it and whatever was written before is read.
func (d *Desk) Hello(ctx context.Context, c Connection, g Greeting) (Snapshot, error) {
	if err := d.connect(ctx, c); err != nil {
		return Snapshot{}, err
	}
	if c.Role == RoleAgent {
		a, err := d.signOfLife(ctx, c)
		if err != nil {
			return Snapshot{}, err
		}
		if g.SignIn && a.State == Offline {
			if a, err = d.SetAvailability(ctx, c, Wish{State: Ready}); err != nil {
				return Snapshot{}, err
			}
		}
		return d.agentSnapshot(ctx, a, g.Cursors, true)
	}
	return d.customerSnapshot(ctx, c, g.Cursors, true)
}

// Beat renews the leases and answers heads and states: whoever is behind asks for the rest. It repairs every lost push.
func (d *Desk) Beat(ctx context.Context, c Connection) (Snapshot, error) {
	if err := d.connect(ctx, c); err != nil {
		return Snapshot{}, err
	}
	if c.Role == RoleAgent {
		a, err := d.signOfLife(ctx, c)
		if err != nil {
			return Snapshot{}, err
		}
		return d.agentSnapshot(ctx, a, nil, false)
	}
	return d.customerSnapshot(ctx, c, nil, false)
}

// signOfLife renews an agent's lease.
func (d *Desk) signOfLife(ctx context.Context, c Connection) (a Agent, err error) {
	err = d.decide(ctx, "sign of life", func() error {
		a, err = d.Store.Beat(ctx, c.Principal.ID, d.now())
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return a, refuseStranger()
	}
	return a, err
}

// refuseStranger refuses who has an agent's token and is none in the directory.
func refuseStranger() *Error {
	return Refuse(CodeForbidden, "You are signed in, but nobody has set you up as an agent yet.")
}

func (d *Desk) customerSnapshot(ctx context.Context, c Connection, cursors map[string]int, withRows bool) (Snapshot, error) {
	snap := Snapshot{Now: d.now()}
	id, err := d.Store.SessionOf(ctx, c.Website, c.Principal.ID)
	if errors.Is(err, ErrNotFound) {
		return snap, nil
	}
	if err != nil {
		return snap, err
	}
	v, err := d.snapshotView(ctx, id, c.Role, cursors[id], withRows)
	if errors.Is(err, ErrNotFound) {
		return snap, nil // its retention is over
	}
	if err != nil {
		return snap, err
	}
	if v.Session.Open() {
		if err := d.decide(ctx, "see", func() error { return d.Store.See(ctx, id, snap.Now) }); err != nil {
			return snap, err
		}
	}
	snap.Sessions = []View{v}
	return snap, nil
}

// snapshotView is the view of one session, with what is behind the cursor if withRows.
func (d *Desk) snapshotView(ctx context.Context, id string, role Role, after int, withRows bool) (View, error) {
	if !withRows {
		s, last, err := d.readTail(ctx, id)
		if err != nil {
			return View{}, err
		}
		return d.view(ctx, s, role, last.Place), nil
	}
	var rows []Row
	var s Session
	var head int
	var customer, agents SideRow
	if err := together(
		func() (err error) { rows, s, head, err = d.readBehind(ctx, id, after); return err },
		func() (err error) { customer, err = d.Store.Side(ctx, id, FromCustomer); return err },
		func() (err error) { agents, err = d.Store.Side(ctx, id, FromAgent); return err },
	); err != nil {
		return View{}, err
	}
	v := d.view(ctx, s, role, head, rows...)
	v.Read = map[Side]int{FromCustomer: customer.Read, FromAgent: agents.Read}
	return v, nil
}

func (d *Desk) agentSnapshot(ctx context.Context, a Agent, cursors map[string]int, first bool) (Snapshot, error) {
	me := d.Me(ctx, a)
	snap := Snapshot{Now: d.now(), Me: &me}
	views := make([]View, len(a.Open))
	lines := make([][]Waiter, len(a.Queues))
	handed := make([][]string, len(a.Queues))
	trays := make([][]string, len(a.Queues))
	var fs []func() error
	if first {
		fs = append(fs, func() error {
			s, err := d.settings(ctx)
			snap.Reasons, snap.Dispositions = s.Reasons, s.Dispositions
			return err
		})
	}
	for i, id := range a.Open {
		fs = append(fs, func() (err error) {
			views[i], err = d.snapshotView(ctx, id, RoleAgent, cursors[id], first)
			return ignoreMissing(err)
		})
	}
	for i, q := range a.Queues {
		fs = append(fs,
			func() (err error) { lines[i], err = d.Store.Waiting(ctx, q, lineWidth); return err },
			func() (err error) { handed[i], err = d.Store.Transfers(ctx, q); return err },
			func() (err error) { trays[i], err = d.Store.Tray(ctx, q, trayWidth); return err })
	}
	if err := together(fs...); err != nil {
		return snap, err
	}
	snap.Sessions = slices.DeleteFunc(views, func(v View) bool { return !v.Session.Speaks(a.ID) })
	for i, line := range lines {
		l := lineOf(me.Queues[i], line)
		l.Messages = len(trays[i])
		snap.Lines = append(snap.Lines, l)
	}
	var err error
	snap.Offers, err = d.offersTo(ctx, a, slices.Concat(lines...), slices.Concat(handed...))
	return snap, err
}

// offersTo are the offers that show to an agent: that of their reservation, and those that the lines of their queues know of, and of
// the sessions that are handed to those queues.
func (d *Desk) offersTo(ctx context.Context, a Agent, line []Waiter, handed []string) ([]Ring, error) {
	if !a.answers() {
		return nil, nil // their desktop shows none
	}
	var sessions []string
	if id, _, ok := strings.Cut(a.Offer, "#"); ok {
		sessions = append(sessions, id)
	}
	for _, w := range line {
		if w.State == Offered && (w.Offered == Everybody || w.Offered == a.ID) && !slices.Contains(sessions, w.Session) {
			sessions = append(sessions, w.Session)
		}
	}
	sessions = union(sessions, handed)
	rings := make([]Ring, len(sessions))
	var fs []func() error
	for i, id := range sessions {
		fs = append(fs, func() (err error) { rings[i], err = d.offerFor(ctx, id, a.ID); return ignoreMissing(err) })
	}
	err := together(fs...)
	rings = slices.DeleteFunc(rings, func(r Ring) bool { return r.Ref == OfferRef{} })
	slices.SortFunc(rings, func(x, y Ring) int { return x.At.Compare(y.At) })
	return rings, err
}

// offerFor is the offer of a session that shows to this agent, the zero Ring if there is none: index and reservation are hints,
// the state row and the ledger decide.
func (d *Desk) offerFor(ctx context.Context, session, agent string) (Ring, error) {
	s, err := d.Store.Session(ctx, session)
	if err != nil {
		return Ring{}, err
	}
	ref := s.offerRef()
	switch {
	case s.Transfer != nil:
		ref = s.transferRef()
	case s.State != Offered || (s.Offered != agent && s.Offered != Everybody):
		return Ring{}, nil
	}
	o, err := d.Store.Offer(ctx, ref)
	if err != nil || !o.Shows(agent) || d.now().After(o.Until) {
		return Ring{}, err
	}
	return d.ring(ctx, s, o), nil
}

// Me is an agent's own state for their desktops.
func (d *Desk) Me(ctx context.Context, a Agent) Me {
	m := Me{Agent: a, By: d.agentRef(ctx, a.By), Now: d.now()}
	for _, q := range a.Queues {
		m.Queues = append(m.Queues, d.queueRef(ctx, q))
	}
	return m
}

// tellAgent tells an agent's desktops what became of their state.
func (d *Desk) tellAgent(ctx context.Context, except string, a Agent, note string) {
	d.tell(ctx, except, AgentChanged{Me: d.Me(ctx, a), Note: note}, agentPrincipal(a.ID))
}

// Wish is what an agent is to become: READY, PAUSED (for a reason) or OFFLINE; After: when their open sessions are over. Agent names
// somebody else than who wishes it: only a supervisor may.
type Wish struct {
	State  Availability
	Reason string
	After  bool
	Agent  string
}

// becomes is the rule of a wish for one who is like this now. by is the supervisor who decides for them, "" if they do it
// themselves. Refusals: open_sessions, nobody.
func (w Wish) becomes(a Agent, by string, now time.Time, lease time.Duration) (SetAvailability, error) {
	set := SetAvailability{State: w.State, Reason: w.Reason, By: by, Empty: w.State == Offline}
	if by != "" && w.State != Offline && !a.Present(now, lease) {
		return set, Refuse(CodeNobody, "%s is not signed in.", a.Name)
	}
	if w.After && w.State != Ready {
		// With nothing open it comes at once, unless a session comes first.
		set.After, set.Empty = len(a.Open) > 0, len(a.Open) == 0
		return set, nil
	}
	if w.State == Offline && len(a.Open) > 0 {
		return set, Refuse(CodeOpenSessions, "%s open: close, transfer or return %s first.", count(len(a.Open), "chat is", "chats are"), pick(len(a.Open), "it", "them"))
	}
	return set, nil
}

// SetAvailability changes what an agent is available for. An offer that is made to them alone is withdrawn in the same transaction
// and goes on. Refusals: bad_value, forbidden, not_found, open_sessions, nobody, busy.
func (d *Desk) SetAvailability(ctx context.Context, c Connection, w Wish) (Agent, error) {
	if w.State != Ready && w.State != Paused && w.State != Offline {
		return Agent{}, Refuse(CodeBadValue, "An agent can be available, paused or offline.")
	}
	if w.State != Paused {
		w.Reason = ""
	}
	id, by, note := c.Principal.ID, "", ""
	if w.Agent != "" && w.Agent != id {
		s, err := d.supervisor(ctx, c)
		if err != nil {
			return Agent{}, err
		}
		id, by, note = w.Agent, s.ID, w.news(s.Name)
	}
	withdrawn, err := d.setAvailability(ctx, id, func(a Agent) (SetAvailability, error) { return w.becomes(a, by, d.now(), d.Lease) })
	switch {
	case errors.Is(err, ErrNotFound) && by != "":
		return Agent{}, Refuse(CodeNotFound, "There is no such agent.")
	case errors.Is(err, ErrNotFound):
		return Agent{}, refuseStranger()
	case err != nil:
		return Agent{}, err
	}
	a, err := d.Store.Agent(ctx, id)
	if err != nil {
		return Agent{}, err
	}
	d.finishWithdrawal(ctx, withdrawn, a.ID)
	if w.State == Ready {
		d.wake(ctx, a.ID)
	}
	d.tellAgent(ctx, c.ID, a, note)
	return a, nil
}

// news is what a supervisor's decision says to whom it concerns.
func (w Wish) news(by string) string {
	what := map[Availability]string{Ready: "made you available", Paused: "paused you", Offline: "signed you out"}[w.State]
	if w.After {
		what = map[Availability]string{Ready: what, Paused: "lets you pause after these chats", Offline: "signs you out after these chats"}[w.State]
	}
	if w.Reason != "" {
		what += ": " + w.Reason
	}
	return by + " " + what + "."
}

// finishWithdrawal lets a session go on whose offer was withdrawn, if one was, and takes the offer off the agent's desktops.
func (d *Desk) finishWithdrawal(ctx context.Context, s *Session, agent string) {
	if s == nil {
		return
	}
	if s.Transfer != nil {
		d.finishTransfer(ctx, *s, OfferCanceled, nil)
		d.tellGiver(ctx, *s, OfferCanceled)
		return
	}
	d.answer(ctx, *s, AnswerWithdrawn)
	d.wakeSeat(ctx, anybody)
	d.tell(ctx, "", OfferGone{Ref: s.offerRef(), Outcome: OfferCanceled, Customer: d.person(ctx, *s).Name}, agentPrincipal(agent))
}

// setAvailability makes the transition and returns the session whose offer it withdrew, as it was. ErrNotFound: no such agent.
func (d *Desk) setAvailability(ctx context.Context, agent string, want func(Agent) (SetAvailability, error)) (withdrawn *Session, err error) {
	err = d.decide(ctx, "set availability", func() error {
		withdrawn = nil
		a, err := d.Store.Agent(ctx, agent)
		if err != nil {
			return err
		}
		w, err := want(a)
		if err != nil {
			return err
		}
		if w.State == Ready && a.State == Ready && a.Next == "" && !a.WrapUntil.After(d.now()) {
			return nil // what rings goes on
		}
		w.Agent, w.Offer, w.At = agent, a.Offer, d.now()
		id, _, reserved := strings.Cut(a.Offer, "#")
		if !reserved {
			return d.Store.SetAvailability(ctx, w)
		}
		s, err := d.Store.Session(ctx, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if s.Transfer != nil && s.Transfer.Agent == agent && s.transferRef().Reservation() == a.Offer {
			writes := []Write{w, EndOffer{Ref: s.transferRef(), Outcome: OfferCanceled, At: w.At}}
			if err := d.Store.Commit(ctx, s.dropTransfer(writes, OfferCanceled)); err != nil {
				return err
			}
			withdrawn = &s
			return nil
		}
		if s.State != Offered || s.Offered != agent || s.offerRef().Reservation() != a.Offer {
			// That offer is over. Its end took the reservation along, unless it is here still: then it must not keep the agent.
			return d.Store.SetAvailability(ctx, w)
		}
		if err := d.Store.Commit(ctx, withdraw(s, w)); err != nil {
			return err
		}
		withdrawn = &s
		return nil
	})
	return withdrawn, err
}

// withdraw is the transition OFFERED -> WAITING of an offer to an agent who stops being available. They are not skipped: they
// have said nothing about this customer.
func withdraw(s Session, w SetAvailability) Change {
	next := s
	next.State, next.Offered, next.Until = Waiting, "", time.Time{}
	return Change{Name: "withdraw", Was: s, Now: next,
		Writes: []Write{w, EndOffer{Ref: s.offerRef(), Outcome: OfferCanceled, At: w.At}}}
}

// Goodbye forgets a connection. Nothing else: a lost socket is a rumour.
func (d *Desk) Goodbye(ctx context.Context, c Connection) error {
	return d.Store.Disconnect(ctx, c.Principal, c.ID)
}

func count(n int, one, many string) string { return fmt.Sprintf("%d %s", n, pick(n, one, many)) }

func pick(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
