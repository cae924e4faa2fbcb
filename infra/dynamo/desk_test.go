package dynamo_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

var (
	everybody = chat.Queue{Strategy: chat.BeepAll, Timeout: 20}
	byTurns   = chat.Queue{Strategy: chat.RRMemory, Timeout: 20}
)

// Ensure that a session goes from one agent to the next until one accepts, who then has it alone.
func TestOfferGoesOn(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann", "bob", "eve")
	s := o.writes("c1")
	o.is(s, chat.Offered, "ann")
	o.hears(desktop("ann"), "offer 1 of c1")
	o.hears(desktop("bob"))

	o.rejects("ann", s)
	o.is(s, chat.Offered, "bob")
	o.hears(desktop("ann"))
	o.hears(desktop("bob"), "offer 2 of c1")
	if a := o.agent("ann"); a.Offer != "" || a.Missed != 0 {
		t.Errorf("ann after her reject: %+v", a)
	}
	ok(t, o.desk.Reject(t.Context(), desktop("ann"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 1})) // again: fine

	s = o.accepts("bob", s)
	o.is(s, chat.Active, "bob")
	o.hears(page("c1"), "with BOB")
	if a := o.agent("bob"); !slices.Equal(a.Open, []string{s.ID}) || a.Offer != "" {
		t.Errorf("bob after his accept: %+v", a)
	}
	for round, want := range map[int]chat.OfferOutcome{1: chat.OfferRejected, 2: chat.OfferAccepted} {
		if got := o.offer(chat.OfferRef{Session: s.ID, Generation: 1, Round: round}); got.Outcome != want {
			t.Errorf("offer %d: %s, want %s", round, got.Outcome, want)
		}
	}
	if names := o.loop.running(s.ID); len(names) > 0 {
		t.Errorf("executions still running: %v", names)
	}
	// Bob had the last one: the next customer is Eve's.
	o.is(o.writes("c2"), chat.Offered, "eve")
}

// Ensure that everybody's offer is won once, and that all others hear by whom.
func TestOfferToEverybody(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob", "eve")
	s := o.writes("c1")
	o.is(s, chat.Offered, chat.Everybody)
	for _, a := range []string{"ann", "bob", "eve"} {
		o.hears(desktop(a), "offer 1 of c1")
	}
	o.rejects("eve", s)
	o.is(s, chat.Offered, chat.Everybody)

	s = o.accepts("bob", s)
	o.hears(page("c1"), "with BOB")
	o.hears(desktop("ann"), "gone 1 to BOB")
	o.hears(desktop("eve"), "gone 1 to BOB")
	first := ref(o.session(s.ID))
	_, err := o.desk.Accept(t.Context(), desktop("ann"), first)
	if refused := refusedWith(t, err, chat.CodeTaken); refused.By.ID != "bob" || refused.Message != "BOB took this chat." {
		t.Errorf("the loser heard %+v", refused)
	}
	v, err := o.desk.Accept(t.Context(), desktop("bob"), first)
	if err != nil || v.Session.Agent != "bob" || v.Head != 2 {
		t.Errorf("the winner heard %v, %+v", err, v)
	}
	o.closes("bob", s)
	_, err = o.desk.Accept(t.Context(), desktop("ann"), first)
	if refused := refusedWith(t, err, chat.CodeTaken); refused.By.ID != "bob" {
		t.Errorf("once it is closed, the loser heard %+v", refused)
	}
	_, err = o.desk.Accept(t.Context(), desktop("zoe"), first)
	refusedWith(t, err, chat.CodeForbidden)
	first.Round = 9
	_, err = o.desk.Accept(t.Context(), desktop("ann"), first)
	refusedWith(t, err, chat.CodeNotFound)
}

// Ensure that an offer which everybody rejected comes back to them in a new lap, one patience later and not in the same second, and
// that a last reject which died before it gave the session back is made good by its repeat.
func TestEverybodyRejects(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob")
	s := o.writes("c1")
	o.rejects("ann", s)
	s = o.rejects("bob", s)
	o.is(s, chat.Waiting, "")
	o.pass(22 * time.Second)
	s = o.session(s.ID)
	o.is(s, chat.Offered, chat.Everybody)
	if s.Round != 2 || len(s.Skip) != 0 {
		t.Errorf("round %d, skips %v", s.Round, s.Skip)
	}
	for _, a := range []string{"ann", "bob"} {
		_, err := o.store.Reject(t.Context(), ref(s), a, o.clock.now()) // all that a handler did before it died
		ok(t, err)
	}
	o.rejects("ann", s)
	o.pass(22 * time.Second)
	s = o.session(s.ID)
	if o.is(s, chat.Offered, chat.Everybody); s.Round != 3 {
		t.Errorf("round %d, want the third", s.Round)
	}
}

// Ensure that who let an offer pass is judged by what reached them.
func TestOfferExpires(t *testing.T) {
	t.Parallel()
	for _, q := range []chat.Queue{byTurns, everybody} {
		t.Run(string(q.Strategy), func(t *testing.T) {
			t.Parallel()
			o := opened(t, q, "ann", "bob", "eve")
			s := o.writes("c1")
			all := []string{"ann", "bob", "eve"}
			if q.Strategy == chat.RRMemory {
				all = all[:1]
			}
			o.screens.clear()
			for _, a := range all {
				if a == "eve" {
					continue // it never reached her
				}
				ok(t, o.desk.Mark(t.Context(), desktop(a), ref(s), a == "ann"))
			}
			o.pass(19 * time.Second)
			o.is(s, chat.Offered, s.Offered)
			o.pass(3 * time.Second)
			if got := o.offer(ref(s)); got.Outcome != chat.OfferExpired {
				t.Errorf("the offer is %q", got.Outcome)
			}
			if a := o.agent("ann"); a.Missed != 1 || !a.Unreached.IsZero() {
				t.Errorf("she saw it: %+v", a)
			}
			if heard := o.screens.take("conn-ann"); !slices.Contains(heard, "gone 1 expired") {
				t.Errorf("ann heard %q", heard)
			}
			if q.Strategy == chat.RRMemory {
				o.is(s, chat.Offered, "bob")
				return
			}
			if a := o.agent("bob"); a.Missed != 0 || !a.Unreached.IsZero() {
				t.Errorf("his tab was hidden: %+v", a)
			}
			if a := o.agent("eve"); a.Missed != 0 || a.Unreached.IsZero() {
				t.Errorf("it did not reach her: %+v", a)
			}
			// Neither asked before nor reached: a new lap begins, without Eve until her next sign of life.
			next := o.offer(ref(o.session(s.ID)))
			if !slices.Equal(next.To, []string{"ann", "bob"}) {
				t.Errorf("the new lap asks %v", next.To)
			}
			o.beats(desktop("eve"))
			o.pass(22 * time.Second)
			if next = o.offer(ref(o.session(s.ID))); !slices.Contains(next.To, "eve") {
				t.Errorf("after her beat, %v are asked", next.To)
			}
		})
	}
}

// Ensure that three offers seen and not answered set an agent to not responding, and that an answer in between does not count.
func TestNotResponding(t *testing.T) {
	t.Parallel()
	for _, q := range []chat.Queue{byTurns, everybody} {
		t.Run(string(q.Strategy), func(t *testing.T) {
			t.Parallel()
			o := opened(t, q, "ann")
			s := o.writes("c1")
			misses := func(n int) {
				for range n {
					ok(t, o.desk.Mark(t.Context(), desktop("ann"), ref(o.session(s.ID)), true))
					o.pass(22 * time.Second)
					o.beats(desktop("ann"), page("c1"))
				}
			}
			misses(2)
			o.rejects("ann", s) // the row begins anew
			o.pass(22 * time.Second)
			misses(2)
			if a := o.agent("ann"); a.State != chat.Ready || a.Missed != 2 {
				t.Fatalf("after two: %s, missed %d", a.State, a.Missed)
			}
			o.screens.clear()
			misses(1)
			if a := o.agent("ann"); a.State != chat.NotResponding || a.Offer != "" {
				t.Fatalf("after three: %+v", a)
			}
			o.is(s, chat.Waiting, "")
			if heard := o.screens.take("conn-ann"); !slices.Contains(heard, "is NOT_RESPONDING") {
				t.Errorf("ann heard %q", heard)
			}
			o.becomes("ann", chat.Ready)
			if a := o.agent("ann"); a.Missed != 0 {
				t.Errorf("back at work with %d missed", a.Missed)
			}
			o.pass(22 * time.Second) // they let it pass in this lap: nobody wakes it
			o.is(s, chat.Offered, o.session(s.ID).Offered)
		})
	}
}

// Ensure that a pause takes a reserved offer to the next agent, and that nobody is blamed.
func TestPauseWithdraws(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann", "bob")
	s := o.writes("c1")
	o.screens.clear()
	o.becomes("ann", chat.Paused)
	o.is(s, chat.Offered, "bob")
	o.hears(desktop("ann"), "gone 1 canceled")
	o.hears(desktop("bob"), "offer 2 of c1")
	if got := o.offer(ref(s)); got.Outcome != chat.OfferCanceled {
		t.Errorf("the offer is %q", got.Outcome)
	}
	if s = o.session(s.ID); len(s.Skip) > 0 {
		t.Errorf("skipped: %v", s.Skip)
	}
	_, err := o.desk.Accept(t.Context(), desktop("ann"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 1})
	refusedWith(t, err, chat.CodeLate)
	o.becomes("bob", chat.Paused)
	o.is(s, chat.Waiting, "")
	o.becomes("ann", chat.Ready) // wakes the line
	o.is(s, chat.Offered, "ann")

	s = o.accepts("ann", s)
	_, err = o.desk.SetAvailability(t.Context(), desktop("ann"), chat.Wish{State: chat.Offline})
	if refused := refusedWith(t, err, chat.CodeOpenSessions); refused.Message != "1 chat is open: close, transfer or return it first." {
		t.Errorf("signing out: %q", refused.Message)
	}
	_, err = o.desk.SetAvailability(t.Context(), desktop("ann"), chat.Wish{State: chat.WrapUp})
	refusedWith(t, err, chat.CodeBadValue)
	_, err = o.desk.SetAvailability(t.Context(), desktop("zoe"), chat.Wish{State: chat.Ready})
	refusedWith(t, err, chat.CodeForbidden)
}

// Ensure that no accept succeeds for who has paused, whose card a beepall offer still is.
func TestPauseInBeepall(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob")
	s := o.writes("c1")
	o.becomes("ann", chat.Paused)
	o.is(s, chat.Offered, chat.Everybody)
	_, err := o.desk.Accept(t.Context(), desktop("ann"), ref(s))
	refusedWith(t, err, chat.CodePaused)
	snap, err := o.desk.Beat(t.Context(), desktop("ann"))
	ok(t, err)
	if len(snap.Offers) > 0 {
		t.Errorf("offers to who has paused: %v", snap.Offers)
	}
}

// Ensure that a reservation which outlived its offer (by no way that is known) does not keep an agent from pausing.
func TestPauseWithAStrayReservation(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann")
	ok(t, o.store.Commit(t.Context(), chat.Change{Name: "stray", Writes: []chat.Write{chat.Reserve{Agent: "ann", Offer: "gone#3"}}}))
	o.becomes("ann", chat.Paused)
	if a := o.agent("ann"); a.State != chat.Paused || a.Offer != "" {
		t.Errorf("ann is %+v", a)
	}
}

// Ensure that a customer may leave at any time, and that whoever was held up goes on.
func TestCustomerLeaves(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann")
	s, next := o.writes("c1"), o.writes("c2")
	o.is(s, chat.Offered, "ann")
	o.is(next, chat.Waiting, "")
	o.screens.clear()

	v, err := o.desk.Leave(t.Context(), page("c1"), s.ID)
	ok(t, err)
	o.settle()
	if v.For != chat.RoleCustomer || v.Session.Outcome != chat.Abandoned {
		t.Errorf("the customer hears %+v", v)
	}
	o.is(s, chat.Closed, "")
	if got := o.offer(ref(s)); got.Outcome != chat.OfferCanceled {
		t.Errorf("the offer is %q", got.Outcome)
	}
	o.is(next, chat.Offered, "ann") // freed, and woken
	o.hears(desktop("ann"), "gone 1 canceled", "offer 1 of c2")
	o.hears(page("c2"), "waits at 1")

	o.accepts("ann", next)
	o.screens.clear()
	v, err = o.desk.Leave(t.Context(), page("c2"), next.ID)
	ok(t, err)
	if v.For != chat.RoleCustomer || v.Session.Outcome != chat.LeftByUser || v.Head != 3 {
		t.Errorf("the customer hears %+v", v)
	}
	o.hears(desktop("ann"), "closed left")
	if a := o.agent("ann"); len(a.Open) > 0 {
		t.Errorf("still open: %v", a.Open)
	}
	v, err = o.desk.Leave(t.Context(), page("c2"), next.ID) // again: the same answer
	if err != nil || v.Session.Outcome != chat.LeftByUser || v.Head != 3 {
		t.Errorf("leaving again: %v, %+v", err, v)
	}
	_, err = o.desk.Leave(t.Context(), page("c1"), next.ID)
	refusedWith(t, err, chat.CodeNotFound)
}

// Ensure that a closed session reopens with the customer's next message, in the same log, and is offered again.
func TestCloseAndReopen(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob")
	s := o.accepts("ann", o.writes("c1"))
	_, err := o.desk.Close(t.Context(), desktop("bob"), chat.Closing{Session: s.ID})
	refusedWith(t, err, chat.CodeNotYours)
	o.screens.clear()
	s = o.closes("ann", s)
	o.hears(page("c1"), "closed handled")
	v, err := o.desk.Close(t.Context(), desktop("ann"), chat.Closing{Session: s.ID, Disposition: "Solved"}) // again: the same answer
	if err != nil || v.Head != 3 || len(v.Rows) != 1 || v.Rows[0].Kind != chat.KindClosed {
		t.Errorf("closing again: %v, %+v", err, v)
	}
	_, err = o.desk.Close(t.Context(), desktop("bob"), chat.Closing{Session: s.ID})
	refusedWith(t, err, chat.CodeClosed)
	_, err = o.desk.Send(t.Context(), desktop("ann"), chat.Outgoing{Session: s.ID, CID: "a1", Text: "One more thing", After: 3})
	refusedWith(t, err, chat.CodeClosed)

	again := chat.Outgoing{Session: s.ID, CID: "m2", Text: "It is broken again.", After: 3}
	row, err := o.desk.Send(t.Context(), page("c1"), again)
	ok(t, err)
	o.settle()
	if row.Place != 4 || row.Kind != chat.KindReopened {
		t.Errorf("stored as %+v", row)
	}
	s = o.session(s.ID)
	o.is(s, chat.Offered, chat.Everybody)
	if s.Generation != 2 || !s.Expires.IsZero() || s.Outcome != "" {
		t.Errorf("reopened as %+v", s)
	}
	if got, err := o.desk.Send(t.Context(), page("c1"), again); err != nil || got.Place != 4 {
		t.Errorf("sent again: %v, place %d", err, got.Place)
	}
	snap, err := o.desk.Hello(t.Context(), desktop("bob"), chat.Greeting{})
	ok(t, err)
	if len(snap.Offers) != 1 || snap.Offers[0].Question != "It is broken again." || snap.Offers[0].Person.Name != "Mx c1" {
		t.Errorf("bob is offered %+v", snap.Offers)
	}
	o.accepts("bob", s)
	o.is(s, chat.Active, "bob")
}

// Ensure that a start is one session with each text once, whatever is repeated.
func TestStartOnce(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody)
	s := o.writes("c1")
	places := func(want ...string) {
		t.Helper()
		rows, _, err := o.desk.Since(t.Context(), page("c1"), s.ID, 0)
		ok(t, err)
		var cids []string
		for _, r := range rows {
			cids = append(cids, r.CID)
		}
		if !slices.Equal(cids, want) {
			t.Errorf("the log has %v, want %v", cids, want)
		}
	}
	start := func(o *office, c chat.Opening) chat.View {
		t.Helper()
		v, err := o.desk.Start(t.Context(), page("c1"), c)
		ok(t, err)
		return v
	}
	if v := start(o, opening("c1")); v.Session.ID != s.ID || v.Head != 1 {
		t.Errorf("repeated: %+v", v)
	}
	places("m1")
	other := chat.Opening{Nonce: "another tab", CID: "m2", Text: "And another thing."}
	for range 2 {
		if v := start(o, other); v.Session.ID != s.ID || v.Head != 2 {
			t.Errorf("of another tab: %+v", v)
		}
	}
	places("m1", "m2")

	// The same customer on another website is another session.
	elsewhere := page("c1")
	elsewhere.Website, elsewhere.ID = blog, "conn-elsewhere"
	v, err := o.desk.Start(t.Context(), elsewhere, opening("c1"))
	ok(t, err)
	if v.Session.ID == s.ID || v.Session.Website != blog {
		t.Errorf("on the other website: %+v", v.Session)
	}
	_, _, err = o.desk.Since(t.Context(), elsewhere, s.ID, 0)
	refusedWith(t, err, chat.CodeNotFound)

	// A session whose retention is over is no session.
	_, err = o.desk.Leave(t.Context(), page("c1"), s.ID)
	ok(t, err)
	o.pass(chat.DefaultRetention + time.Second)
	if v := start(o, other); v.Session.ID == s.ID || v.Head != 1 {
		t.Errorf("after its retention: %+v", v)
	}
}

// Ensure that a customer is served whose queue was deleted, and one who asks for a queue that is not there hears so.
func TestDeletedQueue(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	ok(t, o.store.PutWebsite(t.Context(), chat.Website{ID: website, Name: "Shop", Queues: []string{"deleted", queue, "other"}}))
	for queue, want := range map[string]chat.Code{"deleted": chat.CodeNotFound, "never": chat.CodeNotFound} {
		c := opening("c1")
		c.Queue = queue
		_, err := o.desk.Start(t.Context(), page("c1"), c)
		refusedWith(t, err, want)
	}
	front, err := o.desk.Front(t.Context(), website)
	if err != nil || len(front.Queues) != 1 || front.Open != "open" {
		t.Errorf("the front is %+v, %v", front, err)
	}

	s := o.writes("c1")
	if s.Queue != queue {
		t.Errorf("waits in %q", s.Queue)
	}
	s = o.closes("ann", o.accepts("ann", s))
	ok(t, o.store.PutQueue(t.Context(), chat.Queue{ID: "other", Name: "Other", Strategy: chat.BeepAll}))
	ok(t, o.store.DeleteQueue(t.Context(), queue))
	o.pass(2 * time.Minute) // names are believed for one
	o.beats(page("c1"), desktop("ann"))
	_, err = o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "m2", Text: "Still there?", After: 3})
	ok(t, err)
	o.settle()
	if s = o.session(s.ID); s.State != chat.Waiting || s.Queue != "other" || s.Token == "" {
		t.Errorf("reopened as %+v", s)
	}
}

// Ensure that what a participant asks for is what they may see, and that their place in the log is told truly.
func TestReading(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob")
	s := o.accepts("ann", o.writes("c1"))
	for i, text := range []string{"Hello!", "How can I help?"} {
		_, err := o.desk.Send(t.Context(), desktop("ann"), chat.Outgoing{Session: s.ID, CID: text, Text: text, After: 2 + i})
		ok(t, err)
	}
	for after, want := range map[int]int{0: 4, 2: 2, 4: 0} {
		for _, c := range []chat.Connection{desktop("ann"), page("c1")} {
			rows, head, err := o.desk.Since(t.Context(), c, s.ID, after)
			if err != nil || len(rows) != want || head != 4 {
				t.Errorf("%s since %d: %d rows, head %d, %v", c.ID, after, len(rows), head, err)
			}
			snap, err := o.desk.Hello(t.Context(), c, chat.Greeting{Cursors: map[string]int{s.ID: after}})
			ok(t, err)
			if v := snap.Sessions[0]; len(v.Rows) != want || v.Head != 4 {
				t.Errorf("%s says hello with %d: %d rows, head %d", c.ID, after, len(v.Rows), v.Head)
			}
		}
	}
	_, _, err := o.desk.Since(t.Context(), page("c1"), s.ID, 5)
	refusedWith(t, err, chat.CodeCursorAhead)
	snap, err := o.desk.Hello(t.Context(), page("c1"), chat.Greeting{Cursors: map[string]int{s.ID: 99}})
	if err != nil || snap.Sessions[0].Head != 4 {
		t.Errorf("a cursor ahead of the log hears %+v, %v", snap.Sessions, err)
	}
	for c, want := range map[string]chat.Code{"bob": chat.CodeNotYours} {
		_, _, err := o.desk.Since(t.Context(), desktop(c), s.ID, 0)
		refusedWith(t, err, want)
		_, err = o.desk.Send(t.Context(), desktop(c), chat.Outgoing{Session: s.ID, CID: "x", Text: "x", After: 4})
		refusedWith(t, err, want)
	}
	for _, err := range []error{
		func() error { _, _, err := o.desk.Since(t.Context(), page("c2"), s.ID, 0); return err }(),
		func() error {
			_, err := o.desk.Send(t.Context(), page("c2"), chat.Outgoing{Session: s.ID, CID: "x", Text: "x", After: 4})
			return err
		}(),
		func() error {
			_, err := o.desk.Send(t.Context(), page("c2"), chat.Outgoing{Session: "none", CID: "x", Text: "x", After: 4})
			return err
		}(),
	} {
		refusedWith(t, err, chat.CodeNotFound)
	}
	o.screens.clear()
	ok(t, o.desk.Typing(t.Context(), page("c2"), s.ID)) // of a stranger: nothing
	ok(t, o.desk.Read(t.Context(), page("c2"), s.ID, 4))
	ok(t, o.desk.Read(t.Context(), page("c1"), s.ID, 9)) // not there yet
	o.hears(desktop("ann"))
	ok(t, o.desk.Typing(t.Context(), page("c1"), s.ID))
	ok(t, o.desk.Read(t.Context(), page("c1"), s.ID, 4))
	o.hears(desktop("ann"), "typing", "read 4")
	o.hears(desktop("bob"))
	_, err = o.desk.Hello(t.Context(), desktop("zoe"), chat.Greeting{})
	refusedWith(t, err, chat.CodeForbidden)
}

// Ensure that the sessions of an agent who is lost return to the line with their place, after the queue's time of grace, and not
// if the agent is back.
func TestLostAgent(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann", "bob")
	s := o.accepts("ann", o.writes("c1"))
	place := s.Queued
	minute := func(who ...chat.Connection) (done chat.Swept) {
		o.pass(time.Minute)
		o.beats(append(who, page("c1"))...)
		return o.sweeps()
	}
	minute(desktop("bob"))
	minute(desktop("bob"))
	o.screens.clear()
	if done := minute(desktop("bob")); done.Offline != 1 || done.Returned != 0 {
		t.Fatalf("after 3 minutes: %+v", done)
	}
	o.hears(desktop("ann"), "is OFFLINE")
	o.is(s, chat.Active, "ann")

	minute(desktop("bob"), desktop("ann")) // she is back, and her chat is hers
	if a := o.agent("ann"); a.State != chat.Offline || a.Reason != "lost" || len(a.Open) != 1 {
		t.Errorf("ann is %+v", a)
	}
	for range 4 {
		if done := minute(desktop("bob")); done.Returned != 0 {
			t.Fatalf("returned too early: %+v", done)
		}
	}
	if done := minute(desktop("bob")); done.Returned != 1 {
		t.Fatalf("after 5 minutes: %+v", done)
	}
	s = o.session(s.ID)
	o.is(s, chat.Offered, "bob")
	if s.Generation != 2 || !s.Queued.Equal(place) {
		t.Errorf("returned as %+v", s)
	}
	if heard := o.screens.take("conn-c1"); !slices.Contains(heard, "waits at 1") {
		t.Errorf("the customer heard %q", heard)
	}
	if a := o.agent("ann"); len(a.Open) != 0 {
		t.Errorf("ann still has %v", a.Open)
	}
	o.accepts("bob", s)
	_, err := o.desk.Send(t.Context(), desktop("ann"), chat.Outgoing{Session: s.ID, CID: "a1", Text: "I am back!", After: 2})
	refusedWith(t, err, chat.CodeNotYours)
}

// Ensure that a lost agent's showing offer goes on.
func TestLostAgentWithAnOffer(t *testing.T) {
	t.Parallel()
	o := opened(t, chat.Queue{Strategy: chat.RRMemory, Timeout: 120}, "ann", "bob")
	o.pass(2 * time.Minute)
	o.beats(desktop("bob"))
	s := o.writes("c1")
	o.is(s, chat.Offered, "ann")
	o.pass(40 * time.Second)
	o.screens.clear()
	if done := o.sweeps(); done.Offline != 1 {
		t.Fatalf("swept %+v", done)
	}
	o.is(s, chat.Offered, "bob")
	o.hears(desktop("ann"), "gone 1 canceled", "is OFFLINE")
}

// Ensure that the licence is kept, that a session which lacks a seat keeps its place, and that a seat which frees goes to it.
func TestLicence(t *testing.T) {
	t.Parallel()
	for _, q := range []chat.Queue{byTurns, everybody} {
		t.Run(string(q.Strategy), func(t *testing.T) {
			t.Parallel()
			o := opened(t, q, "ann", "bob")
			ok(t, o.store.PutLicence(t.Context(), 2))
			s, next := o.writes("c1"), o.writes("c2")
			o.is(next, chat.Offered, o.session(next.ID).Offered)
			ok(t, o.store.PutLicence(t.Context(), 1))
			s = o.accepts("ann", s)
			if s.Seat != shard {
				t.Errorf("seat %d", s.Seat)
			}
			_, err := o.desk.Accept(t.Context(), desktop("bob"), ref(next))
			refusedWith(t, err, chat.CodeLicenceFull)
			o.settle()
			o.is(next, chat.Waiting, "")
			if next = o.session(next.ID); next.NoSeat.IsZero() || o.agent("bob").Offer != "" {
				t.Errorf("it waits as %+v", next)
			}
			front, err := o.desk.Front(t.Context(), website)
			if err != nil || front.Open != "full" {
				t.Errorf("the front is %+v, %v", front, err)
			}
			o.pass(2 * time.Second)
			o.becomes("ann", chat.Paused)
			o.closes("ann", s) // she is not free, but the seat is: that wakes it
			if o.is(next, chat.Offered, o.session(next.ID).Offered); !o.session(next.ID).NoSeat.IsZero() {
				t.Error("it still lacks a seat")
			}
			o.accepts("bob", next)
			shards, err := o.store.Shards(t.Context())
			if err != nil || shards[0].Used != 1 {
				t.Errorf("shards %+v, %v", shards, err)
			}
		})
	}
}

// Ensure that no more sessions ring than there are seats, so that nobody accepts in vain, and that a seat for which nobody rings any more
// goes to the next in line, however that came.
func TestRingsForSeats(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(o *office, s chat.Session){
		"the customer leaves": func(o *office, s chat.Session) {
			_, err := o.desk.Leave(o.tb.Context(), page("c1"), s.ID)
			ok(o.tb, err)
			o.settle()
		},
		"all decline": func(o *office, s chat.Session) {
			o.rejects("ann", s)
			o.is(s, chat.Offered, "bob") // who came first goes on first
			o.pass(time.Second)
			o.rejects("bob", o.session(s.ID))
		},
		"nobody answers": func(o *office, _ chat.Session) { o.pass(43 * time.Second) },
		"all pause": func(o *office, s chat.Session) {
			o.becomes("ann", chat.Paused)
			o.becomes("bob", chat.Paused)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := opened(t, byTurns, "ann", "bob")
			other := chat.Queue{ID: "other", Strategy: chat.BeepAll, Timeout: 20}
			o.opens(other)
			o.hires("eve", 2, other.ID)
			ok(t, o.store.PutLicence(t.Context(), 1))
			s := o.writes("c1")
			o.is(s, chat.Offered, "ann")
			next := o.writesTo(other.ID, "c2")
			if o.is(next, chat.Waiting, ""); o.session(next.ID).NoSeat.IsZero() {
				t.Error("it does not know what it lacks")
			}
			way(o, s)
			o.is(next, chat.Offered, chat.Everybody)
			o.accepts("eve", next)
			o.keepsItsPromises(name)
		})
	}
}

// Ensure that an agent who may hold more gets the next in line with the accept, not a patience later.
func TestAcceptWakesTheNext(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns)
	waiting := []chat.Session{o.writes("c1"), o.writes("c2"), o.writes("c3"), o.writes("c4")}
	o.hires("ann", 3)
	o.settle()
	for _, s := range waiting[:3] {
		o.is(s, chat.Offered, "ann")
		o.accepts("ann", s)
	}
	o.is(waiting[3], chat.Waiting, "")
	_, err := o.desk.Accept(t.Context(), desktop("ann"), ref(waiting[3]))
	refusedWith(t, err, chat.CodeNotFound)
	o.closes("ann", waiting[1])
	o.is(waiting[3], chat.Offered, "ann")
}

// Ensure that a sweep brings routing back that was lost, whatever of it is left.
func TestSweepRestartsRouting(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pause bool // nobody is there
		state chat.State
		lose  func(o *office, s chat.Session)
		name  string // of the execution that routes it afterwards
	}{
		"the start was lost":     {false, chat.Offered, func(o *office, s chat.Session) { o.loop.end(s.ID, true) }, "-1-0"},
		"it ended while it rang": {false, chat.Offered, func(o *office, s chat.Session) { o.loop.end(s.ID, false) }, "-1-1"},
		"it ended while parked":  {true, chat.Waiting, func(o *office, s chat.Session) { o.loop.end(s.ID, false) }, "-1-1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := opened(t, byTurns, "ann")
			if test.pause {
				o.becomes("ann", chat.Paused)
			}
			s := o.writes("c1")
			ok(t, o.desk.Mark(t.Context(), desktop("ann"), ref(s), false))
			test.lose(o, s)
			o.pass(90 * time.Second)
			o.beats(page("c1"), desktop("ann"))
			if done := o.sweeps(); done.Restarted != 0 {
				t.Fatalf("restarted too early: %+v", done)
			}
			o.pass(time.Second)
			if done := o.sweeps(); done.Restarted != 1 {
				t.Fatalf("swept %+v", done)
			}
			o.is(s, test.state, o.session(s.ID).Offered)
			if got := o.loop.running(s.ID); !slices.Equal(got, []string{s.ID + test.name}) {
				t.Errorf("running: %v", got)
			}
			if done := o.sweeps(); done.Restarted != 0 {
				t.Errorf("restarted twice: %+v", done)
			}
		})
	}
	t.Run("all at the start of a process", func(t *testing.T) {
		t.Parallel()
		o := opened(t, byTurns, "ann")
		s, other := o.writes("c1"), o.writes("c2")
		for _, s := range []chat.Session{s, other} {
			o.loop.end(s.ID, true)
		}
		done, err := o.desk.Sweep(t.Context(), true)
		ok(t, err)
		o.settle()
		if done.Restarted != 2 || len(o.loop.running(s.ID)) != 1 || len(o.loop.running(other.ID)) != 1 {
			t.Errorf("swept %+v", done)
		}
		o.is(s, chat.Offered, "ann")
	})
}

// Ensure that a visit of a part that was given up ends that execution, and touches nothing.
func TestVisitOfAnotherPart(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns)
	s := o.writes("c1")
	o.loop.end(s.ID, false)
	o.pass(2 * time.Minute)
	o.beats(page("c1"))
	o.sweeps()
	before := o.session(s.ID)
	var heard chat.Answer
	o.desk.Router = router{answer: func(_ string, a chat.Answer) error { heard = a; return nil }}
	ok(t, o.desk.Route(t.Context(), chat.Visit{Session: s.ID, Generation: 1, Part: 0, Entered: o.clock.now(), Token: "late"}))
	if after := o.session(s.ID); heard != chat.AnswerOver || before.Part != 1 || after.Token != before.Token {
		t.Errorf("answered %q; part %d, token %q, then %q", heard, before.Part, before.Token, after.Token)
	}
}

// router is a chat.Router that says what a test wants.
type router struct {
	start  func(chat.Execution) error
	answer func(string, chat.Answer) error
}

func (r router) Start(_ context.Context, e chat.Execution) error { return r.start(e) }

func (r router) Answer(_ context.Context, token string, a chat.Answer) error {
	return r.answer(token, a)
}

// Ensure that a customer who asks again need not wait for the reaper when the first start of the routing was lost.
func TestRepeatStartsRouting(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	down := router{start: func(chat.Execution) error { return errors.New("the state machine is down") }, answer: func(string, chat.Answer) error { return nil }}
	repeats := func(s chat.Session, again func() error) {
		t.Helper()
		o.desk.Router = down
		ok(t, again())
		o.settle()
		o.desk.Router = o.loop
		if names := o.loop.running(s.ID); len(names) > 0 {
			t.Fatalf("running: %v", names)
		}
		ok(t, again())
		o.settle()
		o.is(s, chat.Offered, chat.Everybody)
	}
	s := chat.Session{ID: chat.SessionID(website, "c1", "nonce")}
	repeats(s, func() error { _, err := o.desk.Start(t.Context(), page("c1"), opening("c1")); return err })
	o.closes("ann", o.accepts("ann", s))
	repeats(s, func() error {
		_, err := o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "m2", Text: "Again!", After: 3})
		return err
	})
}

// Ensure that an offer rings although the router died between writing and pushing it.
func TestOfferRingsAgain(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann")
	o.becomes("ann", chat.Paused)
	s := o.writes("c1")
	_, err := o.desk.SetAvailability(t.Context(), desktop("ann"), chat.Wish{State: chat.Ready}) // wakes the session
	ok(t, err)
	v, found := o.loop.due()
	for dies := 1; found && o.session(s.ID).State == chat.Waiting; dies++ {
		o.loop.failed(v.Token)
		if p := o.process(dies, nil); p.Route(t.Context(), v) == nil && !p.dead() {
			t.Fatal("it did not die with the offer")
		}
	}
	o.is(s, chat.Offered, "ann")
	o.hears(desktop("ann"))
	o.pass(backoff)
	o.hears(desktop("ann"), "offer 1 of c1")
}

// Ensure that an answer which comes too late for its task is not given to a later generation's, whose session waits: its routing
// would be over.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns)
	s := o.writes("c1")
	stale := true
	o.desk.Router = router{start: func(e chat.Execution) error { return o.loop.Start(t.Context(), e) }, answer: func(token string, a chat.Answer) error {
		if !stale {
			return o.loop.Answer(t.Context(), token, a)
		}
		// The customer left. Before the routing hears so, they write again, and wait anew.
		stale = false
		_, err := o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "m2", Text: "Or rather not.", After: 2})
		ok(t, err)
		o.settle()
		return chat.ErrTokenGone
	}}
	_, err := o.desk.Leave(t.Context(), page("c1"), s.ID)
	ok(t, err)
	s = o.session(s.ID)
	if s.State != chat.Waiting || s.Generation != 2 || !slices.Contains(o.loop.running(s.ID), s.ID+"-2-0") {
		t.Errorf("%s, generation %d, running %v", s.State, s.Generation, o.loop.running(s.ID))
	}
}

// Ensure that who is not there any more is not waited for, and who is, is not abandoned.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	o := opened(t, chat.Queue{Strategy: chat.BeepAll, Timeout: 20, MaxWait: 300})
	gone, patient := o.writes("c1"), o.writes("c2")
	for range 4 {
		o.pass(time.Minute)
		o.beats(page("c2"))
	}
	if s := o.session(gone.ID); s.State != chat.Closed || s.Outcome != chat.Abandoned {
		t.Errorf("the one who has gone: %s %s", s.State, s.Outcome)
	}
	o.is(patient, chat.Waiting, "")
	for range 2 {
		o.pass(time.Minute)
		o.beats(page("c2"))
	}
	if s := o.session(patient.ID); s.State != chat.Closed || s.Outcome != chat.Unmanaged {
		t.Errorf("the one nobody came for: %s %s", s.State, s.Outcome)
	}
	for _, s := range []chat.Session{gone, patient} {
		if names := o.loop.running(s.ID); len(names) > 0 {
			t.Errorf("executions still running: %v", names)
		}
	}
}

// Ensure that a session does not wait behind one that its candidates have turned down, and keeps its place otherwise.
func TestLineOrder(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann", "bob")
	o.becomes("bob", chat.Paused)
	first, second := o.writes("c1"), o.writes("c2")
	o.is(first, chat.Offered, "ann")
	o.is(second, chat.Waiting, "")
	o.becomes("bob", chat.Ready)
	o.is(second, chat.Offered, "bob")
	o.becomes("bob", chat.Paused)
	o.is(second, chat.Waiting, "")
	// Ann turns the first down: one of them rings at her at once, the second because the first is nothing for her now, or the
	// first again because nobody else is there.
	o.rejects("ann", first)
	if a, b := o.session(first.ID).Offered, o.session(second.ID).Offered; a+b != "ann" {
		t.Errorf("offered to %q and %q", a, b)
	}
}
