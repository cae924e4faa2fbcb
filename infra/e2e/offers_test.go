package e2e_test

import (
	"strings"
	"sync/atomic"

	"github.com/parley-chat/parley/functions/wire"
)

// Who is asked, in which order, and who wins.
func offerStories() []story {
	return []story{
		{name: "an offer is rejected, goes on, is accepted, and the chat closes and comes back", in: both, agents: 3, play: mainJob},
		{name: "an offer that nobody answers goes on", in: both, agents: 2, timeout: quick, play: timesOut},
		{name: "who misses three offers in a row is not responding", in: both, agents: 1, timeout: quick, play: missesThree},
		{name: "an offer that reached nobody is held against nobody", in: both, agents: 2, timeout: quick, play: unreached},
		{name: "a pause takes the offer away", in: both, agents: 2, play: pauses},
		{name: "when everybody has rejected, a new lap begins one patience later", in: both, agents: 3, timeout: brisk, play: newLap},
		{name: "nobody signs out with open chats", in: both, agents: 1, play: signsOut},
		{name: "an agent takes no more than they can hold", in: both, agents: 1, capacity: 1, play: fullAgent},
		{name: "thirty agents accept at once and one wins", in: []string{beepall}, agents: 30, capacity: 1, play: thirtyAccept},
		{name: "thirty agents with one place each race for three customers", in: []string{beepall}, agents: 30, capacity: 1, play: threeCustomers},
		{name: "an agent accepts on two desktops at once", in: both, agents: 1, capacity: 1, play: twoDesktopsAccept},
	}
}

func mainJob(s *stage) {
	ada := s.customer("Ada")
	agents := s.everybody()
	v := ada.Start("Where is my order?")
	if v.State != wire.SessionWaiting || v.Position != 1 {
		s.Errorf("Ada starts and hears %+v, want to be the first in line", v)
	}

	offer := agents[0].AwaitOffer(ada)
	if offer.Question != "Where is my order?" || offer.Customer.Name != "Ada" || offer.Strategy != s.strategy || offer.Website.ID != s.website || offer.Until <= offer.Now {
		s.Errorf("the offer says %+v", offer)
	}
	agents[0].Reject(offer)
	v = agents[1].takes(ada)
	if v.Customer == nil || v.Customer.ID != ada.id {
		s.Errorf("the winner hears %+v", v)
	}
	if s.everybodyRings() {
		if g := agents[2].AwaitGone(agents[2].AwaitOffer(ada), wire.OfferRescinded); g.By == nil || g.By.Name != agents[1].Name {
			s.Errorf("%s hears that it was taken by %+v, want %s", agents[2].who, g.By, agents[1].Name)
		}
	} else {
		agents[2].IsNotAsked(ada)
	}
	// Who said no hears it, too, though it was another offer where one is asked after the other.
	won := awaitFrame(agents[0].Tab, "who took it", "gone", func(g wire.Gone) bool { return g.Session == ada.session && g.Outcome == wire.OfferRescinded })
	if won.By == nil || won.By.ID != agents[1].ID || won.Customer != "Ada" {
		s.Errorf("%s hears %+v, want that %s took it", agents[0].who, won, agents[1].Name)
	}
	if v := ada.AwaitState(ada.session, wire.SessionActive, 1); v.Agent == nil || v.Agent.Name != agents[1].Name || v.Customer != nil {
		s.Errorf("Ada hears that she talks to %+v", v)
	}

	agents[1].Says(ada, "On its way. May I help you with something else?")
	ada.Hears("On its way. May I help you with something else?")
	ada.Says("No, thank you!")
	agents[1].Hears(ada, "No, thank you!")
	s.sameLog(ada.session, 4, ada.Tab, agents[1].Tab)

	if v := agents[1].Closes(ada); v.State != wire.SessionClosed || v.Outcome != "handled" || v.Disposition != "Solved" {
		s.Errorf("the agent closes and hears %+v", v)
	}
	closed := ada.AwaitState(ada.session, wire.SessionClosed, 1)
	if closed.Disposition != "" || ada.AwaitKind(ada.session, wire.RowClosed).Note != "" {
		s.Errorf("the customer is told what is for agents: %+v", closed)
	}

	ada.Says("Oh, one more thing.")
	if v := ada.AwaitState(ada.session, wire.SessionWaiting, 2); v.Position != 1 {
		s.Errorf("Ada comes back to %+v, want the front of the line", v)
	}
	// Round robin goes on behind the agent who was asked last.
	next := agents[2]
	offer = next.AwaitOffer(ada)
	if offer.Generation != 2 || offer.Question != "Oh, one more thing." {
		s.Errorf("the second offer says %+v", offer)
	}
	next.Accept(offer)
	next.Says(ada, "I am here.")
	ada.Hears("I am here.")
	rows := s.sameLog(ada.session, 8, ada.Tab, next.Tab)
	var kinds []string
	for _, r := range rows {
		kinds = append(kinds, string(r.Kind))
	}
	if got, want := strings.Join(kinds, " "), "message accepted message message closed reopened accepted message"; got != want {
		s.Errorf("the log says %q, want %q", got, want)
	}
}

func timesOut(s *stage) {
	ada := s.customer("Ada")
	first, second := s.agent(0), s.agent(1)
	ada.Start("Anybody here?")
	missed := first.AwaitOffer(ada)
	first.AwaitGone(missed, wire.OfferExpired)
	if s.everybodyRings() {
		second.AwaitGone(second.AwaitOffer(ada), wire.OfferExpired)
	}
	again := second.AwaitOffer(ada)
	if again.Generation != 1 || again.Round != missed.Round+1 || again.Queued != missed.Queued {
		s.Errorf("after %+v comes %+v, want the next round at the same place", missed, again)
	}
	second.Accept(again)
	by := first.refused(last(first.accept(missed)), "taken").By
	if by == nil || by.Name != second.Name {
		s.Errorf("who is late hears that %+v took it, want %s", by, second.Name)
	}
}

func missesThree(s *stage) {
	ada := s.customer("Ada")
	agent := s.agent(0)
	ada.Start("Anybody here?")
	for range 3 {
		agent.AwaitGone(agent.AwaitOffer(ada), wire.OfferExpired)
	}
	if told := agent.AwaitStatus(wire.AgentNotResponding); !isSentence(told.Note) {
		s.Errorf("the agent is told %+v, want why", told)
	}
	agent.IsNotAsked(ada)
	agent.Becomes(wire.AgentReady, "")
	agent.takes(ada)
	ada.AwaitState(ada.session, wire.SessionActive, 1)
}

func unreached(s *stage) {
	away, here := s.agent(0), s.agent(1)
	away.Cut()
	here.looks = hidden
	ada := s.customer("Ada")
	ada.Start("Anybody here?")
	if s.everybodyRings() {
		here.AwaitGone(here.AwaitOffer(ada), wire.OfferExpired)
	}
	// The first lap is over, and who is away is not asked in the next.
	offer := here.AwaitOffer(ada)
	if offer.Round != 2 || offer.Others != 0 {
		s.Errorf("the second round is %+v, want it for one agent", offer)
	}
	here.Accept(offer)

	if w := away.Connect(); w.Me.State != wire.AgentReady {
		s.Errorf("who was away comes back and is %+v, want available", w.Me)
	}
	berta := s.customer("Berta")
	berta.Start("And now?")
	away.takes(berta)
}

func pauses(s *stage) {
	ada := s.customer("Ada")
	pausing, other := s.agent(0), s.agent(1)
	ada.Start("Hello?")
	offer := pausing.AwaitOffer(ada)
	pausing.Becomes(wire.AgentPaused, "Lunch")
	if !s.everybodyRings() {
		pausing.AwaitGone(offer, wire.OfferCanceled)
	}
	if p := pausing.Beat(); len(p.Offers) != 0 || p.Me.State != wire.AgentPaused || p.Me.Reason != "Lunch" {
		s.Errorf("on the desktop of a paused agent there is %+v", p)
	}
	_, err := pausing.accept(offer)
	if s.everybodyRings() {
		pausing.refused(err, "paused")
	} else {
		pausing.refused(err, "late")
	}
	other.takes(ada)
	ada.Leave()
	pausing.IsNotAsked(ada)

	ada.Says("I am back.")
	other.AwaitOffer(ada)
	pausing.IsNotAsked(ada)
	pausing.Becomes(wire.AgentReady, "")
}

func newLap(s *stage) {
	ada := s.customer("Ada")
	agents := s.everybody()
	ada.Start("Hello?")
	for _, a := range agents {
		a.Reject(a.AwaitOffer(ada))
	}
	// Whoever said no last is not rung again in the same second.
	agents[2].IsNotAsked(ada)
	offer := agents[0].AwaitOffer(ada)
	if want := map[string]int{beepall: 2, rrmemory: 4}[s.strategy]; offer.Round != want {
		s.Errorf("the second lap begins with %+v, want round %d", offer, want)
	}
	asked := agents[0].Ledger(ada).Offers
	const patience = (brisk + 1) * 1000 // of the queue: functions/chat/queue.go
	if gap := asked[0].Offered - asked[1].Ended; gap < patience || gap >= 2*patience {
		s.Errorf("it begins %d ms after the last no, want the first visit that is %d ms later", gap, patience)
	}
	agents[0].Accept(offer)
}

func signsOut(s *stage) {
	ada := s.customer("Ada")
	agent := s.agent(0)
	ada.Start("Hello?")
	agent.takes(ada)
	e := agent.refused(last(agent.becomes(wire.AgentOffline, "")), "open_sessions")
	if !strings.Contains(e.Message, "1 chat is open") {
		s.Errorf("the agent hears %q, want how many are open", e.Message)
	}
	if p := agent.Beat(); p.Me.State != wire.AgentReady {
		s.Errorf("the agent is %s after that", p.Me.State)
	}
	agent.Closes(ada)
	agent.Becomes(wire.AgentOffline, "")
	ada.Says("Still there?")
	ada.AwaitState(ada.session, wire.SessionWaiting, 2)
	agent.IsNotAsked(ada)
	agent.Cut()
	if w, err := agent.hello(true); err != nil || w.Me.State != wire.AgentReady {
		s.Fatalf("signing in again: %+v, %v", w.Me, err)
	}
	agent.takes(ada)
}

func fullAgent(s *stage) {
	ada, berta := s.customer("Ada"), s.customer("Berta")
	agent := s.agent(0)
	ada.Start("Hello?")
	agent.takes(ada)
	berta.Start("Hello?")
	if v := berta.AwaitState(berta.session, wire.SessionWaiting, 1); v.Position != 1 {
		s.Errorf("Berta waits as %+v", v)
	}
	agent.IsNotAsked(berta)
	agent.Closes(ada)
	agent.takes(berta)
	ada.Says("And another thing.")
	agent.IsNotAsked(ada)
	berta.Leave()
	agent.takes(ada)
}

func thirtyAccept(s *stage) {
	ada := s.customer("Ada")
	agents := s.everybody()
	ada.Start("Hello?")
	offers := make([]wire.Offer, len(agents))
	for i, a := range agents {
		offers[i] = a.AwaitOffer(ada)
	}
	errs := make([]error, len(agents))
	atOnce(len(agents), func(i int) { _, errs[i] = agents[i].accept(offers[i]) })
	winner := -1
	for i, err := range errs {
		if err == nil && winner >= 0 {
			s.Fatalf("%s and %s both won", agents[winner].who, agents[i].who)
		}
		if err == nil {
			winner = i
		}
	}
	if winner < 0 {
		s.Fatalf("nobody won: %v", errs)
	}
	// Who asks again hears the same, however often.
	again := make([]error, len(agents))
	atOnce(len(agents), func(i int) { _, again[i] = agents[i].accept(offers[i]) })
	for i, a := range agents {
		if i == winner {
			a.check("accept again", again[i])
			continue
		}
		for _, err := range []error{errs[i], again[i]} {
			if by := a.refused(err, "taken").By; by == nil || by.ID != agents[winner].ID || by.Name != agents[winner].Name {
				s.Errorf("%s hears that %+v took it, want %s", a.who, by, agents[winner].who)
			}
		}
		if g := a.AwaitGone(offers[i], wire.OfferRescinded); g.By == nil || g.By.ID != agents[winner].ID {
			s.Errorf("%s hears that it is gone to %+v, want %s", a.who, g.By, agents[winner].who)
		}
	}
	if v := ada.AwaitState(ada.session, wire.SessionActive, 1); v.Agent.ID != agents[winner].ID || v.Head != 2 {
		s.Errorf("Ada hears %+v, want %s to have her after two rows", v, agents[winner].who)
	}
}

func threeCustomers(s *stage) {
	customers := []*Customer{s.customer("Ada"), s.customer("Berta"), s.customer("Carla")}
	agents := s.everybody()
	atOnce(len(customers), func(i int) {
		if _, err := customers[i].start(wire.Start{Nonce: newID(), CID: newID(), Text: "Hello?"}); err != nil {
			s.Error(err)
		}
	})
	offers := make([][]wire.Offer, len(agents)) // by agent
	for i, a := range agents {
		for _, c := range customers {
			offers[i] = append(offers[i], a.AwaitOffer(c))
		}
	}
	won := make([]atomic.Int32, len(agents))
	owners := make([]atomic.Int32, len(customers))
	atOnce(len(agents)*len(customers), func(k int) {
		a, c := k%len(agents), k/len(agents)
		if _, err := agents[a].accept(offers[a][c]); err == nil {
			won[a].Add(1)
			owners[c].Add(1)
		}
	})
	for i := range won {
		if n := won[i].Load(); n > 1 {
			s.Errorf("%s has one place and won %d times", agents[i].who, n)
		}
	}
	for i, c := range customers {
		if n := owners[i].Load(); n != 1 {
			s.Errorf("%s has %d owners", c.who, n)
		}
		c.AwaitState(c.session, wire.SessionActive, 1)
	}
}

func twoDesktopsAccept(s *stage) {
	agent := s.agent(0)
	other := agent.AnotherDesktop()
	ada := s.customer("Ada")
	ada.Start("Hello?")
	desks := []*Agent{agent, other}
	offers := []wire.Offer{agent.AwaitOffer(ada), other.AwaitOffer(ada)}
	errs := make([]error, 2)
	atOnce(2, func(i int) { _, errs[i] = desks[i].accept(offers[i]) })
	for i, err := range errs {
		desks[i].check("accept", err)
	}
	if v := ada.AwaitState(ada.session, wire.SessionActive, 1); v.Head != 2 {
		s.Errorf("Ada hears %+v, want one acceptance", v)
	}
}

// last is the error of a call whose answer nobody needs.
func last[T any](_ T, err error) error { return err }
