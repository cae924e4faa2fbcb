package dynamo_test

import (
	"context"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/dynamo/faults"
)

// cost is what an operation consumes, in units.
type cost struct{ reads, writes, indexes float64 }

// documented reads what the doc comments of Store's methods say, and the table of transitions at Commit.
func documented(t *testing.T) (methods, transitions map[string]cost) {
	t.Helper()
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		ok(t, err)
		return f
	}
	amount := regexp.MustCompile(`([0-9.]+) (reads?|writes?|of the index)\b`)
	line := regexp.MustCompile(`(?m)^\t(\S.*\S) +([0-9]+) \+ ([0-9]+)$`)
	methods, transitions = map[string]cost{}, map[string]cost{}
	sources, err := filepath.Glob("*.go")
	ok(t, err)
	for _, source := range sources {
		file, err := parser.ParseFile(gotoken.NewFileSet(), source, nil, parser.ParseComments)
		ok(t, err)
		for _, d := range file.Decls {
			f, isFunc := d.(*ast.FuncDecl)
			if !isFunc || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			if _, said, ok := strings.Cut(f.Doc.Text(), "Units: "); ok {
				said, _, _ = strings.Cut(said, "(")
				var c cost
				for _, m := range amount.FindAllStringSubmatch(said, -1) {
					switch m[2][0] {
					case 'r':
						c.reads += number(m[1])
					case 'w':
						c.writes += number(m[1])
					default:
						c.indexes += number(m[1])
					}
				}
				methods[f.Name.Name] = c
			}
			if f.Name.Name == "Commit" {
				for _, m := range line.FindAllStringSubmatch(f.Doc.Text(), -1) {
					transitions[m[1]] = cost{writes: number(m[2]), indexes: number(m[3])}
				}
			}
		}
	}
	return methods, transitions
}

// measured sums the units of a recorder's calls.
func measured(r *recorder) cost {
	var c cost
	for _, call := range r.take() {
		tables, indexes := units([]faults.Call{call})
		switch call.Operation {
		case "GetItem", "BatchGetItem", "Query":
			c.reads += tables + indexes
		default:
			c.writes += tables
			c.indexes += indexes
		}
	}
	return c
}

// Ensure every method of the store costs what its doc comment says.
func TestUnits(t *testing.T) {
	t.Parallel()
	var r recorder
	s := dynamotest.New(t, dynamotest.Options{Capacity: true, Observe: r.observe})
	d := desk(s)
	ctx := t.Context()
	furnish(t, s, chat.BeepAll, "a1")
	ok(t, s.PutLicence(ctx, 1))
	n := started(t, d)
	n = route(t, d, n)
	offer := ref(n)
	r.take()

	want, _ := documented(t)
	delete(want, "Commit") // TestTransitionUnits
	at := now()
	for _, c := range []struct {
		method string
		call   func() error
	}{
		{"Session", func() error { _, err := s.Session(ctx, n.ID); return err }},
		{"Log", func() error { _, err := s.Log(ctx, n.ID, 1, 20); return err }},
		{"Tail", func() error { _, _, err := s.Tail(ctx, n.ID); return err }},
		{"Rows", func() error {
			_, err := s.Rows(ctx, []chat.RowRef{{Session: n.ID, Place: 1}, {Session: n.ID, Place: 1}})
			return err
		}},
		{"Append", func() error {
			_, err := s.Append(ctx, chat.Row{Session: n.ID, Place: 2, Kind: chat.KindMessage, Side: chat.FromCustomer, CID: "m2",
				Text: strings.Repeat("word ", 120), At: at, Version: 1, Expires: at.Add(time.Hour)})
			return err
		}},
		{"See", func() error { return s.See(ctx, n.ID, at) }},
		{"Read", func() error { return s.Read(ctx, n.ID, chat.FromCustomer, 1) }},
		{"Side", func() error { _, err := s.Side(ctx, n.ID, chat.FromCustomer); return err }},
		{"Offer", func() error { _, err := s.Offer(ctx, offer); return err }},
		{"Mark", func() error { return s.Mark(ctx, offer, "a1", true, at) }},
		{"Waiting", func() error { _, err := s.Waiting(ctx, queue, 50); return err }},
		{"Due", func() error { _, err := s.Due(ctx, at, 50); return err }},
		{"Tray", func() error { _, err := s.Tray(ctx, queue, 50); return err }},
		{"Held", func() error { _, err := s.Held(ctx); return err }},
		{"Transfers", func() error { _, err := s.Transfers(ctx, queue); return err }},
		{"Offers", func() error { _, err := s.Offers(ctx, offer.Session, 50); return err }},
		{"Pace", func() error { _, err := s.Pace(ctx, queue); return err }},
		{"SessionOf", func() error { _, err := s.SessionOf(ctx, website, customer); return err }},
		{"Reject", func() error { _, err := s.Reject(ctx, offer, "a1", at); return err }},
		{"Wake", func() error {
			ok(t, d.Reject(ctx, agentConnection("a1"), offer)) // WAITING, with its token
			r.take()
			_, err := s.Wake(ctx, n.ID)
			return err
		}},
		{"Website", func() error { _, err := s.Website(ctx, website); return err }},
		{"Roster", func() error { _, err := s.Roster(ctx, queue); return err }},
		{"Agent", func() error { _, err := s.Agent(ctx, "a1"); return err }},
		{"Agents", func() error { _, err := s.Agents(ctx, []string{"a1"}); return err }},
		{"Beat", func() error { _, err := s.Beat(ctx, "a1", at); return err }},
		{"Settings", func() error { _, err := s.Settings(ctx); return err }},
		{"Staff", func() error { _, err := s.Staff(ctx); return err }},
		{"Shards", func() error { _, err := s.Shards(ctx); return err }},
		{"List", func() error { _, err := s.List(ctx, chat.ListAgents); return err }},
		{"KeepPace", func() error { return s.KeepPace(ctx, queue, chat.Pace{}) }},
		{"Notify", func() error { return s.Notify(ctx, queue, []string{"a1"}, at) }},
		{"Blame", func() error { return s.Blame(ctx, chat.Release{Agent: "a1", At: at, Missed: true}) }},
		{"SetAvailability", func() error {
			return s.SetAvailability(ctx, chat.SetAvailability{Agent: "a1", State: chat.Offline, Empty: true, At: at})
		}},
		{"PutWebsite", func() error { return s.PutWebsite(ctx, chat.Website{ID: "new"}) }},
		{"PutQueue", func() error { return s.PutQueue(ctx, chat.Queue{ID: "new"}) }},
		{"PutAgent", func() error { return s.PutAgent(ctx, chat.Agent{ID: "new", Queues: []string{"new"}}) }},
		{"PutSettings", func() error { return s.PutSettings(ctx, chat.Settings{Reasons: []string{"Break"}}) }},
		{"DeleteWebsite", func() error { return s.DeleteWebsite(ctx, "new") }},
		{"DeleteQueue", func() error {
			ok(t, s.KeepPace(ctx, "new", chat.Pace{}))
			r.take()
			return s.DeleteQueue(ctx, "new")
		}},
		{"DeleteAgent", func() error { return s.DeleteAgent(ctx, chat.Agent{ID: "new", Queues: []string{"new"}}) }},
		{"PutLicence", func() error { return s.PutLicence(ctx, 2) }},
		{"Connect", func() error { return s.Connect(ctx, customerConnection) }},
		{"ConnectionsOf", func() error { _, err := s.ConnectionsOf(ctx, customerConnection.Principal); return err }},
		{"Disconnect", func() error { return s.Disconnect(ctx, customerConnection.Principal, customerConnection.ID) }},
	} {
		r.take()
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.method, err)
		}
		w, said := want[c.method]
		if !said {
			t.Errorf("%s: its doc comment has no Units", c.method)
		}
		delete(want, c.method)
		if got := measured(&r); got != w {
			t.Errorf("%s: got %+v, its doc comment says %+v", c.method, got, w)
		}
	}
	for method := range want {
		t.Errorf("%s is not measured", method)
	}
}

// counted is a store that measures each transition: it makes them through a client of their own, so that nothing else that
// happens at the same time counts.
type counted struct {
	*dynamo.Store
	commits *dynamo.Store
	calls   *recorder

	mu   sync.Mutex
	seen map[string]cost
}

func (c *counted) Commit(ctx context.Context, change chat.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls.take()
	if err := c.commits.Commit(ctx, change); err != nil {
		return err
	}
	name := change.Name
	for _, w := range change.Writes {
		switch w := w.(type) {
		case chat.Reserve, chat.Release, chat.SetAvailability:
			name += " (one)"
		case chat.Take:
			if w.Reserved {
				name += " (one)"
			}
		}
	}
	c.seen[name] = measured(c.calls)
	return nil
}

// Ensure every transition costs what the table at Commit says: all of them are made by their rules, on both kinds of offer.
func TestTransitionUnits(t *testing.T) {
	t.Parallel()
	_, want := documented(t)
	got := map[string]cost{}
	for _, strategy := range []chat.Strategy{chat.BeepAll, chat.RRMemory} {
		var r recorder
		tables := dynamotest.Tables(t)
		d := desk(dynamotest.Open(t, tables, dynamotest.Options{}))
		s := d.Store.(*dynamo.Store)
		d.Store = &counted{Store: s, calls: &r, seen: got,
			commits: dynamotest.Open(t, tables, dynamotest.Options{Capacity: true, Observe: r.observe})}
		play(t, d, s, strategy)
	}
	for name, c := range got {
		if want[name] != c {
			t.Errorf("%s: got %+v, the table at Commit says %+v", name, c, want[name])
		}
	}
	for name := range want {
		if _, made := got[name]; !made {
			t.Errorf("%s: was not made", name)
		}
	}
}

// play takes one session through its life: rejected, expired, withdrawn, accepted, handed over and back, helped with, given away, left
// waiting for too long, silent, closed, reopened, returned, abandoned, left as a message, picked.
func play(t *testing.T, d *chat.Desk, store *dynamo.Store, strategy chat.Strategy) {
	ctx := t.Context()
	clock, visits := now(), 0
	d.Now = func() time.Time { return clock }
	a1, a2 := agentConnection("a1"), agentConnection("a2")
	furnish(t, store, strategy, "a1")
	ok(t, store.PutQueue(ctx, chat.Queue{ID: "support", Name: "Support", Strategy: strategy}))
	ok(t, store.PutQueue(ctx, chat.Queue{ID: "slow", Name: "Slow", Strategy: strategy, MaxWait: 1, Then: chat.ThenOverflow, Overflow: queue}))
	ok(t, store.PutAgent(ctx, chat.Agent{ID: "a2", Name: "Agent a2", Capacity: chat.DefaultCapacity, Queues: []string{"support"}}))
	ok(t, store.SetAvailability(ctx, chat.SetAvailability{Agent: "a2", State: chat.Ready, At: clock}))
	ok(t, store.PutLicence(ctx, 1))
	read := func(s chat.Session) chat.Session {
		t.Helper()
		s, err := store.Session(ctx, s.ID)
		ok(t, err)
		return s
	}
	visit := func(s chat.Session) chat.Session {
		t.Helper()
		visits++
		clock = clock.Add(time.Second)
		v := chat.Visit{Session: s.ID, Generation: s.Generation, Part: s.Part, Entered: clock, Token: token + strconv.Itoa(visits)}
		if s.Transfer != nil {
			v.Round = s.Transfer.Round
		}
		ok(t, d.Route(ctx, v))
		return read(s)
	}
	expect := func(s chat.Session, state chat.State) {
		t.Helper()
		if s.State != state {
			t.Fatalf("session is %s, want %s", s.State, state)
		}
	}
	set := func(state chat.Availability) {
		t.Helper()
		_, err := d.SetAvailability(ctx, a1, chat.Wish{State: state})
		ok(t, err)
	}

	n := visit(started(t, d))
	expect(n, chat.Offered)
	n = visit(n) // pushed again
	ok(t, d.Reject(ctx, a1, ref(n)))
	n = visit(n) // parked: nobody is rung again in the same second
	expect(n, chat.Waiting)
	clock = clock.Add(time.Duration(n.Patience) * time.Second)
	n = visit(n) // a new lap
	expect(n, chat.Offered)
	clock = n.Until.Add(time.Second) // expired; nobody had it, so it is parked
	n = visit(n)
	expect(n, chat.Waiting)
	clock = clock.Add(time.Second)
	_, err := d.Beat(ctx, a1) // they are there after all
	ok(t, err)
	n = visit(n)
	expect(n, chat.Offered)
	if strategy.Reserves() {
		set(chat.Paused) // withdrawn
		set(chat.Ready)
		n = visit(n)
	}
	accept := func(c chat.Connection) {
		t.Helper()
		n = read(n)
		_, err := d.Accept(ctx, c, ref(n))
		ok(t, err)
		n = read(n)
	}
	// hand lets an agent hand it over, or invite, and it rings.
	hand := func(c chat.Connection, h chat.Handover) {
		t.Helper()
		h.Session, h.Note = n.ID, "About an invoice."
		_, err := d.Transfer(ctx, c, h)
		ok(t, err)
		n = visit(read(n))
	}
	present := func() {
		t.Helper()
		for _, c := range []chat.Connection{a1, a2, customerConnection} {
			_, err := d.Beat(ctx, c)
			ok(t, err)
		}
	}
	accept(a1)
	for _, h := range []chat.Handover{{Agent: "a2"}, {Queue: "support"}} {
		hand(a1, h)
		ok(t, d.Reject(ctx, a2, ref(n)))
		hand(a1, h)
		clock = n.Transfer.Until.Add(time.Second) // expired; nobody had it
		n = visit(n)
		clock = clock.Add(time.Second)
		present()
		hand(a1, h)
		_, err = d.Withdraw(ctx, a1, n.ID)
		ok(t, err)
		if h.Agent != "" {
			hand(a1, h)
			_, err := d.SetAvailability(ctx, a2, chat.Wish{State: chat.Paused}) // withdrawn
			ok(t, err)
			_, err = d.SetAvailability(ctx, a2, chat.Wish{State: chat.Ready})
			ok(t, err)
		}
		help := h
		help.Assist = true
		hand(a1, help)
		accept(a2)
		_, err = d.EndAssist(ctx, a2, n.ID, "")
		ok(t, err)
		hand(a1, h)
		accept(a2)
		hand(a2, chat.Handover{Agent: "a1"}) // and back
		accept(a1)
	}
	// silent, until somebody writes; then silent for too long
	sweep := func(at time.Time) chat.Swept {
		t.Helper()
		clock = at.Add(time.Second)
		present()
		swept, err := d.Sweep(ctx, false)
		ok(t, err)
		n = read(n)
		return swept
	}
	if swept := sweep(n.Due); swept.Warned != 1 {
		t.Fatalf("swept %+v", swept)
	}
	_, err = d.Send(ctx, customerConnection, chat.Outgoing{Session: n.ID, CID: "here", Text: "I am here", After: 3})
	ok(t, err)
	if sweep(n.Due); n.Warned != 0 {
		t.Fatalf("warned %+v", n)
	}
	_, err = d.Transfer(ctx, a1, chat.Handover{Session: n.ID, Queue: "slow", Blind: true})
	ok(t, err)
	n = visit(read(n)) // parked: nobody works there
	clock = clock.Add(2 * time.Second)
	n = visit(n) // overflows
	expect(n, chat.Waiting)
	if n.Queue != queue || n.Part != 1 {
		t.Fatalf("it did not overflow: %+v", n)
	}
	n = visit(n)
	accept(a1)
	sweep(n.Due)
	if swept := sweep(n.Due); swept.TimedOut != 1 {
		t.Fatalf("swept %+v", swept)
	}
	_, err = d.Send(ctx, customerConnection, chat.Outgoing{Session: n.ID, CID: "sorry", Text: "Sorry, lunch", After: 3})
	ok(t, err)
	n = visit(read(n))
	accept(a1)
	_, err = d.Close(ctx, a1, chat.Closing{Session: n.ID, Disposition: "Solved"})
	ok(t, err)
	row, err := d.Send(ctx, customerConnection, chat.Outgoing{Session: n.ID, CID: "again", Text: "One more thing", After: 3})
	ok(t, err)
	if row.Kind != chat.KindReopened {
		t.Fatalf("row is %s", row.Kind)
	}
	n = visit(read(n))
	accept(a1)
	clock = clock.Add(time.Hour)
	swept, err := d.Sweep(ctx, false)
	ok(t, err)
	if swept.Returned != 1 {
		t.Fatalf("swept %+v", swept)
	}
	n = read(n)
	n.Part = raise(t, d, n)
	set(chat.Ready)
	_, err = d.Hello(ctx, customerConnection, chat.Greeting{})
	ok(t, err)
	n = visit(n)
	_, err = d.Leave(ctx, customerConnection, n.ID)
	ok(t, err)
	_, err = d.Send(ctx, customerConnection, chat.Outgoing{Session: n.ID, CID: "later", Text: "Please call me", After: 3, Offline: true})
	ok(t, err)
	_, err = d.Pick(ctx, a1, n.ID)
	ok(t, err)

	left := opening("c9")
	left.Offline = true
	_, err = d.Start(ctx, page("c9"), left)
	ok(t, err)
}

// raise makes the sweep find an execution whose name is used up.
func raise(t *testing.T, d *chat.Desk, n chat.Session) int {
	t.Helper()
	router := d.Router
	defer func() { d.Router = router }()
	d.Router = usedUp(n.Part)
	_, err := d.Sweep(t.Context(), true)
	ok(t, err)
	return n.Part + 1
}

// usedUp refuses to start the execution of one part.
type usedUp int

func (u usedUp) Start(_ context.Context, e chat.Execution) error {
	if e.Part == int(u) {
		return chat.ErrExecutionExists
	}
	return nil
}

func (usedUp) Answer(context.Context, string, chat.Answer) error { return nil }
