package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Ensure that an agent whose wrap-up ends by itself, which wakes nobody, does not have to wait for the first in line to look again:
// whoever looks first wakes them.
func TestWhoLooksFirstWakesTheFirst(t *testing.T) {
	t.Parallel()
	q := byTurns
	q.WrapUp = 40
	o := opened(t, q)
	o.hires("ann", 1)
	talk := o.accepts("ann", o.writes("c1"))
	first := o.writes("c2") // looks every 21 s: 42 s from now, too
	o.closes("ann", talk)
	o.pass(18 * time.Second)
	second := o.writes("c3") // looks 19 s and 40 s from now, as the wrap-up ends 40 s after the close
	o.pass(21*time.Second + 500*time.Millisecond)
	o.is(first, chat.Offered, "ann")
	o.is(second, chat.Waiting, "")
}

// Ensure that the circle goes on behind who was asked last, in whatever order they answer.
func TestCircleGoesOnBehindWhoWasAsked(t *testing.T) {
	t.Parallel()
	o := opened(t, byTurns, "ann", "bob", "eve")
	slow, fast := o.writes("c1"), o.writes("c2")
	o.is(slow, chat.Offered, "ann")
	o.is(fast, chat.Offered, "bob")
	o.accepts("bob", fast)
	o.accepts("ann", slow)
	o.is(o.writes("c3"), chat.Offered, "eve")
}

// Ensure that no more sessions ring than there are places for: the next waits in the line, where a freed agent finds it.
func TestRingsForPlaces(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody)
	o.hires("ann", 2)
	first, second, third := o.writes("c1"), o.writes("c2"), o.writes("c3")
	o.is(first, chat.Offered, chat.Everybody)
	o.is(second, chat.Offered, chat.Everybody)
	o.is(third, chat.Waiting, "")
	o.rejects("ann", first)
	o.is(third, chat.Offered, chat.Everybody) // the place that the first wanted is free
	o.accepts("ann", second)
	o.accepts("ann", third)
	o.is(first, chat.Waiting, "")
}

// Ensure that a session which reserves an agent does not take the place for which a heavier one rings.
func TestLighterLeavesThePlace(t *testing.T) {
	t.Parallel()
	heavy := everybody
	heavy.Weight = 5
	o := opened(t, heavy)
	light := chat.Queue{ID: "light", Strategy: chat.LongestIdle, Timeout: 20}
	o.opens(light)
	o.hires("ann", 1, queue, light.ID)
	rings := o.writes("c1")
	o.is(rings, chat.Offered, chat.Everybody)
	ok(t, o.store.PutWebsite(t.Context(), chat.Website{ID: "other", Queues: []string{light.ID}}))
	customer := chat.Connection{Principal: chat.Principal{Role: chat.RoleCustomer, ID: "c2", Website: "other"}, ID: "conn-c2"}
	v, err := o.desk.Start(t.Context(), customer, opening("c2"))
	ok(t, err)
	o.settle()
	o.is(v.Session, chat.Waiting, "")
	o.accepts("ann", rings)
	o.closes("ann", rings)
	o.is(v.Session, chat.Offered, "ann")
}

// Ensure that an offer which ran out while an agent was full is nothing that they have missed: they are asked again, and do not become
// not responding for it.
func TestFullMissesNothing(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody)
	o.hires("ann", 1)
	o.hires("bob", 1)
	first, second := o.writes("c1"), o.writes("c2")
	for _, s := range []chat.Session{first, second} {
		for _, a := range []string{"ann", "bob"} {
			ok(t, o.desk.Mark(t.Context(), desktop(a), ref(o.session(s.ID)), true))
		}
	}
	o.accepts("ann", first)
	o.is(second, chat.Offered, chat.Everybody)
	o.pass(25 * time.Second)
	if s := o.session(second.ID); slices.Contains(s.Skip, "ann") || o.agent("ann").Missed != 0 {
		t.Errorf("she missed %d, and those skipped are %v", o.agent("ann").Missed, s.Skip)
	}
	if o.agent("bob").Missed == 0 {
		t.Error("he let it pass, and that is not counted")
	}
}
