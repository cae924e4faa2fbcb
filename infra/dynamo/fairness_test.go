package dynamo_test

import (
	"context"
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

// light is the queue of twoWeights that comes last.
const light = "light"

// twoWeights is an office where a heavy queue rings for everybody and a light one asks one after the other.
func twoWeights(t *testing.T) *office {
	t.Helper()
	heavy := everybody
	heavy.Weight = 5
	o := opened(t, heavy)
	o.opens(chat.Queue{ID: light, Strategy: chat.LongestIdle, Timeout: 20})
	return o
}

// Ensure that a session which reserves an agent does not take the place for which a heavier one rings.
func TestLighterLeavesThePlace(t *testing.T) {
	t.Parallel()
	o := twoWeights(t)
	o.hires("ann", 1, queue, light)
	rings := o.writes("c1")
	o.is(rings, chat.Offered, chat.Everybody)
	later := o.writesTo(light, "c2")
	o.is(later, chat.Waiting, "")
	o.accepts("ann", rings)
	o.closes("ann", rings)
	o.is(later, chat.Offered, "ann")
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

// Ensure that an agent for whom it has rung is free for the next as soon as it rings for them no more, whoever took it.
func TestWhoRangIsFreeForTheNext(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(o *office, s chat.Session){
		"a colleague took it": func(o *office, s chat.Session) { o.accepts("ann", s) },
		"the customer left": func(o *office, s chat.Session) {
			_, err := o.desk.Leave(o.tb.Context(), page("c1"), s.ID)
			ok(o.tb, err)
			o.settle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := twoWeights(t)
			o.hires("ann", 1)
			o.hires("bob", 1, queue, light)
			// Two places, for which two ring: nobody is left for the third.
			s := o.writes("c1")
			o.writes("c2")
			third := o.writesTo(light, "c3")
			o.is(third, chat.Waiting, "")
			o.rejects("bob", o.session(o.sessions[1])) // the second rings for ann alone now
			o.is(third, chat.Waiting, "")
			way(o, s)
			o.is(third, chat.Offered, "bob")
		})
	}
}

// lagging is a store whose index of a queue's line is late.
type lagging struct {
	chat.Store
	queue string
	line  []chat.Waiter
}

func (l lagging) Waiting(ctx context.Context, queue string, width int) ([]chat.Waiter, error) {
	if queue == l.queue {
		return l.line, nil
	}
	return l.Store.Waiting(ctx, queue, width)
}

// Ensure that a session which the index still shows as waiting, and which rings meanwhile, keeps the place for which it does.
func TestLateIndexKeepsThePlace(t *testing.T) {
	t.Parallel()
	o := twoWeights(t)
	o.hires("ann", 1, queue, light)
	s := o.writes("c1")
	o.is(s, chat.Offered, chat.Everybody)
	o.desk.Store = lagging{o.store, queue, []chat.Waiter{{Session: s.ID, Queue: queue, Weight: 5, Queued: s.Queued, State: chat.Waiting, Generation: 1, Turn: s.Turn}}}
	o.is(o.writesTo(light, "c2"), chat.Waiting, "")
}

// Ensure that an offer which has rung out, and whose routing is lost, keeps nobody from others.
func TestRungOutKeepsNobody(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody)
	o.hires("ann", 1)
	s := o.writes("c1")
	o.loop.end(s.ID, true)
	o.pass(25 * time.Second)
	o.is(s, chat.Offered, chat.Everybody)
	next := o.writes("c2")
	o.is(next, chat.Offered, chat.Everybody)
	o.accepts("ann", next)
}
