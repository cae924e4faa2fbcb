package chat

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

const lease = DefaultLease

// free is an agent whom nothing keeps from an offer.
func free(id string) Agent {
	return Agent{ID: id, Name: "Agent " + id, State: Ready, Capacity: 3, Seen: morning.Add(-time.Minute), Queues: []string{"sales"}}
}

// decision is what the router knows of a session that waits, served by these agents.
func decision(strategy Strategy, agents ...Agent) routing {
	return routing{
		session: Session{ID: "s1", State: Waiting, Version: 1, Website: "shop", Queue: "sales", Customer: "c1", Generation: 1, Round: 4, Patience: 21,
			Weight: 1, Queued: morning.Add(-time.Minute), Since: morning.Add(-time.Minute), Asked: 1},
		roster: Roster{Queue: Queue{ID: "sales", Strategy: strategy, Timeout: 20, Weight: 1}},
		agents: agents,
		visit:  Visit{Session: "s1", Generation: 1, Entered: morning.Add(-time.Second), Token: "t1"},
		now:    morning,
		lease:  lease,
		keep:   retention,
	}
}

func ids(agents []Agent) (list []string) {
	for _, a := range agents {
		list = append(list, a.ID)
	}
	return list
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		change  func(*Agent)
		skip    []string
		reserve bool
		want    string
	}{
		{name: "fit", change: func(*Agent) {}},
		{name: "offline", change: func(a *Agent) { a.State = Offline }, want: "offline"},
		{name: "paused", change: func(a *Agent) { a.State = Paused }, want: "paused"},
		{name: "not responding", change: func(a *Agent) { a.State = NotResponding }, want: "not responding"},
		{name: "wrap-up", change: func(a *Agent) { a.WrapUntil = morning.Add(time.Millisecond) }, want: "wrap-up"},
		{name: "wrap-up just over", change: func(a *Agent) { a.WrapUntil = morning }},
		{name: "next status", change: func(a *Agent) { a.Next = Paused }, want: "leaving after these sessions"},
		{name: "lease just running", change: func(a *Agent) { a.Seen = morning.Add(-lease) }},
		{name: "lease over", change: func(a *Agent) { a.Seen = morning.Add(-lease - time.Millisecond) }, want: "no sign of life"},
		{name: "never seen", change: func(a *Agent) { a.Seen = time.Time{} }, want: "no sign of life"},
		{name: "unreached since", change: func(a *Agent) { a.Unreached = a.Seen }, want: "last offer did not reach them"},
		{name: "unreached before", change: func(a *Agent) { a.Unreached = a.Seen.Add(-time.Millisecond) }},
		{name: "below capacity", change: func(a *Agent) { a.Open = []string{"x", "y"} }},
		{name: "full", change: func(a *Agent) { a.Open = []string{"x", "y", "z"} }, want: "full"},
		{name: "capacity lowered below what is open", change: func(a *Agent) { a.Open, a.Capacity = []string{"x", "y"}, 1 }, want: "full"},
		{name: "no capacity", change: func(a *Agent) { a.Capacity = 0 }, want: "full"},
		{name: "skipped", change: func(*Agent) {}, skip: []string{"ann"}, want: "asked before"},
		{name: "others skipped", change: func(*Agent) {}, skip: []string{"bob"}},
		{name: "reserved, for a reservation", change: func(a *Agent) { a.Offer = "s9#1" }, reserve: true, want: "has another offer"},
		{name: "reserved, for beepall", change: func(a *Agent) { a.Offer = "s9#1" }},
		{name: "the last place reserved", change: func(a *Agent) { a.Offer, a.Capacity = "s9#1", 1 }, want: "has another offer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := free("ann")
			test.change(&a)
			equal(t, "unfit", a.unfit(morning, lease, test.skip, test.reserve), test.want)
		})
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	paused, reserved, full := free("bob"), free("eve"), free("ian")
	paused.State, reserved.Offer, full.Open = Paused, "s9#1", []string{"1", "2", "3"}
	in := decision(RRMemory, free("zoe"), paused, free("ann"), reserved, full, free("kim"))
	in.session.Skip = []string{"kim"}
	got, why := in.candidates()
	equal(t, "candidates", ids(got), []string{"ann", "zoe"})
	got = in.choose(got, in.allot(got, nil), &why)
	equal(t, "asked", ids(got), []string{"ann", "zoe"})
	equal(t, "why", why, Why{Candidates: []string{"ann", "zoe"}, Excluded: map[string]string{
		"bob": "paused", "eve": "has another offer", "ian": "full", "kim": "asked before"}})

	in.roster.Strategy = BeepAll // reserves nobody, so a reservation does not matter, unless it holds the last place
	got, _ = in.candidates()
	equal(t, "candidates of beepall", ids(got), []string{"ann", "eve", "zoe"})
	in.agents[3].Open = []string{"1", "2"}
	got, why = in.candidates()
	equal(t, "candidates of beepall with a place", ids(got), []string{"ann", "zoe"})
	equal(t, "why not Eve", why.Excluded["eve"], "has another offer")

	var crowd []Agent
	for i := range MaxAsked + 7 {
		crowd = append(crowd, free(fmt.Sprintf("a%03d", i)))
	}
	in = decision(BeepAll, crowd...)
	got, why = in.candidates()
	got = in.choose(got, in.allot(got, nil), &why)
	equal(t, "asked of a crowd", len(got), MaxAsked)
	equal(t, "candidates of a crowd", why.Candidates, ids(crowd[:MaxAsked]))
}

func TestOrder(t *testing.T) {
	t.Parallel()
	ago := func(minutes int) time.Time { return morning.Add(-time.Duration(minutes) * time.Minute) }
	ann, bob, eve := free("ann"), free("bob"), free("eve")
	ann.Idle, bob.Idle, eve.Idle = ago(1), ago(5), ago(3)
	ann.Open, bob.Open, eve.Open = []string{"1"}, []string{"2", "3"}, []string{"4"}
	members := []Member{{"ann", ago(2)}, {"bob", time.Time{}}, {"eve", ago(4)}}
	asked := func(last string) []Member {
		return []Member{{"ann", ago(9)}, {last, ago(1)}, {"eve", ago(5)}}
	}
	tests := []struct {
		name     string
		strategy Strategy
		members  []Member
		want     []string
	}{
		{"beepall", BeepAll, members, []string{"ann", "bob", "eve"}},
		{"rrmemory, nobody asked yet", RRMemory, nil, []string{"ann", "bob", "eve"}},
		{"rrmemory, the first asked last", RRMemory, members, []string{"bob", "eve", "ann"}},
		{"rrmemory, the last asked last", RRMemory, []Member{{"ann", ago(2)}, {"eve", ago(1)}}, []string{"ann", "bob", "eve"}},
		{"rrmemory, asked last who is no candidate", RRMemory, asked("carl"), []string{"eve", "ann", "bob"}},
		{"leastrecent: never, then longest ago", LeastRecent, members, []string{"bob", "eve", "ann"}},
		{"longestidle", LongestIdle, members, []string{"bob", "eve", "ann"}},
		{"fewestchats, then longest idle", FewestChats, members, []string{"eve", "ann", "bob"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := decision(test.strategy)
			in.roster.Members = test.members
			fit := []Agent{eve, ann, bob}
			in.order(fit)
			equal(t, "order", ids(fit), test.want)
		})
	}
}

// crew is a random set of agents with random pasts.
func crew(r *rand.Rand) (agents []Agent, members []Member) {
	for i := range 1 + r.IntN(12) {
		a := free("a" + strconv.Itoa(i))
		a.Idle = morning.Add(-time.Duration(r.IntN(4)) * time.Hour)
		for n := range r.IntN(3) {
			a.Open = append(a.Open, strconv.Itoa(n))
		}
		agents = append(agents, a)
		members = append(members, Member{a.ID, morning.Add(-time.Duration(r.IntN(4)) * time.Hour)})
	}
	return agents, members
}

// Every strategy asks everybody, each once, and the same ones first in whatever order they were read.
func TestOrderIsAPermutation(t *testing.T) {
	t.Parallel()
	seeds(t, 100, func(t *testing.T, r *rand.Rand) {
		agents, members := crew(r)
		for _, strategy := range []Strategy{BeepAll, RRMemory, LeastRecent, LongestIdle, FewestChats} {
			in := decision(strategy)
			in.roster.Members = members
			one, other := slices.Clone(agents), slices.Clone(agents)
			r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
			in.order(one)
			in.order(other)
			equal(t, string(strategy)+" read in another order", ids(other), ids(one))
			sorted, all := ids(one), ids(agents)
			slices.Sort(sorted)
			slices.Sort(all)
			equal(t, string(strategy)+" asks", sorted, all)
		}
	})
}

// rrmemory visits everybody once a round, whoever answers first: the one asked last is remembered, not the one who accepted last. By
// declining it does, too: who did is skipped.
func TestRRMemoryVisitsEverybody(t *testing.T) {
	t.Parallel()
	seeds(t, 50, func(t *testing.T, r *rand.Rand) {
		agents, members := crew(r)
		for i := range agents {
			agents[i].Open = nil
		}
		in := decision(RRMemory, agents...)
		in.roster.Members = members
		slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Agent, b.Agent) }) // as they are read
		for round := range 3 {
			visited := map[string]int{}
			for n := range agents {
				got, _ := in.candidates()
				visited[got[0].ID]++
				i := slices.IndexFunc(members, func(m Member) bool { return m.Agent == got[0].ID })
				members[i].Notified = morning.Add(time.Duration(round*len(agents)+n+1) * time.Second)
			}
			if len(visited) != len(agents) {
				t.Fatalf("round %d visits %v", round, visited)
			}
		}
		for lap := range 3 {
			asked := 0
			for !in.newLap() {
				got, _ := in.candidates()
				in.session.Skip = append(in.session.Skip, got[0].ID)
				asked++
			}
			if in.session.Skip = nil; asked != len(agents) {
				t.Fatalf("lap %d asks %d of %d", lap, asked, len(agents))
			}
		}
	})
}

func TestNewLap(t *testing.T) {
	t.Parallel()
	paused, reserved := free("bob"), free("eve")
	paused.State, reserved.Offer = Paused, "s9#1"
	tests := []struct {
		name   string
		agents []Agent
		skip   []string
		want   bool
	}{
		{"nobody there", nil, []string{"ann"}, false},
		{"nobody available", []Agent{paused}, []string{"bob"}, false},
		{"nobody asked", []Agent{free("ann")}, nil, false},
		{"all asked", []Agent{free("ann"), free("zoe")}, []string{"zoe", "ann"}, true},
		{"one not asked", []Agent{free("ann"), free("zoe")}, []string{"ann"}, false},
		{"the one not asked is away", []Agent{free("ann"), paused}, []string{"ann"}, true},
		{"the one not asked has another offer, and will be free", []Agent{free("ann"), reserved}, []string{"ann"}, false},
		{"those asked have left", []Agent{free("ann")}, []string{"zoe"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := decision(RRMemory, test.agents...)
			in.session.Skip = test.skip
			equal(t, "new lap", in.newLap(), test.want)
		})
	}
}

// Whoever has just said no is not rung again in the same second, though nobody else is there: a new lap waits for one patience.
func TestNewLapWaits(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]bool{0: false, 21*time.Second - time.Millisecond: false, 21 * time.Second: true, time.Hour: true} {
		in := decision(RRMemory, free("ann"))
		in.session.Skip, in.session.Given = []string{"ann"}, morning.Add(-ago)
		if got := in.newLap(); got != want {
			t.Errorf("%v after a no: new lap %v, want %v", ago, got, want)
		}
	}
}

// A customer who comes back is offered to the agent who knows them, and to nobody else for that time.
func TestPrevious(t *testing.T) {
	t.Parallel()
	bob := func(change func(*Agent)) Agent { a := free("bob"); change(&a); return a }
	there := bob(func(*Agent) {})
	tests := []struct {
		name     string
		bob      Agent
		strategy Strategy
		prefers  bool
		last     string
		skip     []string
		asked    []string
		offered  string
	}{
		{"he is there", there, BeepAll, true, "bob", nil, []string{"bob"}, "bob"},
		{"he is there, and it was another's turn", there, RRMemory, true, "bob", nil, []string{"bob"}, "bob"},
		{"the queue does not care", there, BeepAll, false, "bob", nil, []string{"ann", "bob", "eve"}, Everybody},
		{"nobody had it before", there, BeepAll, true, "", nil, []string{"ann", "bob", "eve"}, Everybody},
		{"he does not work here", there, BeepAll, true, "zoe", nil, []string{"ann", "bob", "eve"}, Everybody},
		{"he has paused", bob(func(a *Agent) { a.State = Paused }), BeepAll, true, "bob", nil, []string{"ann", "eve"}, Everybody},
		{"he is full", bob(func(a *Agent) { a.Open = []string{"1", "2", "3"} }), RRMemory, true, "bob", nil, []string{"ann", "eve"}, "ann"},
		{"he was asked and said no", there, BeepAll, true, "bob", []string{"bob"}, []string{"ann", "eve"}, Everybody},
		{"another offer is made to him alone", bob(func(a *Agent) { a.Offer = "s9#1" }), BeepAll, true, "bob", nil, []string{"ann", "bob", "eve"}, Everybody},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := decision(test.strategy, free("ann"), test.bob, free("eve"))
			in.roster.Previous, in.session.Last, in.session.Skip = test.prefers, test.last, test.skip
			candidates, why := in.candidates()
			candidates = in.choose(candidates, in.allot(candidates, nil), &why)
			equal(t, "candidates", ids(candidates), test.asked)
			equal(t, "why", why.Candidates, test.asked)
			equal(t, "again", why.Again, test.offered == "bob")
			c, o := in.offer(candidates, why)
			equal(t, "offered", c.Now.Offered, test.offered)
			if test.offered == Everybody {
				equal(t, "reservations", writesOf[Reserve](c), []Reserve(nil))
				return
			}
			equal(t, "asked", o.To, []string{test.offered})
			equal(t, "reservation", writeOf[Reserve](t, c), Reserve{Agent: test.offered, Offer: "s1#5", Lease: morning.Add(-lease), At: morning})
		})
	}
}

func TestOverflow(t *testing.T) {
	t.Parallel()
	in := decision(RRMemory)
	in.session.Skip, in.session.Turn, in.session.Token, in.session.Wake, in.session.NoSeat = []string{"ann"}, morning, "t1", 2, morning
	in.session.Queued, in.session.Last, in.session.Part = morning.Add(-time.Hour), "bob", 1
	c := in.overflow(Queue{ID: "all", Weight: 7, Timeout: 60})
	want := in.session
	// The same generation with an execution of its own, at the same place by its time; who is asked there, and for how long, begins anew.
	want.Queue, want.Weight, want.Part, want.Patience, want.Since = "all", 7, 2, 21, morning
	want.Skip, want.Turn, want.Token, want.Wake, want.NoSeat = nil, time.Time{}, "", 0, time.Time{}
	equal(t, "change", c, Change{Name: "overflow", Was: in.session, Now: want})
	equal(t, "execution", c.Now.Execution(), Execution{Session: "s1", Generation: 1, Part: 2, Patience: 21})
}

func TestAhead(t *testing.T) {
	t.Parallel()
	ann, bob := free("ann"), free("bob")
	bob.Queues = []string{"support"}
	waiter := func(change func(*Waiter)) Waiter {
		w := Waiter{Session: "s0", Queue: "sales", Weight: 1, Queued: morning.Add(-2 * time.Minute), State: Waiting, Turn: morning.Add(-10 * time.Second),
			Until: morning}
		change(&w)
		return w
	}
	tests := []struct {
		name string
		w    Waiter
		want bool
	}{
		{"came before", waiter(func(*Waiter) {}), true},
		{"came later", waiter(func(w *Waiter) { w.Queued = morning }), false},
		{"came later, heavier", waiter(func(w *Waiter) { w.Queued, w.Weight = morning, 2 }), true},
		{"came before, lighter", waiter(func(w *Waiter) { w.Weight = 0 }), false},
		{"in a queue of the other candidate", waiter(func(w *Waiter) { w.Queue = "support" }), true},
		{"in a queue of neither", waiter(func(w *Waiter) { w.Queue = "billing" }), false},
		{"skips the only candidate of its queue", waiter(func(w *Waiter) { w.Skip = []string{"ann"} }), false},
		{"skips another", waiter(func(w *Waiter) { w.Skip = []string{"bob"} }), true},
		{"is offered to somebody alone", waiter(func(w *Waiter) { w.State, w.Offered = Offered, "ann" }), false},
		{"rings for several, one candidate among them", waiter(func(w *Waiter) { w.State, w.Offered, w.Rings = Offered, Everybody, []string{"eve", "ann"} }), true},
		{"rings, for whom was not read", waiter(func(w *Waiter) { w.State, w.Offered = Offered, Everybody }), true},
		{"has rung out, and is about to be given back", waiter(func(w *Waiter) {
			w.State, w.Offered, w.Rings, w.Until = Offered, Everybody, []string{"ann"}, morning.Add(-nearlyOver)
		}), true},
		{"has rung out, and its routing is lost", waiter(func(w *Waiter) {
			w.State, w.Offered, w.Rings, w.Until = Offered, Everybody, []string{"ann"}, morning.Add(-nearlyOver-time.Millisecond)
		}), false},
		{"rings for others", waiter(func(w *Waiter) { w.State, w.Offered, w.Rings = Offered, Everybody, []string{"eve"} }), false},
		{"came later and rings", waiter(func(w *Waiter) {
			w.State, w.Offered, w.Rings, w.Queued = Offered, Everybody, []string{"ann"}, morning
		}), false},
		{"lacks a seat", waiter(func(w *Waiter) { w.NoSeat = morning }), false},
		{"its routing is lost", waiter(func(w *Waiter) { w.Turn = morning.Add(-lostTurn - time.Second) }), false},
		{"not visited yet", waiter(func(w *Waiter) { w.Turn, w.Queued = time.Time{}, morning.Add(-61*time.Second) }), true},
		{"never visited, routing lost", waiter(func(w *Waiter) { w.Turn = time.Time{} }), false},
		{"this very session", waiter(func(w *Waiter) { w.Session, w.Queued = "s1", morning.Add(-time.Minute) }), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := decision(BeepAll)
			in.line = []Waiter{test.w}
			got := in.ahead([]Agent{ann, bob})
			equal(t, "ahead", len(got) == 1, test.want)
		})
	}
}

func TestAllotment(t *testing.T) {
	t.Parallel()
	ann, bob, eve := free("ann"), free("bob"), free("eve")
	eve.Queues, eve.Open = []string{"support"}, []string{"1", "2"} // one place is left
	cat := free("cat")
	cat.Queues = nil
	in := func(queue string, skip ...string) Waiter { return Waiter{Queue: queue, State: Waiting, Skip: skip} }
	rings := func(agents ...string) Waiter {
		return Waiter{Queue: "sales", State: Offered, Offered: Everybody, Rings: agents, Until: morning}
	}
	tests := []struct {
		name   string
		before []Waiter
		alone  []string // who may be asked alone
		all    []string // who may be asked together
	}{
		{"nobody before", nil, []string{"ann", "bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"one before can do with either", []Waiter{in("sales")}, []string{"ann", "bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"the only one whom it can take", []Waiter{in("support")}, []string{"ann", "bob"}, []string{"ann", "bob"}},
		{"one that skips", []Waiter{in("sales", "bob")}, []string{"bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"as many as candidates", []Waiter{in("sales"), in("sales"), in("support")}, nil, []string{"ann", "bob"}},
		{"more than can be asked now", []Waiter{in("sales"), in("sales"), in("sales")}, []string{"eve"}, []string{"ann", "bob", "eve"}},
		{"as many as places", []Waiter{in("sales"), in("sales"), in("sales"), in("sales"), in("sales"), in("sales")}, []string{"eve"}, []string{"eve"}},
		{"one that rings needs a place, not all", []Waiter{rings("ann")}, []string{"ann", "bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"one that rings needs the last place", []Waiter{rings("eve")}, []string{"ann", "bob"}, []string{"ann", "bob"}},
		{"three that ring need three places", []Waiter{rings("ann"), rings("ann"), rings("ann")}, []string{"bob", "eve"}, []string{"bob", "eve"}},
		{"three that ring for two need none of them for sure", []Waiter{rings("ann", "eve"), rings("ann", "eve"), rings("ann", "eve")},
			[]string{"ann", "bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"one that rings for others", []Waiter{rings("zoe")}, []string{"ann", "bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"one that rings for others, too", []Waiter{rings("eve", "cat")}, []string{"ann", "bob", "eve"}, []string{"ann", "bob", "eve"}},
		{"one that rings, nobody has read for whom", []Waiter{{Queue: "support", State: Offered, Offered: Everybody, Until: morning}},
			[]string{"ann", "bob"}, []string{"ann", "bob"}},
		// To give the first the last that it could take would leave bob for nobody and ann for this one.
		{"the older one finds another", []Waiter{in("sales"), in("sales", "ann")}, []string{"eve"}, []string{"ann", "bob", "eve"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := decision(BeepAll)
			in.session.Queued = morning
			for i, w := range test.before {
				w.Session, w.Weight, w.Queued, w.Turn = fmt.Sprintf("b%d", i), 1, morning.Add(-time.Minute), morning
				in.line = append(in.line, w)
			}
			candidates := []Agent{ann, bob, eve}
			al := in.allot(candidates, []Agent{cat})
			equal(t, "left to be asked alone", ids(al.left(candidates, true)), test.alone)
			equal(t, "left to be asked together", ids(al.left(candidates, false)), test.all)
		})
	}
}

// Whom this one takes nobody before it may lose; whoever of them could be asked is woken, unless it is on its way.
func TestSleeper(t *testing.T) {
	t.Parallel()
	ann, bob := free("ann"), free("bob")
	in := decision(RRMemory, ann, bob)
	in.session.Queued = morning
	waits := func(id string, turn time.Time, skip ...string) Waiter {
		return Waiter{Session: id, Queue: "sales", Weight: 1, Queued: morning.Add(-time.Minute), State: Waiting, Turn: turn, Skip: skip}
	}
	asked := morning.Add(-time.Second)
	in.line = []Waiter{waits("b0", time.Time{}, "bob"), waits("b1", asked, "ann"), waits("b2", asked)}
	al := in.allot([]Agent{ann, bob}, nil)
	equal(t, "sleeper", len(al.sleeper()), 1)
	equal(t, "sleeper", al.sleeper()[0].Session, "b1")
	in.line = in.line[:1]
	al = in.allot([]Agent{ann, bob}, nil)
	equal(t, "one on its way", len(al.sleeper()), 0)
	_, ok := al.without(ann, true)
	equal(t, "without ann", ok, false)
	in.line[0].Skip, in.line[0].Turn = nil, asked
	al = in.allot([]Agent{ann, bob}, nil)
	al, ok = al.without(bob, true)
	equal(t, "without bob, whom it had", ok, true)
	equal(t, "it has ann then", al.has, map[place]int{{"ann", 0}: 0, {"bob", 0}: itself})
	equal(t, "and is woken", len(al.sleeper()), 1)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Agent)
		want   bool
	}{
		"free":         {func(*Agent) {}, true},
		"paused":       {func(a *Agent) { a.State = Paused }, false},
		"leaving":      {func(a *Agent) { a.Next = Paused }, false},
		"wraps up":     {func(a *Agent) { a.WrapUntil = morning.Add(time.Second) }, true},
		"full":         {func(a *Agent) { a.Open = []string{"1", "2", "3"} }, false},
		"has reserved": {func(a *Agent) { a.Offer = "s1#1" }, true},
	} {
		a := free("ann")
		test.change(&a)
		if got := a.answers(); got != test.want {
			t.Errorf("%s: answers %v, want %v", name, got, test.want)
		}
	}
}

func TestOffer(t *testing.T) {
	t.Parallel()
	for _, strategy := range []Strategy{BeepAll, RRMemory, LeastRecent, LongestIdle, FewestChats} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			in := decision(strategy, free("ann"), free("bob"))
			in.session.Skip, in.session.Wake, in.session.NoSeat = roomy("eve"), 3, morning.Add(-time.Second)
			candidates, why := in.candidates()
			candidates = in.choose(candidates, in.allot(candidates, nil), &why)
			c, o := in.offer(candidates, why)

			want := in.session
			want.State, want.Round, want.Until = Offered, 5, morning.Add(19*time.Second) // 20 s from the task's entry
			want.Token, want.Turn, want.Wake, want.NoSeat = "t1", morning, 0, time.Time{}
			wantOffer := Offer{OfferRef: OfferRef{"s1", 1, 5}, Strategy: strategy, Why: why, At: morning, Until: want.Until, Expires: morning.Add(retention)}
			writes := []Write{}
			if strategy == BeepAll {
				want.Offered, wantOffer.To = Everybody, []string{"ann", "bob"}
			} else {
				want.Offered, wantOffer.To = "ann", []string{"ann"}
				writes = append(writes, Reserve{Agent: "ann", Offer: "s1#5", Lease: morning.Add(-lease), At: morning})
			}
			equal(t, "offer", o, wantOffer)
			equal(t, "change", c, Change{Name: "offer", Was: in.session, Now: want, WakeAsRead: true, Writes: append(writes, OpenOffer{wantOffer})})
			untouched(t, "skip", in.session.Skip, "eve")
		})
	}
}

func TestPark(t *testing.T) {
	t.Parallel()
	in := decision(RRMemory)
	in.session.Wake, in.session.NoSeat = 2, morning.Add(-time.Minute)
	want := in.session
	want.Token, want.Turn, want.Wake, want.NoSeat = "t1", morning, 0, time.Time{}
	equal(t, "parked", in.park(nil), Change{Name: "park", Was: in.session, Now: want, WakeAsRead: true})
	lacks := want
	lacks.NoSeat = morning
	there := []Agent{free("ann")}
	for _, test := range []struct {
		name         string
		shards       []Shard
		rings, lacks int
		candidates   []Agent
		want         Session
	}{
		{"no seat is left", []Shard{{1, 10, 10}, {2, 11, 10}}, 0, 0, there, lacks},
		{"it lacks an agent, too", []Shard{{1, 10, 10}}, 0, 0, nil, want},
		{"others ring for the last seats", []Shard{{1, 8, 10}, {2, 10, 9}}, 2, 0, there, lacks},
		{"the last seat is for one before", []Shard{{1, 8, 10}, {2, 10, 9}}, 1, 1, there, lacks},
		{"beside a seat", []Shard{{1, 8, 10}}, 1, 0, there, want},
		{"no limit", nil, 3, 0, there, want},
	} {
		in.shards, in.ringing, in.lacking = test.shards, test.rings, test.lacks
		equal(t, test.name, in.park(test.candidates).Now, test.want)
	}
}

// Whoever accepts takes a seat: those that ring count, in whichever queue, and those before that lack nothing else.
func TestClaims(t *testing.T) {
	t.Parallel()
	in := decision(RRMemory)
	soon, before, ago := morning.Add(time.Second), morning.Add(-time.Hour), morning.Add(-time.Second)
	ring, lack := in.claims([]Waiter{
		{Session: "s1", State: Offered, Offered: "ann", Until: soon, Weight: 9},
		{Session: "alone", State: Offered, Offered: "ann", Until: morning},
		{Session: "several", State: Offered, Offered: Everybody, Until: soon, Queue: "other"},
		{Session: "about to be given back", State: Offered, Offered: Everybody, Until: ago},
		{Session: "over", State: Offered, Offered: Everybody, Until: before},
		{Session: "waits", State: Waiting, Queued: before, Turn: ago, Weight: 1},
		{Session: "lacks", State: Waiting, Queued: before, Turn: ago, Weight: 1, NoSeat: ago},
		{Session: "lacks, and is lost", State: Waiting, Queued: before, Turn: before, Weight: 1, NoSeat: ago},
		{Session: "lacks, and came later", State: Waiting, Queued: morning, Turn: ago, Weight: 1, NoSeat: ago},
	})
	names := func(line []Waiter) (list []string) {
		for _, w := range line {
			list = append(list, w.Session)
		}
		return list
	}
	equal(t, "ring", names(ring), []string{"alone", "several", "about to be given back"})
	equal(t, "lack", names(lack), []string{"lacks"})
}

func TestEndsOfWaiting(t *testing.T) {
	t.Parallel()
	const maxWait = 60
	tests := []struct {
		name                string
		queued, since, seen time.Duration // ago; 0: never
		tooLong, abandoned  bool
	}{
		{"just come", time.Second, time.Second, 0, false, false},
		{"at the maximum", maxWait * time.Second, maxWait * time.Second, 0, false, false},
		{"above the maximum", time.Minute + 1, time.Minute + 1, 0, true, false},
		{"returned: the place is old, the wait is not", time.Hour, time.Second, time.Second, false, false},
		{"no sign of life but the question", lease + 1, time.Second, 0, false, true},
		{"a sign of life", time.Hour, time.Second, lease, false, false},
		{"the last sign of life is old", time.Hour, time.Second, lease + 1, false, true},
		{"reopened: the question is a sign of life", time.Second, time.Second, time.Hour, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := decision(RRMemory)
			in.roster.MaxWait = maxWait
			in.session.Queued, in.session.Since = morning.Add(-test.queued), morning.Add(-test.since)
			if test.seen > 0 {
				in.customer.Seen = morning.Add(-test.seen)
			}
			equal(t, "waited too long", in.waitedTooLong(), test.tooLong)
			equal(t, "abandoned", in.abandoned(), test.abandoned)
			in.roster.MaxWait = 0
			equal(t, "waited too long without a maximum", in.waitedTooLong(), false)
		})
	}
}

func TestTurning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		turn, since time.Duration // ago; 0: never
		want        bool
	}{
		{"visited", lostTurn, time.Hour, true},
		{"visited long ago", lostTurn + 1, time.Hour, false},
		{"on its way", 0, lostTurn, true},
		{"never visited", 0, lostTurn + 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var turn time.Time
			if test.turn > 0 {
				turn = morning.Add(-test.turn)
			}
			equal(t, "turning", turning(turn, morning.Add(-test.since), morning), test.want)
		})
	}
}
