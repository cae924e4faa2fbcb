package dynamo_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// filled is a struct with every field set to something that is not its zero: a codec that forgets a field fails.
func filled[T any](t *testing.T) T {
	t.Helper()
	var v T
	n := 0
	var fill func(reflect.Value)
	fill = func(f reflect.Value) {
		n++
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(seen.Add(time.Duration(n) * time.Second)))
			return
		case map[string]time.Time:
			f.Set(reflect.ValueOf(map[string]time.Time{"a1": seen}))
			return
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(fmt.Sprint("text", n))
		case reflect.Int:
			f.SetInt(int64(n))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 2, 2))
			fill(f.Index(0))
			fill(f.Index(1))
		case reflect.Map:
			f.Set(reflect.ValueOf(map[string]string{"k": "v"}))
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			fill(f.Elem())
		case reflect.Struct:
			for i := range f.NumField() {
				fill(f.Field(i))
			}
		default:
			t.Fatalf("no idea how to fill a %s", f.Kind())
		}
	}
	fill(reflect.ValueOf(&v).Elem())
	return v
}

// Ensure whatever is written is read again, field by field.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	s.Now = func() time.Time { return seen } // nothing has expired
	ctx := t.Context()

	session := filled[chat.Session](t)
	session.State, session.Weight = chat.Waiting, 7
	ok(t, s.Commit(ctx, chat.Change{Name: "make", New: true, Now: session}))
	read, err := s.Session(ctx, session.ID)
	ok(t, err)
	equal(t, "session", read, session)

	row := filled[chat.Row](t)
	row.Session, row.Place = session.ID, 1
	stored, err := s.Append(ctx, row)
	ok(t, err)
	equal(t, "appended row", stored, row)
	other := row
	other.CID, other.Text = "other", "too late"
	taken, err := s.Append(ctx, other)
	if !errors.Is(err, chat.ErrStale) {
		t.Errorf("a place was taken twice: %v", err)
	}
	equal(t, "row at the place", taken, row)
	tail, last, err := s.Tail(ctx, session.ID)
	ok(t, err)
	equal(t, "session in the tail", tail, session)
	equal(t, "last row", last, row)
	rows, err := s.Rows(ctx, []chat.RowRef{{Session: session.ID, Place: 9}, {Session: session.ID, Place: 1}, {Session: session.ID, Place: 1}})
	ok(t, err)
	equal(t, "rows", rows, []chat.Row{row})

	offer := filled[chat.Offer](t)
	ok(t, s.Commit(ctx, chat.Change{Name: "offer", Writes: []chat.Write{chat.OpenOffer{Offer: offer}}}))
	gotOffer, err := s.Offer(ctx, offer.OfferRef)
	ok(t, err)
	equal(t, "offer", gotOffer, offer)

	site := filled[chat.Website](t)
	ok(t, s.PutWebsite(ctx, site))
	gotSite, err := s.Website(ctx, site.ID)
	ok(t, err)
	equal(t, "website", gotSite, site)

	q := filled[chat.Queue](t)
	ok(t, s.PutQueue(ctx, q))
	roster, err := s.Roster(ctx, q.ID)
	ok(t, err)
	equal(t, "queue", roster, chat.Roster{Queue: q})

	c := filled[chat.Connection](t)
	c.Role = chat.RoleCustomer
	ok(t, s.Connect(ctx, c))
	connections, err := s.ConnectionsOf(ctx, c.Principal)
	ok(t, err)
	equal(t, "connections", connections, []chat.Connection{c})
}

// Ensure all that is kept of an agent is read.
func TestReadAgent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	later := func(n int64) time.Time { return at.Add(time.Duration(n) * time.Second) }
	ms := func(n int64) types.AttributeValue { return num(later(n).UnixMilli()) }
	list := func(vs ...string) types.AttributeValue {
		l := &types.AttributeValueMemberL{}
		for _, v := range vs {
			l.Value = append(l.Value, str(v))
		}
		return l
	}
	b.agent(t, "a1", attributes{"name": str("Ada"), "email": str("ada@example.com"), "state": str("PAUSED"), "reason": str("Lunch"), "changed": ms(1), "by": str("sue"),
		"next": str("OFFLINE"), "nextReason": str("Home"), "nextBy": str("sid"), "wrapUntil": ms(2), "open": open("s1", "s2"), "cap": num(7), "offer": str("s3#1"), "idleSince": ms(3),
		"seenAt": ms(4), "unreached": ms(5), "missed": num(2), "queues": list("q2", "q1"), "supervisor": &types.AttributeValueMemberBOOL{Value: true}})
	want := chat.Agent{ID: "a1", Name: "Ada", Email: "ada@example.com", State: chat.Paused, Reason: "Lunch", Changed: later(1), By: "sue", Next: chat.Offline,
		NextReason: "Home", NextBy: "sid", WrapUntil: later(2), Open: []string{"s1", "s2"}, Capacity: 7, Offer: "s3#1", Idle: later(3), Seen: later(4), Unreached: later(5),
		Missed: 2, Queues: []string{"q2", "q1"}, Supervisor: true}
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not tested", v.Type().Field(i).Name)
		}
	}
	got, err := b.Agent(t.Context(), "a1")
	ok(t, err)
	equal(t, "agent", got, want)
}

// Ensure a queue's pace is read as it was written, is nothing where nobody took a session yet, and is no member.
func TestPace(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ctx := t.Context()
	ok(t, s.PutQueue(ctx, chat.Queue{ID: queue}))
	for _, want := range []chat.Pace{{}, {Last: at}, {Mean: 42 * time.Second, Last: at.Add(time.Minute)}} {
		if !want.Last.IsZero() {
			ok(t, s.KeepPace(ctx, queue, want))
		}
		got, err := s.Pace(ctx, queue)
		ok(t, err)
		equal(t, "pace", got, want)
	}
	r, err := s.Roster(ctx, queue)
	if err != nil || len(r.Members) > 0 {
		t.Errorf("the members are %v, %v", r.Members, err)
	}
}

// Ensure a page of the log ends with the state row or says that it did not reach it.
func TestLog(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ctx := t.Context()
	ok(t, s.Commit(ctx, chat.Change{Name: "make", New: true, Now: chat.Session{ID: "s1", State: chat.Closed}}))
	ok(t, s.Commit(ctx, chat.Change{Name: "make", New: true, Now: chat.Session{ID: "s10", State: chat.Closed}})) // a neighbour
	for place := 1; place <= 12; place++ {
		_, err := s.Append(ctx, chat.Row{Session: "s1", Place: place})
		ok(t, err)
	}
	ok(t, s.Commit(ctx, chat.Change{Name: "offer", Writes: []chat.Write{chat.OpenOffer{Offer: chat.Offer{OfferRef: chat.OfferRef{Session: "s1", Generation: 1, Round: 1}}}}}))
	for _, c := range []struct {
		from, limit, first, last int
		state                    bool
	}{
		{1, 200, 1, 12, true},
		{9, 200, 9, 12, true},
		{13, 200, 0, 0, true},
		{1, 12, 1, 12, true},
		{1, 11, 1, 12, false}, // the row in the state row's stead
		{10, 1, 10, 11, false},
	} {
		page, err := s.Log(ctx, "s1", c.from, c.limit)
		ok(t, err)
		first, last := 0, 0
		if n := len(page.Rows); n > 0 {
			first, last = page.Rows[0].Place, page.Rows[n-1].Place
		}
		if first != c.first || last != c.last || (page.Session != nil) != c.state {
			t.Errorf("from %d, %d rows: got %d to %d, state row %v; want %+v", c.from, c.limit, first, last, page.Session != nil, c)
		}
	}
	if page, err := s.Log(ctx, "nothing", 1, 10); err != nil || len(page.Rows) != 0 || page.Session != nil {
		t.Errorf("a log of nothing: %+v, %v", page, err)
	}
	if _, _, err := s.Tail(ctx, "nothing"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a tail of nothing: %v", err)
	}
}

// Ensure a session past its retention is gone for all readers before DynamoDB deletes it, and back when it was reopened in time.
func TestRetention(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	clock := seen
	s.Now = func() time.Time { return clock }
	ctx := t.Context()
	closed := chat.Session{ID: "s1", State: chat.Closed, Expires: seen.Add(time.Hour)}
	ok(t, s.Commit(ctx, chat.Change{Name: "make", New: true, Now: closed}))
	readers := func() []error {
		_, one := s.Session(ctx, "s1")
		_, two := s.Log(ctx, "s1", 1, 10)
		_, _, three := s.Tail(ctx, "s1")
		return []error{one, two, three}
	}
	for i, err := range readers() {
		if err != nil {
			t.Errorf("reader %d within the retention: %v", i, err)
		}
	}
	clock = closed.Expires
	for i, err := range readers() {
		if !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("reader %d after the retention: %v", i, err)
		}
	}
	reopened := closed
	reopened.State, reopened.Expires, reopened.Queue, reopened.Queued = chat.Waiting, time.Time{}, queue, seen
	ok(t, s.Commit(ctx, chat.Change{Name: "reopen", Was: closed, Now: reopened}))
	for i, err := range readers() {
		if err != nil {
			t.Errorf("reader %d of the reopened: %v", i, err)
		}
	}
}

// Ensure configuration never touches what an agent does, and membership follows it.
func TestPutAgent(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ctx := t.Context()
	for _, q := range []string{"q1", "q2", "q3"} {
		ok(t, s.PutQueue(ctx, chat.Queue{ID: q, Name: q}))
	}
	members := func(q string) (ids []string) {
		t.Helper()
		r, err := s.Roster(ctx, q)
		ok(t, err)
		for _, m := range r.Members {
			ids = append(ids, m.Agent)
		}
		return ids
	}
	ok(t, s.PutAgent(ctx, chat.Agent{ID: "a1", Name: "Ada", Capacity: 3, Queues: []string{"q2", "q1"}}))
	a, err := s.Agent(ctx, "a1")
	ok(t, err)
	equal(t, "new agent", a, chat.Agent{ID: "a1", Name: "Ada", State: chat.Offline, Capacity: 3, Queues: []string{"q2", "q1"}})

	ok(t, s.SetAvailability(ctx, chat.SetAvailability{Agent: "a1", State: chat.Ready, At: at}))
	ok(t, s.Commit(ctx, chat.Change{Name: "take", Writes: []chat.Write{chat.Take{Agent: "a1", Session: "s1", Capacity: 3, At: at}}}))
	ok(t, s.Notify(ctx, "q1", []string{"a1", "nobody"}, at))
	ok(t, s.KeepPace(ctx, "q1", chat.Pace{}))
	ok(t, s.PutAgent(ctx, chat.Agent{ID: "a1", Name: "Ada L.", Capacity: 1, Queues: []string{"q1", "q3"}, Supervisor: true}))
	a, err = s.Agent(ctx, "a1")
	ok(t, err)
	equal(t, "changed agent", a, chat.Agent{ID: "a1", Name: "Ada L.", State: chat.Ready, Changed: at, Idle: at, Seen: at, Open: []string{"s1"},
		Capacity: 1, Queues: []string{"q1", "q3"}, Supervisor: true})
	for q, want := range map[string][]string{"q1": {"a1"}, "q2": nil, "q3": {"a1"}} {
		if got := members(q); !slices.Equal(got, want) {
			t.Errorf("members of %s: %v, want %v", q, got, want)
		}
	}
	ok(t, s.PutQueue(ctx, chat.Queue{ID: "q1", Name: "renamed"}))
	r, err := s.Roster(ctx, "q1")
	ok(t, err)
	equal(t, "roster", r, chat.Roster{Queue: chat.Queue{ID: "q1", Name: "renamed"}, Members: []chat.Member{{Agent: "a1", Notified: at}}})
}

// Ensure two operators who change an agent at the same moment leave members that match the agent.
func TestPutAgentRace(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ctx := t.Context()
	queues := []string{"q1", "q2", "q3"}
	for _, q := range queues {
		ok(t, s.PutQueue(ctx, chat.Queue{ID: q, Name: q}))
	}
	for round := range 20 {
		var both sync.WaitGroup
		for _, wanted := range [][]string{{"q1", "q2"}, {"q2", "q3"}} {
			both.Go(func() {
				if err := s.PutAgent(ctx, chat.Agent{ID: "a1", Capacity: 1, Queues: wanted}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		a, err := s.Agent(ctx, "a1")
		ok(t, err)
		for _, q := range queues {
			r, err := s.Roster(ctx, q)
			ok(t, err)
			if member := len(r.Members) == 1; member != slices.Contains(a.Queues, q) {
				t.Fatalf("round %d: the agent serves %v, member of %s: %v", round, a.Queues, q, member)
			}
		}
		ok(t, s.PutAgent(ctx, chat.Agent{ID: "a1", Capacity: 1}))
	}
}

// Ensure List names what there is, and agents only while they are at work.
func TestList(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ctx := t.Context()
	expect := func(kind chat.ListKind, want ...string) {
		t.Helper()
		got, err := s.List(ctx, kind)
		ok(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
	set := func(a chat.SetAvailability) {
		t.Helper()
		a.Agent, a.At = "a1", at
		ok(t, s.SetAvailability(ctx, a))
	}
	furnish(t, s, chat.BeepAll)
	expect(chat.ListWebsites, website)
	expect(chat.ListQueues, queue)
	ok(t, s.PutAgent(ctx, chat.Agent{ID: "a1", Capacity: 1}))
	expect(chat.ListAgents)
	set(chat.SetAvailability{State: chat.Ready})
	expect(chat.ListAgents, "a1")
	set(chat.SetAvailability{State: chat.Offline}) // lost: something may be open
	expect(chat.ListAgents, "a1")
	set(chat.SetAvailability{State: chat.Paused})
	set(chat.SetAvailability{State: chat.Offline, Empty: true})
	expect(chat.ListAgents)
}

// Ensure blame counts at once and never touches an agent who holds another offer.
func TestBlame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	missed := chat.Release{Agent: "a1", At: at, Missed: true, NotResponding: true, WasMissed: 2}
	for _, c := range []struct {
		name  string
		with  attributes
		want  chat.Availability
		count int
	}{
		{"the third miss", attributes{"missed": num(2)}, chat.NotResponding, 3},
		{"with another offer", attributes{"missed": num(2), "offer": str("s2#1")}, chat.Ready, 3},
		{"counted otherwise meanwhile", attributes{"missed": num(1)}, chat.Ready, 2},
		{"paused meanwhile", attributes{"missed": num(2), "state": str("PAUSED")}, chat.Paused, 3},
	} {
		b.agent(t, "a1", c.with)
		ok(t, b.Blame(t.Context(), missed))
		a, err := b.Agent(t.Context(), "a1")
		ok(t, err)
		if a.State != c.want || a.Missed != c.count {
			t.Errorf("%s: %s with %d missed, want %s with %d", c.name, a.State, a.Missed, c.want, c.count)
		}
	}
}

// Ensure connections are told apart by who they are of, and expire in time.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	clock := seen
	s.Now = func() time.Time { return clock }
	ctx := t.Context()
	here := chat.Principal{Role: chat.RoleCustomer, ID: "x", Website: "w1"}
	there := chat.Principal{Role: chat.RoleCustomer, ID: "x", Website: "w2"}
	agent := chat.Principal{Role: chat.RoleAgent, ID: "x"}
	for i, p := range []chat.Principal{here, here, there, agent} {
		ok(t, s.Connect(ctx, chat.Connection{Principal: p, ID: fmt.Sprint(i), Seen: seen, Expires: seen.Add(time.Duration(i+1) * time.Hour)}))
	}
	expect := func(p chat.Principal, want ...string) {
		t.Helper()
		found, err := s.ConnectionsOf(ctx, p)
		ok(t, err)
		var got []string
		for _, c := range found {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", p, got, want)
		}
	}
	expect(here, "0", "1")
	expect(there, "2")
	expect(agent, "3")
	clock = seen.Add(time.Hour)
	expect(here, "1")
	ok(t, s.Connect(ctx, chat.Connection{Principal: here, ID: "0", Seen: clock, Expires: clock.Add(time.Hour)})) // a beat
	expect(here, "0", "1")
	ok(t, s.Disconnect(ctx, here, "1"))
	ok(t, s.Disconnect(ctx, here, "1"))
	expect(here, "0")
}

// Ensure what is not there is said to be not there.
func TestNotFound(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ctx := t.Context()
	for name, read := range map[string]func() error{
		"session":    func() error { _, err := s.Session(ctx, "x"); return err },
		"offer":      func() error { _, err := s.Offer(ctx, chat.OfferRef{Session: "x"}); return err },
		"pointer":    func() error { _, err := s.SessionOf(ctx, "x", "y"); return err },
		"website":    func() error { _, err := s.Website(ctx, "x"); return err },
		"roster":     func() error { _, err := s.Roster(ctx, "x"); return err },
		"agent":      func() error { _, err := s.Agent(ctx, "x"); return err },
		"agent beat": func() error { _, err := s.Beat(ctx, "x", at); return err },
	} {
		if err := read(); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if side, err := s.Side(ctx, "x", chat.FromAgent); err != nil || side != (chat.SideRow{}) {
		t.Errorf("side: %+v, %v", side, err)
	}
	if as, err := s.Agents(ctx, []string{"x", "x"}); err != nil || len(as) != 0 {
		t.Errorf("agents: %v, %v", as, err)
	}
	if _, err := s.Wake(ctx, "x"); !errors.Is(err, chat.ErrStale) {
		t.Errorf("wake: %v", err)
	}
}

// Ensure many agents are read in the order asked for, over more than one batch.
func TestManyAgents(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	var ids []string
	for i := range 130 {
		ids = append(ids, fmt.Sprintf("a%03d", i))
		ok(t, s.PutAgent(t.Context(), chat.Agent{ID: ids[i], Capacity: 1}))
	}
	slices.Reverse(ids)
	agents, err := s.Agents(t.Context(), ids)
	ok(t, err)
	var got []string
	for _, a := range agents {
		got = append(got, a.ID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("got %v", got)
	}
}
