package wire

// AgentState is an agent's availability as stored.
type AgentState string

// The availabilities. Precedence when several hold: offline, paused, not responding, wrap-up, available.
const (
	AgentReady         AgentState = "READY"
	AgentPaused        AgentState = "PAUSED"
	AgentNotResponding AgentState = "NOT_RESPONDING"
	AgentWrapUp        AgentState = "WRAPUP"
	AgentOffline       AgentState = "OFFLINE"
)

// SessionState is where a session is. A customer sees OFFERED as WAITING.
type SessionState string

// The states of a session.
const (
	SessionWaiting SessionState = "WAITING"
	SessionOffered SessionState = "OFFERED"
	SessionActive  SessionState = "ACTIVE"
	SessionClosed  SessionState = "CLOSED"
)

// Side says who wrote a row.
type Side string

// The sides of a session.
const (
	SideCustomer Side = "customer"
	SideAgent    Side = "agent"
	SideSystem   Side = "system"
)

// RowKind is what a row of the log tells.
type RowKind string

// The kinds of rows. All but message change who may speak.
const (
	RowMessage     RowKind = "message"
	RowAccepted    RowKind = "accepted"
	RowJoined      RowKind = "joined"
	RowLeft        RowKind = "left"
	RowRequeued    RowKind = "requeued"
	RowTransferred RowKind = "transferred"
	RowClosed      RowKind = "closed"
	RowReopened    RowKind = "reopened" // carries the customer's text
)

// Row is one entry of a session's log. Places start at 1 and have no gaps.
type Row struct {
	Place int     `json:"place"`
	Kind  RowKind `json:"kind"`
	Side  Side    `json:"side"`
	// By is the agent's id where an agent spoke, joined, left, became the owner or (on a row with To, while the session waits again)
	// gave the session away; Name their name.
	By      string `json:"by,omitempty"`
	Name    string `json:"name,omitempty"`
	Text    string `json:"text,omitempty"`
	CID     string `json:"cid,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	// Note is the agent's, on the row that closes or transfers; only agents see it.
	Note string `json:"note,omitempty"`
	// To names the queue that the session went to.
	To string `json:"to,omitempty"`
	At int64  `json:"at"`
}

// Ref names something that has an id and a name.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Customer is what an agent sees of the person.
type Customer struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
	Language string `json:"language,omitempty"`
	Page     *Page  `json:"page,omitempty"`
}

// View is a session as one participant may see it. Customer, Website and Disposition are for agents only. Position and
// Ahead are set while the session waits.
type View struct {
	Session    string       `json:"session"`
	Generation int          `json:"generation"`
	State      SessionState `json:"state"`
	// Head is the last place of the log. Rows may end before it: ask Since.
	Head  int  `json:"head"`
	Queue Ref  `json:"queue"`
	Agent *Ref `json:"agent,omitempty"`
	// Position is the place in the queue: 1 is next. Absent when not waiting.
	Position    int       `json:"position,omitempty"`
	Queued      int64     `json:"queued,omitempty"`
	Outcome     string    `json:"outcome,omitempty"`
	Disposition string    `json:"disposition,omitempty"`
	Website     *Ref      `json:"website,omitempty"`
	Customer    *Customer `json:"customer,omitempty"`
	// Wait is an estimate, in seconds, of how long the customer will wait; absent when nobody knows.
	Wait int `json:"wait,omitempty"`
	// Assist are the agents who write along.
	Assist []Ref `json:"assist,omitempty"`
	// IdleUntil is when the session will be closed unless somebody writes; absent until a minute before.
	IdleUntil int64 `json:"idleUntil,omitempty"`
	// Transfer is the one that rings; for agents only.
	Transfer *TransferState `json:"transfer,omitempty"`
	// Read is how far the other side has read, by side.
	Read map[Side]int `json:"read,omitempty"`
	Rows []Row        `json:"rows,omitempty"`
}

// TransferState is a transfer or an invitation that has been offered and not answered. The generation and round of its offer
// are those of the View and Round.
type TransferState struct {
	Assist bool `json:"assist,omitempty"`
	// Agent or Queue that it was offered to.
	Agent *Ref  `json:"agent,omitempty"`
	Queue *Ref  `json:"queue,omitempty"`
	By    Ref   `json:"by"`
	Round int   `json:"round"`
	Until int64 `json:"until"`
	Now   int64 `json:"now"`
}

// OfferKind says what an offer asks for.
type OfferKind string

// The kinds of offers. A session that waits has none.
const (
	OfferTransfer OfferKind = "transfer" // to become the owner of a session that somebody has
	OfferAssist   OfferKind = "assist"   // to write along
)

// Offer asks an agent to take a session before Until. The answer names generation and round. A late Offer may follow its
// Gone: clients remember rounds that ended.
type Offer struct {
	Type       string   `json:"type" jsonschema:"enum=offer"`
	Session    string   `json:"session"`
	Generation int      `json:"generation"`
	Round      int      `json:"round"`
	Strategy   string   `json:"strategy"`
	Queue      Ref      `json:"queue"`
	Website    Ref      `json:"website"`
	Customer   Customer `json:"customer"`
	Question   string   `json:"question"`
	// Queued is when the customer entered the line, Offered when this offer was made, Until when it ends.
	Queued  int64 `json:"queued"`
	Offered int64 `json:"offered"`
	Until   int64 `json:"until"`
	Now     int64 `json:"now"`
	// Others is how many agents were asked besides you.
	Others int `json:"others"`
	// Kind, By and Note are of a transfer or an invitation: who asks, and what they say.
	Kind OfferKind `json:"kind,omitempty" jsonschema:"enum=transfer,enum=assist"`
	By   *Ref      `json:"by,omitempty"`
	Note string    `json:"note,omitempty"`
	// Again says that this agent had the session before, and is asked first for that reason.
	Again bool `json:"again,omitempty"`
}

// Outcome of an offer.
type Outcome string

// The outcomes of offers. Every offer ends in exactly one.
const (
	OfferAccepted  Outcome = "accepted"
	OfferRejected  Outcome = "rejected"
	OfferExpired   Outcome = "expired"
	OfferRescinded Outcome = "rescinded"
	OfferCanceled  Outcome = "canceled"
)

// Gone ends an offer on a desktop. For `rescinded`, By says who took it. The giver of a transfer hears it too.
type Gone struct {
	Type       string  `json:"type" jsonschema:"enum=gone"`
	Session    string  `json:"session"`
	Generation int     `json:"generation"`
	Round      int     `json:"round"`
	Outcome    Outcome `json:"outcome"`
	By         *Ref    `json:"by,omitempty"`
	Customer   string  `json:"customer"`
}

// Me is the agent's own state.
type Me struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	State  AgentState `json:"state"`
	Reason string     `json:"reason,omitempty"`
	Since  int64      `json:"since"`
	// By is the supervisor who set the state, if one did.
	By *Ref `json:"by,omitempty"`
	// Until is when a wrap-up ends by itself, on the server's clock Now.
	Until int64 `json:"until,omitempty"`
	Now   int64 `json:"now,omitempty"`
	// Next and NextReason are what the agent becomes when the last open session is over.
	Next       AgentState `json:"next,omitempty"`
	NextReason string     `json:"nextReason,omitempty"`
	// Supervisor may set the state of others.
	Supervisor bool `json:"supervisor,omitempty"`
	Capacity   int  `json:"capacity"`
	// Open are the sessions that the agent owns or assists in.
	Open   []string `json:"open"`
	Queues []Ref    `json:"queues"`
}

// QueueState is how busy a queue is.
type QueueState struct {
	Queue   Ref `json:"queue"`
	Waiting int `json:"waiting"`
	// Longest is when the one who waits longest entered the line; absent when nobody waits.
	Longest int64 `json:"longest,omitempty"`
	// Messages is how many were left for later and not answered; 50 means that many or more.
	Messages int `json:"messages,omitempty"`
}

// Welcome answers Hello: everything that changed behind the cursors, as far as it fits a frame. Sessions of a customer: at
// most one. Me, Offers and Line are an agent's.
type Welcome struct {
	Type     string       `json:"type" jsonschema:"enum=welcome"`
	Re       int64        `json:"re,omitempty"`
	Now      int64        `json:"now"`
	Sessions []View       `json:"sessions"`
	Me       *Me          `json:"me,omitempty"`
	Offers   []Offer      `json:"offers,omitempty"`
	Line     []QueueState `json:"line,omitempty"`
	// Reasons are the pause reasons, Dispositions the outcomes an agent may choose.
	Reasons      []string `json:"reasons,omitempty"`
	Dispositions []string `json:"dispositions,omitempty"`
}

// Pulse answers Beat: heads and states without rows, the agent's state and open offers. Who is behind asks Since; a session
// that is not named is no longer theirs.
type Pulse struct {
	Type     string       `json:"type" jsonschema:"enum=pulse"`
	Re       int64        `json:"re,omitempty"`
	Now      int64        `json:"now"`
	Sessions []View       `json:"sessions"`
	Me       *Me          `json:"me,omitempty"`
	Offers   []Offer      `json:"offers,omitempty"`
	Line     []QueueState `json:"line,omitempty"`
}

// SessionFrame tells the state of one session, with the rows that its change added. It answers Start, Accept, Close and
// Leave, and is pushed to the others.
type SessionFrame struct {
	Type    string `json:"type" jsonschema:"enum=session"`
	Re      int64  `json:"re,omitempty"`
	Now     int64  `json:"now"`
	Session View   `json:"session"`
}

// Rows brings rows of one session's log: the push of a message, or the answer to Since.
type Rows struct {
	Type    string `json:"type" jsonschema:"enum=rows"`
	Re      int64  `json:"re,omitempty"`
	Session string `json:"session"`
	Head    int    `json:"head"`
	Rows    []Row  `json:"rows"`
	// Resync is set when After was older than the first row still kept: forget what you have and begin here.
	Resync bool `json:"resync,omitempty"`
}

// Ack says that a message is stored, and where.
type Ack struct {
	Type    string `json:"type" jsonschema:"enum=ack"`
	Re      int64  `json:"re,omitempty"`
	Session string `json:"session"`
	CID     string `json:"cid"`
	Place   int    `json:"place"`
	At      int64  `json:"at"`
}

// Done answers what has nothing else to say.
type Done struct {
	Type string `json:"type" jsonschema:"enum=done"`
	Re   int64  `json:"re,omitempty"`
}

// Status tells the agent's own state: the answer to SetStatus, and the push when something else changed it.
type Status struct {
	Type string `json:"type" jsonschema:"enum=status"`
	Re   int64  `json:"re,omitempty"`
	Me   Me     `json:"me"`
	// Note is a sentence for the agent where the state was changed for them.
	Note string `json:"note,omitempty"`
}

// Letter is a message that was left for later, and that nobody has answered.
type Letter struct {
	Session  string   `json:"session"`
	Queue    Ref      `json:"queue"`
	Website  Ref      `json:"website"`
	Customer Customer `json:"customer"`
	Text     string   `json:"text"`
	At       int64    `json:"at"`
}

// Messages answers AskMessages, the oldest first; what does not fit a frame comes up when these are answered.
type Messages struct {
	Type    string   `json:"type" jsonschema:"enum=messages"`
	Re      int64    `json:"re,omitempty"`
	Now     int64    `json:"now"`
	Letters []Letter `json:"letters"`
}

// Colleague is an agent as the others see them.
type Colleague struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	State    AgentState `json:"state"`
	Reason   string     `json:"reason,omitempty"`
	Next     AgentState `json:"next,omitempty"`
	Since    int64      `json:"since"`
	Open     int        `json:"open"`
	Capacity int        `json:"capacity"`
	Queues   []string   `json:"queues"`
}

// TeamQueue is a queue that a session can go to. Available is how many agents could take a session now.
type TeamQueue struct {
	Queue     Ref   `json:"queue"`
	Available int   `json:"available"`
	Waiting   int   `json:"waiting"`
	Longest   int64 `json:"longest,omitempty"`
}

// Team answers AskTeam: all queues, and the agents who are signed in or hold sessions; a supervisor sees everybody. It also
// answers a supervisor's SetStatus, with that agent alone.
type Team struct {
	Type   string      `json:"type" jsonschema:"enum=team"`
	Re     int64       `json:"re,omitempty"`
	Now    int64       `json:"now"`
	Agents []Colleague `json:"agents"`
	Queues []TeamQueue `json:"queues,omitempty"`
}

// Asked is one of those to whom an offer was made. Delivered and Seen are 0 where that never happened; Decision is accepted,
// rejected, or empty, and Decided when that was.
type Asked struct {
	Agent     Ref    `json:"agent"`
	Delivered int64  `json:"delivered,omitempty"`
	Seen      int64  `json:"seen,omitempty"`
	Decision  string `json:"decision,omitempty" jsonschema:"enum=accepted,enum=rejected"`
	Decided   int64  `json:"decided,omitempty"`
}

// Excluded is an agent of the queue who was not asked, and why.
type Excluded struct {
	Agent  Ref    `json:"agent"`
	Reason string `json:"reason"`
}

// PastOffer is one line of a session's ledger. Outcome is empty while it rings. By is the agent who asks, of a transfer or a call for
// help; Again: who had the session before was asked first.
type PastOffer struct {
	Generation int       `json:"generation"`
	Round      int       `json:"round"`
	Kind       OfferKind `json:"kind,omitempty"`
	By         *Ref      `json:"by,omitempty"`
	Again      bool      `json:"again,omitempty"`
	Strategy   string    `json:"strategy"`
	Offered    int64     `json:"offered"`
	Until      int64     `json:"until"`
	Ended      int64     `json:"ended,omitempty"`
	Outcome    Outcome   `json:"outcome,omitempty"`
	Asked      []Asked   `json:"asked"`
	// Candidates are all who could have been asked, in the order of the strategy.
	Candidates []Ref      `json:"candidates,omitempty"`
	Excluded   []Excluded `json:"excluded,omitempty"`
	// Ahead is how many sessions stood before this one that one of the candidates could take.
	Ahead int `json:"ahead,omitempty"`
}

// Ledger answers AskLedger, the last offer first.
type Ledger struct {
	Type    string      `json:"type" jsonschema:"enum=ledger"`
	Re      int64       `json:"re,omitempty"`
	Now     int64       `json:"now"`
	Session string      `json:"session"`
	Offers  []PastOffer `json:"offers"`
}

// TypingOut tells that somebody writes in a session. Shown for 4 s.
type TypingOut struct {
	Type    string `json:"type" jsonschema:"enum=typing"`
	Session string `json:"session"`
	Side    Side   `json:"side"`
	Name    string `json:"name,omitempty"`
}

// ReadOut tells how far a side has read.
type ReadOut struct {
	Type    string `json:"type" jsonschema:"enum=read"`
	Session string `json:"session"`
	Side    Side   `json:"side"`
	Place   int    `json:"place"`
}

// Pong answers Ping.
type Pong struct {
	Type string `json:"type" jsonschema:"enum=pong"`
}

// Error is the refusal of one request. The connection stays up. Message is a sentence for people; Code is for programs; Retry
// says whether the same request may succeed later. By names the winner where Code is `taken`.
type Error struct {
	Type    string    `json:"type" jsonschema:"enum=error"`
	Re      int64     `json:"re,omitempty"`
	Session string    `json:"session,omitempty"`
	CID     string    `json:"cid,omitempty"`
	Code    ErrorCode `json:"code"`
	Message string    `json:"message"`
	Retry   bool      `json:"retry,omitempty"`
	By      *Ref      `json:"by,omitempty"`
}

// ErrorCode names a refusal. The texts and the rules behind them are in functions/chat/errors.go.
type ErrorCode string
