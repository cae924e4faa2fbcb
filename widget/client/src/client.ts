import { Clock } from './clock';
import { newId } from './ids';
import { outboxPrefix } from './keys';
import { after, Log } from './log';
import { Outbox, type Outgoing, type Store } from './outbox';
import type { Address } from './socket';
import { browserStore } from './store';
import { Link, Lost, Refused } from './tabs';
import type {
  AgentRequest,
  CustomerRequest,
  Hello,
  Pulse,
  Row,
  ServerFrame,
  SessionFrame,
  Side,
  View,
  Welcome,
} from './wire.gen';

/** A session as this client knows it. A new object after each change. */
export interface Session {
  /** Without rows. Customer and website are there for agents. */
  view: View;
  /** Contiguous places, oldest first; not from place 1 when the log is long. */
  rows: readonly Row[];
  /** Not acknowledged yet, in the order of writing. */
  pending: readonly Outgoing[];
  /** How far each side has read. */
  read: Readonly<Partial<Record<Side, number>>>;
  /** Somebody on the other side writes. Gone by itself. */
  typing?: { side: Side; name?: string };
  /** False for an agent whom the session was taken from. */
  mine: boolean;
}

/** All that a view draws from. A new object after each change. */
export interface State {
  /** A socket is open. */
  up: boolean;
  /** The first welcome came: `sessions` is complete. */
  ready: boolean;
  /** In the order in which they became known. */
  sessions: readonly Session[];
  /** First messages on their way: the session has no name yet. */
  starting: readonly Outgoing[];
}

export interface ClientOptions {
  /** Names the lock, the channel and what is stored: one socket for each name and browser. */
  name: string;
  /** Called before every connection, see SocketOptions. */
  dial(failures: number): Promise<Address>;
  /** Unsent messages are kept here. Default: localStorage. */
  store?: Store;
  /** The server ends it for good (close codes 4400 to 4499). */
  onFinal?(code: number): void;
}

type WithoutEnvelope<T> = T extends unknown ? Omit<T, 'action' | 'id'> : never;
type Ask = WithoutEnvelope<CustomerRequest | AgentRequest>;
/** The answer to a request, by what was asked. */
interface Answers {
  hello: Welcome;
  beat: Pulse;
  start: SessionFrame;
  leave: SessionFrame;
  accept: SessionFrame;
  close: SessionFrame;
}
type Answer<T extends Ask> = T['type'] extends keyof Answers ? Answers[T['type']] : ServerFrame;

/** A session with what is behind its snapshot. */
export interface Entry {
  log: Log;
  view: View;
  read: Partial<Record<Side, number>>;
  typing?: { side: Side; name?: string };
  mine: boolean;
  /** Taken from the log up to here; a view read at a lower head is older. */
  judged: number;
  snapshot?: Session;
  gap?: Timer;
  quiet?: Timer;
  asking?: boolean;
  wroteAt?: number;
}

type Timer = ReturnType<typeof setTimeout>;
type Note = { post: Outgoing } | { drop: string } | { read: string; place: number };

const BATCH = 16; // inbound frames are drawn together, by a timer: hidden tabs have no animation frames
const GAP = 300; // a push may overtake another; later than this, it was lost
const BEAT = 60_000;
const TYPING_EVERY = 3_000;
const TYPING_SHOWN = 4_000;
const RETRY: readonly [number, number] = [1_000, 30_000];
/** Codes after which the client's own picture of a session is wrong. */
const OUT_OF_STEP: readonly string[] = ['cursor_ahead', 'resync'];

/**
 * A participant's side of the socket: says hello on every new socket, beats, asks for what it missed, delivers messages one at
 * a time, and keeps the state that views draw. Every tab has one; the tab that holds the socket says hello, beats and
 * delivers for all.
 */
export class Client {
  readonly clock = new Clock();
  protected readonly link: Link;
  protected readonly entries = new Map<string, Entry>();
  protected readonly outbox: Outbox;
  private readonly listeners = new Set<() => void>();
  private readonly taps = new Set<(frame: ServerFrame) => void>();
  private readonly delivering = new Set<string>();
  /** Acknowledged, but behind a gap: shown as pending until their row can be shown. */
  private readonly stored = new Set<string>();
  private current: State | undefined;
  private batch: Timer | undefined;
  private beats: Timer | undefined;
  private ready = false;
  private lastAt = 0;

  constructor(
    protected readonly side: 'customer' | 'agent',
    protected readonly options: ClientOptions,
  ) {
    this.outbox = new Outbox(options.store ?? browserStore(), outboxPrefix(options.name));
    this.link = new Link({
      name: options.name,
      dial: options.dial,
      onFrame: (frame) => this.receive(frame),
      onUp: (up, fresh) => {
        this.rose(up, fresh);
        this.changed(true);
      },
      ...(options.onFinal && { onFinal: options.onFinal }),
      catchUp: () => (this.ready ? this.summary() : undefined),
      onNote: (note) => this.hear(note as Note),
    });
  }

  /** The current snapshot; the same object until something changes. */
  get state(): State {
    this.current ??= this.snapshot();
    return this.current;
  }

  /** This tab holds the socket: exactly one of all tabs plays sounds and the like. */
  get leads(): boolean {
    return this.link.leader;
  }

  /** Calls back after each change. Returns the way to stop it. Bound, as useSyncExternalStore wants it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  /** Hears every frame after it was applied: for toasts and sounds. */
  listen(tap: (frame: ServerFrame) => void): () => void {
    this.taps.add(tap);
    return () => void this.taps.delete(tap);
  }

  connect(): void {
    if (this.beats) return;
    this.beats = setInterval(() => void this.beat(), BEAT);
    this.link.start();
  }

  /** Lets go of the socket and of everything that ticks. What is not acknowledged stays in the store. */
  stop(): void {
    clearInterval(this.beats);
    clearTimeout(this.batch);
    this.link.stop();
    for (const entry of this.entries.values()) {
      clearTimeout(entry.gap);
      clearTimeout(entry.quiet);
    }
  }

  /** Shows a message at once and delivers it exactly once, over lost networks and reloads. `later`: see Outgoing. */
  send(session: string, text: string, later = false): void {
    // Every session begins at place 1, also one whose first rows have not come yet.
    const after = Math.max(1, this.entries.get(session)?.log.last ?? 1);
    this.compose({ session, text, after, ...(later && { later }) });
  }

  /** Sends a refused message once more. */
  retry(cid: string, later = false): void {
    const item = this.outbox.get(cid);
    if (!item) return;
    const { failed: _, ...again } = item;
    this.post({ ...again, ...(later && { later }) });
    void this.deliver(again.session);
  }

  /** Gives a message up. */
  discard(cid: string): void {
    this.forget(cid);
    this.link.note({ drop: cid } satisfies Note);
    this.changed(true);
  }

  /** The user writes: tells the others, at most every 3 s. */
  typing(session: string): void {
    const entry = this.entries.get(session);
    const now = Date.now();
    if (!entry || now - (entry.wroteAt ?? 0) < TYPING_EVERY) return;
    entry.wroteAt = now;
    this.droppable({ type: 'typing', session });
  }

  /** Everything in `rows` was on a visible screen. */
  seen(session: string): void {
    const entry = this.entries.get(session);
    if (!entry) return;
    const read = entry.read[this.side] ?? 0;
    // What we wrote ourselves needs no receipt.
    if (!entry.log.rows.some((row) => row.place > read && row.side !== this.side)) return;
    const place = entry.log.last;
    this.hasRead(entry, this.side, place);
    this.droppable({ type: 'read', session, place });
    this.link.note({ read: session, place } satisfies Note);
    this.changed(true);
  }

  /** Brings rows before the first one, where a long log was cut. */
  async earlier(session: string): Promise<void> {
    const first = this.entries.get(session)?.log.first ?? 1;
    if (first > 1) await this.ask({ type: 'since', session, after: Math.max(0, first - 21) });
  }

  /** Somebody looks at a session in this tab, or no longer. */
  brisk(on: boolean): void {
    this.link.brisk(on);
  }

  // What the two sides add.

  /** What the hello says besides its cursors. */
  protected introduction(): Omit<Hello, 'action' | 'id' | 'type' | 'cursors'> {
    return {};
  }

  /** The socket came (`fresh`: to this tab, new) or went. */
  protected rose(up: boolean, fresh: boolean): void {
    if (up && fresh) void this.hello();
  }

  /** Whether the lease has to be kept. */
  protected get present(): boolean {
    return [...this.entries.values()].some((entry) => entry.view.state !== 'CLOSED');
  }

  /** Who writes here, for rows that are made from an acknowledgement. */
  protected author(): Pick<Row, 'by' | 'name'> {
    return {};
  }

  /** Whether a session that a welcome or pulse does not name is forgotten. */
  protected absent(_entry: Entry, _frame: Welcome | Pulse): boolean {
    return false;
  }

  /** Whether the session is this participant's, as the view says; undefined: as before. */
  protected owns(_view: View): boolean | undefined {
    return true;
  }

  /** Applies a frame; true when something changed. */
  protected apply(frame: ServerFrame): boolean {
    switch (frame.type) {
      case 'welcome':
      case 'pulse':
        return this.overview(frame);
      case 'session':
        this.clock.hear(frame.now);
        this.meet(frame.session);
        return true;
      case 'rows':
        return this.rows(frame.session, frame.rows, frame.head, frame.resync);
      case 'ack': {
        const item = this.outbox.get(frame.cid);
        if (!item) return false;
        const { session, cid, place, at } = frame;
        return this.rows(session, [
          { place, kind: 'message', side: this.side, ...this.author(), text: item.text, cid, at },
        ]);
      }
      case 'typing': {
        const entry = this.entries.get(frame.session);
        if (!entry || frame.side === this.side) return false;
        this.hush(entry);
        delete entry.snapshot;
        entry.typing = { side: frame.side, ...(frame.name && { name: frame.name }) };
        entry.quiet = setTimeout(() => {
          this.hush(entry);
          this.changed();
        }, TYPING_SHOWN);
        return true;
      }
      case 'read': {
        const entry = this.entries.get(frame.session);
        return !!entry && this.hasRead(entry, frame.side, frame.place);
      }
      default:
        return false;
    }
  }

  protected snapshot(): State {
    const pending = this.outbox.all();
    const sessions = [...this.entries].map(([id, entry]) => {
      entry.snapshot ??= {
        view: entry.view,
        rows: entry.log.rows,
        pending: pending.filter((item) => item.session === id && !entry.log.has(item.cid)),
        read: { ...entry.read },
        ...(entry.typing && { typing: entry.typing }),
        mine: entry.mine,
      };
      return entry.snapshot;
    });
    return {
      up: this.link.up,
      ready: this.ready,
      sessions,
      starting: pending.filter((item) => !item.session),
    };
  }

  /** What a new tab has to know, as if the server said it. */
  protected summary(): Welcome {
    return {
      type: 'welcome',
      now: this.clock.now(),
      sessions: [...this.entries.values()].map(({ view, read, log }) => ({
        ...view,
        head: Math.max(view.head, log.head),
        read,
        rows: [...log.rows],
      })),
    };
  }

  /** Asks and resolves with the answer; rejects with Refused or Lost. */
  protected async ask<T extends Ask>(
    ask: T,
    patience?: number | null,
    lasting?: boolean,
  ): Promise<Answer<T>> {
    const frame = { action: this.side, ...ask } as CustomerRequest | AgentRequest;
    return (await this.link.request(frame, patience, lasting)) as Answer<T>;
  }

  protected droppable(ask: Ask): void {
    this.link.send({ action: this.side, ...ask } as CustomerRequest | AgentRequest);
  }

  protected compose(message: Pick<Outgoing, 'session' | 'text' | 'after' | 'first' | 'later'>): void {
    // Two messages of one millisecond keep their order.
    this.lastAt = Math.max(this.clock.now(), this.lastAt + 1);
    this.post({ cid: newId(), at: this.lastAt, ...message });
    void this.deliver(message.session);
  }

  /** Tells the views: at once after what the user did, in batches otherwise. */
  protected changed(now = false): void {
    if (now) this.flush();
    else this.batch ??= setTimeout(() => this.flush(), BATCH);
  }

  /** Forgets a session here. */
  protected remove(session: string): void {
    const entry = this.entries.get(session);
    clearTimeout(entry?.gap);
    clearTimeout(entry?.quiet);
    this.entries.delete(session);
  }

  /** Takes in a session that was kept from an earlier page. */
  protected restore(view: View, rows: readonly Row[], read: Partial<Record<Side, number>>): void {
    const log = new Log(rows);
    this.entries.set(view.session, { log, view, read, mine: true, judged: view.head });
  }

  private flush(): void {
    clearTimeout(this.batch);
    this.batch = undefined;
    this.current = undefined;
    for (const listener of this.listeners) listener();
  }

  private receive(frame: ServerFrame): void {
    if (this.apply(frame)) this.changed();
    for (const tap of this.taps) tap(frame);
  }

  private hear(note: Note): void {
    if ('drop' in note) this.forget(note.drop);
    else if ('read' in note) {
      const entry = this.entries.get(note.read);
      if (entry) this.hasRead(entry, this.side, note.place);
    } else {
      this.put(note.post);
      void this.deliver(note.post.session);
    }
    this.changed();
  }

  // Hello, beats, replays.

  protected async hello(): Promise<void> {
    this.outbox.reload();
    for (let tries = 0; ; tries++) {
      const cursors = this.cursors();
      try {
        const welcome = await this.ask({ type: 'hello', cursors, ...this.introduction() }, null, false);
        this.greeted();
        for (const view of welcome.sessions) {
          // Our cursor is ahead of the log: the server's data was replaced. Begin again.
          if (view.head < (cursors[view.session] ?? 0)) this.startOver(view.session);
        }
        return;
      } catch (e) {
        // Lost: the next socket brings the next hello.
        if (!(e instanceof Refused)) return;
        if (OUT_OF_STEP.includes(e.code)) this.entries.clear();
        await this.pause(tries);
        if (!this.link.up) return;
      }
    }
  }

  /** The server knows this connection. */
  protected greeted(): void {
    this.deliverAll();
  }

  private async beat(): Promise<void> {
    if (!this.link.leader || !this.link.up || !this.present) return;
    await this.ask({ type: 'beat', cursors: this.cursors() }, undefined, false).catch(() => {});
  }

  private cursors(): Record<string, number> {
    const cursors: Record<string, number> = {};
    for (const [session, entry] of this.entries) cursors[session] = entry.log.last;
    return cursors;
  }

  private overview(frame: Welcome | Pulse): boolean {
    this.clock.hear(frame.now);
    if (frame.type === 'welcome') this.ready = true;
    const named = new Set(frame.sessions.map((view) => view.session));
    for (const view of frame.sessions) this.meet(view);
    for (const [session, entry] of this.entries) {
      if (!named.has(session) && this.absent(entry, frame)) this.remove(session);
    }
    return true;
  }

  /** Takes in a view, unless it is older than what is known. */
  private meet(full: View): void {
    const { rows = [], read = {}, ...view } = full;
    let entry = this.entries.get(view.session);
    if (!entry) {
      entry = { log: new Log(), view, read: {}, mine: true, judged: 0 };
      this.entries.set(view.session, entry);
    }
    if (view.generation > entry.view.generation || view.head >= entry.judged) {
      entry.view = view;
      entry.judged = view.head;
      entry.mine = this.owns(view) ?? entry.mine;
      delete entry.snapshot;
    }
    for (const [side, place] of Object.entries(read)) this.hasRead(entry, side as Side, place);
    this.rows(view.session, rows, view.head);
  }

  private rows(session: string, rows: readonly Row[], head = 0, resync = false): boolean {
    const entry = this.entries.get(session);
    if (!entry) return false;
    if (resync) entry.log.restart(rows, head);
    const added = resync ? rows : entry.log.add(rows, head);
    if (added.length) delete entry.snapshot;
    for (const row of added) {
      if (row.cid) this.forget(row.cid);
      if (row.side !== this.side) this.hush(entry);
      if (row.place > entry.judged) {
        entry.view = after(entry.view, row);
        entry.judged = row.place;
      }
    }
    if (entry.log.behind && !entry.gap && !entry.asking) {
      // An empty log can only be filled by asking.
      const wait = entry.log.last ? GAP : 0;
      entry.gap = setTimeout(() => {
        delete entry.gap;
        void this.catchUp(session, entry);
      }, wait);
    }
    return added.length > 0;
  }

  private async catchUp(session: string, entry: Entry): Promise<void> {
    entry.asking = true;
    try {
      while (entry.log.behind && this.entries.get(session) === entry) {
        const { last } = entry.log;
        await this.ask({ type: 'since', session, after: last }, null);
        if (entry.log.last === last) return; // nothing came: the next frame of this session asks again
      }
    } catch (e) {
      if (e instanceof Refused && OUT_OF_STEP.includes(e.code)) this.startOver(session);
    } finally {
      entry.asking = false;
    }
  }

  private startOver(session: string): void {
    const entry = this.entries.get(session);
    if (!entry) return;
    entry.log.restart([], 0);
    entry.judged = 0;
    delete entry.snapshot;
    void this.ask({ type: 'since', session, after: 0 }).catch(() => {});
  }

  private hasRead(entry: Entry, side: Side, place: number): boolean {
    if (place <= (entry.read[side] ?? 0)) return false;
    entry.read[side] = place;
    delete entry.snapshot;
    return true;
  }

  private hush(entry: Entry): void {
    clearTimeout(entry.quiet);
    if (!entry.typing) return;
    delete entry.typing;
    delete entry.snapshot;
  }

  // Delivery.

  /** Keeps a message, in all tabs. */
  protected post(item: Outgoing): void {
    this.put(item);
    this.link.note({ post: item } satisfies Note);
    this.changed(true);
  }

  private put(item: Outgoing): void {
    // It may have belonged to a session before.
    this.touch(this.outbox.get(item.cid)?.session ?? '');
    this.outbox.put(item);
    this.touch(item.session);
  }

  private forget(cid: string): void {
    this.stored.delete(cid);
    const item = this.outbox.get(cid);
    if (!item) return;
    this.outbox.drop(cid);
    this.touch(item.session);
  }

  private touch(session: string): void {
    delete this.entries.get(session)?.snapshot;
  }

  private deliverAll(): void {
    for (const session of new Set(this.outbox.all().map((item) => item.session))) void this.deliver(session);
  }

  /** Sends what waits for one session, one message at a time and in order. Runs where the socket is. */
  protected async deliver(session: string): Promise<void> {
    if (!this.link.leader || !this.ready || this.delivering.has(session)) return;
    this.delivering.add(session);
    try {
      for (let tries = 0; ; ) {
        const item = this.outbox
          .all()
          .find((each) => each.session === session && !each.failed && !this.stored.has(each.cid));
        if (!item || !this.link.leader) return;
        try {
          await this.transmit(item);
          tries = 0;
        } catch (e) {
          if (e instanceof Lost) return;
          if (!(e instanceof Refused)) throw e;
          if (e.frame.retry) await this.pause(tries++);
          else if (OUT_OF_STEP.includes(e.code) && tries++ === 0) this.startOver(session);
          else this.refused(item, e);
        }
      }
    } finally {
      this.delivering.delete(session);
    }
  }

  private async transmit(item: Outgoing): Promise<void> {
    const { cid, session, text } = item;
    if (!session) {
      const first = item.first ?? { nonce: cid };
      const { session: view } = await this.ask({ type: 'start', cid, text, ...first }, null);
      this.forget(cid);
      this.adopt(view.session);
      return;
    }
    const log = this.entries.get(session)?.log;
    if (log?.has(cid)) {
      this.forget(cid);
      return;
    }
    // What was seen so far does not contain it, and places never change: it can only stand behind.
    if (log && log.first <= item.after + 1 && log.last > item.after) {
      item = { ...item, after: log.last };
      this.outbox.put(item);
    }
    await this.ask({ type: 'send', session, cid, after: item.after, text }, null);
    if (this.outbox.get(cid)) this.stored.add(cid);
  }

  /** The messages that were written while the first one was on its way belong to its session. */
  private adopt(session: string): void {
    for (const item of this.outbox.all()) {
      if (item.session) continue;
      const { first: _, ...rest } = item;
      this.post({ ...rest, session, after: 1 });
    }
    void this.deliver(session);
  }

  /** The server will not take it. */
  protected refused(item: Outgoing, e: Refused): void {
    this.post({ ...item, failed: { code: e.code, message: e.message } });
  }

  private pause(tries: number): Promise<void> {
    const most = Math.min(RETRY[1], RETRY[0] * 2 ** tries);
    return new Promise((done) => setTimeout(done, most * (0.5 + Math.random() / 2)));
  }
}
