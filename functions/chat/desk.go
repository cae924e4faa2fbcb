package chat

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Desk carries out the commands of customers, agents, the routing execution and the clock. It holds no state but a cache of
// names: any number of them work side by side on one Store.
type Desk struct {
	Store  Store
	Pusher Pusher
	Router Router
	Now    Clock
	Log    *slog.Logger

	// Lease is how long a sign of life counts; DefaultLease.
	Lease time.Duration
	// Idle is how long an ACTIVE session may be silent; DefaultIdle.
	Idle time.Duration
	// Retention is how long a closed session is kept; DefaultRetention.
	Retention time.Duration
	// Rate is how many messages a customer may send a second, averaged over rateWindow; DefaultRate.
	Rate int

	names names
}

// Defaults of a Desk.
const (
	DefaultIdle      = 30 * time.Minute
	DefaultRetention = 365 * 24 * time.Hour
	DefaultRate      = 5
)

// New makes a Desk with the defaults.
func New(store Store, pusher Pusher, router Router, log *slog.Logger) *Desk {
	return &Desk{Store: store, Pusher: pusher, Router: router, Log: log, Now: time.Now,
		Lease: DefaultLease, Idle: DefaultIdle, Retention: DefaultRetention, Rate: DefaultRate}
}

// now is the time in the precision that the store keeps.
func (d *Desk) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

const (
	// maxTries bounds how often a command is decided again: with 40 writers on one log the unluckiest needs 40.
	maxTries = 80
	// maxPause bounds the pause between two tries.
	maxPause = 50 * time.Millisecond
)

// decide runs try until what it read was still true when it committed. try reads afresh each time.
func (d *Desk) decide(ctx context.Context, name string, try func() error) error {
	pause := time.Millisecond
	for range maxTries {
		err := try()
		if !errors.Is(err, ErrStale) && !errors.Is(err, ErrConflict) {
			return err
		}
		d.Log.DebugContext(ctx, "decide again", "op", name, "why", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(pause)):
		}
		pause = min(2*pause, maxPause)
	}
	return Refuse(CodeBusy, "Too many people changed this at once. Please try again.")
}

// besteffort logs an error of something that the next beat, visit or sweep repairs.
func (d *Desk) besteffort(ctx context.Context, what string, err error) {
	if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrTokenGone) {
		d.Log.WarnContext(ctx, "left to the next beat or visit", "op", what, "err", err)
	}
}

// together runs functions side by side and returns the first error in their order.
func together(fs ...func() error) error {
	if len(fs) == 0 {
		return nil
	}
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs[1:] {
		wg.Go(func() { errs[i+1] = f() })
	}
	errs[0] = fs[0]()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ---- telling

func customerOf(s Session) Principal {
	return Principal{Role: RoleCustomer, ID: s.Customer, Website: s.Website}
}

func agentPrincipal(id string) Principal { return Principal{Role: RoleAgent, ID: id} }

func agentPrincipals(ids []string) []Principal {
	ps := make([]Principal, len(ids))
	for i, id := range ids {
		ps[i] = agentPrincipal(id)
	}
	return ps
}

// tell pushes an event to all connections of the principals but the one that caused it. It looks up after what it tells
// was written: a lookup before would miss a socket that says hello in between.
func (d *Desk) tell(ctx context.Context, except string, e Event, to ...Principal) {
	found := make([][]Connection, len(to))
	var fs []func() error
	for i, p := range to {
		fs = append(fs, func() (err error) { found[i], err = d.Store.ConnectionsOf(ctx, p); return err })
	}
	d.besteffort(ctx, "look up connections", together(fs...))
	conns := slices.DeleteFunc(slices.Concat(found...), func(c Connection) bool { return c.ID == except })
	if len(conns) == 0 {
		return
	}
	for _, c := range d.Pusher.Push(ctx, conns, e) {
		d.besteffort(ctx, "forget connection", d.Store.Disconnect(ctx, c.Principal, c.ID))
	}
}

// tellSession pushes a session's new state to its customer and to agents, each as they may see it.
func (d *Desk) tellSession(ctx context.Context, except string, v View, agents []string) {
	forCustomer, forAgents := v, v
	forCustomer.For, forAgents.For = RoleCustomer, RoleAgent
	now := d.now()
	_ = together(
		func() error {
			d.tell(ctx, except, SessionChanged{forCustomer, now}, customerOf(v.Session))
			return nil
		},
		func() error {
			d.tell(ctx, except, SessionChanged{forAgents, now}, agentPrincipals(agents)...)
			return nil
		})
}

// ---- routing executions

// start starts the execution that a state row asks for. If its name was used up (an execution that was lost after it had
// ended), the sweep raises the part.
func (d *Desk) start(ctx context.Context, s Session) {
	d.besteffort(ctx, "start routing", d.Router.Start(ctx, s.Execution()))
}

// answer tells the waiting task of a session what became of it. was is the state row that its token was read with. A
// refused token may be an older one: then the one on the row as it is now is answered, but only if the session still waits
// in the same generation, else an execution would be told about somebody else's turn.
func (d *Desk) answer(ctx context.Context, was Session, a Answer) {
	if was.Token == "" {
		return
	}
	err := d.Router.Answer(ctx, was.Token, a)
	if errors.Is(err, ErrTokenGone) {
		s, readErr := d.Store.Session(ctx, was.ID)
		if readErr != nil || s.State != Waiting || s.Generation != was.Generation || s.Token == "" || s.Token == was.Token {
			return
		}
		err = d.Router.Answer(ctx, s.Token, a)
	}
	d.besteffort(ctx, "answer routing", err)
}

// wake lets the first in line look again whom one of these agents could take. One of them has a place more than before.
func (d *Desk) wake(ctx context.Context, agents ...string) {
	freed, err := d.Store.Agents(ctx, agents)
	if err != nil {
		d.besteffort(ctx, "read freed agents", err)
		return
	}
	freed = slices.DeleteFunc(freed, func(a Agent) bool { return a.unfit(d.now(), d.Lease, nil, false) != "" })
	var queues []string
	for _, a := range freed {
		queues = union(queues, a.Queues)
	}
	d.wakeFirst(ctx, queues, func(w Waiter) bool { return slices.ContainsFunc(freed, w.takes) })
}

// wakeSeat lets the first in line that was held up by the licence look again, of those whom it may be: a seat is free, or nobody rings for
// it any more. Where many are, that held nobody up.
func (d *Desk) wakeSeat(ctx context.Context, may func(Waiter) bool) {
	shards, err := d.Store.Shards(ctx)
	if err != nil {
		d.besteffort(ctx, "read licence", err)
		return
	}
	if left := (routing{shards: shards}).seats(); len(shards) > 0 && (left == 0 || left > fewSeats+1) {
		return
	}
	queues, err := d.Store.List(ctx, ListQueues)
	if err != nil {
		d.besteffort(ctx, "list queues", err)
		return
	}
	d.wakeFirst(ctx, queues, func(w Waiter) bool { return !w.NoSeat.IsZero() && may(w) })
}

func anybody(Waiter) bool { return true }

func (d *Desk) wakeFirst(ctx context.Context, queues []string, fits func(Waiter) bool) {
	line, err := d.line(ctx, queues, lineWidth)
	if err != nil {
		d.besteffort(ctx, "read line", err)
		return
	}
	d.wakeOne(ctx, slices.DeleteFunc(line, func(w Waiter) bool { return w.State != Waiting || !fits(w) }))
}

// wakeOne lets the first of a line that still waits look again.
func (d *Desk) wakeOne(ctx context.Context, line []Waiter) {
	for _, w := range line {
		var s Session
		err := d.decide(ctx, "wake", func() (err error) {
			if s, err = d.Store.Wake(ctx, w.Session); errors.Is(err, ErrStale) {
				return ErrNotFound
			}
			return err
		})
		if errors.Is(err, ErrNotFound) {
			continue // the index was late: it does not wait any more
		}
		d.besteffort(ctx, "wake", err)
		if err == nil {
			d.answer(ctx, s, AnswerWoken)
		}
		return
	}
}
