package chat

import "time"

// Event is what participants are told. Transport decides how; functions/wire how it looks.
type Event interface{ event() }

// RowsAdded brings rows of a session's log.
type RowsAdded struct {
	Session string
	Head    int
	Rows    []Row
}

// SessionChanged tells a session's state after a transition, with the rows that it added.
type SessionChanged struct {
	View View
	Now  time.Time
}

// OfferMade rings on an agent's desktops.
type OfferMade struct {
	Offer Ring
	Now   time.Time
}

// OfferGone ends an offer on the desktops of those who were asked.
type OfferGone struct {
	Ref      OfferRef
	Outcome  OfferOutcome
	By       Ref
	Customer string
}

// AgentChanged tells an agent that something else changed their state.
type AgentChanged struct {
	Me   Me
	Note string
}

// Typed tells that somebody writes. Droppable.
type Typed struct {
	Session string
	Side    Side
	Name    string
}

// HasRead tells how far a side has read. Droppable.
type HasRead struct {
	Session string
	Side    Side
	Place   int
}

func (RowsAdded) event()      {}
func (SessionChanged) event() {}
func (OfferMade) event()      {}
func (OfferGone) event()      {}
func (AgentChanged) event()   {}
func (Typed) event()          {}
func (HasRead) event()        {}

// Droppable reports whether an event may be lost without repair.
func Droppable(e Event) bool {
	switch e.(type) {
	case Typed, HasRead:
		return true
	}
	return false
}

// View is a session as one side may see it. For agents it names website and customer too.
type View struct {
	Session  Session
	For      Role
	Head     int
	Queue    Ref
	Agent    Ref
	Website  Ref
	Person   Person
	Assist   []Ref
	Position int           // in the line, 1 is next, 0 when not waiting
	Wait     time.Duration // estimated, 0 when nobody knows
	Transfer *Asking       // for agents
	Now      time.Time
	Read     map[Side]int
	Rows     []Row
}

// Asking is a transfer that rings, with names.
type Asking struct {
	Transfer
	To Ref // agent or queue
	By Ref
}

// Ring is an offer as one agent sees it.
type Ring struct {
	Ref      OfferRef
	Kind     OfferKind
	By       Ref    // who asks, of a transfer or an invitation
	Note     string // what they say
	Again    bool   // the agent had the session before
	Strategy Strategy
	Queue    Ref
	Website  Ref
	Customer string
	Person   Person
	Question string
	Queued   time.Time
	At       time.Time
	Until    time.Time
	Others   int
}

// Me is an agent's own state as their desktop shows it.
type Me struct {
	Agent  Agent
	Queues []Ref
	By     Ref // the supervisor who set it, if one did
	Now    time.Time
}

// Line is how busy a queue is.
type Line struct {
	Queue    Ref
	Waiting  int
	Longest  time.Time
	Messages int // left for later, at most trayWidth
}

// Snapshot is all that a participant has to know now: the answer to hello and beat.
type Snapshot struct {
	Now      time.Time
	Sessions []View
	Me       *Me
	Offers   []Ring
	Lines    []Line
	// Reasons of a pause and Dispositions of a close that an agent may choose from.
	Reasons      []string
	Dispositions []string
}
