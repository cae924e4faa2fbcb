// Made by functions/wire/gen from the Go structs of functions/wire. Do not edit: change those and run `make gen`.

/**
 * Every frame that a client may send.
 */
export type ClientFrame = CustomerRequest | AgentRequest | Ping;
/**
 * Every request of a client on the route `customer`.
 */
export type CustomerRequest = (Hello | Start | Send | Since | Beat | Leave | Typing | Read) & {
  action: 'customer';
};
/**
 * Every request of a client on the route `agent`.
 */
export type AgentRequest = (
  | Hello
  | Send
  | Since
  | Beat
  | Leave
  | Typing
  | Read
  | SetStatus
  | Accept
  | Reject
  | Mark
  | Close
  | Transfer
  | Withdraw
  | AskMessages
  | Pick
  | AskTeam
  | AskLedger
) & {
  action: 'agent';
};
/**
 * AgentState is an agent's availability as stored.
 */
export type AgentState = 'READY' | 'PAUSED' | 'NOT_RESPONDING' | 'WRAPUP' | 'OFFLINE';
/**
 * Every frame that the server sends.
 */
export type ServerFrame =
  | Welcome
  | Pulse
  | SessionFrame
  | Rows
  | Ack
  | Done
  | Status
  | Offer
  | Gone
  | Messages
  | Team
  | Ledger
  | TypingOut
  | ReadOut
  | Pong
  | Error;
/**
 * SessionState is where a session is. A customer sees OFFERED as WAITING.
 */
export type SessionState = 'WAITING' | 'OFFERED' | 'ACTIVE' | 'CLOSED';
/**
 * RowKind is what a row of the log tells.
 */
export type RowKind =
  'message' | 'accepted' | 'joined' | 'left' | 'requeued' | 'transferred' | 'closed' | 'reopened';
/**
 * Side says who wrote a row.
 */
export type Side = 'customer' | 'agent' | 'system';
/**
 * Outcome of an offer.
 */
export type Outcome = 'accepted' | 'rejected' | 'expired' | 'rescinded' | 'canceled';
/**
 * OfferKind says what an offer asks for.
 */
export type OfferKind = 'transfer' | 'assist';
/**
 * ErrorCode names a refusal. The texts and the rules behind them are in functions/chat/errors.go.
 */
export type ErrorCode =
  | 'bad_frame'
  | 'unknown_type'
  | 'bad_value'
  | 'too_long'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'not_yours'
  | 'closed'
  | 'taken'
  | 'late'
  | 'paused'
  | 'full'
  | 'licence_full'
  | 'nobody'
  | 'not_open'
  | 'open_sessions'
  | 'cursor_ahead'
  | 'resync'
  | 'rate_limited'
  | 'busy'
  | 'internal';

/**
 * What travels on the socket, each way. The bodies over HTTPS are definitions of their own.
 */
export interface Contract {
  client: ClientFrame;
  server: ServerFrame;
}
/**
 * Hello is the first frame on a socket: it makes the connection known and asks for all that was missed. Cursors name the last place seen of each session. Answer: Welcome.
 */
export interface Hello {
  action: 'customer' | 'agent';
  id?: number;
  type: 'hello';
  cursors?: {
    [k: string]: number;
  };
  /**
   * SignIn is set on the first hello after an agent signed in (not after a reload): it makes them available.
   */
  signIn?: boolean;
  /**
   * Page and Language are a customer's.
   */
  page?: Page;
  language?: string;
}
/**
 * Start opens a customer's session with its first message, or, if the customer has one already, is a message there (and reopens it when it is closed). Nonce names the attempt: two tabs, a double click and a retry with the same nonce are one session. Answer: SessionFrame.
 */
export interface Start {
  action: 'customer';
  id?: number;
  type: 'start';
  nonce: string;
  cid: string;
  text: string;
  name?: string;
  email?: string;
  queue?: string;
  page?: Page;
  language?: string;
  /**
   * Offline leaves the text as a message for later: nobody is asked, and the session is closed until an agent picks it or the customer writes again. WebsiteConfig says when a website offers it. A customer whose session is with an agent writes in it as ever.
   */
  offline?: boolean;
}
/**
 * Page is where the customer is. Query strings are cut off by the client.
 */
export interface Page {
  url?: string;
  title?: string;
}
/**
 * Send stores one message. After is the last place that the sender had seen when it was composed, or was raised to by a replay that did not contain CID: the message can only be stored behind it, which makes a retry exact. A client has one unacknowledged Send per session. A customer's Send to a closed session reopens it. Answer: Ack.
 */
export interface Send {
  action: 'customer' | 'agent';
  id?: number;
  type: 'send';
  session: string;
  cid: string;
  after: number;
  text: string;
}
/**
 * Since asks for everything behind After. Answer: Rows.
 */
export interface Since {
  action: 'customer' | 'agent';
  id?: number;
  type: 'since';
  session: string;
  after: number;
}
/**
 * Beat renews the lease, every 60 s while a session waits or is open, or an agent is signed in. Answer: Pulse.
 */
export interface Beat {
  action: 'customer' | 'agent';
  id?: number;
  type: 'beat';
  cursors?: {
    [k: string]: number;
  };
}
/**
 * Leave ends a customer's own session: abandoned while it waits, closed by the customer otherwise. From an agent it ends an assist: that of the sender, or, asked by the owner, that of the agent who is named. Answer: SessionFrame.
 */
export interface Leave {
  action: 'customer' | 'agent';
  id?: number;
  type: 'leave';
  session: string;
  agent?: string;
}
/**
 * Typing tells the others that somebody writes; at most one in 3 s. Droppable, not answered.
 */
export interface Typing {
  action: 'customer' | 'agent';
  id?: number;
  type: 'typing';
  session: string;
}
/**
 * Read says that everything up to Place was on a visible screen. Droppable, not answered.
 */
export interface Read {
  action: 'customer' | 'agent';
  id?: number;
  type: 'read';
  session: string;
  place: number;
}
/**
 * SetStatus changes the agent's availability: READY (which also ends a wrap-up), PAUSED or OFFLINE. Signing out with open sessions is refused in words. Answer: Status.
 */
export interface SetStatus {
  action: 'agent';
  id?: number;
  type: 'status';
  state: AgentState;
  reason?: string;
  /**
   * After makes it the next status: it comes when the last open session is over, and until then nothing new is offered. With nothing open it comes at once.
   */
  after?: boolean;
  /**
   * Agent names somebody else; only a supervisor may. The answer is then their Colleague in a Team of one.
   */
  agent?: string;
}
/**
 * Accept takes an offer. First accept wins; the winner who repeats hears the same answer. Answer: SessionFrame, or an Error of code taken, late, paused, full, licence_full.
 */
export interface Accept {
  action: 'agent';
  id?: number;
  type: 'accept';
  session: string;
  generation: number;
  round: number;
}
/**
 * Reject declines an offer; it goes on to the next agent. Answer: Done.
 */
export interface Reject {
  action: 'agent';
  id?: number;
  type: 'reject';
  session: string;
  generation: number;
  round: number;
}
/**
 * Mark records that an offer reached this desktop (always, on arrival) and whether its tab was visible. An offer that reached nobody is held against nobody. Not answered.
 */
export interface Mark {
  action: 'agent';
  id?: number;
  type: 'mark';
  session: string;
  generation: number;
  round: number;
  seen?: boolean;
}
/**
 * Close ends a session that the agent owns. Answer: SessionFrame.
 */
export interface Close {
  action: 'agent';
  id?: number;
  type: 'close';
  session: string;
  /**
   * Generation that is closed, as its View said; a later one stays open. 0: whichever there is.
   */
  generation?: number;
  disposition?: string;
  note?: string;
}
/**
 * Transfer hands a session that the sender owns to an agent or to a queue, or invites one to assist. It is an offer that can be declined: the session stays where it is until somebody accepts. Answer: SessionFrame.
 */
export interface Transfer {
  action: 'agent';
  id?: number;
  type: 'transfer';
  session: string;
  /**
   * Agent or Queue, one of them.
   */
  agent?: string;
  queue?: string;
  /**
   * Assist invites to write along; the sender stays the owner.
   */
  assist?: boolean;
  /**
   * Blind gives the session to the queue at once: it waits there, and the sender has it no more.
   */
  blind?: boolean;
  note?: string;
}
/**
 * Withdraw takes back the transfer or invitation that rings. Answer: SessionFrame.
 */
export interface Withdraw {
  action: 'agent';
  id?: number;
  type: 'withdraw';
  session: string;
}
/**
 * AskMessages asks for the messages that customers of the sender's queues have left. Answer: Messages.
 */
export interface AskMessages {
  action: 'agent';
  id?: number;
  type: 'messages';
}
/**
 * Pick takes a message that was left, to answer it. Answer: SessionFrame, or an Error of code taken, late, paused, full, licence_full.
 */
export interface Pick {
  action: 'agent';
  id?: number;
  type: 'pick';
  session: string;
}
/**
 * AskTeam asks who is there: where a session can go, and what a supervisor watches. Answer: Team.
 */
export interface AskTeam {
  action: 'agent';
  id?: number;
  type: 'team';
}
/**
 * AskLedger asks for the offers of a session: who was asked, why, and what they did. For those who own it, assist, were asked, or are supervisors. Answer: Ledger.
 */
export interface AskLedger {
  action: 'agent';
  id?: number;
  type: 'ledger';
  session: string;
}
/**
 * Ping keeps a socket alive; a mock integration answers Pong without a function. Every 4 to 5 minutes, 25 to 30 s while a chat is visible.
 */
export interface Ping {
  action: 'ping';
}
/**
 * Welcome answers Hello: everything that changed behind the cursors, as far as it fits a frame. Sessions of a customer: at most one. Me, Offers and Line are an agent's.
 */
export interface Welcome {
  type: 'welcome';
  re?: number;
  now: number;
  sessions: View[];
  me?: Me;
  offers?: Offer[];
  line?: QueueState[];
  /**
   * Reasons are the pause reasons, Dispositions the outcomes an agent may choose.
   */
  reasons?: string[];
  dispositions?: string[];
}
/**
 * View is a session as one participant may see it. Customer, Website and Disposition are for agents only. Position and Ahead are set while the session waits.
 */
export interface View {
  session: string;
  generation: number;
  state: SessionState;
  /**
   * Head is the last place of the log. Rows may end before it: ask Since.
   */
  head: number;
  queue: Ref;
  agent?: Ref;
  /**
   * Position is the place in the queue: 1 is next. Absent when not waiting.
   */
  position?: number;
  queued?: number;
  outcome?: string;
  disposition?: string;
  website?: Ref;
  customer?: Customer;
  /**
   * Wait is an estimate, in seconds, of how long the customer will wait; absent when nobody knows.
   */
  wait?: number;
  /**
   * Assist are the agents who write along.
   */
  assist?: Ref[];
  /**
   * IdleUntil is when the session will be closed unless somebody writes; absent until a minute before.
   */
  idleUntil?: number;
  /**
   * Transfer is the one that rings; for agents only.
   */
  transfer?: TransferState;
  /**
   * Read is how far the other side has read, by side.
   */
  read?: {
    [k: string]: number;
  };
  rows?: Row[];
}
/**
 * Ref names something that has an id and a name.
 */
export interface Ref {
  id: string;
  name: string;
}
/**
 * Customer is what an agent sees of the person.
 */
export interface Customer {
  id: string;
  name: string;
  email?: string;
  language?: string;
  page?: Page;
}
/**
 * Row is one entry of a session's log. Places start at 1 and have no gaps.
 */
export interface Row {
  place: number;
  kind: RowKind;
  side: Side;
  /**
   * By is the agent's id where an agent spoke, joined, left, became the owner or (on a row with To, while the session waits again) gave the session away; Name their name.
   */
  by?: string;
  name?: string;
  text?: string;
  cid?: string;
  outcome?: string;
  /**
   * Note is the agent's, on the row that closes or transfers; only agents see it.
   */
  note?: string;
  /**
   * To names the queue that the session went to.
   */
  to?: string;
  at: number;
}
/**
 * Me is the agent's own state.
 */
export interface Me {
  id: string;
  name: string;
  state: AgentState;
  reason?: string;
  since: number;
  /**
   * By is the supervisor who set the state, if one did.
   */
  by?: Ref;
  /**
   * Until is when a wrap-up ends by itself, on the server's clock Now.
   */
  until?: number;
  now?: number;
  /**
   * Next and NextReason are what the agent becomes when the last open session is over.
   */
  next?: AgentState;
  nextReason?: string;
  /**
   * Supervisor may set the state of others.
   */
  supervisor?: boolean;
  capacity: number;
  /**
   * Open are the sessions that the agent owns or assists in.
   */
  open: string[];
  queues: Ref[];
}
/**
 * Offer asks an agent to take a session before Until. The answer names generation and round. A late Offer may follow its Gone: clients remember rounds that ended.
 */
export interface Offer {
  type: 'offer';
  session: string;
  generation: number;
  round: number;
  strategy: string;
  queue: Ref;
  website: Ref;
  customer: Customer;
  question: string;
  /**
   * Queued is when the customer entered the line, Offered when this offer was made, Until when it ends.
   */
  queued: number;
  offered: number;
  until: number;
  now: number;
  /**
   * Others is how many agents were asked besides you.
   */
  others: number;
  /**
   * Kind, By and Note are of a transfer or an invitation: who asks, and what they say.
   */
  kind?: OfferKind;
  by?: Ref;
  note?: string;
  /**
   * Again says that this agent had the session before, and is asked first for that reason.
   */
  again?: boolean;
}
/**
 * QueueState is how busy a queue is.
 */
export interface QueueState {
  queue: Ref;
  waiting: number;
  /**
   * Longest is when the one who waits longest entered the line; absent when nobody waits.
   */
  longest?: number;
  /**
   * Messages is how many were left for later and not answered; 50 means that many or more.
   */
  messages?: number;
}
/**
 * Pulse answers Beat: heads and states without rows, the agent's state and open offers. Who is behind asks Since; a session that is not named is no longer theirs.
 */
export interface Pulse {
  type: 'pulse';
  re?: number;
  now: number;
  sessions: View[];
  me?: Me;
  offers?: Offer[];
  line?: QueueState[];
}
/**
 * SessionFrame tells the state of one session, with the rows that its change added. It answers Start, Accept, Close and Leave, and is pushed to the others.
 */
export interface SessionFrame {
  type: 'session';
  re?: number;
  now: number;
  session: View;
}
/**
 * Rows brings rows of one session's log: the push of a message, or the answer to Since.
 */
export interface Rows {
  type: 'rows';
  re?: number;
  session: string;
  head: number;
  rows: Row[];
  /**
   * Resync is set when After was older than the first row still kept: forget what you have and begin here.
   */
  resync?: boolean;
}
/**
 * Ack says that a message is stored, and where.
 */
export interface Ack {
  type: 'ack';
  re?: number;
  session: string;
  cid: string;
  place: number;
  at: number;
}
/**
 * Done answers what has nothing else to say.
 */
export interface Done {
  type: 'done';
  re?: number;
}
/**
 * Status tells the agent's own state: the answer to SetStatus, and the push when something else changed it.
 */
export interface Status {
  type: 'status';
  re?: number;
  me: Me;
  /**
   * Note is a sentence for the agent where the state was changed for them.
   */
  note?: string;
}
/**
 * Gone ends an offer on a desktop. For `rescinded`, By says who took it. The giver of a transfer hears it too.
 */
export interface Gone {
  type: 'gone';
  session: string;
  generation: number;
  round: number;
  outcome: Outcome;
  by?: Ref;
  customer: string;
}
/**
 * Messages answers AskMessages, the oldest first; what does not fit a frame comes up when these are answered.
 */
export interface Messages {
  type: 'messages';
  re?: number;
  now: number;
  letters: Letter[];
}
/**
 * Letter is a message that was left for later, and that nobody has answered.
 */
export interface Letter {
  session: string;
  queue: Ref;
  website: Ref;
  customer: Customer;
  text: string;
  at: number;
}
/**
 * Team answers AskTeam: all queues, and the agents who are signed in or hold sessions; a supervisor sees everybody. It also answers a supervisor's SetStatus, with that agent alone.
 */
export interface Team {
  type: 'team';
  re?: number;
  now: number;
  agents: Colleague[];
  queues?: TeamQueue[];
}
/**
 * Colleague is an agent as the others see them.
 */
export interface Colleague {
  id: string;
  name: string;
  state: AgentState;
  reason?: string;
  next?: AgentState;
  since: number;
  open: number;
  capacity: number;
  queues: string[];
}
/**
 * TeamQueue is a queue that a session can go to. Available is how many agents could take a session now.
 */
export interface TeamQueue {
  queue: Ref;
  available: number;
  waiting: number;
  longest?: number;
}
/**
 * Ledger answers AskLedger, the last offer first.
 */
export interface Ledger {
  type: 'ledger';
  re?: number;
  now: number;
  session: string;
  offers: PastOffer[];
}
/**
 * PastOffer is one line of a session's ledger. Outcome is empty while it rings. By is the agent who asks, of a transfer or a call for help; Again: who had the session before was asked first.
 */
export interface PastOffer {
  generation: number;
  round: number;
  kind?: OfferKind;
  by?: Ref;
  again?: boolean;
  strategy: string;
  offered: number;
  until: number;
  ended?: number;
  outcome?: Outcome;
  asked: Asked[];
  /**
   * Candidates are all who could have been asked, in the order of the strategy.
   */
  candidates?: Ref[];
  excluded?: Excluded[];
  /**
   * Ahead is how many sessions stood before this one that one of the candidates could take.
   */
  ahead?: number;
}
/**
 * Asked is one of those to whom an offer was made. Delivered and Seen are 0 where that never happened; Decision is accepted, rejected, or empty, and Decided when that was.
 */
export interface Asked {
  agent: Ref;
  delivered?: number;
  seen?: number;
  decision?: 'accepted' | 'rejected';
  decided?: number;
}
/**
 * Excluded is an agent of the queue who was not asked, and why.
 */
export interface Excluded {
  agent: Ref;
  reason: string;
}
/**
 * TypingOut tells that somebody writes in a session. Shown for 4 s.
 */
export interface TypingOut {
  type: 'typing';
  session: string;
  side: Side;
  name?: string;
}
/**
 * ReadOut tells how far a side has read.
 */
export interface ReadOut {
  type: 'read';
  session: string;
  side: Side;
  place: number;
}
/**
 * Pong answers Ping.
 */
export interface Pong {
  type: 'pong';
}
/**
 * Error is the refusal of one request. The connection stays up. Message is a sentence for people; Code is for programs; Retry says whether the same request may succeed later. By names the winner where Code is `taken`.
 */
export interface Error {
  type: 'error';
  re?: number;
  session?: string;
  cid?: string;
  code: ErrorCode;
  message: string;
  retry?: boolean;
  by?: Ref;
}
/**
 * DesktopConfig is the answer of GET /v1/desktop: how the desktop signs in and where it connects.
 */
export interface DesktopConfig {
  issuer: string;
  clientId: string;
  socket: string;
}
/**
 * HTTPError is the body of every HTTPS refusal.
 */
export interface HTTPError {
  code: ErrorCode;
  message: string;
}
/**
 * Health is the answer of GET /health. Parts name what was asked and how long it took, in milliseconds.
 */
export interface Health {
  ok: boolean;
  parts: HealthPart[];
}
/**
 * HealthPart is one dependency of the service.
 */
export interface HealthPart {
  name: string;
  ok: boolean;
  millis: number;
  note?: string;
}
/**
 * TokenReply carries a customer's token for the socket. Expires is in milliseconds since 1970.
 */
export interface TokenReply {
  token: string;
  customer: string;
  expires: number;
  socket: string;
}
/**
 * TokenRequest is the body of POST /v1/websites/{website}/token. Previous is the last token of this browser: its customer is kept, even when it has expired.
 */
export interface TokenRequest {
  previous?: string;
}
/**
 * TransferState is a transfer or an invitation that has been offered and not answered. The generation and round of its offer are those of the View and Round.
 */
export interface TransferState {
  assist?: boolean;
  /**
   * Agent or Queue that it was offered to.
   */
  agent?: Ref;
  queue?: Ref;
  by: Ref;
  round: number;
  until: number;
  now: number;
}
/**
 * WebsiteConfig is the answer of GET /v1/websites/{website}: what the widget needs before anybody writes.
 */
export interface WebsiteConfig {
  website: string;
  name: string;
  /**
   * Brand is the owner's colour, #rrggbb; empty is pine.
   */
  brand?: string;
  greeting?: string;
  /**
   * Open says whether somebody may answer now: open, closed, full, nobody.
   */
  open: 'open' | 'closed' | 'full' | 'nobody';
  /**
   * Offline says that the website takes messages for later while it is in this state: show the form, not the line.
   */
  offline?: boolean;
  /**
   * Opens is when a closed website opens again; absent when nobody knows.
   */
  opens?: number;
  /**
   * Wait is an estimate, in seconds, of how long somebody who writes now will wait; absent when nobody knows.
   */
  wait?: number;
  queues: Ref[];
  /**
   * AskName and AskEmail say what the first form asks for.
   */
  askName?: boolean;
  askEmail?: boolean;
  socket: string;
}
