package chat

import "time"

// Strategy chooses whom an offer is made to.
type Strategy string

// The strategies. All but BeepAll make the offer to one agent and reserve them.
const (
	BeepAll     Strategy = "beepall"     // everybody at once, first accept wins
	RRMemory    Strategy = "rrmemory"    // the next after the one engaged last time
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
	// Timeout is how long an agent may think, in seconds: 10 to 120 by configuration, default 20.
	Timeout int
	Weight  int // 0 to 10
	// LostAfter is how long the sessions of a lost agent stay theirs, in seconds: default 300.
	LostAfter int
	// MaxWait in seconds, 0 = for ever; then the session is unmanaged.
	MaxWait int
}

// Defaults of a queue.
const (
	DefaultTimeout   = 20
	DefaultLostAfter = 300
)

// maxPatience is the longest a routing task waits, in seconds: a lost wake-up costs no more.
const maxPatience = 30

// visits is how many routing tasks one offer takes.
func (q Queue) visits() int { return max(1, (q.Timeout+maxPatience-2)/(maxPatience-1)) }

// Patience is how long a routing task waits, in seconds. Rule of record: n = ceil(T/29), ceil(T/n) + 1.
func (q Queue) Patience() int { return (q.Timeout+q.visits()-1)/q.visits() + 1 }

// offerUntil is when an offer made by a task that was entered then ends: just before the last of its visits is over. It counts
// from the task's entry, not from the router's clock, else a slow router's offers hang a whole patience longer.
func (q Queue) offerUntil(entered time.Time) time.Time {
	return entered.Add(time.Duration(q.visits()*q.Patience()-1) * time.Second)
}

// Roster is a queue as the router reads it: its rules, its members and what it remembers of its last choices.
type Roster struct {
	Queue
	Members []Member
	// Engaged is the agent who took the last session of this queue.
	Engaged string
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
}

// before orders the line: heavier queues first, then who came first.
func (w Waiter) before(o Waiter) bool {
	if w.Weight != o.Weight {
		return w.Weight > o.Weight
	}
	if !w.Queued.Equal(o.Queued) {
		return w.Queued.Before(o.Queued)
	}
	return w.Session < o.Session
}

// Shard is one part of the licence's counter. Limit 0 or no shards: no licence limit.
type Shard struct{ Number, Used, Limit int }
