package dynamo_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// silent is a queue whose sessions may be silent for two minutes, and are warned after one.
var silent = chat.Queue{Strategy: chat.BeepAll, Timeout: 20, Idle: 120}

// Ensure that a chat in which nobody writes is warned a minute before its end, and closed unless somebody writes.
func TestIdle(t *testing.T) {
	t.Parallel()
	o, s := talking(t, silent)
	if done := o.sweeps(); done.Warned+done.TimedOut != 0 {
		t.Fatalf("at once: %+v", done)
	}
	o.pass(61 * time.Second)
	if done := o.sweeps(); done.Warned != 1 || done.TimedOut != 0 {
		t.Fatalf("after a minute: %+v", done)
	}
	o.hears(page("c1"), "with ANN, idle")
	o.hears(desktop("ann"), "with ANN, idle")
	if done := o.sweeps(); done.Warned+done.TimedOut != 0 {
		t.Errorf("warned twice: %+v", done)
	}
	snap, err := o.desk.Hello(t.Context(), page("c1"), chat.Greeting{})
	if err != nil || snap.Sessions[0].Session.Warned != snap.Sessions[0].Head || !snap.Sessions[0].Session.Due.Equal(o.clock.now().Add(time.Minute)) {
		t.Errorf("a page that comes later sees %+v, %v", snap.Sessions, err)
	}

	// Answered: it is looked at again when it may be idle again.
	o.pass(30 * time.Second)
	ok(t, o.says(page("c1"), s, "I am still here."))
	o.pass(31 * time.Second)
	o.screens.clear()
	if done := o.sweeps(); done.Warned+done.TimedOut != 0 {
		t.Fatalf("somebody wrote: %+v", done)
	}
	o.hears(page("c1"))
	o.is(s, chat.Active, "ann")
	o.pass(30 * time.Second)
	if done := o.sweeps(); done.Warned != 1 {
		t.Fatalf("silent again: %+v", done)
	}
	o.screens.clear()

	// Not answered.
	o.becomes("bob", chat.Ready)
	o.hands("ann", s, chat.Handover{Agent: "bob"}) // rings, and is no answer
	o.pass(61 * time.Second)
	if done := o.sweeps(); done.TimedOut != 1 {
		t.Fatalf("not answered: %+v", done)
	}
	if now := o.session(s.ID); now.State != chat.Closed || now.Outcome != chat.TimedOut || now.Disposition != "Timeout" || len(o.agent("ann").Open) > 0 || o.seats() != 0 {
		t.Errorf("it is %+v", now)
	}
	o.hears(page("c1"), "closed timeout")
	if heard := o.screens.take("conn-ann"); !slices.Contains(heard, "closed timeout") {
		t.Errorf("ann heard %q", heard)
	}
	o.keepsItsPromises("timed out")
	row, err := o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "late", Text: "Sorry, lunch.", After: 1})
	if err != nil || row.Kind != chat.KindReopened {
		t.Errorf("the customer writes again: %+v, %v", row, err)
	}
}

// between lets something happen between what a command reads and what it writes, once.
type between struct {
	chat.Store
	change string // of this name
	happen func()
}

func (b *between) Commit(ctx context.Context, c chat.Change) error {
	if b.happen != nil && c.Name == b.change {
		happen := b.happen
		b.happen = nil
		happen()
	}
	return b.Store.Commit(ctx, c)
}

// Ensure that who writes at the very moment when a chat is closed for silence is heard: it is judged again.
func TestIdleIsJudgedAgain(t *testing.T) {
	t.Parallel()
	o, s := talking(t, silent)
	o.pass(61 * time.Second)
	o.sweeps()
	o.pass(61 * time.Second)
	quick := desk(o.store)
	quick.Now = o.clock.now
	o.desk.Store = &between{o.store, "close", func() {
		_, err := quick.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "quick", Text: "Wait!", After: 2})
		ok(t, err)
	}}
	if done := o.sweeps(); done.TimedOut+done.Warned != 0 {
		t.Errorf("swept %+v", done)
	}
	o.is(s, chat.Active, "ann")
	if now := o.session(s.ID); now.Warned != 0 || !now.Due.Equal(o.clock.now().Add(time.Minute)) {
		t.Errorf("due %v, warned of %d", now.Due, now.Warned)
	}
	o.keepsItsPromises("heard")
}

// Ensure that a chat that moved to another queue may be silent for as long as that queue says.
func TestIdleOfTheNewQueue(t *testing.T) {
	t.Parallel()
	o, s := talking(t, silent)
	o.pass(61 * time.Second)
	o.sweeps() // warned
	o.hands("ann", s, chat.Handover{Queue: "billing"})
	o.accepts("bob", s)
	o.pass(2 * time.Minute)
	o.beats(page("c1"), desktop("bob"))
	if done := o.sweeps(); done.Warned+done.TimedOut != 0 {
		t.Errorf("billing has half an hour: %+v", done)
	}
	o.is(s, chat.Active, "bob")
}

// Ensure that a session which waits for too long goes on to the next queue, in its place and without who said no there, and that the
// wait counts anew.
func TestOverflow(t *testing.T) {
	t.Parallel()
	o := opened(t, chat.Queue{Strategy: chat.BeepAll, Timeout: 20, MaxWait: 60, Then: chat.ThenOverflow, Overflow: "billing"}, "ann")
	q := billing
	q.MaxWait, q.Then = 60, chat.ThenMessage
	o.opens(q, "bob")
	o.becomes("bob", chat.Paused)
	s := o.writes("c1")
	o.rejects("ann", s)
	o.becomes("ann", chat.Paused)
	o.screens.clear()
	o.pass(80 * time.Second)
	now := o.session(s.ID)
	if now.State != chat.Waiting || now.Queue != "billing" || now.Weight != 4 || now.Part != 1 || now.Generation != 1 || len(now.Skip) > 0 || !now.Queued.Equal(s.Queued) {
		t.Fatalf("went on as %+v", now)
	}
	if got := o.loop.running(s.ID); !slices.Equal(got, []string{s.ID + "-1-1"}) {
		t.Errorf("running: %v", got)
	}
	if heard := o.screens.take("conn-c1"); !slices.Contains(heard, "waits at 1") {
		t.Errorf("the customer heard %q", heard)
	}
	o.becomes("bob", chat.Ready)
	o.is(s, chat.Offered, chat.Everybody)
	if got := o.offer(ref(o.session(s.ID))); !slices.Equal(got.To, []string{"bob"}) {
		t.Errorf("asked are %v", got.To)
	}
	o.keepsItsPromises("in the other queue")
	o.rejects("bob", s)
	o.becomes("bob", chat.Paused)
	for range 2 {
		o.pass(time.Minute)
		o.beats(page("c1"))
	}
	if now := o.session(s.ID); now.State != chat.Closed || now.Outcome != chat.Message {
		t.Errorf("nobody came there either: %+v", now)
	}
	if names := o.loop.running(s.ID); len(names) > 0 {
		t.Errorf("still running: %v", names)
	}
	if heard := o.screens.take("conn-c1"); !slices.Contains(heard, "closed offline") {
		t.Errorf("the customer heard %q", heard)
	}
}

// Ensure that a queue to overflow to which was deleted loses nobody, and that the start of the new routing may be lost.
func TestOverflowGoesWrong(t *testing.T) {
	t.Parallel()
	q := chat.Queue{Strategy: chat.BeepAll, Timeout: 20, MaxWait: 60, Then: chat.ThenOverflow, Overflow: "billing"}
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		o := opened(t, q)
		s := o.writes("c1")
		o.pass(90 * time.Second)
		if now := o.session(s.ID); now.State != chat.Closed || now.Outcome != chat.Unmanaged {
			t.Errorf("it is %+v", now)
		}
	})
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		o := opened(t, q)
		o.opens(billing, "bob")
		s := o.writes("c1")
		o.becomes("bob", chat.Paused)
		start := o.loop.Start
		o.desk.Router = router{start: func(e chat.Execution) error {
			if e.Part == 1 {
				return context.DeadlineExceeded
			}
			return start(t.Context(), e)
		}, answer: func(token string, a chat.Answer) error { return o.loop.Answer(t.Context(), token, a) }}
		o.pass(90 * time.Second)
		if now := o.session(s.ID); now.Part != 1 || len(o.loop.running(s.ID)) > 0 {
			t.Fatalf("part %d, running %v", now.Part, o.loop.running(s.ID))
		}
		o.desk.Router = o.loop
		o.beats(page("c1"), desktop("bob"))
		o.pass(91 * time.Second)
		o.beats(page("c1"), desktop("bob"))
		if done := o.sweeps(); done.Restarted != 1 {
			t.Errorf("swept %+v", done)
		}
		o.becomes("bob", chat.Ready)
		o.is(s, chat.Offered, chat.Everybody)
	})
}

// Ensure that a customer who comes back is offered first to the agent who knows them, if the queue prefers that, and then to all.
func TestPreviousAgentFirst(t *testing.T) {
	t.Parallel()
	q := everybody
	q.Previous = true
	o := opened(t, q, "ann", "bob", "eve")
	s := o.closes("bob", o.accepts("bob", o.writes("c1")))
	o.screens.clear()
	_, err := o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "again", Text: "It is broken again.", After: 3})
	ok(t, err)
	o.settle()
	o.is(s, chat.Offered, "bob")
	o.hears(desktop("ann"))
	o.hears(desktop("bob"), "offer 2 of c1")
	if got := o.offer(ref(o.session(s.ID))); !got.Why.Again || !slices.Equal(got.To, []string{"bob"}) {
		t.Errorf("offered as %+v", got)
	}
	snap, err := o.desk.Beat(t.Context(), desktop("bob"))
	if err != nil || len(snap.Offers) != 1 || !snap.Offers[0].Again {
		t.Errorf("his desktop shows %+v, %v", snap.Offers, err)
	}
	o.keepsItsPromises("offered to who knows them")
	o.rejects("bob", s)
	o.is(s, chat.Offered, chat.Everybody)
	if got := o.offer(ref(o.session(s.ID))); got.Why.Again || !slices.Equal(got.To, []string{"ann", "eve"}) {
		t.Errorf("then offered as %+v", got)
	}
	// Away, he is not waited for.
	s = o.closes("ann", o.accepts("ann", s))
	o.becomes("ann", chat.Paused)
	_, err = o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "third", Text: "And again.", After: 3})
	ok(t, err)
	o.settle()
	o.is(s, chat.Offered, chat.Everybody)
	if got := o.offer(ref(o.session(s.ID))); !slices.Equal(got.To, []string{"bob", "eve"}) {
		t.Errorf("asked are %v", got.To)
	}
}

// Ensure that customers hear how long they will wait once the line has a pace, and nothing before.
func TestWait(t *testing.T) {
	t.Parallel()
	o := opened(t, chat.Queue{Strategy: chat.BeepAll, Timeout: 120}, "ann")
	first, second := o.writes("c1"), o.writes("c2")
	wait := func(c string) time.Duration {
		t.Helper()
		o.pass(15 * time.Second) // a pace is believed for ten
		snap, err := o.desk.Beat(t.Context(), page(c))
		ok(t, err)
		return snap.Sessions[0].Wait
	}
	if got := wait("c1"); got != 0 {
		t.Errorf("nobody knows, and c1 hears %v", got)
	}
	o.accepts("ann", first)
	if got := wait("c2"); got != 0 {
		t.Errorf("one accept is no pace, and c2 hears %v", got)
	}
	o.pass(25 * time.Second)
	o.beats(page("c2"), desktop("ann"))
	o.accepts("ann", second)
	o.becomes("ann", chat.Paused)
	o.writes("c3")
	o.writes("c4")
	if got := wait("c3"); got != 40*time.Second {
		t.Errorf("c3 is next, and hears %v", got)
	}
	if got := wait("c4"); got != 80*time.Second {
		t.Errorf("c4 is the second, and hears %v", got)
	}
	front, err := o.desk.Front(t.Context(), website)
	if err != nil || front.Open != chat.IsNobody || front.Wait != 0 {
		t.Errorf("the front, with nobody there: %+v, %v", front, err)
	}
	o.becomes("ann", chat.Ready)
	o.pass(6 * time.Second)
	if front, err = o.desk.Front(t.Context(), website); err != nil || front.Open != chat.IsOpen || front.Wait != 3*40*time.Second {
		t.Errorf("the front: %+v, %v", front, err)
	}
}
