package chat

import (
	"cmp"
	"slices"
	"time"
)

// Strategy chooses whom an offer is made to.
type Strategy string

// The strategies. All but BeepAll make the offer to one agent and reserve them.
const (
	BeepAll     Strategy = "beepall"     // everybody at once, first accept wins
	RRMemory    Strategy = "rrmemory"    // the next after the one whom this queue asked last
	LeastRecent Strategy = "leastrecent" // who was notified longest ago by this queue
	LongestIdle Strategy = "longestidle" // who has been without a session for longest
	FewestChats Strategy = "fewestchats" // who holds the fewest sessions
)

// Reserves reports whether the strategy makes its offers to one agent alone.
func (s Strategy) Reserves() bool { return s != BeepAll }

// Queue is a line of sessions and the agents who serve it.
type Queue struct {
	ID       string
	Name     string
	Strategy Strategy
	// Timeout is how long an agent may think, in seconds: 10 to 120 by configuration, 0 is DefaultTimeout.
	Timeout int
	Weight  int // 0 to 10
	// LostAfter is how long the sessions of a lost agent stay theirs, in seconds from the last sign of life: 60 to 3600 by
	// configuration, 0 is DefaultLostAfter.
	LostAfter int
	// MaxWait in seconds, 0 = for ever; Then says what follows, unmanaged where it says nothing, and Overflow to which queue.
	MaxWait  int
	Then     Fallback
	Overflow string
	// WrapUp is how long an agent is left in peace after they had a session of this queue, in seconds; 0: not at all.
	WrapUp int
	// Idle is how long an ACTIVE session may be silent, in seconds; 0: as long as the stack says (Desk.Idle).
	Idle int
	// Previous: a session that is reopened is offered first to the agent who had it before, if they can take it.
	Previous bool
}

// Fallback is what becomes of a session that has waited for too long.
type Fallback string

// The fallbacks.
const (
	ThenUnmanaged Fallback = "unmanaged" // it is closed, nobody came
	ThenOverflow  Fallback = "overflow"  // it goes on to another queue, in its place
	ThenMessage   Fallback = "message"   // it is closed as a message to be answered later
)

// Defaults of a queue.
const (
	DefaultTimeout   = 20
	DefaultLostAfter = 300
)

// maxPatience is the longest a routing task waits, in seconds: a lost wake-up costs no more.
const maxPatience = 30

// timeout is how long an agent may think, in seconds.
func (q Queue) timeout() int { return cmp.Or(q.Timeout, DefaultTimeout) }

// lostAfter is how long the sessions of a lost agent stay theirs.
func (q Queue) lostAfter() time.Duration {
	return time.Duration(cmp.Or(q.LostAfter, DefaultLostAfter)) * time.Second
}

// Patience is how long a routing task waits, in seconds, at most maxPatience. An offer takes n = ceil(T/29) tasks of
// ceil(T/n) + 1 seconds each.
func (q Queue) Patience() int {
	t := q.timeout()
	n := ceil(t, maxPatience-1)
	return ceil(t, n) + 1
}

// offerUntil is when an offer ends that is made by a task of this patience which was entered then: a second before the last of
// its tasks is over. It counts from the task's entry, not from the router's clock, else the offers of a slow router hang a
// whole patience longer. The patience is the execution's: the queue's may have been changed since it was started.
func (q Queue) offerUntil(entered time.Time, patience int) time.Time {
	tasks := ceil(q.timeout()+1, patience)
	return entered.Add(time.Duration(tasks*patience-1) * time.Second)
}

func ceil(a, b int) int { return (a + b - 1) / b }

// Roster is a queue as the router reads it: its rules, and its members with what it remembers of its last choices.
type Roster struct {
	Queue
	Members []Member
}

// last is the member whom the queue has asked last, "" if it has asked nobody. Who accepted last is not it: offers that ring side by
// side are answered in any order, and a circle that goes on behind a slow one visits some twice and others never.
func (r Roster) last() string {
	var last Member
	for _, m := range r.Members {
		if !m.Notified.IsZero() && !m.Notified.Before(last.Notified) {
			last = m
		}
	}
	return last.Agent
}

func (r Roster) agents() []string {
	ids := make([]string, len(r.Members))
	for i, m := range r.Members {
		ids[i] = m.Agent
	}
	return ids
}

// Member is an agent's place in a queue.
type Member struct {
	Agent    string
	Notified time.Time // last offer of this queue
}

// Website is a place where customers write.
type Website struct {
	ID       string
	Name     string
	Origins  []string // that may open sockets; scheme://host[:port]
	Brand    string   // #rrggbb
	Greeting string
	Queues   []string // the first is the default
	AskName  bool
	AskEmail bool
	// Messages are the states in which customers may leave a message for later instead of waiting (Closed is always one).
	Messages []Openness
	// Hours when sessions are taken; none: always. Zone is the time zone that they are meant in, an IANA name; "": UTC.
	Hours []Hours
	Zone  string
}

// Waiter is a session in the line as the `waiting` index shows it: a hint, never the truth.
type Waiter struct {
	Session string
	Queue   string
	Weight  int
	Queued  time.Time
	State   State
	// Generation, Round, Offered and Until of the showing offer.
	Generation int
	Round      int
	Offered    string
	Until      time.Time
	Skip       []string
	NoSeat     time.Time
	Turn       time.Time
	// Rings are those for whom an offer to several still rings; nil: not read. Its ledger row knows.
	Rings []string
}

// Held is an ACTIVE session as the `due` index shows it, for recounts.
type Held struct {
	Session string
	Agent   string
	Assist  []string
	Seat    int
}

// compare orders the line: heavier queues first, then who came first.
func (w Waiter) compare(o Waiter) int {
	return cmp.Or(cmp.Compare(o.Weight, w.Weight), w.Queued.Compare(o.Queued), cmp.Compare(w.Session, o.Session))
}

// takes reports whether the session may go to an agent who is free: one for whom it rings, or one of its queue who has not said no.
func (w Waiter) takes(a Agent) bool {
	if w.State == Offered && w.Rings != nil {
		return slices.Contains(w.Rings, a.ID)
	}
	return slices.Contains(a.Queues, w.Queue) && !slices.Contains(w.Skip, a.ID)
}

// waiter is the session as the line shows it.
func (s Session) waiter() Waiter {
	return Waiter{Session: s.ID, Queue: s.Queue, Weight: s.Weight, Queued: s.Queued, State: s.State, Generation: s.Generation,
		Round: s.Round, Offered: s.Offered, Until: s.Until, Skip: s.Skip, NoSeat: s.NoSeat, Turn: s.Turn}
}

// Shard is one part of the licence's counter. Limit 0 or no shards: no licence limit.
type Shard struct{ Number, Used, Limit int }
