package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/functions/wire"
)

// Ensure that a licence of one seat holds one chat: while one rings for the seat, or has it, nobody else is rung for, their customer keeps
// their place, and the seat that frees is theirs. Where the website says so, who comes then leaves a message instead.
func TestFullLicence(t *testing.T) {
	t.Parallel()
	need(t, engine)
	waits := story{name: "licence", in: both, agents: 1}
	leaves := story{name: "licence with a form", in: []string{beepall}, agents: 1, front: website{Messages: []string{"full"}}}
	d := demoOf([]story{waits, leaves})
	d.Licence = 1
	h := ownRunner(t, d)
	for _, strategy := range both {
		t.Run(strategy, func(t *testing.T) {
			s := h.stage(castOf(0, waits, strategy), strategy)
			s.T = t
			ada, berta := s.customer("Ada"), s.customer("Berta")
			agent := s.agent(0)
			ada.Start("Hello?")
			first := agent.AwaitOffer(ada)
			berta.Start("Me too.")
			agent.IsNotAsked(berta)
			agent.Accept(first)
			agent.IsNotAsked(berta)
			if c := s.config(); c.Open != "full" || c.Offline {
				s.Errorf("the website says %+v, want full, and no form", c)
			}
			if v := berta.Beat().Sessions[0]; v.State != wire.SessionWaiting || v.Position != 1 {
				s.Errorf("Berta waits as %+v, want to be next", v)
			}
			ada.Leave()
			agent.takes(berta)
			agent.Closes(berta) // and the seat is free for the next
			s.awaitOpen("open")
		})
	}
	t.Run("with a form", func(t *testing.T) {
		s := h.stage(castOf(1, leaves, beepall), beepall)
		s.T = t
		ada, agent := s.talk()
		berta := s.customer("Berta")
		if c := s.config(); c.Open != "full" || !c.Offline {
			s.Errorf("the website says %+v, want full, and a form", c)
		}
		berta.cannotWait("licence_full")
		berta.leavesMessage("Please call me.")
		agent.IsNotAsked(berta)
		agent.Closes(ada)
		s.awaitOpen("open")
		berta.Says("Now?")
		agent.takes(berta)
		agent.AwaitRow(berta.session, "Please call me.")
	})
}
