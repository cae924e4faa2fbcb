package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/functions/wire"
)

// What happens seldom, so that no other story is sure to meet it. Each of these needs a right that would seem superfluous else
// (judgeRights).
func seldomStories() []story {
	return []story{
		// The router wakes somebody: only an offer to one agent holds others up, and only the router sees it run out.
		{name: "an agent who lets an offer pass is free for the next in line", in: []string{rrmemory}, agents: 1, timeout: quick, play: letsPass},
	}
}

func letsPass(s *stage) {
	ada, berta := s.customer("Ada"), s.customer("Berta")
	ada.Start("Anybody here?")
	berta.Start("Me too.")
	agent := s.agent(0)
	agent.AwaitGone(agent.AwaitOffer(ada), wire.OfferExpired)
	// A new lap begins, too, for there is nobody else: who of the two is asked first now is not said.
	taken := map[string]bool{}
	for range 2 {
		var next wire.Offer
		agent.await("whoever is next", func() bool {
			for _, o := range agent.offers {
				if !agent.asked[round(o)] && !taken[o.Session] {
					next = o
					agent.asked[round(o)] = true
					return true
				}
			}
			return false
		})
		agent.Accept(next)
		taken[next.Session] = true
	}
	if !taken[ada.session] || !taken[berta.session] {
		s.Errorf("the agent has %v, want Ada and Berta", taken)
	}
}

// Ensure that sockets which died without a word, all at once, hold nobody up: who comes back goes on, and who does not is missed like
// anybody whose lease runs out. The customer's function and the reaper push to the dead, and forget them.
func TestDeadSocketsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	need(t, engine)
	back := story{name: "back", in: []string{beepall}, agents: 1, lostAfter: 60}
	// Long enough for Berta to be back before: else she has given up, and her chat goes to nobody.
	away := story{name: "away", in: []string{beepall}, agents: 2, lostAfter: 15}
	h := ownRunner(t, demoOf([]story{back, away}), "-lease", hastyLease.String(), "-sweep", hastySweep.String())
	here, there := h.stage(castOf(0, back, beepall), beepall), h.stage(castOf(1, away, beepall), beepall)
	here.beats, there.beats = hastyLease/3, hastyLease/3
	ada, agent := here.talk()
	berta, lost := there.talk()
	h.kill()
	for _, tab := range []*Tab{ada.Tab, agent.Tab, berta.Tab, lost.Tab} {
		tab.Cut()
	}
	h.start()

	berta.Connect()
	ada.Connect()
	ada.Says("Are you still there?")
	agent.Connect()
	agent.Hears(ada, "Are you still there?")
	agent.Says(ada, "We are back.")
	ada.Hears("We are back.")

	if row := berta.AwaitKind(berta.session, wire.RowRequeued); row.Name != lost.Name {
		t.Errorf("Berta hears %+v, want whom she has lost", row)
	}
	there.agent(1).takes(berta)
}
