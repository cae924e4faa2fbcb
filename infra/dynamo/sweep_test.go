package dynamo_test

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Ensure that a sweep sees what operators watch.
func TestSweepSees(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	ok(t, o.store.PutLicence(t.Context(), 4))
	present := func() { o.beats(page("c1"), page("c2"), desktop("ann")) }
	sees := func(want chat.Swept) {
		t.Helper()
		if got := o.sweeps(); !reflect.DeepEqual(got, want) {
			t.Errorf("saw %+v, want %+v", got, want)
		}
	}
	sees(chat.Swept{Limit: 4})

	taken := o.accepts("ann", o.writes("c1"))
	o.becomes("ann", chat.Paused)
	o.writes("c2")
	o.pass(20 * time.Second)
	present()
	sees(chat.Swept{Waiting: 1, Longest: 20 * time.Second, Used: 1, Limit: 4})

	// Who comes back to the queue keeps their place in the line, but has not waited while somebody talked to them.
	o.pass(2 * time.Minute)
	present()
	for range 7 {
		o.pass(time.Minute)
		o.beats(page("c1"), page("c2"))
	}
	if done := o.sweeps(); done.Returned != 1 || done.Offline != 1 {
		t.Fatalf("swept %+v", done)
	}
	if s := o.session(taken.ID); s.State != chat.Waiting {
		t.Fatalf("the session of the lost agent is %s", s.State)
	}
	o.pass(5 * time.Second)
	sees(chat.Swept{Waiting: 2, Longest: 9*time.Minute + 25*time.Second, Limit: 4})

	// A seat that nobody gave back.
	ok(t, o.store.Commit(t.Context(), chat.Change{Name: "leak", Writes: []chat.Write{chat.TakeSeat{Shard: shard}}}))
	sees(chat.Swept{Waiting: 2, Longest: 9*time.Minute + 25*time.Second, Used: 1, Limit: 4, Drift: []string{"licence shard " + strconv.Itoa(shard) + " counts 1, its sessions are 0"}})
}

// Ensure that a sweep starts a routing that was lost although somebody changes the session at that moment: the sweep itself does, when
// it withdraws the offer of an agent who is lost, too.
func TestSweepJudgesAgain(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann")
	s := o.writes("c1")
	ok(t, o.desk.Mark(t.Context(), desktop("ann"), ref(s), false))
	o.loop.end(s.ID, false)
	o.pass(91 * time.Second)
	o.beats(page("c1"), desktop("ann"))
	quick := desk(o.store)
	quick.Now = o.clock.now
	o.desk.Store = &between{o.store, "raise part", func() {
		_, err := quick.SetAvailability(t.Context(), desktop("ann"), chat.Wish{State: chat.Paused})
		ok(t, err)
	}}
	if done := o.sweeps(); done.Restarted != 1 {
		t.Errorf("swept %+v", done)
	}
	o.is(s, chat.Waiting, "")
	if got := o.loop.running(s.ID); !slices.Equal(got, []string{s.ID + "-1-1"}) {
		t.Errorf("running: %v", got)
	}
	o.keepsItsPromises("routed again")
}

// Ensure that a recount is silent while everything moves as it should, and names each thing that does not fit.
func TestRecount(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	drifts := func(when string, want ...string) {
		t.Helper()
		if got := o.sweeps().Drift; !slices.Equal(got, want) {
			t.Errorf("%s: drift %q, want %q", when, got, want)
		}
	}
	breaks := func(w chat.Write) {
		t.Helper()
		ok(t, o.store.Commit(t.Context(), chat.Change{Name: "leak", Writes: []chat.Write{w}}))
	}
	drifts("with an owner")
	o.invites("bob", s)
	drifts("with a helper")
	o.hands("ann", s, chat.Handover{Agent: "eve"})
	drifts("while a transfer rings")
	o.accepts("eve", s)
	drifts("handed over")
	waits := o.writes("c2")
	drifts("with one who waits")

	// An agent who has what is nobody's, and what is another's.
	breaks(chat.Take{Agent: "bob", Session: waits.ID, Capacity: 3, At: o.clock.now()})
	open := "agent bob has session " + waits.ID + " open: true, and speaks in it: false"
	drifts("leaked", open)
	breaks(chat.Take{Agent: "bob", Session: "gone", Capacity: 3, At: o.clock.now()})
	drifts("leaked twice", "agent bob has session gone open: true, and speaks in it: false", open)
	breaks(chat.Leave{Agent: "bob", Session: waits.ID, At: o.clock.now()})
	breaks(chat.Leave{Agent: "bob", Session: "gone", At: o.clock.now()})
	drifts("mended")

	// An owner who has lost what is theirs.
	breaks(chat.Leave{Agent: "eve", Session: s.ID, At: o.clock.now()})
	drifts("lost", "agent eve has session "+s.ID+" open: false, and speaks in it: true")
	breaks(chat.Take{Agent: "eve", Session: s.ID, Capacity: 3, At: o.clock.now()})
	breaks(chat.TakeSeat{Shard: shard})
	drifts("a seat that nobody gave back", "licence shard 1 counts 2, its sessions are 1")
	breaks(chat.GiveSeat{Shard: shard})
	breaks(chat.GiveSeat{Shard: shard})
	drifts("a seat given back twice", "licence shard 1 counts 0, its sessions are 1")
	breaks(chat.TakeSeat{Shard: shard})
	o.closes("eve", s)
	drifts("closed")
}
