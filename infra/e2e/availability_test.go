package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/wire"
)

// Who may be asked, who decides that, and why somebody was.
func availabilityStories() []story {
	return []story{
		{name: "the next status comes with the end of the last chat", in: both, agents: 1, play: nextStatus},
		{name: "the next status takes an offer away", in: []string{rrmemory}, agents: 2, play: nextStatusWithdraws},
		{name: "an agent who wraps up is left in peace until they say so", in: both, agents: 1, line: queue{WrapUp: 60}, play: wrapsUp},
		{name: "a wrap-up ends by itself", in: both, agents: 1, timeout: quick, line: queue{WrapUp: 2}, play: wrapUpEnds},
		{name: "a supervisor pauses an agent at whom a chat rings", in: both, agents: 3, supervised: true, play: supervisorPauses},
		{name: "only a supervisor decides for others, and not everything", in: []string{beepall}, agents: 4, supervised: true, play: supervisorRefusals},
		{name: "an offer is explained to whom it concerns", in: both, agents: 5, second: 1, supervised: true, play: ledger},
		{name: "a chat that is reopened goes to who had it before", in: both, agents: 2, line: queue{Previous: true}, play: reopensToPrevious},
		{name: "a chat that is reopened goes to others where who had it before is away", in: both, agents: 2, line: queue{Previous: true}, play: reopensWithoutPrevious},
	}
}

// next makes something an agent's next status.
func (a *Agent) next(state wire.AgentState, reason string) wire.Me {
	a.s.Helper()
	f, err := ask[wire.Status](a.Tab, wire.SetStatus{Type: "status", State: state, Reason: reason, After: true})
	a.check("become "+string(state)+" after these chats", err)
	return f.Me
}

func nextStatus(s *stage) {
	ada, agent := s.talk()
	desk := agent.AnotherDesktop()
	berta := s.customer("Berta")
	berta.Start("Me too.")
	agent.takes(berta)
	if me := agent.next(wire.AgentPaused, "Lunch"); me.State != wire.AgentReady || me.Next != wire.AgentPaused || me.NextReason != "Lunch" {
		s.Errorf("with two chats the agent becomes %+v, want to be paused afterwards", me)
	}
	awaitFrame(desk.Tab, "the next status", "status", func(f wire.Status) bool { return f.Me.Next == wire.AgentPaused })
	carla := s.customer("Carla")
	carla.Start("And me?")
	agent.IsNotAsked(carla)

	agent.Closes(ada)
	if me := agent.IsNow(); me.State != wire.AgentReady || me.Next != wire.AgentPaused {
		s.Errorf("with one chat left the agent is %+v", me)
	}
	berta.Leave() // however the last one ends
	if told := agent.AwaitStatus(wire.AgentPaused); told.Me.Reason != "Lunch" || told.Me.Next != "" || len(told.Me.Open) != 0 {
		s.Errorf("with the last chat comes %+v", told.Me)
	}
	agent.IsNotAsked(carla)

	agent.Becomes(wire.AgentReady, "")
	agent.takes(carla)
	agent.next(wire.AgentOffline, "")
	if me := agent.Becomes(wire.AgentReady, ""); me.Next != "" { // they think better of it
		s.Errorf("available again, the agent is %+v", me)
	}
	agent.next(wire.AgentOffline, "")
	agent.Closes(carla)
	agent.AwaitStatus(wire.AgentOffline)
	if me := agent.next(wire.AgentPaused, "Lunch"); me.State != wire.AgentPaused || me.Next != "" {
		s.Errorf("with nothing open the agent becomes %+v, want it at once", me)
	}
}

func nextStatusWithdraws(s *stage) {
	ada, agent := s.talk()
	other := s.agent(1)
	other.Becomes(wire.AgentPaused, "Not yet")
	berta := s.customer("Berta")
	berta.Start("Me too.")
	offer := agent.AwaitOffer(berta)
	agent.next(wire.AgentPaused, "Lunch")
	agent.AwaitGone(offer, wire.OfferCanceled)
	agent.refused(last(agent.accept(offer)), "late")
	other.Becomes(wire.AgentReady, "")
	other.takes(berta)
	agent.HasOpen(ada)
}

func wrapsUp(s *stage) {
	ada, agent := s.talk()
	berta := s.customer("Berta")
	agent.Closes(ada)
	told := agent.AwaitStatus(wire.AgentWrapUp)
	if left := told.Me.Until - told.Me.Now; left <= 0 || left > 60_000 {
		s.Errorf("the wrap-up of a minute takes %d ms more", left)
	}
	berta.Start("Hello?")
	agent.IsNotAsked(berta)
	agent.Becomes(wire.AgentReady, "")
	agent.takes(berta)
	if me := agent.IsNow(); me.State != wire.AgentReady || me.Until != 0 {
		s.Errorf("afterwards the agent is %+v", me)
	}
}

func wrapUpEnds(s *stage) {
	ada, agent := s.talk()
	berta := s.customer("Berta")
	agent.Closes(ada)
	told := agent.AwaitStatus(wire.AgentWrapUp)
	berta.Start("Hello?")
	if offer := agent.AwaitOffer(berta); offer.Offered < told.Me.Until {
		s.Errorf("the agent is asked at %d, when the wrap-up ends at %d", offer.Offered, told.Me.Until)
	}
}

func supervisorPauses(s *stage) {
	ada := s.customer("Ada")
	agent, other, boss := s.agent(0), s.agent(1), s.agent(2)
	boss.Becomes(wire.AgentPaused, "Watching")
	ada.Start("Hello?")
	offer := agent.AwaitOffer(ada)
	if c := boss.Sets(agent, wire.SetStatus{State: wire.AgentPaused, Reason: "Fire drill"}); c.ID != agent.ID || c.State != wire.AgentPaused || c.Reason != "Fire drill" {
		s.Errorf("the supervisor hears %+v", c)
	}
	told := agent.AwaitStatus(wire.AgentPaused)
	if told.Me.By == nil || told.Me.By.ID != boss.ID || told.Me.By.Name != boss.Name || told.Note != boss.Name+" paused you: Fire drill." {
		s.Errorf("the agent hears %+v, want who did it", told)
	}
	if !s.everybodyRings() {
		agent.AwaitGone(offer, wire.OfferCanceled)
	}
	if p := agent.Beat(); len(p.Offers) != 0 || p.Me.By == nil || p.Me.By.Name != boss.Name {
		s.Errorf("on the desktop there is %+v, %+v", p.Offers, p.Me)
	}
	_, err := agent.accept(offer)
	agent.refused(err, map[string]wire.ErrorCode{beepall: "paused", rrmemory: "late"}[s.strategy])
	other.takes(ada)

	// They may come back by themselves, and then nobody else did it.
	if me := agent.Becomes(wire.AgentReady, ""); me.By != nil {
		s.Errorf("back by themselves, the agent is %+v", me)
	}
	boss.Sets(other, wire.SetStatus{State: wire.AgentPaused, Reason: "Meeting", After: true})
	told = awaitFrame(other.Tab, "the next status", "status", func(f wire.Status) bool { return f.Me.Next == wire.AgentPaused })
	if told.Me.State != wire.AgentReady || !strings.HasPrefix(told.Note, boss.Name+" ") || !isSentence(told.Note) {
		s.Errorf("the other hears %+v", told)
	}
	other.Closes(ada)
	if told := other.AwaitStatus(wire.AgentPaused); told.Me.Reason != "Meeting" {
		s.Errorf("after the last chat the other is %+v", told.Me)
	}
	boss.Sets(other, wire.SetStatus{State: wire.AgentReady})
	other.AwaitStatus(wire.AgentReady)
}

func supervisorRefusals(s *stage) {
	ada, agent := s.talk()
	other, boss, offline := s.agent(1), s.agent(3), s.agents[2]
	pause := wire.SetStatus{State: wire.AgentPaused, Reason: "Because"}
	agent.refused(last(agent.set(other.ID, pause)), "forbidden")
	agent.refused(last(agent.set(boss.ID, pause)), "forbidden")
	agent.refused(last(agent.set("nobody", pause)), "forbidden")
	if me := other.IsNow(); me.State != wire.AgentReady || me.By != nil {
		s.Errorf("the other became %+v", me)
	}
	boss.refused(last(boss.set("nobody", pause)), "not_found")
	boss.refused(last(boss.set(offline.ID, wire.SetStatus{State: wire.AgentReady})), "nobody")
	boss.refused(last(boss.set(agent.ID, wire.SetStatus{State: wire.AgentOffline})), "open_sessions")
	boss.refused(last(boss.set(agent.ID, wire.SetStatus{State: wire.AgentWrapUp})), "bad_value")
	agent.HasOpen(ada)
	boss.Sets(other, wire.SetStatus{State: wire.AgentOffline})
	if told := other.AwaitStatus(wire.AgentOffline); told.Me.By == nil || told.Note != boss.Name+" signed you out." {
		s.Errorf("the other hears %+v", told)
	}
}

// Ensure that everybody sees who is there, and a supervisor also who is not. In a stack of its own: the team of all stories is larger
// than a frame.
func TestTeam(t *testing.T) {
	t.Parallel()
	need(t, engine)
	it := story{name: "team", in: []string{beepall}, agents: 5, second: 2, supervised: true}
	s := ownRunner(t, demoOf([]story{it})).stage(castOf(0, it, beepall), beepall)
	ada, agent := s.talk()
	full, paused, boss, second := s.agent(1), s.agent(2), s.agent(4), s.agent(5)
	paused.Becomes(wire.AgentPaused, "Lunch")
	agent.next(wire.AgentPaused, "Break")
	berta := s.customer("Berta")
	if _, err := berta.start(wire.Start{Nonce: newID(), CID: newID(), Text: "Hello?", Queue: s.second}); err != nil {
		s.Fatal(err)
	}
	second.AwaitOffer(berta)

	see := func(by *Agent) (map[string]wire.Colleague, map[string]wire.TeamQueue) {
		s.Helper()
		agents, queues := map[string]wire.Colleague{}, map[string]wire.TeamQueue{}
		team := by.Team()
		for _, c := range team.Agents {
			agents[c.ID] = c
		}
		for _, q := range team.Queues {
			queues[q.Queue.ID] = q
		}
		return agents, queues
	}
	agents, queues := see(full)
	if c := agents[agent.ID]; c.Name != agent.Name || c.State != wire.AgentReady || c.Next != wire.AgentPaused || c.Open != 1 || c.Capacity != 5 || !slices.Equal(c.Queues, []string{s.website}) {
		s.Errorf("the agent is seen as %+v", c)
	}
	if c := agents[paused.ID]; c.State != wire.AgentPaused || c.Reason != "Lunch" || c.Since == 0 || c.Open != 0 {
		s.Errorf("the paused one is seen as %+v", c)
	}
	if _, there := agents[s.agents[3].ID]; there {
		s.Error("an agent sees one who is not there")
	}
	if q := queues[s.website]; q.Available != 2 || q.Waiting != 0 { // the full one, who is not, and the supervisor
		s.Errorf("the queue is seen as %+v, want two who are free", q)
	}
	if q := queues[s.second]; q.Queue.Name != secondLine || q.Available != 1 || q.Waiting != 1 || q.Longest != berta.AwaitState(berta.session, wire.SessionWaiting, 1).Queued {
		s.Errorf("the second line is seen as %+v, want one who is free and Berta", q)
	}
	agents, _ = see(boss)
	if c := agents[s.agents[3].ID]; c.State != wire.AgentOffline || c.Name != s.agents[3].Name {
		s.Errorf("a supervisor sees %+v of who is not there", c)
	}
	if me := boss.IsNow(); !me.Supervisor || agent.IsNow().Supervisor {
		s.Error("it is not said who is a supervisor")
	}
	ada.Leave()
	agent.AwaitStatus(wire.AgentPaused)
	if agents, _ := see(boss); agents[agent.ID].State != wire.AgentPaused || agents[agent.ID].Open != 0 {
		s.Errorf("afterwards the agent is seen as %+v", agents[agent.ID])
	}
}

func ledger(s *stage) {
	ada := s.customer("Ada")
	first, winner, paused, boss, stranger := s.agent(0), s.agent(1), s.agent(2), s.agent(4), s.agent(5)
	paused.Becomes(wire.AgentPaused, "Lunch")
	boss.Becomes(wire.AgentPaused, "Watching")
	winner.looks = hidden
	ada.Start("Hello?")
	offer := first.AwaitOffer(ada)
	// What a desktop says about an offer that is over comes too late to be kept.
	awaitMark := func(a *Agent, seen bool) {
		s.Helper()
		if err := eventually(often, func() bool {
			for _, asked := range a.Ledger(ada).Offers[0].Asked {
				if asked.Agent.ID == a.ID && asked.Delivered > 0 && (asked.Seen > 0 || !seen) {
					return true
				}
			}
			return false
		}); err != nil {
			s.Errorf("the offer never reached %s: %+v", a.who, a.Ledger(ada).Offers)
		}
	}
	awaitMark(first, true)
	first.Reject(offer)
	offer = winner.AwaitOffer(ada)
	awaitMark(winner, false)
	winner.Accept(offer)

	for _, by := range []*Agent{first, winner, boss} { // who was asked, who has it, and who watches
		l := by.Ledger(ada)
		if len(l.Offers) == 0 || l.Session != ada.session || l.Now < l.Offers[0].Ended {
			s.Fatalf("%s reads %+v", by.who, l)
		}
		o := l.Offers[0] // the last one
		won := o.Asked[len(o.Asked)-1]
		if o.Outcome != wire.OfferAccepted || o.Strategy != s.strategy || o.Generation != 1 || o.Round != offer.Round || o.Ended <= o.Offered || o.Until < o.Ended ||
			won.Agent != (wire.Ref{ID: winner.ID, Name: winner.Name}) || won.Decision != "accepted" || won.Decided != o.Ended || won.Delivered < o.Offered || won.Seen != 0 {
			s.Errorf("%s reads %+v, want that %s accepted it unseen", by.who, o, winner.Name)
		}
		no := l.Offers[len(l.Offers)-1].Asked[0]
		if no.Agent.ID != first.ID || no.Decision != "rejected" || no.Decided <= no.Delivered || no.Seen < no.Delivered {
			s.Errorf("%s reads %+v, want that %s rejected it", by.who, no, first.Name)
		}
		why := map[string]string{}
		for _, x := range o.Excluded {
			why[x.Agent.Name] = x.Reason
		}
		want := map[string]string{paused.Name: "paused", boss.Name: "paused", s.agents[3].Name: "offline"}
		candidates := []wire.Ref{{ID: first.ID, Name: first.Name}, {ID: winner.ID, Name: winner.Name}}
		if s.strategy == rrmemory {
			want[first.Name], candidates = "asked before", candidates[1:]
		}
		if fmt.Sprint(why) != fmt.Sprint(want) || !slices.Equal(o.Candidates, candidates) {
			s.Errorf("%s reads that %v could have been asked and %v not, want %v and %v", by.who, o.Candidates, why, candidates, want)
		}
		if n := map[string]int{beepall: 1, rrmemory: 2}[s.strategy]; len(l.Offers) != n {
			s.Errorf("%s reads %d offers, want %d", by.who, len(l.Offers), n)
		}
	}
	for _, by := range []*Agent{paused, stranger} {
		by.refused(last(by.ledger(ada)), "not_yours")
		by.refused(last(by.ledger(&Customer{session: "nowhere"})), "not_found")
	}

	// A transfer is in it too, and makes its taker one of those concerned.
	winner.Hands(ada, wire.Transfer{Agent: stranger.ID})
	stranger.Reject(stranger.AwaitOffer(ada))
	o := stranger.Ledger(ada).Offers[0]
	if o.Kind != wire.OfferTransfer || o.Outcome != wire.OfferRejected || len(o.Asked) != 1 || o.Asked[0].Decision != "rejected" || o.Asked[0].Decided == 0 {
		s.Errorf("of the transfer the ledger says %+v", o)
	}
}

func reopensToPrevious(s *stage) {
	other, before := s.agent(0), s.agent(1)
	ada := s.customer("Ada")
	other.Becomes(wire.AgentPaused, "Not now")
	ada.Start("Hello?")
	if o := before.AwaitOffer(ada); o.Again {
		s.Errorf("the first offer is %+v", o)
	} else {
		before.Accept(o)
	}
	other.Becomes(wire.AgentReady, "")
	before.Closes(ada)

	ada.Says("One more thing.")
	offer := before.AwaitOffer(ada)
	if !offer.Again || offer.Others != 0 || offer.Question != "One more thing." {
		s.Errorf("reopened, the chat asks %+v, want it alone, because they had it before", offer)
	}
	other.IsNotAsked(ada)
	before.Reject(offer)
	offer = other.AwaitOffer(ada) // then it is as with everybody
	if offer.Again {
		s.Errorf("the other is asked %+v", offer)
	}
	other.Accept(offer)
}

func reopensWithoutPrevious(s *stage) {
	ada, before := s.talk()
	other := s.agent(1)
	before.Closes(ada)
	before.Becomes(wire.AgentPaused, "Lunch")
	began := time.Now()
	ada.Says("One more thing.")
	offer := other.AwaitOffer(ada)
	if offer.Again || time.Since(began) > patience/2 {
		s.Errorf("after %v the other is asked %+v, want it at once", time.Since(began), offer)
	}
	other.Accept(offer)
}
