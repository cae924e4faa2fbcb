package wire

// Actions: the route keys of the socket.
const (
	ActionCustomer = "customer"
	ActionAgent    = "agent"
	ActionPing     = "ping"
)

// Envelope is what every frame of a client has. ID is the client's number of the request and comes back as `re`.
type Envelope struct {
	Action string `json:"action" jsonschema:"enum=customer,enum=agent"`
	ID     int64  `json:"id,omitempty"`
}

// Ping keeps a socket alive; a mock integration answers Pong without a function. Every 4 to 5 minutes, 25 to 30 s while a
// chat is visible.
type Ping struct {
	Action string `json:"action" jsonschema:"enum=ping"`
}

// Page is where the customer is. Query strings are cut off by the client.
type Page struct {
	URL   string `json:"url,omitempty" jsonschema:"maxLength=500"`
	Title string `json:"title,omitempty" jsonschema:"maxLength=200"`
}

// Hello is the first frame on a socket: it makes the connection known and asks for all that was missed. Cursors name
// the last place seen of each session. Answer: Welcome.
type Hello struct {
	Envelope
	Type    string         `json:"type" jsonschema:"enum=hello"`
	Cursors map[string]int `json:"cursors,omitempty"`
	// SignIn is set on the first hello after an agent signed in (not after a reload): it makes them available.
	SignIn bool `json:"signIn,omitempty"`
	// Page and Language are a customer's.
	Page     *Page  `json:"page,omitempty"`
	Language string `json:"language,omitempty" jsonschema:"maxLength=35"`
}

// Beat renews the lease, every 60 s while a session waits or is open, or an agent is signed in. Answer: Pulse.
type Beat struct {
	Envelope
	Type    string         `json:"type" jsonschema:"enum=beat"`
	Cursors map[string]int `json:"cursors,omitempty"`
}

// Start opens a customer's session with its first message, or, if the customer has one already, is a message there (and
// reopens it when it is closed). Nonce names the attempt: two tabs, a double click and a retry with the same nonce are one
// session. Answer: SessionFrame.
type Start struct {
	Envelope
	Type     string `json:"type" jsonschema:"enum=start"`
	Nonce    string `json:"nonce" jsonschema:"maxLength=64"`
	CID      string `json:"cid" jsonschema:"maxLength=64"`
	Text     string `json:"text" jsonschema:"maxLength=4000"`
	Name     string `json:"name,omitempty" jsonschema:"maxLength=80"`
	Email    string `json:"email,omitempty" jsonschema:"maxLength=254"`
	Queue    string `json:"queue,omitempty"`
	Page     *Page  `json:"page,omitempty"`
	Language string `json:"language,omitempty" jsonschema:"maxLength=35"`
	// Offline leaves the text as a message for later: nobody is asked, and the session is closed until an agent picks it or the
	// customer writes again. WebsiteConfig says when a website offers it. A customer whose session is with an agent writes in it as
	// ever.
	Offline bool `json:"offline,omitempty"`
}

// Send stores one message. After is the last place that the sender had seen when it was composed, or was raised to by a
// replay that did not contain CID: the message can only be stored behind it, which makes a retry exact. A client has one
// unacknowledged Send per session. A customer's Send to a closed session reopens it. Answer: Ack.
type Send struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=send"`
	Session string `json:"session"`
	CID     string `json:"cid" jsonschema:"maxLength=64"`
	After   int    `json:"after" jsonschema:"minimum=1"`
	Text    string `json:"text" jsonschema:"maxLength=4000"`
}

// Since asks for everything behind After. Answer: Rows.
type Since struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=since"`
	Session string `json:"session"`
	After   int    `json:"after" jsonschema:"minimum=0"`
}

// Typing tells the others that somebody writes; at most one in 3 s. Droppable, not answered.
type Typing struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=typing"`
	Session string `json:"session"`
}

// Read says that everything up to Place was on a visible screen. Droppable, not answered.
type Read struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=read"`
	Session string `json:"session"`
	Place   int    `json:"place" jsonschema:"minimum=1"`
}

// Leave ends a customer's own session: abandoned while it waits, closed by the customer otherwise. From an agent it ends an
// assist: that of the sender, or, asked by the owner, that of the agent who is named. Answer: SessionFrame.
type Leave struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=leave"`
	Session string `json:"session"`
	Agent   string `json:"agent,omitempty"`
}

// SetStatus changes the agent's availability: READY (which also ends a wrap-up), PAUSED or OFFLINE. Signing out with open
// sessions is refused in words. Answer: Status.
type SetStatus struct {
	Envelope
	Type   string     `json:"type" jsonschema:"enum=status"`
	State  AgentState `json:"state"`
	Reason string     `json:"reason,omitempty" jsonschema:"maxLength=80"`
	// After makes it the next status: it comes when the last open session is over, and until then nothing new is offered.
	// With nothing open it comes at once.
	After bool `json:"after,omitempty"`
	// Agent names somebody else; only a supervisor may. The answer is then their Colleague in a Team of one.
	Agent string `json:"agent,omitempty"`
}

// Transfer hands a session that the sender owns to an agent or to a queue, or invites one to assist. It is an offer that can
// be declined: the session stays where it is until somebody accepts. Answer: SessionFrame.
type Transfer struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=transfer"`
	Session string `json:"session"`
	// Agent or Queue, one of them.
	Agent string `json:"agent,omitempty"`
	Queue string `json:"queue,omitempty"`
	// Assist invites to write along; the sender stays the owner.
	Assist bool `json:"assist,omitempty"`
	// Blind gives the session to the queue at once: it waits there, and the sender has it no more.
	Blind bool   `json:"blind,omitempty"`
	Note  string `json:"note,omitempty" jsonschema:"maxLength=2000"`
}

// Withdraw takes back the transfer or invitation that rings. Answer: SessionFrame.
type Withdraw struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=withdraw"`
	Session string `json:"session"`
}

// AskMessages asks for the messages that customers of the sender's queues have left. Answer: Messages.
type AskMessages struct {
	Envelope
	Type string `json:"type" jsonschema:"enum=messages"`
}

// Pick takes a message that was left, to answer it. Answer: SessionFrame, or an Error of code taken, late, paused, full,
// licence_full.
type Pick struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=pick"`
	Session string `json:"session"`
}

// AskTeam asks who is there: where a session can go, and what a supervisor watches. Answer: Team.
type AskTeam struct {
	Envelope
	Type string `json:"type" jsonschema:"enum=team"`
}

// AskLedger asks for the offers of a session: who was asked, why, and what they did. For those who own it, assist, were asked,
// or are supervisors. Answer: Ledger.
type AskLedger struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=ledger"`
	Session string `json:"session"`
}

// Accept takes an offer. First accept wins; the winner who repeats hears the same answer. Answer: SessionFrame, or an
// Error of code taken, late, paused, full, licence_full.
type Accept struct {
	Envelope
	Type       string `json:"type" jsonschema:"enum=accept"`
	Session    string `json:"session"`
	Generation int    `json:"generation"`
	Round      int    `json:"round"`
}

// Reject declines an offer; it goes on to the next agent. Answer: Done.
type Reject struct {
	Envelope
	Type       string `json:"type" jsonschema:"enum=reject"`
	Session    string `json:"session"`
	Generation int    `json:"generation"`
	Round      int    `json:"round"`
}

// Mark records that an offer reached this desktop (always, on arrival) and whether its tab was visible. An offer that
// reached nobody is held against nobody. Not answered.
type Mark struct {
	Envelope
	Type       string `json:"type" jsonschema:"enum=mark"`
	Session    string `json:"session"`
	Generation int    `json:"generation"`
	Round      int    `json:"round"`
	Seen       bool   `json:"seen,omitempty"`
}

// Close ends a session that the agent owns. Answer: SessionFrame.
type Close struct {
	Envelope
	Type    string `json:"type" jsonschema:"enum=close"`
	Session string `json:"session"`
	// Generation that is closed, as its View said; a later one stays open. 0: whichever there is.
	Generation  int    `json:"generation,omitempty"`
	Disposition string `json:"disposition,omitempty" jsonschema:"maxLength=80"`
	Note        string `json:"note,omitempty" jsonschema:"maxLength=2000"`
}

// RequestID is the client's number of the request.
func (e Envelope) RequestID() int64 { return e.ID }
