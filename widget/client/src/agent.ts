import { Client, type ClientOptions, type Entry, type State } from './client';
import { Refused } from './tabs';
import type {
  AgentState,
  Close,
  Colleague,
  Hello,
  Ledger,
  Letter,
  Me,
  Messages,
  Offer,
  Pulse,
  QueueState,
  Ref,
  Row,
  ServerFrame,
  SessionFrame,
  SetStatus,
  Team,
  Transfer,
  View,
  Welcome,
} from './wire.gen';

/** What a desktop draws from. */
export interface DeskState extends State {
  me?: Me;
  /** Those that ring, oldest first. */
  offers: readonly Offer[];
  line: readonly QueueState[];
  /** The pause reasons and the outcomes that may be chosen. */
  reasons: readonly string[];
  dispositions: readonly string[];
}

/** Names an offer: session, generation and round. */
export type OfferRef = Pick<Offer, 'session' | 'generation' | 'round'>;

/** Where a session goes, or who is asked to help, and what they are told. */
export type Handover = Pick<Transfer, 'agent' | 'queue' | 'assist' | 'blind' | 'note'>;

const ENDED_LIMIT = 500; // rounds that are remembered; a late offer is seconds late
const LOOK = 3_000; // who looks up and decides within this needs no mark: the decision tells
const GRACE = 2_000; // an offer whose end was not told is taken away so long after it
/** As many messages as this are counted in a queue, see QueueState. */
export const TRAY = 50;
/** So many messages fit a frame however long they are: an answer with fewer was not cut. */
const UNCUT = 8;
/** Refusals of an accept that end the offer. */
const OVER: readonly string[] = ['taken', 'late', 'not_found', 'closed'];

/** The agent's side: offers, availability, the sessions that the agent owns or helps in, and the team. */
export class AgentClient extends Client {
  private me: Me | undefined;
  private offers: Offer[] = [];
  private line: QueueState[] = [];
  private reasons: string[] = [];
  private dispositions: string[] = [];
  private readonly ended = new Set<string>();
  private readonly marked = new Set<string>();
  private signIn = false;
  private expiry: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientOptions) {
    super('agent', options);
    document.addEventListener('visibilitychange', this.look);
  }

  override get state(): DeskState {
    return super.state as DeskState;
  }

  /** `signIn`: the agent has just signed in, not reloaded the page: this makes them available. */
  override connect({ signIn = false } = {}): void {
    this.signIn = signIn;
    super.connect();
  }

  override stop(): void {
    document.removeEventListener('visibilitychange', this.look);
    clearTimeout(this.expiry);
    clearTimeout(this.looking);
    super.stop();
  }

  /** Takes an offer. Rejects with Refused (code taken: `frame.by` was first; late, paused, full, licence_full) or Lost. */
  async accept(offer: OfferRef): Promise<SessionFrame> {
    try {
      const answer = await this.ask({ type: 'accept', ...ref(offer) });
      this.end(offer);
      return answer;
    } catch (e) {
      if (e instanceof Refused && OVER.includes(e.code)) this.end(offer);
      throw e;
    } finally {
      this.changed(true);
    }
  }

  /** Declines an offer. */
  async reject(offer: OfferRef): Promise<void> {
    try {
      await this.ask({ type: 'reject', ...ref(offer) });
      this.end(offer);
    } catch (e) {
      if (!(e instanceof Refused && OVER.includes(e.code))) throw e;
      this.end(offer); // over before we said no
    } finally {
      this.changed(true);
    }
  }

  /**
   * Changes the availability; with `after`, when the last open session is over. READY also ends a wrap-up and takes back what
   * was to come after. Signing out with open sessions is refused.
   */
  async status(state: AgentState, how: Pick<SetStatus, 'reason' | 'after'> = {}): Promise<void> {
    await this.tell({ type: 'status', state, ...how });
  }

  /** Changes the availability of somebody else, as a supervisor; resolves with what they are now. */
  async supervise(
    agent: string,
    state: AgentState,
    how: Pick<SetStatus, 'reason' | 'after'> = {},
  ): Promise<Colleague | undefined> {
    const team = (await this.ask({ type: 'status', agent, state, ...how })) as Team;
    return team.agents.find((one) => one.id === agent);
  }

  /** Offers a session to an agent or a queue, or asks one of them to help. It stays where it is until somebody accepts. */
  async transfer(session: string, to: Handover): Promise<void> {
    await this.tell({ type: 'transfer', session, ...to });
  }

  /** Takes back what `transfer` has offered. */
  async withdraw(session: string): Promise<void> {
    await this.tell({ type: 'withdraw', session });
  }

  /** Stops helping in a session; with `agent`, and asked by its owner, ends the help of that agent. */
  async leave(session: string, agent?: string): Promise<void> {
    await this.tell({ type: 'leave', session, ...(agent && { agent }) });
  }

  /** Ends a session that the agent owns; with `generation`, only if nobody has opened it again since. */
  async close(session: string, end: Pick<Close, 'generation' | 'disposition' | 'note'> = {}): Promise<void> {
    await this.tell({ type: 'close', session, ...end });
  }

  /** Who is there, and how busy the queues are. */
  async team(): Promise<Team> {
    return (await this.ask({ type: 'team' })) as Team;
  }

  /** To whom a session was offered, why to them, and what they did. */
  async ledger(session: string): Promise<Ledger> {
    return (await this.ask({ type: 'ledger', session })) as Ledger;
  }

  /** What customers of the agent's queues have left, the oldest first; when there is much of it, not all. */
  async messages(): Promise<Messages> {
    return (await this.ask({ type: 'messages' })) as Messages;
  }

  /**
   * Takes a message that was left, to answer it. Rejects with Refused (code taken: `frame.by` was first; late, paused, full,
   * licence_full) or Lost.
   */
  async pick(session: string): Promise<SessionFrame> {
    try {
      const answer = (await this.ask({ type: 'pick', session })) as SessionFrame;
      this.count((known, { id }) => (id === answer.session.queue.id && known < TRAY ? known - 1 : known));
      return answer;
    } finally {
      this.changed(true);
    }
  }

  /** Forgets a session that is over, here: its tab was closed. */
  drop(session: string): void {
    this.remove(session);
    this.changed(true);
  }

  /** Asks for a change, and shows what it brought before it resolves. */
  private async tell(what: Parameters<typeof this.ask>[0]): Promise<void> {
    try {
      await this.ask(what);
    } finally {
      this.changed(true);
    }
  }

  protected override rose(up: boolean, fresh: boolean): void {
    super.rose(up, fresh);
    // Another tab holds the socket and has said its hello without us.
    if (up && !fresh && this.signIn) void this.hello();
  }

  protected override introduction(): Pick<Hello, 'signIn'> {
    return this.signIn ? { signIn: true } : {};
  }

  protected override greeted(): void {
    this.signIn = false;
    super.greeted();
  }

  protected override get present(): boolean {
    return this.me?.state !== 'OFFLINE';
  }

  protected override author(): Pick<Row, 'by' | 'name'> {
    return this.me ? { by: this.me.id, name: this.me.name } : {};
  }

  protected override absent(entry: Entry, _frame: Welcome | Pulse): boolean {
    // Its tab stays until the agent closes it: what was said does not disappear before their eyes.
    if (entry.view.state !== 'CLOSED' && entry.mine) {
      entry.mine = false;
      delete entry.snapshot;
    }
    return false;
  }

  protected override owns(view: View): boolean | undefined {
    const me = this.me?.id;
    if (view.state === 'CLOSED' || !me) return undefined;
    return view.state === 'ACTIVE' && (view.agent?.id === me || !!view.assist?.some(({ id }) => id === me));
  }

  protected override apply(frame: ServerFrame): boolean {
    switch (frame.type) {
      case 'welcome':
        if (frame.reasons) this.reasons = frame.reasons;
        if (frame.dispositions) this.dispositions = frame.dispositions;
        this.desk(frame);
        break;
      case 'pulse':
        this.desk(frame);
        break;
      case 'status':
        if (frame.me.now) this.clock.hear(frame.me.now);
        this.me = frame.me;
        return true;
      case 'rows': {
        const changed = super.apply(frame);
        // A row may tell that somebody else has the session now, and the frame that says so may be lost.
        const entry = this.entries.get(frame.session);
        if (changed && entry) entry.mine = this.owns(entry.view) ?? entry.mine;
        return changed;
      }
      case 'offer':
        this.clock.hear(frame.now);
        return this.ring(frame);
      case 'messages':
        this.clock.hear(frame.now);
        return this.recount(frame.letters);
      case 'gone':
        this.end(frame);
        return true;
    }
    return super.apply(frame);
  }

  protected override snapshot(): DeskState {
    return {
      ...super.snapshot(),
      ...(this.me && { me: this.me }),
      offers: this.offers,
      line: this.line,
      reasons: this.reasons,
      dispositions: this.dispositions,
    };
  }

  protected override summary(): Welcome {
    const { offers, line, reasons, dispositions } = this;
    return { ...super.summary(), ...(this.me && { me: this.me }), offers, line, reasons, dispositions };
  }

  private desk(frame: Welcome | Pulse): void {
    if (frame.me) this.me = frame.me;
    if (frame.line) this.line = frame.line;
    const named = new Set((frame.offers ?? []).map(key));
    // What the frame does not name is over, unless it was made after the frame.
    this.offers = this.offers.filter((offer) => named.has(key(offer)) || offer.now > frame.now);
    for (const offer of frame.offers ?? []) this.ring(offer);
  }

  /** A list of messages is newer than the numbers that came with the last beat. */
  private recount(letters: readonly Letter[]): boolean {
    return this.count((known, { id }) => {
      const listed = letters.filter(({ queue }) => queue.id === id).length;
      return letters.length < UNCUT ? listed : Math.max(known, listed);
    });
  }

  /** Counts the messages of each queue anew; true when there are more or fewer. */
  private count(messages: (known: number, queue: Ref) => number): boolean {
    const next = this.line.map((state) => {
      const { messages: known = 0, ...rest } = state;
      const now = Math.max(0, messages(known, state.queue));
      return now === known ? state : { ...rest, ...(now && { messages: now }) };
    });
    const changed = next.some((state, i) => state !== this.line[i]);
    if (changed) this.line = next;
    return changed;
  }

  private ring(offer: Offer): boolean {
    if (this.ended.has(key(offer)) || this.clock.now() > offer.until + GRACE) return false;
    const rung = this.offers.find((known) => known.session === offer.session);
    // A session makes one offer at a time, and a newer one may overtake the end of the last.
    if (rung && rung.round > offer.round) return false;
    if (rung && rung.round < offer.round) this.end(rung);
    if (rung?.round !== offer.round) this.offers = [...this.offers, offer];
    this.mark(offer);
    this.scheduleExpiry();
    return true;
  }

  /**
   * Tells that an offer arrived here and whether somebody saw it: what reached nobody is held against nobody. Once for each offer, but
   * for one that came to a hidden page which is looked at later and left unanswered.
   */
  private mark(offer: Offer): void {
    const seen = !document.hidden;
    const what = `${key(offer)} ${seen}`;
    if (this.marked.has(what) || !(seen || this.link.leader)) return;
    remember(this.marked, what);
    this.droppable({ type: 'mark', ...ref(offer), ...(seen && { seen }) });
  }

  private readonly look = (): void => {
    clearTimeout(this.looking);
    if (document.hidden) return;
    this.looking = setTimeout(() => {
      for (const offer of this.offers) this.mark(offer);
    }, LOOK);
  };

  private end(offer: OfferRef): void {
    remember(this.ended, key(offer));
    this.offers = this.offers.filter((known) => key(known) !== key(offer));
    this.scheduleExpiry();
  }

  private scheduleExpiry(): void {
    clearTimeout(this.expiry);
    if (!this.offers.length) return;
    const next = Math.min(...this.offers.map((offer) => offer.until)) + GRACE - this.clock.now();
    this.expiry = setTimeout(() => {
      this.offers = this.offers.filter((offer) => this.clock.now() <= offer.until + GRACE);
      this.scheduleExpiry();
      this.changed();
    }, Math.max(0, next) + 1);
  }
}

function ref({ session, generation, round }: OfferRef): OfferRef {
  return { session, generation, round };
}

function key({ session, generation, round }: OfferRef): string {
  return `${session} ${generation} ${round}`;
}

/** A set that forgets its oldest entries. */
function remember(set: Set<string>, entry: string): void {
  set.add(entry);
  if (set.size > ENDED_LIMIT) for (const oldest of set) return void set.delete(oldest);
}
