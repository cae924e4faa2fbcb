package e2e_test

import (
	"fmt"
	"slices"

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

// takes lets an agent take a customer's session as soon as it is offered.
func (a *Agent) takes(c *Customer) wire.View {
	a.s.Helper()
	return a.Accept(a.AwaitOffer(c))
}
