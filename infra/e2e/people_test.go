package e2e_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// Customer is somebody who writes on the stage's website, in one tab.
type Customer struct {
	*Tab
	id      string
	session string // since Start
}

// customer opens the website in a tab of somebody who has never been there.
func (s *stage) customer(name string) *Customer {
	s.Helper()
	token, err := play.CustomerToken(s.Context(), s.at, s.website, "")
	if err != nil {
		s.Fatal(err)
	}
	c := &Customer{Tab: s.tab(name, wire.ActionCustomer, token.Token), id: token.Customer}
	c.Connect()
	return c
}

// AnotherTab opens the website in another tab of the same browser.
func (c *Customer) AnotherTab() *Customer {
	c.s.Helper()
	other := &Customer{Tab: c.s.tab(c.who+"'s other tab", wire.ActionCustomer, c.token), id: c.id, session: c.session}
	other.Connect()
	return other
}

// Start writes the first message.
func (c *Customer) Start(text string) wire.View {
	c.s.Helper()
	v, err := c.start(wire.Start{Nonce: newID(), CID: newID(), Text: text})
	c.check("start", err)
	return v
}

func (c *Customer) start(q wire.Start) (wire.View, error) {
	q.Type, q.Name = "start", c.who
	f, err := ask[wire.SessionFrame](c.Tab, q)
	if err == nil {
		c.session = f.Session.Session
	}
	return f.Session, err
}

// Says writes a message in the customer's session.
func (c *Customer) Says(text string) wire.Ack { c.s.Helper(); return c.Say(c.session, text) }

// Hears waits for a message in the customer's session.
func (c *Customer) Hears(text string) wire.Row { c.s.Helper(); return c.AwaitRow(c.session, text) }

// Leave ends the session.
func (c *Customer) Leave() wire.View {
	c.s.Helper()
	f, err := ask[wire.SessionFrame](c.Tab, wire.Leave{Type: "leave", Session: c.session})
	c.check("leave", err)
	return f.Session
}

// Agent is somebody who answers, on one desktop.
type Agent struct {
	*Tab
	person
}

// agent signs one of the stage's agents in, who is available from then on.
func (s *stage) agent(i int) *Agent {
	s.Helper()
	a := s.desktop(i)
	w, err := a.hello(true)
	a.check("sign in", err)
	if w.Me == nil || w.Me.State != wire.AgentReady {
		s.Fatalf("%s signed in and is %+v, want available", a.who, w.Me)
	}
	return a
}

// desktop is a desktop of an agent that is not connected yet.
func (s *stage) desktop(i int) *Agent {
	s.Helper()
	p := s.agents[i]
	token, err := play.AgentToken(s.Context(), s.at, p.ID)
	if err != nil {
		s.Fatal(err)
	}
	return &Agent{Tab: s.tab(p.Name, wire.ActionAgent, token), person: p}
}

// everybody signs all agents in.
func (s *stage) everybody() []*Agent {
	s.Helper()
	all := make([]*Agent, len(s.agents))
	for i := range all {
		all[i] = s.agent(i)
	}
	return all
}

// AnotherDesktop opens a second desktop of the same agent.
func (a *Agent) AnotherDesktop() *Agent {
	a.s.Helper()
	other := &Agent{Tab: a.s.tab(a.who+"'s other desktop", wire.ActionAgent, a.token), person: a.person}
	other.Connect()
	return other
}

// AwaitOffer waits for an offer of a customer's session that this desktop was not asked for before.
func (a *Agent) AwaitOffer(c *Customer) wire.Offer {
	a.s.Helper()
	var got wire.Offer
	a.await("an offer of "+c.who, func() bool {
		for _, o := range a.offers {
			if o.Session == c.session && !a.asked[round(o)] {
				got = o
				a.asked[round(o)] = true
				return true
			}
		}
		return false
	})
	return got
}

// IsNotAsked checks that no offer of a customer's session shows on this desktop, nor was pushed to it, but for those awaited.
func (a *Agent) IsNotAsked(c *Customer) {
	a.s.Helper()
	p := a.Beat() // whatever was pushed before its answer is here, too
	if slices.ContainsFunc(p.Offers, func(o wire.Offer) bool { return o.Session == c.session }) {
		a.s.Errorf("%s shows an offer of %s", a.who, c.who)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.offers {
		if o.Session == c.session && !a.asked[round(o)] {
			a.s.Errorf("%s was asked for %s: %+v", a.who, c.who, o)
		}
	}
}

// Accept takes an offer.
func (a *Agent) Accept(o wire.Offer) wire.View {
	a.s.Helper()
	v, err := a.accept(o)
	return a.accepted(o, v, err)
}

// accepted checks the answer to an accept.
func (a *Agent) accepted(o wire.Offer, v wire.View, err error) wire.View {
	a.s.Helper()
	a.check("accept "+round(o), err)
	if v.State != wire.SessionActive || v.Agent == nil || v.Agent.ID != a.ID {
		a.s.Fatalf("%s accepted %s and hears %+v", a.who, round(o), v)
	}
	a.Since(o.Session, 0) // what was written before it was theirs
	return v
}

func (a *Agent) accept(o wire.Offer) (wire.View, error) {
	f, err := ask[wire.SessionFrame](a.Tab, wire.Accept{Type: "accept", Session: o.Session, Generation: o.Generation, Round: o.Round})
	return f.Session, err
}

// Reject declines an offer.
func (a *Agent) Reject(o wire.Offer) {
	a.s.Helper()
	_, err := ask[wire.Done](a.Tab, wire.Reject{Type: "reject", Session: o.Session, Generation: o.Generation, Round: o.Round})
	a.check("reject "+round(o), err)
}

// AwaitGone waits until an offer is taken from the desktop, and why.
func (a *Agent) AwaitGone(o wire.Offer, outcome wire.Outcome) wire.Gone {
	a.s.Helper()
	g := awaitFrame(a.Tab, fmt.Sprintf("the end of %s", round(o)), "gone", func(g wire.Gone) bool {
		return g.Session == o.Session && g.Generation == o.Generation && g.Round == o.Round
	})
	if g.Outcome != outcome {
		a.s.Fatalf("%s heard that %s is %s, want %s", a.who, round(o), g.Outcome, outcome)
	}
	return g
}

// AwaitStatus waits to be told a state of one's own that somebody else has set.
func (a *Agent) AwaitStatus(state wire.AgentState) wire.Status {
	a.s.Helper()
	return awaitFrame(a.Tab, "the state "+string(state), "status", func(s wire.Status) bool { return s.Me.State == state && s.Re == 0 })
}

// Becomes sets the agent's availability.
func (a *Agent) Becomes(state wire.AgentState, reason string) wire.Me {
	a.s.Helper()
	me, err := a.becomes(state, reason)
	a.check("become "+string(state), err)
	if me.State != state || me.Reason != reason {
		a.s.Fatalf("%s became %+v, want %s (%s)", a.who, me, state, reason)
	}
	return me
}

func (a *Agent) becomes(state wire.AgentState, reason string) (wire.Me, error) {
	f, err := ask[wire.Status](a.Tab, wire.SetStatus{Type: "status", State: state, Reason: reason})
	return f.Me, err
}

// IsNow is the agent's own state, as a beat tells it.
func (a *Agent) IsNow() wire.Me {
	a.s.Helper()
	return *a.Beat().Me
}

// Sees is a customer's session as it is now. The agent must own it or assist.
func (a *Agent) Sees(c *Customer) wire.View {
	a.s.Helper()
	open := a.Beat().Sessions
	i := slices.IndexFunc(open, func(v wire.View) bool { return v.Session == c.session })
	if i < 0 {
		a.s.Fatalf("%s does not have the chat of %s, but %+v", a.who, c.who, open)
	}
	return open[i]
}

// HasOpen checks that the agent owns the sessions of these customers, or assists in them, and has no others.
func (a *Agent) HasOpen(customers ...*Customer) {
	a.s.Helper()
	open := a.IsNow().Open
	for _, c := range customers {
		if !slices.Contains(open, c.session) {
			a.s.Errorf("%s has %v open, without %s of %s", a.who, open, c.session, c.who)
		}
	}
	if len(open) != len(customers) {
		a.s.Errorf("%s has %v open, want %d chats", a.who, open, len(customers))
	}
}

// Hands offers a customer's session to somebody, or invites them, as `to` says.
func (a *Agent) Hands(c *Customer, to wire.Transfer) wire.View {
	a.s.Helper()
	v, err := a.hand(c, to)
	a.check("hand over", err)
	return v
}

func (a *Agent) hand(c *Customer, to wire.Transfer) (wire.View, error) {
	to.Type, to.Session = "transfer", c.session
	f, err := ask[wire.SessionFrame](a.Tab, to)
	return f.Session, err
}

// Withdraws takes back what rings.
func (a *Agent) Withdraws(c *Customer) wire.View {
	a.s.Helper()
	f, err := ask[wire.SessionFrame](a.Tab, wire.Withdraw{Type: "withdraw", Session: c.session})
	a.check("withdraw", err)
	return f.Session
}

// Joins accepts an invitation: the session stays its owner's.
func (a *Agent) Joins(o wire.Offer) wire.View {
	a.s.Helper()
	v, err := a.accept(o)
	a.check("join "+round(o), err)
	if !slices.ContainsFunc(v.Assist, func(r wire.Ref) bool { return r.ID == a.ID }) || v.Agent == nil || v.Agent.ID == a.ID {
		a.s.Fatalf("%s joined %s and hears %+v", a.who, round(o), v)
	}
	a.Since(o.Session, 0)
	return v
}

// Leaves ends an assist: that of the agent, or, where the agent owns the session, that of another.
func (a *Agent) Leaves(c *Customer, other string) wire.View {
	a.s.Helper()
	v, err := a.leave(c, other)
	a.check("leave", err)
	return v
}

func (a *Agent) leave(c *Customer, other string) (wire.View, error) {
	f, err := ask[wire.SessionFrame](a.Tab, wire.Leave{Type: "leave", Session: c.session, Agent: other})
	return f.Session, err
}

// Sets changes the availability of another agent, as only a supervisor may.
func (a *Agent) Sets(other *Agent, want wire.SetStatus) wire.Colleague {
	a.s.Helper()
	c, err := a.set(other.ID, want)
	a.check("set "+other.who, err)
	return c
}

func (a *Agent) set(other string, want wire.SetStatus) (wire.Colleague, error) {
	want.Type, want.Agent = "status", other
	team, err := ask[wire.Team](a.Tab, want)
	if err != nil || len(team.Agents) != 1 {
		return wire.Colleague{}, errors.Join(err, fmt.Errorf("the answer names %d agents", len(team.Agents)))
	}
	return team.Agents[0], nil
}

// Team is who is there.
func (a *Agent) Team() wire.Team {
	a.s.Helper()
	team, err := ask[wire.Team](a.Tab, wire.AskTeam{Type: "team"})
	a.check("ask who is there", err)
	return team
}

// Ledger is who was asked to take a customer's session, the last offer first.
func (a *Agent) Ledger(c *Customer) wire.Ledger {
	a.s.Helper()
	l, err := a.ledger(c)
	a.check("ask who was asked", err)
	return l
}

func (a *Agent) ledger(c *Customer) (wire.Ledger, error) {
	return ask[wire.Ledger](a.Tab, wire.AskLedger{Type: "ledger", Session: c.session})
}

// Closes ends a session.
func (a *Agent) Closes(c *Customer) wire.View {
	a.s.Helper()
	v, err := a.close(c.session)
	a.check("close", err)
	return v
}

func (a *Agent) close(session string) (wire.View, error) {
	f, err := ask[wire.SessionFrame](a.Tab, wire.Close{Type: "close", Session: session, Disposition: "Solved", Note: "a note for agents"})
	return f.Session, err
}

// Says writes to a customer.
func (a *Agent) Says(c *Customer, text string) wire.Ack { a.s.Helper(); return a.Say(c.session, text) }

// Hears waits for a message of a customer's session.
func (a *Agent) Hears(c *Customer, text string) wire.Row {
	a.s.Helper()
	return a.AwaitRow(c.session, text)
}

// takes lets an agent take a customer's session as soon as it is offered. Where offers are quick, a busy machine may let one run out
// on the way: then they take the next, before they have missed too many.
func (a *Agent) takes(c *Customer) wire.View {
	a.s.Helper()
	for missed := 0; ; missed++ {
		o := a.AwaitOffer(c)
		v, err := a.accept(o)
		var refusal *play.Error
		if errors.As(err, &refusal) && refusal.Frame.Code == "late" && missed+1 < chat.MissedLimit {
			continue
		}
		return a.accepted(o, v, err)
	}
}
