package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/functions/wire"
)

// Ensure that a licence of one seat holds one chat: an accept that comes second hears so, its customer keeps their place, and the
// seat that frees is theirs.
func TestFullLicence(t *testing.T) {
	t.Parallel()
	need(t, engine)
	it := story{name: "licence", in: both, agents: 1}
	d := demoOf([]story{it})
	d.Licence = 1
	h := ownRunner(t, d)
	for _, strategy := range both {
		t.Run(strategy, func(t *testing.T) {
			s := h.stage(castOf(0, it, strategy), strategy)
			s.T = t
			ada, berta := s.customer("Ada"), s.customer("Berta")
			agent := s.agent(0)
			ada.Start("Hello?")
			first := agent.AwaitOffer(ada)
			if !s.everybodyRings() { // one agent has one offer to themselves at a time
				agent.Accept(first)
				berta.Start("Me too.")
				agent.IsNotAsked(berta)
			} else {
				berta.Start("Me too.")
				second := agent.AwaitOffer(berta)
				agent.Accept(first)
				agent.refused(last(agent.accept(second)), "licence_full")
				agent.AwaitGone(second, wire.OfferCanceled)
			}
			if open := s.config().Open; open != "full" {
				s.Errorf("the website is %q, want full", open)
			}
			if v := berta.Beat().Sessions[0]; v.State != wire.SessionWaiting || v.Position != 1 {
				s.Errorf("Berta waits as %+v, want to be next", v)
			}
			agent.Closes(ada)
			agent.takes(berta)
			agent.Closes(berta) // and the seat is free for the next
			if open := s.config().Open; open != "open" {
				s.Errorf("the website is %q, want open", open)
			}
		})
	}
}
