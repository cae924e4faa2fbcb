package dynamo_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

// office is a website with its agents, where time passes when a test says so: Desk over the real store, a routing loop and the
// desktops and pages that hear its pushes.
type office struct {
	tb       testing.TB
	tables   dynamo.Tables
	store    *dynamo.Store
	desk     *chat.Desk
	clock    *clock
	loop     *loop
	screens  *screens
	agents   []string
	sessions []string // that were ever started
	present  []chat.Connection

	transport *http.Transport

	mu           sync.Mutex
	acknowledged map[string]map[string]int // session -> cid -> place
}

// The office's second website, and the licence's first shard.
const (
	blog  = "blog"
	shard = 1
)

// opened makes an office with one queue and agents who have signed in.
func opened(tb testing.TB, q chat.Queue, agents ...string) *office {
	tb.Helper()
	tables, c := dynamotest.Tables(tb), &clock{t: now()}
	s := dynamotest.Open(tb, tables, dynamotest.Options{})
	s.Now = c.now
	o := &office{tb: tb, tables: tables, store: s, clock: c, loop: &loop{now: c.now, runs: map[string]*run{}},
		screens: &screens{heard: map[string][]string{}}, acknowledged: map[string]map[string]int{}}
	o.desk = chat.New(s, o.screens, o.loop, slog.New(slog.DiscardHandler))
	o.desk.Now = c.now
	q.ID, q.Name = queue, "Sales"
	ok(tb, s.PutQueue(tb.Context(), q))
	for _, w := range []string{website, blog} {
		ok(tb, s.PutWebsite(tb.Context(), chat.Website{ID: w, Name: strings.ToUpper(w), Queues: []string{queue}}))
	}
	for _, a := range agents {
		o.hires(a, 3)
	}
	return o
}

// hires sets up an agent, of the first queue if no others are named, who signs in.
func (o *office) hires(agent string, capacity int, queues ...string) {
	o.tb.Helper()
	if len(queues) == 0 {
		queues = []string{queue}
	}
	o.signsIn(chat.Agent{ID: agent, Capacity: capacity, Queues: queues})
}

func (o *office) signsIn(a chat.Agent) {
	o.tb.Helper()
	o.agents = append(o.agents, a.ID)
	a.Name = strings.ToUpper(a.ID)
	ok(o.tb, o.store.PutAgent(o.tb.Context(), a))
	_, err := o.desk.Hello(o.tb.Context(), desktop(a.ID), chat.Greeting{SignIn: true})
	ok(o.tb, err)
}

// opens another queue, where these agents work.
func (o *office) opens(q chat.Queue, agents ...string) {
	o.tb.Helper()
	ok(o.tb, o.store.PutQueue(o.tb.Context(), q))
	for _, a := range agents {
		o.hires(a, 3, q.ID)
	}
}

// desktop is an agent's desktop, page a customer's browser.
func desktop(agent string) chat.Connection { return agentConnection(agent) }

func page(customer string) chat.Connection {
	return chat.Connection{Principal: chat.Principal{Role: chat.RoleCustomer, ID: customer, Website: website}, ID: "conn-" + customer}
}

// writes lets a customer open a session with a question; the routing has begun when it returns. No two come at one moment.
func (o *office) writes(customer string) chat.Session {
	o.tb.Helper()
	o.pass(time.Second)
	_, err := o.desk.Hello(o.tb.Context(), page(customer), chat.Greeting{})
	ok(o.tb, err)
	v, err := o.desk.Start(o.tb.Context(), page(customer), opening(customer))
	ok(o.tb, err)
	o.knows(v.Session.ID)
	o.settle()
	return o.session(v.Session.ID)
}

// writesTo is writes, on a page whose questions go to another queue.
func (o *office) writesTo(queue, customer string) chat.Session {
	o.tb.Helper()
	o.pass(time.Second)
	ok(o.tb, o.store.PutWebsite(o.tb.Context(), chat.Website{ID: "other", Queues: []string{queue}}))
	c := page(customer)
	c.Principal.Website = "other"
	v, err := o.desk.Start(o.tb.Context(), c, opening(customer))
	ok(o.tb, err)
	o.knows(v.Session.ID)
	o.settle()
	return o.session(v.Session.ID)
}

func opening(customer string) chat.Opening {
	return chat.Opening{Nonce: "nonce", CID: "m1", Text: "A question of " + customer, Person: chat.Person{Name: "Mx " + customer}}
}

func (o *office) knows(session string) {
	if !slices.Contains(o.sessions, session) {
		o.sessions = append(o.sessions, session)
	}
}

func (o *office) session(id string) chat.Session {
	o.tb.Helper()
	s, err := o.store.Session(o.tb.Context(), id)
	ok(o.tb, err)
	return s
}

func (o *office) agent(id string) chat.Agent {
	o.tb.Helper()
	a, err := o.store.Agent(o.tb.Context(), id)
	ok(o.tb, err)
	return a
}

func (o *office) offer(r chat.OfferRef) chat.Offer {
	o.tb.Helper()
	offer, err := o.store.Offer(o.tb.Context(), r)
	ok(o.tb, err)
	return offer
}

// accepts lets an agent take the offer that shows of a session.
func (o *office) accepts(agent string, s chat.Session) chat.Session {
	o.tb.Helper()
	_, err := o.desk.Accept(o.tb.Context(), desktop(agent), ref(o.session(s.ID)))
	ok(o.tb, err)
	o.settle()
	return o.session(s.ID)
}

func (o *office) rejects(agent string, s chat.Session) chat.Session {
	o.tb.Helper()
	ok(o.tb, o.desk.Reject(o.tb.Context(), desktop(agent), ref(o.session(s.ID))))
	o.settle()
	return o.session(s.ID)
}

// hands lets an agent offer a session to others, or give it away. The executions of transfers have rung when it returns.
func (o *office) hands(agent string, s chat.Session, h chat.Handover) chat.Session {
	o.tb.Helper()
	h.Session = s.ID
	_, err := o.desk.Transfer(o.tb.Context(), desktop(agent), h)
	ok(o.tb, err)
	o.settle()
	return o.session(s.ID)
}

func (o *office) closes(agent string, s chat.Session) chat.Session {
	o.tb.Helper()
	_, err := o.desk.Close(o.tb.Context(), desktop(agent), chat.Closing{Session: s.ID, Disposition: "Solved", Note: "A note."})
	ok(o.tb, err)
	o.settle()
	return o.session(s.ID)
}

func (o *office) becomes(agent string, state chat.Availability) {
	o.tb.Helper()
	_, err := o.desk.SetAvailability(o.tb.Context(), desktop(agent), chat.Wish{State: state})
	ok(o.tb, err)
	o.settle()
}

func (o *office) beats(cs ...chat.Connection) {
	o.tb.Helper()
	for _, c := range cs {
		_, err := o.desk.Beat(o.tb.Context(), c)
		ok(o.tb, err)
	}
}

func (o *office) sweeps() chat.Swept {
	o.tb.Helper()
	done, err := o.desk.Sweep(o.tb.Context(), false)
	ok(o.tb, err)
	o.settle()
	return done
}

// settle lets the routing loop do what is to be done at once.
func (o *office) settle() {
	for {
		v, found := o.loop.due()
		if !found {
			return
		}
		if o.desk.Route(o.tb.Context(), v) != nil {
			o.loop.failed(v.Token)
		}
	}
}

// pass lets time go by, and the routing loop do all that falls into it.
func (o *office) pass(d time.Duration) {
	end := o.clock.now().Add(d)
	for {
		o.settle()
		next := o.loop.next()
		if next.IsZero() || next.After(end) {
			break
		}
		o.clock.set(next)
	}
	o.clock.set(end)
	o.settle()
}

// hears fails the test unless these events, in any order, are all that a screen was told since it was asked last.
func (o *office) hears(c chat.Connection, want ...string) {
	o.tb.Helper()
	got := o.screens.take(c.ID)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		o.tb.Errorf("%s heard %q, want %q", c.ID, got, want)
	}
}

// is fails the test unless the session is in this state, offered to or owned by these.
func (o *office) is(s chat.Session, state chat.State, who string) {
	o.tb.Helper()
	s = o.session(s.ID)
	if s.State != state || s.Offered+s.Agent != who {
		o.tb.Fatalf("session of %s is %s with %q, want %s with %q", s.Customer, s.State, s.Offered+s.Agent, state, who)
	}
}

func refusedWith(tb testing.TB, err error, code chat.Code) *chat.Error {
	tb.Helper()
	var refused *chat.Error
	if !errors.As(err, &refused) || refused.Code != code {
		tb.Fatalf("got %v, want a refusal: %s", err, code)
	}
	return refused
}

// clock is the office's.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// loop is chat.Router by the office's clock: what infra/routing.asl.json does, which infra/local/asl runs itself.
type loop struct {
	now   func() time.Time
	mu    sync.Mutex
	runs  map[string]*run
	tasks int
}

var _ chat.Router = (*loop)(nil)

// run is one execution. It has a task that waits, or a visit to the router that is to be made; or it is over.
type run struct {
	chat.Execution
	token string    // of the task, "" for none
	at    time.Time // of the next visit, or of the task's time-out
	over  bool
}

// backoff is how long the loop pauses after the router failed.
const backoff = 5 * time.Second

func (l *loop) Start(_ context.Context, e chat.Execution) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := fmt.Sprintf("%s-%d-%d", e.Session, e.Generation, e.Part)
	if e.Round > 0 {
		name = fmt.Sprintf("%s-%d-x%d", e.Session, e.Generation, e.Round)
	}
	switch r := l.runs[name]; {
	case r == nil:
		l.runs[name] = &run{Execution: e, at: l.now()}
	case r.over:
		return chat.ErrExecutionExists
	case r.Execution != e:
		return fmt.Errorf("execution %s is started again with another input: %v, %v", name, r.Execution, e)
	}
	return nil
}

func (l *loop) Answer(_ context.Context, token string, a chat.Answer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.task(token)
	if r == nil {
		return chat.ErrTokenGone
	}
	r.token, r.at, r.over = "", l.now(), a == chat.AnswerOver
	return nil
}

func (l *loop) task(token string) *run {
	for _, r := range l.runs {
		if token != "" && r.token == token && r.at.After(l.now()) {
			return r
		}
	}
	return nil
}

// failed ends a task whose function failed.
func (l *loop) failed(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.task(token); r != nil {
		r.token, r.at = "", l.now().Add(backoff)
	}
}

// due takes the next visit that is to be made.
func (l *loop) due() (chat.Visit, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(l.runs)) {
		r := l.runs[name]
		if r.over || r.at.After(l.now()) {
			continue
		}
		l.tasks++
		r.token, r.at = fmt.Sprintf("token-%d", l.tasks), l.now().Add(time.Duration(r.Patience)*time.Second)
		return chat.Visit{Session: r.Session, Generation: r.Generation, Part: r.Part, Entered: l.now(), Token: r.token, Round: r.Round}, true
	}
	return chat.Visit{}, false
}

// next is when the loop has something to do; zero if never.
func (l *loop) next() (at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.runs {
		if !r.over && (at.IsZero() || r.at.Before(at)) {
			at = r.at
		}
	}
	return at
}

// running are the executions of a session that are not over, by name.
func (l *loop) running(session string) (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, r := range l.runs {
		if !r.over && r.Session == session {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// end loses the executions of a session as if they had ended. forgotten: their names, too, as with a process that had them in
// memory.
func (l *loop) end(session string, forgotten bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, r := range l.runs {
		if r.Session != session {
			continue
		}
		if r.over, r.token = true, ""; forgotten {
			delete(l.runs, name)
		}
	}
}

// screens is chat.Pusher: it remembers in short what each connection heard, and the offers by connection.
type screens struct {
	mu    sync.Mutex
	heard map[string][]string
}

var _ chat.Pusher = (*screens)(nil)

func (s *screens) Push(_ context.Context, to []chat.Connection, e chat.Event) []chat.Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range to {
		s.heard[c.ID] = append(s.heard[c.ID], short(e))
	}
	return nil
}

func (s *screens) take(connection string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := s.heard[connection]
	delete(s.heard, connection)
	return heard
}

func (s *screens) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.heard)
}

// short is an event in a word or two.
func short(e chat.Event) string {
	switch e := e.(type) {
	case chat.RowsAdded:
		return fmt.Sprintf("row %d", e.Rows[0].Place)
	case chat.SessionChanged:
		return shortView(e.View)
	case chat.OfferMade:
		return fmt.Sprintf("%s %d of %s", cmp.Or(e.Offer.Kind, "offer"), e.Offer.Ref.Round, e.Offer.Customer)
	case chat.OfferGone:
		switch {
		case e.By.ID == "":
			return fmt.Sprintf("gone %d %s", e.Ref.Round, e.Outcome)
		case e.Outcome == chat.OfferRescinded:
			return fmt.Sprintf("gone %d to %s", e.Ref.Round, e.By.Name)
		}
		return fmt.Sprintf("gone %d %s by %s", e.Ref.Round, e.Outcome, e.By.Name)
	case chat.AgentChanged:
		is := "is " + string(e.Me.Agent.Shown(e.Me.Now))
		if e.Me.Agent.Next != "" {
			is += ", then " + string(e.Me.Agent.Next)
		}
		return is
	case chat.Typed:
		return "typing"
	case chat.HasRead:
		return fmt.Sprintf("read %d", e.Place)
	}
	return fmt.Sprintf("%T", e)
}

func shortView(v chat.View) string {
	switch v.Session.State {
	case chat.Active:
		is := "with " + v.Agent.Name
		for _, a := range v.Assist {
			is += " and " + a.Name
		}
		if v.Transfer != nil {
			is += ", asks " + v.Transfer.To.Name
		}
		if v.Session.Warned == v.Head {
			is += ", idle"
		}
		return is
	case chat.Closed:
		return "closed " + string(v.Session.Outcome)
	}
	return fmt.Sprintf("waits at %d", v.Position)
}
