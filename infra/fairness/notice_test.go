package fairness_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/simulation"
)

// floor is a watch over two agents who serve two queues, one that rings for several and a lighter one that reserves.
func floor() (*watch, *simulation.Clock) {
	opens := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	clock := simulation.NewClock(opens)
	both := []string{"heavy", "light"}
	w := newWatch(nil, clock.Now, plan{licence: 10, workers: []worker{{id: "ann", queues: both}, {id: "bob", queues: both}}, lines: []line{
		{Queue: chat.Queue{ID: "heavy", Strategy: chat.BeepAll, Weight: 5}}, {Queue: chat.Queue{ID: "light", Strategy: chat.LongestIdle, Weight: 1}}}})
	for id := range w.agents {
		w.agentIs(chat.Agent{ID: id, State: chat.Ready, Capacity: 1, Seen: opens, Queues: both})
	}
	return w, clock
}

// comes lets a customer come to a queue, a second after the last.
func comes(w *watch, clock *simulation.Clock, id, queue string) chat.Session {
	clock.Advance(time.Second)
	s := chat.Session{ID: id, State: chat.Waiting, Queue: queue, Weight: w.queues[queue].Weight, Queued: clock.Now(), Patience: 20}
	w.follow(chat.Change{New: true, Now: s})
	w.look()
	return s
}

// rings lets a session be offered to agents.
func rings(w *watch, s chat.Session, to ...string) chat.Session {
	was := s
	s.State, s.Offered = chat.Offered, to[0]
	if !w.reserves(s) {
		s.Offered = chat.Everybody
	}
	w.follow(chat.Change{Was: was, Now: s, Writes: []chat.Write{chat.OpenOffer{Offer: chat.Offer{To: to}}}})
	if w.reserves(s) {
		a := w.agents[to[0]].Agent
		a.Offer = s.ID + "#1"
		w.agentIs(a)
	}
	w.look()
	return s
}

// Ensure that the watch notices who waits beside an agent who is free for them, and for how long, and takes nobody for free who is not.
func TestNoticesAFreeAgent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*chat.Agent)
		want   bool
	}{
		{"available", func(*chat.Agent) {}, true},
		{"paused", func(a *chat.Agent) { a.State = chat.Paused }, false},
		{"leaving", func(a *chat.Agent) { a.Next = chat.Paused }, false},
		{"in wrap-up", func(a *chat.Agent) { a.WrapUntil = a.Seen.Add(time.Hour) }, false},
		{"without a sign of life", func(a *chat.Agent) { a.Seen = a.Seen.Add(-time.Hour) }, false},
		{"out of reach", func(a *chat.Agent) { a.Unreached = a.Seen }, false},
		{"full", func(a *chat.Agent) { a.Open = []string{"s9"} }, false},
		{"reserved", func(a *chat.Agent) { a.Offer, a.Capacity = "s9#1", 2 }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, clock := floor()
			ann, bob := w.agents["ann"].Agent, w.agents["bob"].Agent
			bob.State = chat.Offline
			test.change(&ann)
			w.agentIs(ann)
			w.agentIs(bob)
			s := comes(w, clock, "s1", "light")
			clock.Advance(21 * time.Second)
			rings(w, s, "ann")
			if got := len(w.overlong) == 1 && w.overlong[0].took == 21*time.Second; got != test.want {
				t.Errorf("noticed %v, want %v: %v", got, test.want, w.overlong)
			}
		})
	}
}

// Ensure that it takes nobody for free who has said no, whose place another session's offer wants, or for whom there is no seat.
func TestNoticesNoMore(t *testing.T) {
	t.Parallel()
	w, clock := floor()
	heavy := comes(w, clock, "s1", "heavy")
	rings(w, heavy, "ann", "bob")
	light := comes(w, clock, "s2", "light")
	if w.besideSomebody(light) {
		t.Error("both places are asked for")
	}
	w, clock = floor()
	light = comes(w, clock, "s2", "light")
	light.Skip = []string{"bob", "ann"}
	if w.besideSomebody(light) {
		t.Error("both have said no")
	}
	light.Skip, w.active = nil, w.licence
	if w.besideSomebody(light) {
		t.Error("there is no seat")
	}
}

// Ensure that the watch notices an offer that leaves nobody for a session before it, and no other.
func TestNoticesJumps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		play func(w *watch, clock *simulation.Clock)
		want []string // who was left
	}{
		{"in order", func(w *watch, clock *simulation.Clock) {
			first, second := comes(w, clock, "s1", "light"), comes(w, clock, "s2", "light")
			rings(w, first, "ann")
			rings(w, second, "bob")
		}, nil},
		{"the second while there is somebody for the first", func(w *watch, clock *simulation.Clock) {
			comes(w, clock, "s1", "light")
			rings(w, comes(w, clock, "s2", "light"), "ann")
		}, nil},
		{"the third before two others", func(w *watch, clock *simulation.Clock) {
			comes(w, clock, "s1", "light")
			comes(w, clock, "s2", "light")
			rings(w, comes(w, clock, "s3", "light"), "ann")
		}, []string{"s2"}},
		{"a lighter one that came before", func(w *watch, clock *simulation.Clock) {
			light := comes(w, clock, "s1", "light")
			comes(w, clock, "s2", "heavy")
			comes(w, clock, "s3", "heavy")
			rings(w, light, "bob")
		}, []string{"s3"}},
		{"a heavier one that came later", func(w *watch, clock *simulation.Clock) {
			comes(w, clock, "s1", "light")
			comes(w, clock, "s2", "light")
			rings(w, comes(w, clock, "s3", "heavy"), "ann", "bob")
		}, nil},
		{"the last place that one which rings wants", func(w *watch, clock *simulation.Clock) {
			rings(w, comes(w, clock, "s1", "heavy"), "ann")
			rings(w, comes(w, clock, "s2", "light"), "ann")
		}, []string{"s1"}},
		{"one which rings for somebody else, too", func(w *watch, clock *simulation.Clock) {
			rings(w, comes(w, clock, "s1", "heavy"), "ann", "bob")
			rings(w, comes(w, clock, "s2", "light"), "ann")
		}, nil},
		{"one that could not have been taken anyway", func(w *watch, clock *simulation.Clock) {
			rings(w, comes(w, clock, "s1", "heavy"), "ann")
			comes(w, clock, "s2", "heavy")
			w.sessions["s2"].Skip = []string{"bob"}
			rings(w, comes(w, clock, "s3", "light"), "bob")
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, clock := floor()
			test.play(w, clock)
			var left []string
			for _, j := range w.jumps {
				left = append(left, j.before)
			}
			if !slices.Equal(left, test.want) {
				t.Errorf("left are %v, want %v: %v", left, test.want, w.jumps)
			}
		})
	}
}
