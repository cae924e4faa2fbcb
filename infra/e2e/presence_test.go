package e2e_test

import (
	"github.com/parley-chat/parley/functions/wire"
)

// Who is there, who is lost, and what becomes of their chats.
func presenceStories() []story {
	return []story{
		{name: "the chats of a lost agent go back to their place in the line", in: both, agents: 2, capacity: 1, lostAfter: 5, needs: leases, play: lostAgent},
		{name: "an agent who comes back in time keeps their chats", in: both, agents: 1, lostAfter: 60, needs: leases, play: backInTime},
		{name: "the offer to an agent who is lost goes to the next", in: []string{rrmemory}, agents: 2, needs: leases, play: lostWhileAsked},
		{name: "who leaves the page while waiting has given up", in: both, agents: 1, timeout: quick, needs: leases, play: abandons},
		{name: "a customer leaves while waiting, offered and served", in: both, agents: 1, play: leaves},
	}
}

func lostAgent(s *stage) {
	ada, berta := s.customer("Ada"), s.customer("Berta")
	lost, other := s.agent(0), s.agent(1)
	other.Becomes(wire.AgentPaused, "Lunch")
	ada.Start("Hello?")
	lost.takes(ada)
	berta.Start("Me too.")
	if v := berta.Beat().Sessions[0]; v.Position != 1 {
		s.Errorf("Berta waits as %+v, want to be next", v)
	}

	lost.Cut()
	if row := ada.AwaitKind(ada.session, wire.RowRequeued); row.Name != lost.Name {
		s.Errorf("Ada hears %+v, want whom she has lost", row)
	}
	if v := ada.AwaitState(ada.session, wire.SessionWaiting, 2); v.Position != 1 {
		s.Errorf("Ada waits as %+v, want her place before Berta", v)
	}
	berta.AwaitView(berta.session, "to be told that Ada is before her", func(v wire.View) bool { return v.Position == 2 })
	if v := berta.Beat().Sessions[0]; v.Position != 2 {
		s.Errorf("Berta waits as %+v, want to be behind Ada", v)
	}

	other.Becomes(wire.AgentReady, "")
	offer := other.AwaitOffer(ada)
	other.IsNotAsked(berta)
	other.Accept(offer)
	other.Says(ada, "I have read everything.")
	ada.Hears("I have read everything.")

	w := lost.Connect()
	if w.Me.State != wire.AgentOffline || w.Me.Reason != "lost" || len(w.Me.Open) != 0 || len(w.Sessions) != 0 {
		s.Errorf("the lost agent comes back to %+v and %+v, want to be offline, without chats", w.Me, w.Sessions)
	}
	lost.refused(last(lost.say(ada.session, "I am back!")), "not_yours")
	lost.Becomes(wire.AgentReady, "")
	lost.takes(berta)
	s.sameLog(ada.session, 5, ada.Tab, other.Tab)
}

func backInTime(s *stage) {
	ada, agent := s.talk()
	agent.Cut()
	s.awaitOpen("nobody")
	ada.Says("Are you there?")
	w := agent.Connect()
	if len(w.Sessions) != 1 || w.Sessions[0].State != wire.SessionActive || w.Sessions[0].Generation != 1 {
		s.Errorf("the agent comes back to %+v and %+v, want to have the chat", w.Me, w.Sessions)
	}
	agent.Hears(ada, "Are you there?")
	agent.Says(ada, "Here I am.")
	ada.Hears("Here I am.")
	agent.Becomes(wire.AgentReady, "")
	agent.Closes(ada)
}

// awaitOpen waits until the website says whether somebody may answer. Nobody is told of that, so it is asked for.
func (s *stage) awaitOpen(want string) {
	s.Helper()
	open := ""
	if err := eventually(often, func() bool { open = s.config().Open; return open == want }); err != nil {
		s.Fatalf("the website is %q, want %q", open, want)
	}
}

func lostWhileAsked(s *stage) {
	ada, lost, other := s.customer("Ada"), s.agent(0), s.agent(1)
	ada.Start("Hello?")
	offer := lost.AwaitOffer(ada)
	lost.Cut()
	next := other.AwaitOffer(ada)
	if next.Offered >= offer.Until {
		s.Errorf("the next offer was made at %d, when the one to a lost agent had run out at %d", next.Offered, offer.Until)
	}
	other.Accept(next)
}

func abandons(s *stage) {
	ada, watcher := s.customer("Ada"), s.agent(0)
	watcher.Becomes(wire.AgentPaused, "Watching")
	ada.Start("Hello?")
	line := func(n int) func(wire.Pulse) bool {
		return func(p wire.Pulse) bool { return len(p.Line) == 1 && p.Line[0].Waiting == n }
	}
	awaitFrame(watcher.Tab, "a line of one", "pulse", line(1))
	ada.Cut()
	before := len(watcher.heard)
	watcher.await("an empty line", func() bool {
		for _, f := range watcher.heard[before:] {
			if f.Type == "pulse" && line(0)(decode[wire.Pulse](f)) {
				return true
			}
		}
		return false
	})
	w := ada.Connect()
	if v := w.Sessions[0]; v.State != wire.SessionClosed || v.Outcome != "abandoned" {
		s.Errorf("Ada comes back to %+v, want that she has given up", v)
	}
	ada.Says("I am still here!")
	ada.AwaitState(ada.session, wire.SessionWaiting, 2)
	watcher.Becomes(wire.AgentReady, "")
	watcher.takes(ada)
}

func leaves(s *stage) {
	ada, berta, carla := s.customer("Ada"), s.customer("Berta"), s.customer("Carla")
	ada.Start("Hello?")
	for range 2 {
		if v := ada.Leave(); v.State != wire.SessionClosed || v.Outcome != "abandoned" || v.Head != 2 {
			s.Errorf("Ada leaves the line and hears %+v", v)
		}
	}
	agent := s.agent(0)

	berta.Start("Hello?")
	offer := agent.AwaitOffer(berta)
	if v := berta.Leave(); v.Outcome != "abandoned" {
		s.Errorf("Berta leaves before anybody answers and hears %+v", v)
	}
	if g := agent.AwaitGone(offer, wire.OfferCanceled); g.Customer != "Berta" || g.By != nil {
		s.Errorf("the agent hears %+v", g)
	}
	agent.refused(last(agent.accept(offer)), "late")

	carla.Start("Hello?")
	agent.takes(carla)
	if v := carla.Leave(); v.Outcome != "left" {
		s.Errorf("Carla leaves the chat and hears %+v", v)
	}
	if v := agent.AwaitState(carla.session, wire.SessionClosed, 1); v.Outcome != "left" {
		s.Errorf("the agent hears %+v", v)
	}
	agent.refused(last(agent.say(carla.session, "Wait!")), "closed")
	if p := agent.Beat(); len(p.Me.Open) != 0 || len(p.Sessions) != 0 {
		s.Errorf("the agent still has %+v", p.Me.Open)
	}
	carla.Says("I am back.")
	agent.takes(carla)
}
