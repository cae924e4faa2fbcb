package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// wishes sets what an agent is to become.
func (o *office) wishes(by string, w chat.Wish) error {
	o.tb.Helper()
	_, err := o.desk.SetAvailability(o.tb.Context(), desktop(by), w)
	o.settle()
	return err
}

// lunch is the next status of most tests.
var lunch = chat.Wish{State: chat.Paused, Reason: "Lunch", After: true}

// Ensure that whatever ends an agent's part in their last session brings their next status with it, and that they hear so.
func TestNextStatusComes(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(o *office, s chat.Session){
		"close": func(o *office, s chat.Session) { o.closes("ann", s) },
		"the customer leaves": func(o *office, s chat.Session) {
			_, err := o.desk.Leave(o.tb.Context(), page("c1"), s.ID)
			ok(o.tb, err)
		},
		"a transfer is accepted": func(o *office, s chat.Session) {
			o.hands("ann", s, chat.Handover{Agent: "bob"})
			o.accepts("bob", s)
		},
		"given away at once": func(o *office, s chat.Session) { o.hands("ann", s, chat.Handover{Queue: "billing", Blind: true}) },
		"nobody writes": func(o *office, _ chat.Session) {
			for range 33 {
				o.pass(time.Minute)
				o.beats(desktop("ann"), desktop("bob"), desktop("eve"))
				o.sweeps()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, s := talking(t, everybody)
			ok(t, o.wishes("ann", lunch))
			if a := o.agent("ann"); a.State != chat.Ready || a.Next != chat.Paused || a.NextReason != "Lunch" {
				t.Fatalf("until then she is %+v", a)
			}
			waits := o.writes("c2")
			o.is(waits, chat.Waiting, "") // nothing new until then
			o.screens.clear()
			way(o, s)
			if a := o.agent("ann"); a.State != chat.Paused || a.Reason != "Lunch" || a.Next != "" || a.NextReason != "" || len(a.Open) > 0 {
				t.Errorf("she is %+v", a)
			}
			if heard := o.screens.take("conn-ann"); !slices.Contains(heard, "is PAUSED") {
				t.Errorf("ann heard %q", heard)
			}
			o.keepsItsPromises("at lunch")
		})
	}
}

// Ensure that it comes to assistants, too: when they leave, when the session ends, and when it is handed over or its owner is lost.
func TestNextStatusOfAssistants(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(o *office, s chat.Session){
		"they leave":        func(o *office, s chat.Session) { ok(o.tb, o.dismisses("bob", s, "")) },
		"they are sent":     func(o *office, s chat.Session) { ok(o.tb, o.dismisses("ann", s, "bob")) },
		"it is closed":      func(o *office, s chat.Session) { o.closes("ann", s) },
		"it is handed over": func(o *office, s chat.Session) { o.hands("ann", s, chat.Handover{Agent: "eve"}); o.accepts("eve", s) },
		"its owner is lost": func(o *office, _ chat.Session) {
			for range 6 {
				o.pass(time.Minute)
				o.beats(desktop("bob"), page("c1"))
				o.sweeps()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, s := talking(t, everybody)
			o.invites("bob", s)
			ok(t, o.wishes("bob", chat.Wish{State: chat.Offline, After: true}))
			way(o, s)
			if a := o.agent("bob"); a.State != chat.Offline || a.Next != "" || len(a.Open) > 0 {
				t.Errorf("he is %+v", a)
			}
			at, err := o.store.List(t.Context(), chat.ListAgents)
			if err != nil || slices.Contains(at, "bob") {
				t.Errorf("at work are %v, %v", at, err)
			}
			o.keepsItsPromises("signed out")
		})
	}
}

// Ensure that with several sessions it comes with the last, that a change of mind drops it, and that it withdraws what rings.
func TestNextStatusWaits(t *testing.T) {
	t.Parallel()
	o, s := talking(t, byTurns)
	second := o.accepts("ann", o.writes("c2"))
	third := o.writes("c3")
	o.is(third, chat.Offered, "ann")
	o.screens.clear()
	ok(t, o.wishes("ann", lunch))
	o.is(third, chat.Waiting, "") // it rang at her alone
	o.hears(desktop("ann"), "gone 1 canceled")
	o.closes("ann", s)
	if a := o.agent("ann"); a.State != chat.Ready || a.Next != chat.Paused {
		t.Errorf("with one left she is %+v", a)
	}
	ok(t, o.wishes("ann", chat.Wish{State: chat.Ready})) // no lunch today
	o.is(third, chat.Offered, "ann")
	ok(t, o.wishes("ann", chat.Wish{State: chat.Offline, After: true}))
	o.closes("ann", second)
	if a := o.agent("ann"); a.State != chat.Offline || a.Reason != "" || a.Next != "" {
		t.Errorf("she is %+v", a)
	}
	o.keepsItsPromises("signed out")

	// With nothing open it comes at once.
	_, err := o.desk.Hello(t.Context(), desktop("ann"), chat.Greeting{SignIn: true})
	ok(t, err)
	ok(t, o.wishes("ann", lunch))
	if a := o.agent("ann"); a.State != chat.Paused || a.Reason != "Lunch" || a.Next != "" {
		t.Errorf("with nothing open she is %+v", a)
	}
}

// Ensure that an agent is left in peace after a session, as long as its queue says, and that they may end that.
func TestWrapUp(t *testing.T) {
	t.Parallel()
	q := everybody
	q.WrapUp = 40
	wrapping := func(t *testing.T) (*office, chat.Session) {
		o, s := talking(t, q)
		o.screens.clear()
		o.closes("ann", s)
		o.hears(desktop("ann"), "is WRAPUP")
		next := o.writes("c2")
		o.is(next, chat.Waiting, "")
		return o, next
	}
	t.Run("it ends by itself", func(t *testing.T) {
		t.Parallel()
		o, next := wrapping(t)
		o.pass(38 * time.Second)
		o.is(next, chat.Waiting, "")
		o.pass(22 * time.Second) // at the latest a patience after its end
		o.is(next, chat.Offered, chat.Everybody)
		if got := o.offer(ref(o.session(next.ID))); !slices.Equal(got.To, []string{"ann"}) {
			t.Errorf("asked are %v", got.To)
		}
	})
	t.Run("they say that they are available", func(t *testing.T) {
		t.Parallel()
		o, next := wrapping(t)
		o.becomes("ann", chat.Ready)
		o.is(next, chat.Offered, chat.Everybody)
		if a := o.agent("ann"); !a.WrapUntil.IsZero() || a.Shown(o.clock.now()) != chat.Ready {
			t.Errorf("she is %+v", a)
		}
	})
	t.Run("they take what rings", func(t *testing.T) {
		t.Parallel()
		o, s := talking(t, q)
		next := o.writes("c2") // rings before the wrap-up begins
		o.closes("ann", s)
		if a := o.agent("ann"); a.Shown(o.clock.now()) != chat.WrapUp {
			t.Fatalf("she is %+v", a)
		}
		o.accepts("ann", next)
		if a := o.agent("ann"); !a.WrapUntil.IsZero() {
			t.Errorf("in wrap-up with a chat: %+v", a)
		}
	})
	t.Run("they pause", func(t *testing.T) {
		t.Parallel()
		o, next := wrapping(t)
		o.becomes("ann", chat.Paused)
		o.becomes("ann", chat.Ready)
		o.is(next, chat.Offered, chat.Everybody)
	})
	t.Run("not for who assists, nor for who leaves after it", func(t *testing.T) {
		t.Parallel()
		o, s := talking(t, q)
		o.invites("bob", s)
		ok(t, o.wishes("ann", lunch))
		o.closes("ann", s)
		if a, b := o.agent("ann"), o.agent("bob"); !b.WrapUntil.IsZero() || a.State != chat.Paused || !a.WrapUntil.IsZero() {
			t.Errorf("ann is %+v, bob %+v", a, b)
		}
	})
}

// Ensure that who says again that they are available keeps the offer that rings at them.
func TestReadyAgain(t *testing.T) {
	t.Parallel()
	q := byTurns
	q.WrapUp = 40
	o, s := talking(t, q)
	o.closes("ann", s)
	o.pass(41 * time.Second)
	next := o.writes("c2")
	o.is(next, chat.Offered, "ann")
	o.screens.clear()
	o.becomes("ann", chat.Ready) // her desktop still counted down
	o.is(next, chat.Offered, "ann")
	o.hears(desktop("ann"))
	o.keepsItsPromises("available as before")
	o.accepts("ann", next)
}

// Ensure that a supervisor decides for others as they would for themselves, and nobody else does.
func TestSupervisor(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann", "bob")
	o.signsIn(chat.Agent{ID: "sue", Capacity: 1, Supervisor: true, Queues: []string{"none"}})
	s := o.writes("c1")
	o.is(s, chat.Offered, "ann")
	o.screens.clear()

	refusedWith(t, o.wishes("bob", chat.Wish{State: chat.Paused, Agent: "ann"}), chat.CodeForbidden)
	o.is(s, chat.Offered, "ann")
	a, err := o.desk.SetAvailability(t.Context(), desktop("sue"), chat.Wish{State: chat.Paused, Reason: "Training", Agent: "ann"})
	ok(t, err)
	o.settle()
	if a.ID != "ann" || a.State != chat.Paused || a.Reason != "Training" || a.By != "sue" {
		t.Errorf("ann is %+v", a)
	}
	o.is(s, chat.Offered, "bob") // it rang at her alone
	o.hears(desktop("ann"), "gone 1 canceled", "is PAUSED")
	o.hears(desktop("bob"), "offer 2 of c1")
	if me := o.desk.Me(t.Context(), a); me.By.Name != "SUE" {
		t.Errorf("her desktop says it was %+v", me.By)
	}
	o.keepsItsPromises("paused")

	s = o.accepts("bob", s)
	refusedWith(t, o.wishes("sue", chat.Wish{State: chat.Offline, Agent: "bob"}), chat.CodeOpenSessions)
	o.screens.clear()
	ok(t, o.wishes("sue", chat.Wish{State: chat.Offline, Agent: "bob", After: true}))
	o.hears(desktop("bob"), "is READY, then OFFLINE")
	o.closes("bob", s)
	if b := o.agent("bob"); b.State != chat.Offline {
		t.Errorf("bob is %+v", b)
	}
	for _, state := range []chat.Availability{chat.Ready, chat.Paused} {
		if refused := refusedWith(t, o.wishes("sue", chat.Wish{State: state, Agent: "bob"}), chat.CodeNobody); refused.Message != "BOB is not signed in." {
			t.Errorf("refused with %q", refused.Message)
		}
	}
	ok(t, o.wishes("sue", chat.Wish{State: chat.Ready, Agent: "ann"}))
	if a := o.agent("ann"); a.State != chat.Ready || a.By != "sue" {
		t.Errorf("ann is %+v", a)
	}
	o.becomes("ann", chat.Paused)
	if a := o.agent("ann"); a.By != "" {
		t.Errorf("her own pause is by %q", a.By)
	}
	if refused := refusedWith(t, o.wishes("sue", chat.Wish{State: chat.Paused, Agent: "nobody"}), chat.CodeNotFound); refused.Message != "There is no such agent." {
		t.Errorf("refused with %q", refused.Message)
	}
	ok(t, o.wishes("sue", chat.Wish{State: chat.Paused, Agent: "sue"})) // herself
	if a := o.agent("sue"); a.State != chat.Paused || a.By != "" {
		t.Errorf("sue is %+v", a)
	}
}

// Ensure that a supervisor's decision is no sign of life: an agent who is gone stays gone.
func TestSupervisorIsNoSignOfLife(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann")
	o.signsIn(chat.Agent{ID: "sue", Capacity: 1, Supervisor: true, Queues: []string{"none"}})
	seen := o.agent("ann").Seen
	o.pass(2 * time.Minute)
	ok(t, o.wishes("sue", chat.Wish{State: chat.Paused, Agent: "ann"}))
	if a := o.agent("ann"); !a.Seen.Equal(seen) {
		t.Errorf("seen %v, want %v", a.Seen, seen)
	}
	o.pass(time.Minute)
	o.beats(desktop("sue"))
	if done := o.sweeps(); done.Offline != 1 || o.agent("ann").State != chat.Offline {
		t.Errorf("swept %+v", done)
	}
}

// Ensure that an agent whose last session went back to the line while they were lost is not at work any more: the sweep need not look
// at them again, and nobody sees them among the team.
func TestLostAgentIsNotAtWork(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	minutes := func(n int) {
		for range n {
			o.pass(time.Minute)
			o.beats(page("c1"), desktop("bob"), desktop("eve"))
			o.sweeps()
		}
	}
	minutes(5)
	was := o.agent("ann")
	if now := o.session(s.ID); now.Agent != "" || was.State != chat.Offline {
		t.Fatalf("not lost: %+v", now)
	}
	minutes(1)
	equal(t, "ann", o.agent("ann"), was)
	at, err := o.store.List(t.Context(), chat.ListAgents)
	if err != nil || slices.Contains(at, "ann") {
		t.Errorf("at work are %v, %v", at, err)
	}
	_, err = o.desk.Hello(t.Context(), desktop("ann"), chat.Greeting{SignIn: true})
	ok(t, err)
	if at, err = o.store.List(t.Context(), chat.ListAgents); err != nil || !slices.Contains(at, "ann") {
		t.Errorf("back at work are %v, %v", at, err)
	}
}
