package chat

import (
	"context"
	"time"
)

// Clock tells the time. Times are kept in milliseconds.
type Clock func() time.Time

// Store is the truth. Reads of items are consistent; Waiting, Due and Kind read indexes and are hints. Every method returns
// ErrConflict where a transaction was under way and ErrStale where a condition failed; both mean that nothing was written.
type Store interface {
	Sessions
	Directory
	Connections
}

// Sessions is the table of state rows, logs and offers.
type Sessions interface {
	// Session reads the state row. ErrNotFound.
	Session(ctx context.Context, id string) (Session, error)
	// Log reads the rows from place on, up to limit of them, and the state row if it was reached.
	Log(ctx context.Context, id string, from, limit int) (LogPage, error)
	// Tail reads the state row and the last row of the log. ErrNotFound.
	Tail(ctx context.Context, id string) (Session, Row, error)
	// Rows reads single rows by place; those that do not exist are left out.
	Rows(ctx context.Context, refs []RowRef) ([]Row, error)
	// Append stores a message at its place. If the place is taken it returns the row there and ErrStale.
	Append(ctx context.Context, r Row) (Row, error)
	// Commit makes a transition: all of it or nothing.
	Commit(ctx context.Context, c Change) error
	// Wake raises the wake counter of a session that is WAITING and returns the new state row; ErrStale if it is not.
	Wake(ctx context.Context, session string) (Session, error)

	// Side reads a side's cursor and lease; the zero SideRow if there is none.
	Side(ctx context.Context, session string, side Side) (SideRow, error)
	// See renews the customer's lease.
	See(ctx context.Context, session string, at time.Time) error
	// Read raises a side's read cursor; lower places change nothing.
	Read(ctx context.Context, session string, side Side, place int) error

	// Offer reads a ledger row. ErrNotFound.
	Offer(ctx context.Context, ref OfferRef) (Offer, error)
	// Reject adds the agent to those who rejected, while the offer shows to them, and returns the row after it; ErrStale
	// if it does not show.
	Reject(ctx context.Context, ref OfferRef, agent string, at time.Time) (Offer, error)
	// Mark records that an offer was delivered to (and seen by) an agent, the first time of each; ErrStale if it is over.
	Mark(ctx context.Context, ref OfferRef, agent string, seen bool, at time.Time) error

	// Offers reads the ledger of a session, the last offer first, up to limit.
	Offers(ctx context.Context, session string, limit int) ([]Offer, error)

	// Waiting reads the line of a queue: the first limit sessions in it, 0: all of it.
	Waiting(ctx context.Context, queue string, limit int) ([]Waiter, error)
	// Due reads the ACTIVE sessions that were to be looked at before a time.
	Due(ctx context.Context, before time.Time, limit int) ([]string, error)
	// Held reads all ACTIVE sessions.
	Held(ctx context.Context) ([]Held, error)
	// Transfers reads the sessions whose transfer rings in a queue, or is of that queue and made to one agent.
	Transfers(ctx context.Context, queue string) ([]string, error)
	// Tray reads the sessions of a queue that were left as messages, the oldest first, up to limit.
	Tray(ctx context.Context, queue string, limit int) ([]string, error)
	// SessionOf is the session of a customer on a website; ErrNotFound.
	SessionOf(ctx context.Context, website, customer string) (string, error)
}

// Directory is the table of websites, queues, agents and the licence.
type Directory interface {
	Website(ctx context.Context, id string) (Website, error)
	Roster(ctx context.Context, queue string) (Roster, error)
	Agent(ctx context.Context, id string) (Agent, error)
	// Agents reads several at once; those that do not exist are left out.
	Agents(ctx context.Context, ids []string) ([]Agent, error)
	// Beat renews an agent's lease and returns the agent after it. ErrNotFound.
	Beat(ctx context.Context, agent string, at time.Time) (Agent, error)
	// Settings reads what is set for the whole stack; the zero Settings if nothing was.
	Settings(ctx context.Context) (Settings, error)
	// Shards reads the licence; none means no limit.
	Shards(ctx context.Context) ([]Shard, error)
	// List names all websites, queues, or agents that are not OFFLINE with nothing open (an index).
	List(ctx context.Context, kind ListKind) ([]string, error)
	// Staff names every agent who is configured.
	Staff(ctx context.Context) ([]string, error)
	// Pace reads how fast a queue's line moves; the zero Pace if nobody knows.
	Pace(ctx context.Context, queue string) (Pace, error)
	// KeepPace remembers the pace of a queue; Notify who was asked when. Best effort: a race costs the fairness of one lap.
	KeepPace(ctx context.Context, queue string, p Pace) error
	Notify(ctx context.Context, queue string, agents []string, at time.Time) error
	// Blame records what an offer's end means for an agent who holds no reservation for it (beepall): Release without Offer.
	Blame(ctx context.Context, b Release) error
	// SetAvailability changes an agent's own state where no offer has to be withdrawn with it: one conditional update. The
	// reservation must be as read: "", or that of an offer which is over, and then it goes.
	SetAvailability(ctx context.Context, w SetAvailability) error

	// Configuration. Put* create or replace what is configured and keep what is live (state, open sessions, counts).
	PutWebsite(ctx context.Context, w Website) error
	PutQueue(ctx context.Context, q Queue) error
	PutAgent(ctx context.Context, a Agent) error
	PutSettings(ctx context.Context, s Settings) error
	// PutLicence sets the limit of concurrent sessions, 0 = none, spread over shards of ShardSeats.
	PutLicence(ctx context.Context, limit int) error
}

// ShardSeats is the size of one licence shard: at 500 seats its conflicts stay below 5 %.
const ShardSeats = 500

// ListKind is what List names.
type ListKind string

// The kinds.
const (
	ListWebsites ListKind = "website"
	ListQueues   ListKind = "queue"
	ListAgents   ListKind = "agent"
)

// Connections is the table of live sockets. It is advice: a row may outlive its socket, and a push finds out.
type Connections interface {
	// Connect upserts a connection.
	Connect(ctx context.Context, c Connection) error
	// Disconnect removes it; absent is fine.
	Disconnect(ctx context.Context, p Principal, id string) error
	// ConnectionsOf reads all connections of a principal, consistently.
	ConnectionsOf(ctx context.Context, p Principal) ([]Connection, error)
}

// Role is what a principal may do.
type Role string

// The roles.
const (
	RoleCustomer Role = "customer"
	RoleAgent    Role = "agent"
)

// Principal is who speaks on a connection.
type Principal struct {
	Role    Role
	ID      string
	Website string // a customer's
}

// Connection is one socket of a principal, from its hello on.
type Connection struct {
	Principal
	ID      string
	Seen    time.Time
	Expires time.Time
}

// LogPage is a part of a log. Session is nil if the page ended before the state row: read on.
type LogPage struct {
	Rows    []Row
	Session *Session
}

// RowRef names a row.
type RowRef struct {
	Session string
	Place   int
}

// SideRow is what is kept per side of a session.
type SideRow struct {
	Read int
	Seen time.Time // the customer's lease
}

// Change is one transition: what the state row becomes and what else changes with it, all together or not at all. The state
// row must still have Was.State, Version, Generation, Round, Part, Offered and the round of its Transfer (New: must not exist). A Change of the state
// row alone is one conditional update; all others are a transaction.
type Change struct {
	Name string // of the transition, for the log
	New  bool
	Was  Session
	Now  Session
	// WakeAsRead also demands that nobody has raised Was.Wake since: the router must not park past a wake-up.
	WakeAsRead bool
	// Row takes its place in the log; stale if the place is taken.
	Row    *Row
	Writes []Write
}

// Write is a part of a Change that touches another item. The types below are all there are.
type Write interface{ write() }

// Reserve makes the agent hold an offer that is made to them alone. Holds if they are READY without next status or wrap-up, seen
// since Lease, without another reservation and below capacity.
type Reserve struct {
	Agent string
	Offer string // OfferRef.Reservation
	Lease time.Time
	At    time.Time
}

// Take adds the session to what the agent has open. Holds if they are READY and there is room that no other reservation
// holds, by the capacity as it was read. Reserved: the offer was theirs alone, and the reservation goes.
type Take struct {
	Agent    string
	Session  string
	Offer    string
	Reserved bool
	Capacity int
	At       time.Time // a sign of life, and the end of a row of missed offers and of a wrap-up
}

// Release ends the reservation of an offer (holds if it is still that one) and records what the end means for the agent.
// Offer "" releases nothing (Directory.Blame).
type Release struct {
	Agent string
	Offer string
	At    time.Time
	// Unreached: the offer never got to a desktop. Missed: it was seen and not answered. Answered: the agent decided, which is a
	// sign of life and ends the row of missed ones.
	Unreached, Missed, Answered bool
	// NotResponding also changes the state; holds if Missed was WasMissed.
	NotResponding bool
	WasMissed     int
}

// Leave takes the session out of what the agent has open. Holds if Next is as read, and while Next is set, the number of open
// sessions too; then the last one leaving applies it, with NextReason and NextBy. Else a wrap-up begins, if WrapUntil is set. AsJudged, if
// set, demands Agent.Seen as read: nobody is taken from an agent who is back.
type Leave struct {
	Agent      string
	Session    string
	Next       Availability
	NextReason string
	NextBy     string
	Open       int
	WrapUntil  time.Time
	AsJudged   time.Time
	At         time.Time
}

// SetAvailability changes the agent's own state. Holds if Offer (the reservation) is as read and, for OFFLINE by the agent's
// own wish, nothing is open. A reservation that was read goes with it. AsJudged as in Leave. Next status is dropped. READY also sets Missed to 0 and Idle to
// At, and ends a wrap-up; At is a sign of life unless AsJudged is set or a supervisor did it (By).
//
// After makes State, Reason and By the next status; it holds while something is open, and the state stays as it is until then.
type SetAvailability struct {
	Agent    string
	State    Availability
	Reason   string
	By       string
	After    bool
	Offer    string
	Empty    bool
	AsJudged time.Time
	At       time.Time
}

// TakeSeat and GiveSeat change the licence's count, in one shard. TakeSeat holds below the shard's limit.
type TakeSeat struct{ Shard int }

// GiveSeat gives a seat back.
type GiveSeat struct{ Shard int }

// OpenOffer writes the ledger row of a new offer; EndOffer ends it (holds if it had no outcome).
type OpenOffer struct{ Offer Offer }

// EndOffer ends an offer.
type EndOffer struct {
	Ref     OfferRef
	Outcome OfferOutcome
	By      string
	At      time.Time
}

// Point makes the session the customer's on that website. Holds if there was none, or Was, or this one.
type Point struct {
	Website, Customer, Session string
	Was                        string
}

// Unseen demands that the customer has given no sign of life since Seen was read.
type Unseen struct {
	Session string
	Seen    time.Time
}

func (Reserve) write()         {}
func (Take) write()            {}
func (Release) write()         {}
func (Leave) write()           {}
func (SetAvailability) write() {}
func (TakeSeat) write()        {}
func (GiveSeat) write()        {}
func (OpenOffer) write()       {}
func (EndOffer) write()        {}
func (Point) write()           {}
func (Unseen) write()          {}

// Router is the routing state machine.
type Router interface {
	// Start begins an execution; one that runs already is fine. ErrExecutionExists if it is over.
	Start(ctx context.Context, e Execution) error
	// Answer ends the task of a token. ErrTokenGone.
	Answer(ctx context.Context, token string, a Answer) error
}

// Execution names one routing execution, and is its whole input.
type Execution struct {
	Session    string
	Generation int
	Part       int
	Patience   int // seconds
	Round      int // of the transfer that it serves; 0: it routes
}

// Answer is what became of a task.
type Answer string

// The answers. Over ends the execution; after the others it visits the router again.
const (
	AnswerOver      Answer = "Over"
	AnswerRejected  Answer = "Offer.Rejected"
	AnswerWithdrawn Answer = "Offer.Withdrawn"
	AnswerWoken     Answer = "Session.Woken"
)

// Pusher tells connections what happened. It is best effort: 5xx and throttling are tried again a few times, then the next
// beat repairs it.
type Pusher interface {
	// Push sends one event to several connections and returns those that are gone.
	Push(ctx context.Context, to []Connection, e Event) (gone []Connection)
}
