package e2e_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/wire"
)

// What becomes of customers whom nobody takes, and of chats in which nobody writes.
func waitingStories() []story {
	return []story{
		{name: "who has waited for too long goes on to another queue", in: both, agents: 1, second: 1, timeout: quick, line: queue{MaxWait: 1, Then: thenOverflow}, play: overflows},
		{name: "who has waited for too long has left a message", in: both, agents: 1, timeout: quick, line: queue{MaxWait: inVain, Then: thenMessage}, play: waitsInVain("offline")},
		{name: "who has waited for too long hears that nobody came", in: both, agents: 1, timeout: quick, line: queue{MaxWait: inVain}, play: waitsInVain("unmanaged")},
		{name: "where nobody is, a message can be left", in: []string{beepall}, agents: 1, front: website{Messages: []string{"nobody"}}, play: nobodyHere},
		{name: "a message that was left is answered by whoever picks it first", in: both, agents: 2, second: 1, front: website{Messages: []string{"nobody"}}, play: picksMessage},
		{name: "where nobody is, customers may wait all the same", in: []string{beepall}, agents: 1, play: nobodyYet},
		{name: "a closed website takes messages only, but lets go on what is open", in: []string{beepall}, agents: 1, front: website{Hours: []string{closedNow()}}, play: closedWebsite},
		{name: "how long it takes is told as soon as somebody knows", in: []string{beepall}, agents: 1, capacity: 2, play: estimates},
		{name: "a chat in which nobody writes is warned and closed", in: both, agents: 2, line: queue{Idle: idleTime}, needs: leases, play: fallsAsleep},
	}
}

// idleTime is how long a chat may be silent here, in seconds: people are warned in the middle of it, and answer that on a busy machine.
const idleTime = 14

// closedNow are opening hours that are not now: a minute in three days.
func closedNow() string {
	return strings.ToLower(time.Now().UTC().AddDate(0, 0, 3).Format("Mon")) + " 12:00-12:01"
}

func overflows(s *stage) {
	ada, first, second := s.customer("Ada"), s.agent(0), s.agent(1)
	first.Becomes(wire.AgentPaused, "Lunch")
	v := ada.Start("Hello?")
	offer := second.AwaitOffer(ada)
	if offer.Queue.ID != s.second || offer.Queued != v.Queued || offer.Offered-v.Queued < 1000 {
		s.Errorf("the second line is asked %+v, want it with its place of %d after a second", offer, v.Queued)
	}
	moved := ada.AwaitView(ada.session, "to be in the second line", func(v wire.View) bool { return v.Queue.ID == s.second })
	if moved.State != wire.SessionWaiting || moved.Position != 1 || moved.Queue.Name != secondLine {
		s.Errorf("Ada hears %+v", moved)
	}
	first.Becomes(wire.AgentReady, "")
	first.IsNotAsked(ada)
	second.Accept(offer)
}

// inVain is the longest wait, in seconds, of customers whom nobody takes: long enough for an agent to take the one who comes back,
// also on a machine that is busy with other tests. With one second the second wait was sometimes over before the offer.
const inVain = 6

// waitsInVain is a story of a customer whom nobody takes, with its end.
func waitsInVain(outcome string) func(*stage) {
	return func(s *stage) {
		ada, agent := s.customer("Ada"), s.agent(0)
		agent.Becomes(wire.AgentPaused, "Lunch")
		ada.Start("Hello?")
		v := ada.AwaitState(ada.session, wire.SessionClosed, 1)
		if v.Outcome != outcome || v.Head != 2 {
			s.Errorf("Ada hears %+v, want %s", v, outcome)
		}
		if row := ada.AwaitKind(ada.session, wire.RowClosed); row.Outcome != outcome || row.By != "" {
			s.Errorf("her log says %+v", row)
		}
		if p := agent.Beat(); p.Line[0].Waiting != 0 {
			s.Errorf("the line is %+v", p.Line)
		}
		agent.Becomes(wire.AgentReady, "")
		agent.IsNotAsked(ada)
		ada.Says("Anybody now?") // and waits anew
		agent.takes(ada)
	}
}

// leavesMessage writes a message for later.
func (c *Customer) leavesMessage(text string) wire.View {
	c.s.Helper()
	v, err := c.start(wire.Start{Nonce: newID(), CID: newID(), Text: text, Email: "ada@example.com", Offline: true})
	c.check("leave a message", err)
	if v.State != wire.SessionClosed || v.Outcome != "offline" || v.Position != 0 {
		c.s.Errorf("%s leaves a message and hears %+v", c.who, v)
	}
	return v
}

// cannotWait checks that a customer is refused who wants to wait, and that nothing is left of that.
func (c *Customer) cannotWait(code wire.ErrorCode) {
	c.s.Helper()
	c.refused(last(c.start(wire.Start{Nonce: newID(), CID: newID(), Text: "Hello?"})), code)
	if p := c.Beat(); len(p.Sessions) != 0 {
		c.s.Errorf("%s was refused and has %+v", c.who, p.Sessions)
	}
}

func nobodyHere(s *stage) {
	ada, berta := s.customer("Ada"), s.customer("Berta")
	if c := s.config(); c.Open != "nobody" || !c.Offline {
		s.Errorf("the website says %+v, want that messages can be left", c)
	}
	ada.cannotWait("nobody")
	v := ada.leavesMessage("Please call me.")
	if rows := ada.Since(ada.session, 0).Rows; len(rows) != v.Head || rows[0].Text != "Please call me." {
		s.Errorf("stored are %+v", rows)
	}
	// A closed chat would be reopened: that is refused in the same words, and can be left as a message, too.
	ada.refused(last(ada.say(ada.session, "Or write to me.")), "nobody")
	again := ada.leavesMessage("Or write to me.")
	if again.Session != v.Session || again.Generation != v.Generation {
		s.Errorf("the second message is %+v, want it with the first in %+v", again, v)
	}

	agent := s.agent(0)
	agent.IsNotAsked(ada)
	s.awaitOpen("open")
	// Whoever decides that may have believed for some seconds that nobody is there.
	started := wire.Start{Nonce: newID(), CID: newID(), Text: "Hello?"}
	if err := eventually(often, func() bool { return last(berta.start(started)) == nil }); err != nil {
		s.Fatalf("Berta cannot start although somebody is there: %v", err)
	}
	agent.takes(berta)
	if err := eventually(often, func() bool { return last(ada.say(ada.session, "Now?")) == nil }); err != nil {
		s.Fatalf("Ada cannot write although somebody is there: %v", err)
	}
	agent.takes(ada)
	agent.AwaitRow(ada.session, "Please call me.")
	agent.AwaitRow(ada.session, "Or write to me.")
}

// tray is what customers of the agent's queues have left.
func (a *Agent) tray() []wire.Letter {
	a.s.Helper()
	m, err := ask[wire.Messages](a.Tab, wire.AskMessages{Type: "messages"})
	a.check("ask for messages", err)
	return m.Letters
}

func (a *Agent) pick(c *Customer) (wire.View, error) {
	f, err := ask[wire.SessionFrame](a.Tab, wire.Pick{Type: "pick", Session: c.session})
	return f.Session, err
}

func picksMessage(s *stage) {
	ada, berta := s.customer("Ada"), s.customer("Berta")
	ada.leavesMessage("Please call me.")
	berta.leavesMessage("Do you have it in blue?")
	agents, stranger := []*Agent{s.agent(0), s.agent(1)}, s.agent(2)
	if p := agents[0].Beat(); p.Line[0].Messages != 2 || p.Line[0].Waiting != 0 {
		s.Errorf("the line is %+v, want two messages and nobody who waits", p.Line)
	}
	letters := agents[0].tray()
	if len(letters) != 2 || letters[0].Session != ada.session || letters[0].Text != "Please call me." || letters[0].Customer.Name != "Ada" ||
		letters[0].Customer.Email != "ada@example.com" || letters[0].At == 0 || letters[0].Queue.ID != s.website {
		s.Fatalf("in the tray are %+v, want Ada's and Berta's", letters)
	}
	if letters := stranger.tray(); len(letters) != 0 {
		s.Errorf("in the second line's tray are %+v", letters)
	}
	stranger.refused(last(stranger.pick(ada)), "forbidden")
	agents[1].Becomes(wire.AgentPaused, "Lunch")
	agents[1].refused(last(agents[1].pick(ada)), "paused")
	agents[1].Becomes(wire.AgentReady, "")

	views, errs := make([]wire.View, 2), make([]error, 2)
	atOnce(2, func(i int) { views[i], errs[i] = agents[i].pick(ada) })
	won := 0
	if errs[0] != nil {
		won = 1
	}
	winner, loser := agents[won], agents[1-won]
	winner.check("pick", errs[won])
	if e := loser.refused(errs[1-won], "taken"); e.By == nil || e.By.ID != winner.ID {
		s.Errorf("%s hears %+v, want that %s has it", loser.who, e, winner.Name)
	}
	if v := views[won]; v.State != wire.SessionActive || v.Generation != 2 || v.Agent.ID != winner.ID {
		s.Errorf("%s picked %+v", winner.who, v)
	}
	winner.check("pick again", last(winner.pick(ada)))
	winner.HasOpen(ada)
	winner.Since(ada.session, 0)
	winner.Hears(ada, "Please call me.")
	if v := ada.AwaitState(ada.session, wire.SessionActive, 2); v.Agent.Name != winner.Name {
		s.Errorf("Ada hears %+v, want that %s answers", v, winner.Name)
	}
	winner.Says(ada, "I will.")
	ada.Hears("I will.")
	winner.Closes(ada)

	// Who writes again needs no answer to the message: it is a chat now.
	loser.Becomes(wire.AgentPaused, "Lunch")
	berta.Says("Hello?")
	winner.takes(berta)
	loser.refused(last(loser.pick(berta)), "taken")
	if letters := winner.tray(); len(letters) != 0 {
		s.Errorf("in the tray are %+v still", letters)
	}
}

func nobodyYet(s *stage) {
	ada := s.customer("Ada")
	if c := s.config(); c.Open != "nobody" || c.Offline {
		s.Errorf("the website says %+v, want that nobody is there, and no form", c)
	}
	if v := ada.Start("Hello?"); v.State != wire.SessionWaiting || v.Position != 1 {
		s.Errorf("Ada waits as %+v", v)
	}
	s.agent(0).takes(ada)
}

func closedWebsite(s *stage) {
	ada, agent := s.customer("Ada"), s.agent(0)
	c := s.config()
	if opens := time.UnixMilli(c.Opens); c.Open != "closed" || !c.Offline || time.Until(opens) < 24*time.Hour || time.Until(opens) > 5*24*time.Hour {
		s.Errorf("the website says %+v, want that it opens in three days", c)
	}
	ada.cannotWait("not_open")
	ada.leavesMessage("Please call me.")
	ada.refused(last(ada.say(ada.session, "Now?")), "not_open")
	agent.IsNotAsked(ada)
}

func estimates(s *stage) {
	agent := s.agent(0)
	for i := range 2 {
		c := s.customer(fmt.Sprint("Customer ", i))
		if v := c.Start("Hello?"); v.Wait != 0 {
			s.Errorf("before two were taken somebody knows that it takes %d s", v.Wait)
		}
		agent.takes(c)
	}
	ada, berta := s.customer("Ada"), s.customer("Berta")
	ada.Start("Hello?")
	berta.Start("Me too.")
	// The pace is believed for some seconds; the longer nothing moves, the slower it is.
	first, second := 0, 0
	if err := eventually(often, func() bool {
		first, second = ada.Beat().Sessions[0].Wait, berta.Beat().Sessions[0].Wait
		return first > 0 && second > first
	}); err != nil {
		s.Errorf("the first in line hears that it takes %d s, the second %d s", first, second)
	}
	third := 0
	if err := eventually(often, func() bool { third = s.config().Wait; return third > 0 }); err != nil {
		s.Errorf("who comes now is told %d s", third)
	}
}

func fallsAsleep(s *stage) {
	ada, agent := s.talk()
	helper := s.agent(1)
	agent.Hands(ada, wire.Transfer{Agent: helper.ID, Assist: true})
	helper.Joins(helper.AwaitOffer(ada))
	warned := func(head int) func(wire.View) bool {
		return func(v wire.View) bool { return v.IdleUntil > 0 && v.Head == head }
	}
	for _, t := range []*Tab{ada.Tab, agent.Tab, helper.Tab} {
		v := t.AwaitView(ada.session, "a warning", warned(3))
		if v.State != wire.SessionActive {
			s.Errorf("%s is warned with %+v", t.who, v)
		}
	}
	w := ada.AnotherTab()
	if v := w.AwaitView(ada.session, "the warning", warned(3)); v.IdleUntil == 0 {
		s.Errorf("who comes back is told %+v", v)
	}

	// Whoever writes wakes it up.
	ada.Says("I am still here.")
	agent.Hears(ada, "I am still here.")
	if v := agent.Sees(ada); v.IdleUntil != 0 {
		s.Errorf("after a message the chat is %+v", v)
	}
	last := ada.AwaitView(ada.session, "another warning", warned(4))
	closed := ada.AwaitState(ada.session, wire.SessionClosed, 1)
	if closed.Outcome != "timeout" || closed.Disposition != "" || closed.Head != 5 {
		s.Errorf("Ada hears %+v, want that it timed out", closed)
	}
	if row := ada.AwaitKind(ada.session, wire.RowClosed); row.At < last.IdleUntil || row.By != "" {
		s.Errorf("it was closed at %d, announced for %d", row.At, last.IdleUntil)
	}
	for _, a := range []*Agent{agent, helper} {
		if v := a.AwaitState(ada.session, wire.SessionClosed, 1); v.Disposition != "Timeout" || v.Outcome != "timeout" {
			s.Errorf("%s hears %+v", a.who, v)
		}
		a.HasOpen()
	}
	ada.Says("Oh.")
	ada.AwaitState(ada.session, wire.SessionWaiting, 2)
}
