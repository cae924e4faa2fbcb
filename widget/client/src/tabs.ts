import { DEADLINE, Socket, type SocketOptions } from './socket';
import type { AgentRequest, CustomerRequest, Error as ErrorFrame, ServerFrame } from './wire.gen';

type Request = CustomerRequest | AgentRequest;

/** The server refused a request; the sentence is for people. */
export class Refused extends Error {
  readonly code: ErrorFrame['code'];
  constructor(readonly frame: ErrorFrame) {
    super(frame.message);
    this.code = frame.code;
  }
}

/** Nobody knows whether the request was heard. All requests are safe to repeat. */
export class Lost extends Error {}

/** What tabs tell each other. `k` instead of `type`, so that it is not taken for a frame. */
type Note =
  | { k: 'in'; frame: ServerFrame } // from the leader: it came in
  | { k: 'out'; frame: Request } // to the leader: please send
  | { k: 'up'; up: boolean }
  | { k: 'who' } // a new tab asks what it should know
  | { k: 'stale' } // to the leader: the socket does not answer
  | { k: 'brisk' } // to the leader: a chat is visible here
  | { k: 'own'; note: unknown };

export interface LinkOptions extends Pick<SocketOptions, 'dial'> {
  /** Names the lock and the channel: the tabs of one origin with the same name share one socket. */
  name: string;
  onFrame(frame: ServerFrame): void;
  /** The socket of all tabs came (`fresh`: this tab holds it, and it wants its hello) or went. */
  onUp(up: boolean, fresh: boolean): void;
  onFinal?(code: number): void;
  /** A new tab came. Called where the socket is; the frame that is returned tells it what was heard before. */
  catchUp(): ServerFrame | undefined;
  /** A note of the application from another tab. */
  onNote(note: unknown): void;
}

interface Open {
  frame: Request;
  lasting: boolean;
  resolve(frame: ServerFrame): void;
  reject(e: Error): void;
  deadline?: Timer;
  end?: Timer;
}

type Timer = ReturnType<typeof setTimeout>;

/** How long a sign that somebody looks holds, and how often it is given, in milliseconds. */
const BRISK_HOLDS = 90_000;
const BRISK_EVERY = 60_000;
const PATIENCE = 30_000;
/** So many requests in a row without an answer, and the tab that holds the socket counts as frozen: take it over. */
const STALE_LIMIT = 2;

/**
 * One socket for all tabs of an origin. Web Locks elect the tab that holds it, a BroadcastChannel carries frames to and from
 * the others; when the holder closes, the next tab opens a socket within a second. Where one of the two is missing (plain
 * http) every tab has its own. A page that is hidden for good lets go, so that the browser may keep it in its back-forward
 * cache, and joins again when it is shown.
 *
 * Requests get an `id`. The frame whose `re` is that id settles them, in whichever tab they were made; without an answer in 8 s
 * the socket is retired and the request repeated on the next one.
 */
export class Link {
  up = false;
  /** This tab holds the socket. */
  leader = false;
  private socket: Socket | undefined;
  private channel: BroadcastChannel | undefined;
  private release: (() => void) | undefined;
  private queue: AbortController | undefined;
  private joined = false;
  private stales = 0;
  private looking: Timer | undefined;
  private briskUntil: Timer | undefined;
  private readonly open = new Map<number, Open>();
  // Unique among tabs: 32 random bits in front of 20 for counting.
  private id = (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) * 2 ** 20;

  constructor(private readonly options: LinkOptions) {}

  start(): void {
    if (this.joined) return;
    this.joined = true;
    addEventListener('pagehide', this.leave);
    addEventListener('pageshow', this.back);
    this.join();
  }

  stop(): void {
    removeEventListener('pagehide', this.leave);
    removeEventListener('pageshow', this.back);
    this.leave();
    clearInterval(this.looking);
    for (const id of this.open.keys()) this.settle(id)?.reject(new Lost('the link was stopped'));
  }

  /** Sends what may be lost. */
  send(frame: Request): void {
    if (this.leader) this.socket?.send(frame);
    else this.tell({ k: 'out', frame });
  }

  /**
   * Sends and resolves with the answer; rejects with Refused, or with Lost when `patience` is over (null: never).
   * `lasting`: repeat it on a new socket.
   */
  request(frame: Request, patience: number | null = PATIENCE, lasting = true): Promise<ServerFrame> {
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      const request: Open = { frame: { ...frame, id }, lasting, resolve, reject };
      this.open.set(id, request);
      if (patience !== null) {
        request.end = setTimeout(() => this.settle(id)?.reject(new Lost('no answer')), patience);
      }
      this.transmit(id);
    });
  }

  /** Tells the application's other tabs. */
  note(note: unknown): void {
    this.tell({ k: 'own', note });
  }

  /** A chat is visible in this tab, or no longer. */
  brisk(on: boolean): void {
    clearInterval(this.looking);
    this.looking = undefined;
    if (!on) return;
    const say = () => (this.leader ? this.looked() : this.tell({ k: 'brisk' }));
    this.looking = setInterval(say, BRISK_EVERY);
    say();
  }

  private join(steal = false): void {
    if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') {
      this.lead();
      return;
    }
    this.channel ??= this.listen();
    this.queue?.abort();
    this.queue = new AbortController();
    let led = false;
    const hold = () =>
      new Promise<void>((release) => {
        this.release = release;
        led = true;
        this.lead();
      });
    const mode = steal ? { steal } : { signal: this.queue.signal };
    // Rejects when this tab gave up waiting, or when another took the lock away.
    navigator.locks.request(this.options.name, mode, hold).catch(() => {
      if (!led || !this.leader) return;
      this.abdicate();
      this.join();
    });
    this.tell({ k: 'who' });
  }

  private lead(): void {
    this.leader = true;
    this.stales = 0;
    this.socket = new Socket({
      dial: this.options.dial,
      onFrame: (frame) => {
        this.tell({ k: 'in', frame });
        this.receive(frame);
      },
      onOpen: () => this.rise(true),
      onDown: () => this.fall(),
      onFinal: (code) => {
        this.fall();
        this.options.onFinal?.(code);
      },
    });
    if (this.looking) this.looked();
  }

  private abdicate(): void {
    this.leader = false;
    this.socket?.stop();
    this.socket = undefined;
    clearTimeout(this.briskUntil);
  }

  private readonly leave = (): void => {
    if (!this.joined) return;
    this.joined = false;
    this.queue?.abort();
    const led = this.leader;
    this.abdicate();
    if (led) this.tell({ k: 'up', up: false });
    this.release?.();
    this.channel?.close();
    this.channel = undefined;
    if (this.up) this.fall();
  };

  private readonly back = (event: PageTransitionEvent): void => {
    if (!event.persisted || this.joined) return;
    this.joined = true;
    this.join();
  };

  private listen(): BroadcastChannel {
    const channel = new BroadcastChannel(this.options.name);
    channel.onmessage = (event: MessageEvent<Note>) => this.hear(event.data);
    return channel;
  }

  private hear(note: Note): void {
    switch (note.k) {
      case 'in':
        this.stales = 0;
        this.receive(note.frame);
        return;
      case 'up':
        // Two tabs may lead for a moment while the lock is taken over; each believes its own socket.
        if (this.leader) return;
        if (note.up) this.rise(false);
        else if (this.up) this.fall();
        return;
      case 'own':
        this.options.onNote(note.note);
        return;
    }
    if (!this.leader) return;
    switch (note.k) {
      case 'out':
        this.socket?.send(note.frame);
        return;
      case 'stale':
        this.socket?.retire();
        return;
      case 'brisk':
        this.looked();
        return;
      case 'who': {
        const frame = this.options.catchUp();
        if (frame) this.tell({ k: 'in', frame });
        this.tell({ k: 'up', up: this.up });
      }
    }
  }

  private tell(note: Note): void {
    this.channel?.postMessage(note);
  }

  private looked(): void {
    this.socket?.brisk(true);
    clearTimeout(this.briskUntil);
    this.briskUntil = setTimeout(() => this.socket?.brisk(false), BRISK_HOLDS);
  }

  private receive(frame: ServerFrame): void {
    this.options.onFrame(frame);
    const request = 're' in frame && frame.re ? this.settle(frame.re) : undefined;
    if (!request) return;
    if (frame.type === 'error') request.reject(new Refused(frame));
    else request.resolve(frame);
  }

  private settle(id: number): Open | undefined {
    const request = this.open.get(id);
    clearTimeout(request?.deadline);
    clearTimeout(request?.end);
    this.open.delete(id);
    return request;
  }

  /** `fresh`: the socket is this tab's and new, so that nothing was sent on it yet. */
  private rise(fresh: boolean): void {
    const news = fresh || !this.up;
    this.up = true;
    if (fresh) this.tell({ k: 'up', up: true });
    if (!news) return;
    this.forgetBrief();
    const waiting = [...this.open.keys()];
    this.options.onUp(true, fresh); // the hello goes first
    for (const id of waiting) this.transmit(id);
  }

  private fall(): void {
    this.up = false;
    if (this.leader) this.tell({ k: 'up', up: false });
    this.forgetBrief();
    for (const request of this.open.values()) clearTimeout(request.deadline);
    this.options.onUp(false, false);
  }

  /** Requests that belonged to the old socket end with it. */
  private forgetBrief(): void {
    for (const [id, request] of this.open) {
      if (!request.lasting) this.settle(id)?.reject(new Lost('the socket was lost'));
    }
  }

  private transmit(id: number): void {
    const request = this.open.get(id);
    if (!request || !this.up) return;
    this.send(request.frame);
    clearTimeout(request.deadline);
    request.deadline = setTimeout(() => this.stale(), DEADLINE);
  }

  private stale(): void {
    if (this.leader) this.socket?.retire();
    else if (++this.stales < STALE_LIMIT) this.tell({ k: 'stale' });
    else this.join(true);
  }
}
