package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// invites lets Ann invite a colleague, who accepts.
func (o *office) invites(agent string, s chat.Session) chat.Session {
	o.tb.Helper()
	o.hands("ann", s, chat.Handover{Agent: agent, Assist: true, Note: "Help!"})
	s = o.accepts(agent, s)
	o.screens.clear()
	return s
}

// dismisses lets an agent leave, or the owner send somebody away.
func (o *office) dismisses(by string, s chat.Session, agent string) error {
	o.tb.Helper()
	_, err := o.desk.EndAssist(o.tb.Context(), desktop(by), s.ID, agent)
	o.settle()
	return err
}

// Ensure that who is invited writes along, hears everything, and that the chat stays its owner's, from joining to leaving.
func TestAssist(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hands("ann", s, chat.Handover{Agent: "bob", Assist: true, Note: "Help!"})
	o.hears(desktop("bob"), "assist 2 of c1")
	now := o.accepts("bob", s)
	o.is(s, chat.Active, "ann")
	if now.Generation != 1 || !slices.Equal(now.Assist, []string{"bob"}) || now.Queue != queue || o.seats() != 1 {
		t.Errorf("joined as %+v, %d seats used", now, o.seats())
	}
	o.hears(page("c1"), "with ANN and BOB")
	o.hears(desktop("ann"), "with ANN and BOB", "gone 2 accepted by BOB")
	o.rests(s, 2, chat.OfferAccepted)
	v, err := o.desk.Accept(t.Context(), desktop("bob"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 2}) // again: the same answer
	if err != nil || v.Session.Agent != "ann" || v.Head != 3 {
		t.Errorf("accepted again: %+v, %v", v, err)
	}

	ok(t, o.says(page("c1"), s, "Who are you?"))
	ok(t, o.says(desktop("bob"), s, "I am Bob."))
	ok(t, o.says(desktop("ann"), s, "He knows about this."))
	o.hears(desktop("ann"), "row 4", "row 5")
	o.hears(desktop("bob"), "row 4", "row 6")
	snap, err := o.desk.Hello(t.Context(), desktop("bob"), chat.Greeting{})
	if err != nil || len(snap.Sessions) != 1 || snap.Sessions[0].Agent.ID != "ann" {
		t.Errorf("bob's other desktop has %+v, %v", snap.Sessions, err)
	}
	_, err = o.desk.Close(t.Context(), desktop("bob"), chat.Closing{Session: s.ID})
	refusedWith(t, err, chat.CodeNotYours)
	_, err = o.desk.SetAvailability(t.Context(), desktop("bob"), chat.Wish{State: chat.Offline})
	refusedWith(t, err, chat.CodeOpenSessions)

	o.screens.clear()
	ok(t, o.dismisses("bob", s, ""))
	o.hears(page("c1"), "with ANN")
	o.hears(desktop("ann"), "with ANN")
	o.hears(desktop("bob"))
	if b := o.agent("bob"); len(b.Open) > 0 || o.seats() != 1 {
		t.Errorf("bob has %v, %d seats used", b.Open, o.seats())
	}
	refusedWith(t, o.says(desktop("bob"), s, "One more thing."), chat.CodeNotYours)
	ok(t, o.dismisses("bob", s, "")) // again: fine
	ok(t, o.says(page("c1"), s, "Thank you, Bob."))
	ok(t, o.dismisses("bob", s, "")) // whatever was said since
	o.is(s, chat.Active, "ann")
	o.keepsItsPromises("left")
}

// Ensure that an invitation is declined like any offer, and that the chat has no more helpers than anybody can follow.
func TestInvitations(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.opens(chat.Queue{ID: "tech", Name: "Tech", Strategy: chat.BeepAll}, "ian", "kim")
	o.hands("ann", s, chat.Handover{Agent: "bob", Assist: true})
	o.screens.clear()
	o.rejects("bob", s)
	o.hears(desktop("ann"), "gone 2 rejected by BOB", "with ANN")
	o.rests(s, 2, chat.OfferRejected)
	o.invites("bob", s)
	o.invites("ian", s)
	o.hands("ann", s, chat.Handover{Queue: "billing", Assist: true})
	s = o.accepts("eve", s)
	if !slices.Equal(slices.Sorted(slices.Values(s.Assist)), []string{"bob", "eve", "ian"}) || s.Queue != queue {
		t.Fatalf("with %+v", s)
	}
	_, err := o.desk.Transfer(t.Context(), desktop("ann"), chat.Handover{Session: s.ID, Agent: "kim", Assist: true})
	refusedWith(t, err, chat.CodeFull)
	o.keepsItsPromises("three assist")

	// Who takes it over begins with nobody.
	o.hands("ann", s, chat.Handover{Agent: "kim"})
	o.screens.clear()
	s = o.accepts("kim", s)
	if len(s.Assist) > 0 || s.Generation != 2 {
		t.Errorf("taken over with %+v", s)
	}
	for _, a := range []string{"bob", "eve", "ian"} {
		if got := o.agent(a); len(got.Open) > 0 {
			t.Errorf("%s has %v open", a, got.Open)
		}
		o.hears(desktop(a), "with KIM")
	}
	o.keepsItsPromises("taken over")
}

// Ensure that the owner may send a helper away, nobody else, and that a repeat changes nothing.
func TestDismissed(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.invites("bob", s)
	o.invites("eve", s)
	for who, whom := range map[string]string{"bob": "eve", "eve": "ann"} {
		refusedWith(t, o.dismisses(who, s, whom), chat.CodeNotYours)
	}
	refusedWith(t, o.dismisses("ann", s, ""), chat.CodeBadValue)
	refusedWith(t, o.dismisses("ann", s, "ann"), chat.CodeBadValue)
	o.hires("kim", 3, "billing")
	refusedWith(t, o.dismisses("kim", s, ""), chat.CodeNotYours)
	refusedWith(t, o.dismisses("ann", chat.Session{ID: "none"}, "bob"), chat.CodeNotFound)
	o.screens.clear()
	for range 2 {
		ok(t, o.dismisses("ann", s, "bob"))
	}
	o.hears(page("c1"), "with ANN and EVE")
	o.hears(desktop("bob"), "with ANN and EVE") // it is no longer theirs
	o.hears(desktop("eve"), "with ANN and EVE")
	if now := o.session(s.ID); !slices.Equal(now.Assist, []string{"eve"}) || len(o.agent("bob").Open) > 0 {
		t.Errorf("dismissed: %+v", now)
	}
	o.keepsItsPromises("dismissed")
	o.screens.clear()
	o.closes("ann", s)
	o.hears(desktop("eve"), "closed handled")
	refusedWith(t, o.dismisses("ann", s, "eve"), chat.CodeNotYours)
	ok(t, o.dismisses("bob", s, ""))
	o.keepsItsPromises("closed")
}

// Ensure that a helper who is lost leaves the chat after the time of grace, and not if they are back; and that they leave with it when
// its owner is lost.
func TestLostAssistant(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.invites("bob", s)
	minutes := func(n int, who ...chat.Connection) (done chat.Swept) {
		for range n {
			o.pass(time.Minute)
			o.beats(append(who, page("c1"))...)
			done = o.sweeps()
		}
		return done
	}
	minutes(4, desktop("ann"))
	minutes(1, desktop("ann"), desktop("bob")) // he is back
	minutes(4, desktop("ann"))
	if now := o.session(s.ID); !slices.Equal(now.Assist, []string{"bob"}) {
		t.Fatalf("he was back, and is gone: %+v", now)
	}
	o.screens.clear()
	minutes(1, desktop("ann"))
	if now := o.session(s.ID); len(now.Assist) > 0 || now.Agent != "ann" || len(o.agent("bob").Open) > 0 {
		t.Fatalf("he is lost, and still there: %+v", now)
	}
	o.hears(page("c1"), "with ANN")
	if heard := o.screens.take("conn-bob"); !slices.Contains(heard, "with ANN") {
		t.Errorf("bob heard %q", heard)
	}
	o.keepsItsPromises("helper lost")

	o.becomes("eve", chat.Ready)
	o.invites("eve", s)
	minutes(5, desktop("eve"))
	if now := o.session(s.ID); now.State != chat.Waiting || len(o.agent("eve").Open)+len(o.agent("ann").Open) > 0 {
		t.Errorf("its owner is lost, and it is %+v", now)
	}
	if heard := o.screens.take("conn-eve"); !slices.Contains(heard, "waits at 1") {
		t.Errorf("eve heard %q", heard)
	}
	o.keepsItsPromises("owner lost")
}
