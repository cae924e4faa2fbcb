package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// connectionLife is how long a connection row lives without a sign: API Gateway ends sockets after two hours.
const connectionLife = 130 * time.Minute

// What agents may choose from until an operator says otherwise.
var (
	defaultReasons      = []string{"Break", "Lunch", "Meeting", "Training", "Back office"}
	defaultDispositions = []string{"Solved", "Needs follow-up", "No answer", "Wrong department", "Spam"}
)

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
			if a, err = d.SetAvailability(ctx, c, Ready, ""); err != nil {
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
func (d *Desk) signOfLife(ctx context.Context, c Connection) (Agent, error) {
	a, err := d.Store.Beat(ctx, c.Principal.ID, d.now())
	if errors.Is(err, ErrNotFound) {
		return a, Refuse(CodeForbidden, "You are signed in, but nobody has set you up as an agent yet.")
	}
	return a, err
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
		if err := d.Store.See(ctx, id, snap.Now); err != nil {
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
	read := map[Side]int{}
	var customer, agents SideRow
	if err := together(
		func() (err error) { rows, s, err = d.readLog(ctx, id, after+1); return err },
		func() (err error) { customer, err = d.Store.Side(ctx, id, FromCustomer); return err },
		func() (err error) { agents, err = d.Store.Side(ctx, id, FromAgent); return err },
	); err != nil {
		return View{}, err
	}
	head := after
	if len(rows) > 0 {
		head = rows[len(rows)-1].Place
	}
	v := d.view(ctx, s, role, head, rows...)
	read[FromCustomer], read[FromAgent] = customer.Read, agents.Read
	v.Read = read
	return v, nil
}

func (d *Desk) agentSnapshot(ctx context.Context, a Agent, cursors map[string]int, first bool) (Snapshot, error) {
	snap := Snapshot{Now: d.now(), Me: &Me{Agent: a}}
	views := make([]*View, len(a.Open))
	var fs []func() error
	for i, id := range a.Open {
		fs = append(fs, func() error {
			v, err := d.snapshotView(ctx, id, RoleAgent, cursors[id], first)
			if err == nil && v.Session.Speaks(a.ID) {
				views[i] = &v
			}
			return ignoreMissing(err)
		})
	}
	lines := make([][]Waiter, len(a.Queues))
	for i, q := range a.Queues {
		fs = append(fs, func() (err error) {
			lines[i], err = d.Store.Waiting(ctx, q, lineWidth)
			return err
		})
	}
	if len(fs) > 0 {
		if err := together(fs...); err != nil {
			return snap, err
		}
	}
	for _, v := range views {
		if v != nil {
			snap.Sessions = append(snap.Sessions, *v)
		}
	}
	showing := map[string]bool{} // sessions whose offer may show to this agent
	if id, _, ok := strings.Cut(a.Offer, "#"); ok {
		showing[id] = true
	}
	for i, q := range a.Queues {
		ref := d.queueRef(ctx, q)
		snap.Me.Queues = append(snap.Me.Queues, ref)
		l := Line{Queue: ref, Waiting: len(lines[i])}
		for _, w := range lines[i] {
			if l.Longest.IsZero() || w.Queued.Before(l.Longest) {
				l.Longest = w.Queued
			}
			if w.State == Offered && (w.Offered == Everybody || w.Offered == a.ID) {
				showing[w.Session] = true
			}
		}
		snap.Lines = append(snap.Lines, l)
	}
	for id := range showing {
		r, ok, err := d.offerFor(ctx, id, a)
		if err != nil {
			return snap, err
		}
		if ok {
			snap.Offers = append(snap.Offers, r)
		}
	}
	slices.SortFunc(snap.Offers, func(x, y Ring) int { return x.At.Compare(y.At) })
	if first {
		snap.Reasons, snap.Dispositions = defaultReasons, defaultDispositions
	}
	return snap, nil
}

// offerFor is the offer of a session that shows to this agent, if there is one: index and reservation are hints, the state
// row and the ledger decide.
func (d *Desk) offerFor(ctx context.Context, session string, a Agent) (Ring, bool, error) {
	s, err := d.Store.Session(ctx, session)
	if err != nil || s.State != Offered || (s.Offered != a.ID && s.Offered != Everybody) || d.now().After(s.Until) {
		return Ring{}, false, ignoreMissing(err)
	}
	if a.State != Ready {
		return Ring{}, false, nil
	}
	o, err := d.Store.Offer(ctx, s.offerRef())
	if err != nil || !o.Shows(a.ID) {
		return Ring{}, false, ignoreMissing(err)
	}
	return d.ring(ctx, s, o), true, nil
}

// me is an agent's own state for their desktops.
func (d *Desk) me(ctx context.Context, a Agent) Me {
	m := Me{Agent: a}
	for _, q := range a.Queues {
		m.Queues = append(m.Queues, d.queueRef(ctx, q))
	}
	return m
}

// Me reads an agent's own state.
func (d *Desk) Me(ctx context.Context, a Agent) Me { return d.me(ctx, a) }

// tellMe tells an agent's desktops what became of their state.
func (d *Desk) tellMe(ctx context.Context, except, agent, note string) {
	a, err := d.Store.Agent(ctx, agent)
	if err != nil {
		d.besteffort(ctx, "read agent", err)
		return
	}
	d.tell(ctx, except, AgentChanged{Me: d.me(ctx, a), Note: note}, agentPrincipal(agent))
}

// SetAvailability changes an agent's state by their own wish: READY, PAUSED (with a reason) or OFFLINE. An offer that is made
// to them alone is withdrawn in the same transaction and goes on. Refusals: bad_value, open_sessions, busy.
func (d *Desk) SetAvailability(ctx context.Context, c Connection, state Availability, reason string) (Agent, error) {
	if state != Ready && state != Paused && state != Offline {
		return Agent{}, Refuse(CodeBadValue, "You can be available, paused or offline.")
	}
	if state != Paused {
		reason = ""
	}
	withdrawn, err := d.setAvailability(ctx, c.Principal.ID, func(a Agent) (SetAvailability, error) {
		if state == Offline && len(a.Open) > 0 {
			return SetAvailability{}, Refuse(CodeOpenSessions, "%s open: close or transfer %s first.", count(len(a.Open), "chat is", "chats are"), pick(len(a.Open), "it", "them"))
		}
		return SetAvailability{State: state, Reason: reason, Empty: state == Offline}, nil
	})
	if err != nil {
		return Agent{}, err
	}
	a, err := d.Store.Agent(ctx, c.Principal.ID)
	if err != nil {
		return Agent{}, err
	}
	if withdrawn != nil {
		d.answer(ctx, *withdrawn, AnswerWithdrawn)
		d.tell(ctx, "", OfferGone{Ref: withdrawn.offerRef(), Outcome: OfferCanceled, Customer: d.person(ctx, *withdrawn).Name}, c.Principal)
	}
	if state == Ready {
		d.wake(ctx, a.ID)
	}
	d.tell(ctx, c.ID, AgentChanged{Me: d.me(ctx, a)}, c.Principal)
	return a, nil
}

// setAvailability makes the transition and returns the session whose offer it withdrew, as it was.
func (d *Desk) setAvailability(ctx context.Context, agent string, want func(Agent) (SetAvailability, error)) (withdrawn *Session, err error) {
	err = d.decide(ctx, "set availability", func() error {
		withdrawn = nil
		a, err := d.Store.Agent(ctx, agent)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeForbidden, "You are signed in, but nobody has set you up as an agent yet.")
		}
		if err != nil {
			return err
		}
		w, err := want(a)
		if err != nil {
			return err
		}
		w.Agent, w.Offer, w.At = agent, a.Offer, d.now()
		if w.State == Ready && a.State == Ready {
			return nil
		}
		id, round, reserved := strings.Cut(a.Offer, "#")
		if !reserved {
			return d.Store.SetAvailability(ctx, w)
		}
		s, err := d.Store.Session(ctx, id)
		if err != nil {
			return err
		}
		if s.State != Offered || s.Offered != agent || strconv.Itoa(s.Round) != round {
			return ErrStale // read while it changed
		}
		change := withdraw(s, w)
		if err := d.Store.Commit(ctx, change); err != nil {
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
