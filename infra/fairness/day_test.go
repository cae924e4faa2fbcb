package fairness_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/simulation"
)

const (
	// sweepEvery is how often the reaper comes.
	sweepEvery = time.Minute
	// samples is how many points the curves of the day have.
	samples = 144
	// overtime is how long after closing time everybody who is still in the line or with an agent must be done.
	overtime = 3 * time.Hour
	// visit is what the router's own visit may take beside the waiting. A command takes no time here, so this is only for the milliseconds
	// that times are cut to.
	visit = 10 * time.Millisecond
	// circles are more visits than there can be in one moment.
	circles = 2000
	// sayEvery is how often a long run says how far it is, of the real time.
	sayEvery = 10 * time.Second
)

// day is the day of a contact centre while it goes by.
type day struct {
	plan
	ctx        context.Context
	clock      *simulation.Clock
	executions *simulation.Executions
	desk       *chat.Desk
	watch      *watch
	agents     map[string]*agent
	customers  map[string]*customer // by session

	agenda []event
	order  int

	mu   sync.Mutex // a command pushes from several goroutines
	post []letter

	visits  int
	atOnce  int        // visits in this moment
	swept   chat.Swept // added up
	sweeps  int
	curve   []sample
	refused map[chat.Code]int
}

// event is something that happens at a time.
type event struct {
	at    time.Time
	order int
	do    func() error
}

// letter is an event on its way to an agent's desktop.
type letter struct {
	agent string
	event chat.Event
}

// sample is a moment of the day.
type sample struct {
	at      time.Time
	waiting map[string]int // by queue
	active  int
	room    int // of the agents who are available
}

// newDay opens the doors.
func newDay(tb testing.TB, p plan) *day {
	tb.Helper()
	d := &day{plan: p, ctx: tb.Context(), clock: simulation.NewClock(p.opens), agents: map[string]*agent{}, customers: map[string]*customer{},
		refused: map[chat.Code]int{}}
	d.executions = simulation.NewExecutions(d.clock.Now)
	store := dynamotest.New(tb, dynamotest.Options{})
	store.Now = d.clock.Now
	d.watch = newWatch(store, d.clock.Now, p)
	d.watch.changes = func(t time.Time) {
		d.at(t, func() error {
			d.watch.stale = true
			return nil
		})
	}
	d.desk = chat.New(d.watch, d, d.executions, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	d.desk.Now = d.clock.Now
	if err := d.furnish(store); err != nil {
		tb.Fatal(err)
	}
	return d
}

// furnish configures what is in the plan.
func (d *day) furnish(store chat.Store) error {
	site := chat.Website{ID: website, Name: "Shop"}
	for _, l := range d.lines {
		site.Queues = append(site.Queues, l.ID)
		if err := store.PutQueue(d.ctx, l.Queue); err != nil {
			return err
		}
	}
	for _, w := range d.workers {
		if err := store.PutAgent(d.ctx, chat.Agent{ID: w.id, Name: w.id, Capacity: w.capacity, Queues: w.queues}); err != nil {
			return err
		}
		a, err := store.Agent(d.ctx, w.id)
		if err != nil {
			return err
		}
		d.watch.agentIs(a)
		d.employ(w)
	}
	return errors.Join(store.PutWebsite(d.ctx, site), store.PutLicence(d.ctx, d.licence))
}

// ---- time

// at lets something happen at a time.
func (d *day) at(t time.Time, do func() error) {
	d.order++
	e := event{t, d.order, do}
	i, _ := slices.BinarySearchFunc(d.agenda, e, func(a, b event) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order)) })
	d.agenda = slices.Insert(d.agenda, i, e)
}

// after lets something happen later.
func (d *day) after(wait time.Duration, do func() error) { d.at(d.clock.Now().Add(wait), do) }

// play lets the day go by until nobody is there any more.
func (d *day) play(progress bool) error {
	begun := time.Now()
	said := begun
	d.nextCaller(0)
	d.after(sweepEvery, d.sweep)
	d.sample()
	for !d.over() {
		if err := d.step(); err != nil {
			return fmt.Errorf("%s: %w", d.clock.Now().Format(time.TimeOnly), err)
		}
		if progress && time.Since(said) > sayEvery {
			said = time.Now()
			fmt.Fprintf(os.Stderr, "%s o'clock: %d of %d chats have come, %d are open, %d offers were made, after %v\n", d.clock.Now().Format("15:04"),
				len(d.customers), len(d.callers), len(d.watch.open()), d.watch.offers, said.Sub(begun).Round(time.Second))
		}
		if d.clock.Now().After(d.plan.at(1).Add(overtime)) {
			return fmt.Errorf("at %s there are still sessions open: %v", d.clock.Now().Format(time.TimeOnly), d.watch.open())
		}
	}
	return nil
}

// over: the doors are closed and nobody is there any more.
func (d *day) over() bool { return d.clock.Now().After(d.plan.at(1)) && len(d.watch.open()) == 0 }

// step lets the next thing happen: a visit of the routing, else what is on the agenda.
func (d *day) step() error {
	next := d.agenda[0].at // the reaper always comes again
	routes := false
	if at, more := d.executions.Next(); more && !at.After(next) {
		next, routes = at, true
	}
	if next.After(d.clock.Now()) {
		d.atOnce = 0
	}
	d.clock.Set(next)
	if routes {
		v, found := d.executions.Visit()
		if !found {
			return errors.New("the visit that was due is not there")
		}
		d.visits++
		if d.atOnce++; d.atOnce > circles {
			return fmt.Errorf("%d visits in one moment: they wake each other", d.atOnce)
		}
		if err := d.desk.Route(d.ctx, v); err != nil {
			return fmt.Errorf("route %s: %w", v.Session, err)
		}
	} else {
		e := d.agenda[0]
		d.agenda = d.agenda[1:]
		if err := e.do(); err != nil {
			return err
		}
	}
	d.deliver()
	d.watch.look()
	return nil
}

// sweep is the reaper. It finds nothing to mend but agents who are gone: no execution is lost here, and no count is off.
func (d *day) sweep() error {
	swept, err := d.desk.Sweep(d.ctx, false)
	if err != nil {
		return err
	}
	d.sweeps++
	d.swept.Restarted += swept.Restarted
	d.swept.Offline += swept.Offline
	d.swept.Returned += swept.Returned
	d.swept.TimedOut += swept.TimedOut
	d.swept.Drift = append(d.swept.Drift, swept.Drift...)
	d.after(sweepEvery, d.sweep)
	return nil
}

// sample takes a point of each curve, and then the next.
func (d *day) sample() {
	s := sample{at: d.clock.Now(), waiting: map[string]int{}, active: d.watch.active}
	for q, f := range d.watch.queue {
		s.waiting[q] = f.now
	}
	for _, a := range d.watch.agents {
		if a.State == chat.Ready && a.Present(s.at, chat.DefaultLease) {
			s.room += a.Capacity
		}
	}
	d.curve = append(d.curve, s)
	if next := s.at.Add(d.length / samples); !next.After(d.plan.at(1)) {
		d.at(next, func() error { d.sample(); return nil })
	}
}

// ---- pushes

// Push is chat.Pusher. Pages of customers need to hear nothing here: what became of them is in the figures. A desktop that is closed
// hears nothing.
func (d *day) Push(_ context.Context, to []chat.Connection, e chat.Event) (gone []chat.Connection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range to {
		switch {
		case c.Role != chat.RoleAgent:
		case !d.agents[c.Principal.ID].here:
			gone = append(gone, c)
		default:
			d.post = append(d.post, letter{c.Principal.ID, e})
		}
	}
	return gone
}

// deliver brings what a command has pushed, a moment later, in an order that does not depend on its goroutines.
func (d *day) deliver() {
	slices.SortStableFunc(d.post, func(a, b letter) int {
		return cmp.Or(cmp.Compare(a.agent, b.agent), cmp.Compare(reflect.TypeOf(a.event).Name(), reflect.TypeOf(b.event).Name()))
	})
	for _, l := range d.post {
		a := d.agents[l.agent]
		d.after(between(a.dice, 40*time.Millisecond, 400*time.Millisecond), func() error { return a.hears(l.event) })
	}
	d.post = nil
}

// answered counts a refusal, which is an answer, and passes on every other error.
func (d *day) answered(err error) error {
	var no *chat.Error
	if errors.As(err, &no) {
		d.refused[no.Code]++
		return nil
	}
	return err
}
