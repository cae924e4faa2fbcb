package chat

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"
)

// State is where a session is in its life.
type State string

// The states. WAITING <-> OFFERED -> ACTIVE -> CLOSED -> (the customer writes again) WAITING. ACTIVE also goes back to
// WAITING when its agent is lost; WAITING and OFFERED end as CLOSED when the customer leaves or nobody comes.
const (
	Waiting State = "WAITING"
	Offered State = "OFFERED"
	Active  State = "ACTIVE"
	Closed  State = "CLOSED"
)

// Outcome says how a closed session ended.
type Outcome string

// The outcomes of a session.
const (
	Handled    Outcome = "handled"   // an agent closed it
	LeftByUser Outcome = "left"      // the customer ended it while an agent had it
	Abandoned  Outcome = "abandoned" // the customer left before an agent had it
	Unmanaged  Outcome = "unmanaged" // nobody took it within the queue's maximum wait
	Message    Outcome = "offline"   // written while nobody could answer
	TimedOut   Outcome = "timeout"   // idle for too long
)

// Everybody stands in Session.Offered for an offer to several agents at once.
const Everybody = "*"

// Session is one customer's conversation with one website: its state row. It is born WAITING with the customer's first
// message and is never deleted before its retention ends: closed, it reopens with a new generation as soon as the customer
// writes again, and its log goes on. Every transition is conditional on Version, Generation, Round, State and Offered as
// they were read.
type Session struct {
	ID       string
	State    State
	Version  int // number of changes of who may speak; every row of the log carries the one its writer knew
	Website  string
	Queue    string
	Customer string
	Name     string // the customer's, as they gave it; empty for anonymous

	Generation int // one episode of ownership; an execution routes one generation
	Round      int // number of the last offer
	Part       int // a restarted routing of the same generation
	Patience   int // seconds a routing task waits before it visits the router again; stored so that a repeated start is identical

	Offered string    // agent id of a reserved offer, Everybody, or ""
	Until   time.Time // end of the showing offer
	Token   string    // of the routing task that waits
	Wake    int       // raised by whoever wants the router to look again
	Turn    time.Time // last visit of the router
	Skip    []string  // agents who rejected or missed in this lap

	Agent    string    // the owner while ACTIVE
	Assist   []string  // other agents who may speak, at most MaxAssist
	Transfer *Transfer // the one that rings, while ACTIVE
	Last     string    // the owner before
	Seat     int       // licence shard that counts this session, 0 = none (shards start at 1)
	NoSeat   time.Time

	Queued time.Time // place in the line; kept over returns and re-offers
	Since  time.Time // start of this generation and part in this queue: the maximum wait counts from here
	Weight int       // of the queue, 0 to 10: heavier queues are served first
	Given  time.Time // when somebody last rejected it, or gave it away
	Due    time.Time // when an ACTIVE session is looked at for idleness
	Warned int       // place of the last row when its people were warned that nobody writes

	Asked       int // place of the row with the customer's question of this generation
	Started     time.Time
	Outcome     Outcome
	Disposition string
	Expires     time.Time // end of retention, set by close and removed by reopen
}

// MaxAssist is how many agents may assist in a session: with the owner, four can still follow each other.
const MaxAssist = 3

// Transfer is a session's owner asking somebody to take it over or to assist: one offer, which is not made again. The owner
// keeps the session until it is accepted; who is asked may decline, let it pass, or be too busy.
type Transfer struct {
	Assist bool
	Agent  string // whom it is offered to alone, or
	Queue  string // whose available agents it rings
	By     string // the owner
	Note   string
	Round  int
	Until  time.Time
	Token  string    // of its own execution's task
	Turn   time.Time // its router's last visit
}

// rings reports whether this is the offer of the session's transfer.
func (s Session) rings(ref OfferRef) bool {
	return s.State == Active && s.Transfer != nil && s.ID == ref.Session && s.Generation == ref.Generation && s.Transfer.Round == ref.Round
}

// transferRef names the offer of the transfer that rings.
func (s Session) transferRef() OfferRef { return OfferRef{s.ID, s.Generation, s.Transfer.Round} }

// Ref is an id with the name that people see.
type Ref struct{ ID, Name string }

// Side says who wrote a row.
type Side string

// The sides.
const (
	FromCustomer Side = "customer"
	FromAgent    Side = "agent"
	FromSystem   Side = "system"
)

// Kind is what a row of the log tells.
type Kind string

// The kinds. All but KindMessage change who may speak, in the same transaction that writes the row.
const (
	KindMessage     Kind = "message"
	KindAccepted    Kind = "accepted"
	KindJoined      Kind = "joined"
	KindLeft        Kind = "left"
	KindRequeued    Kind = "requeued"
	KindTransferred Kind = "transferred"
	KindClosed      Kind = "closed"
	KindReopened    Kind = "reopened" // carries the customer's text
)

// Row is one entry of a session's log. Rows are written once, at the next free place, and never changed.
type Row struct {
	Session string
	Place   int
	Kind    Kind
	Side    Side
	By      string // agent id
	Name    string // of the agent, as it was then
	Text    string
	CID     string // the client's id of the message
	Outcome Outcome
	Note    string // the agent's, on the row that closes or transfers; agents only
	To      string // name of the queue that the session went to
	At      time.Time
	Version int
	Person  *Person // on the first row: who asks, from where
	Expires time.Time
}

// Person is what the customer told about themselves with the first message of a session. Unverified.
type Person struct {
	Name     string
	Email    string
	Language string
	PageURL  string
	Page     string // its title
}

// SessionID derives the id of a session from who starts it and the nonce of the attempt, so that a repeated start is the
// same session. 100 bits; letters and digits, as execution names demand.
func SessionID(website, customer, nonce string) string {
	sum := sha256.Sum256([]byte(website + "\x00" + customer + "\x00" + nonce))
	return "s" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20])
}

// Open reports whether the session waits or is with an agent.
func (s Session) Open() bool { return s.State != Closed }

// InLine reports whether the session waits for an owner.
func (s Session) InLine() bool { return s.State == Waiting || s.State == Offered }

// Speaks reports whether the agent may write in this session.
func (s Session) Speaks(agent string) bool {
	return s.State == Active && (s.Agent == agent || slices.Contains(s.Assist, agent))
}

func (s Session) row(place int) RowRef { return RowRef{s.ID, place} }

// Speakers are the owner and the assistants.
func (s Session) Speakers() []string {
	if s.State != Active {
		return nil
	}
	return append([]string{s.Agent}, s.Assist...)
}

// Execution is the routing execution that this state row asks for.
func (s Session) Execution() Execution {
	return Execution{Session: s.ID, Generation: s.Generation, Part: s.Part, Patience: s.Patience}
}

// transferExecution is the one that serves the transfer that rings.
func (s Session) transferExecution() Execution {
	return Execution{Session: s.ID, Generation: s.Generation, Part: s.Part, Patience: s.Patience, Round: s.Transfer.Round}
}

// Ref of the offer that shows.
func (s Session) offerRef() OfferRef { return OfferRef{s.ID, s.Generation, s.Round} }
