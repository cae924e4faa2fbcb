import type { ClientFrame, ServerFrame } from './wire.gen';

/** The sub-protocols of functions/wire/doc.go: the version, and the token behind its mark. */
const VERSION = 'parley.v1';
const TOKEN_MARK = 't.';

/** No answer for so long, in milliseconds, and the socket counts as dead: half-open ones never say so themselves. */
export const DEADLINE = 8_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
const PING_BRISK: Span = [25_000, 30_000];
const PING_IDLE: Span = [240_000, 300_000]; // API Gateway drops a socket after 10 silent minutes
const RENEWAL: Span = [105 * 60_000, 115 * 60_000]; // and every socket after 2 hours; spread, so that not all come at once
const OVERLAP = 10_000; // how long a renewed socket may still bring frames that were on their way
const FINAL_CODES = [4400, 4499] as const;

type Span = readonly [least: number, most: number];

/** Where to connect, and as whom. */
export interface Address {
  url: string;
  token: string;
}

export interface SocketOptions {
  /**
   * Called before every connection. `failures` counts the attempts since a frame was last heard: above 1, get a fresh token,
   * because a refused one looks like a lost network. Throw to be asked again later.
   */
  dial(failures: number): Promise<Address>;
  /** Every frame, also of a socket that was just replaced. */
  onFrame(frame: ServerFrame): void;
  /** A new socket is ready and wants its hello. Comes again, without `onDown` between, when a socket was renewed. */
  onOpen(): void;
  /** There is no socket now; another will come by itself. */
  onDown(): void;
  /** The server wants no more connections (close codes 4400 to 4499). Nothing comes after this. */
  onFinal?(code: number): void;
}

/**
 * A WebSocket that comes back by itself. It waits longer after each failure (full jitter), pings and retires a socket that
 * does not answer, and replaces a socket before the gateway's age limit by opening the new one first.
 */
export class Socket {
  private current: WebSocket | undefined;
  private dialling = false;
  private opening: WebSocket | undefined;
  private stopped = false;
  private failures = 0;
  private heard = 0;
  private every = PING_IDLE;
  private readonly timers: Partial<Record<'retry' | 'ping' | 'deadline' | 'renewal', Timer>> = {};

  constructor(private readonly options: SocketOptions) {
    addEventListener('online', this.hurry);
    addEventListener('offline', this.probe);
    document.addEventListener('visibilitychange', this.look);
    void this.dial();
  }

  /** Sends, if there is a socket. True says no more than that. */
  send(frame: ClientFrame): boolean {
    if (this.current?.readyState !== WebSocket.OPEN) return false;
    this.current.send(JSON.stringify(frame));
    return true;
  }

  /** Somebody looks at a chat: notice a dead network within half a minute instead of five. */
  brisk(on: boolean): void {
    const every = on ? PING_BRISK : PING_IDLE;
    if (this.every === every) return;
    this.every = every;
    if (this.current) this.schedulePing();
  }

  /** Gives the socket up, because it did not answer, and opens another. */
  retire(): void {
    const ws = this.current;
    if (!ws) return;
    this.current = undefined;
    ws.onmessage = ws.onclose = null;
    ws.close();
    this.fallen();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener('online', this.hurry);
    removeEventListener('offline', this.probe);
    document.removeEventListener('visibilitychange', this.look);
    for (const name of ['retry', 'ping', 'deadline', 'renewal'] as const) this.clear(name);
    this.current?.close(1000);
    this.current = undefined;
    this.opening?.close();
  }

  private async dial(): Promise<void> {
    if (this.stopped || this.dialling) return;
    this.dialling = true;
    this.clear('retry');
    let ws: WebSocket;
    try {
      const { url, token } = await this.options.dial(this.failures);
      if (this.stopped) return;
      ws = new WebSocket(url, [VERSION, TOKEN_MARK + token]);
    } catch {
      this.failed();
      return;
    }
    this.opening = ws;
    const slow = setTimeout(() => ws.close(), DEADLINE);
    ws.onopen = () => {
      clearTimeout(slow);
      this.opened(ws);
    };
    ws.onmessage = (event: MessageEvent<string>) => this.receive(event.data);
    ws.onclose = (event) => {
      clearTimeout(slow);
      this.closed(ws, event.code);
    };
  }

  private opened(ws: WebSocket): void {
    this.dialling = false;
    this.opening = undefined;
    const old = this.current;
    if (old) setTimeout(() => old.close(1000), OVERLAP);
    this.current = ws;
    this.heard = Date.now();
    this.clear('deadline');
    this.schedulePing();
    this.after('renewal', between(RENEWAL), () => void this.dial());
    this.options.onOpen();
  }

  private receive(data: string): void {
    this.heard = Date.now();
    this.failures = 0;
    this.clear('deadline');
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    // The gateway's own error frames have no type; the request behind them runs into its deadline.
    if (typeof frame === 'object' && frame && 'type' in frame) this.options.onFrame(frame as ServerFrame);
  }

  private closed(ws: WebSocket, code: number): void {
    const opened = ws === this.current;
    if (opened) this.current = undefined;
    else if (!this.dialling) return; // one that was renewed
    if (code >= FINAL_CODES[0] && code <= FINAL_CODES[1]) {
      this.stop();
      this.options.onFinal?.(code);
    } else if (opened) this.fallen();
    else this.failed();
  }

  private fallen(): void {
    this.clear('ping');
    this.clear('deadline');
    this.clear('renewal');
    this.options.onDown();
    this.retry();
  }

  private failed(): void {
    this.dialling = false;
    this.opening = undefined;
    this.failures++;
    // A failed renewal leaves the old socket in place: it is tried again until the gateway ends that.
    this.retry();
  }

  private retry(): void {
    if (this.stopped || this.dialling) return;
    const most = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.failures);
    this.after('retry', Math.random() * most, () => void this.dial());
  }

  private schedulePing(): void {
    this.after('ping', between(this.every), () => {
      this.probe();
      this.schedulePing();
    });
  }

  /** Asks for a sign of life; any frame is one. */
  private readonly probe = (): void => {
    if (!this.send({ action: 'ping' })) return;
    if (!this.timers.deadline) this.after('deadline', DEADLINE, () => this.retire());
  };

  /** The network is back, or somebody looks: wait no longer. */
  private readonly hurry = (): void => {
    if (this.current) this.probe();
    else void this.dial();
  };

  private readonly look = (): void => {
    // After a sleep the socket may be dead without knowing; a short change of tabs needs no ping.
    if (!document.hidden && Date.now() - this.heard > PING_BRISK[0]) this.hurry();
  };

  private after(name: keyof typeof this.timers, ms: number, run: () => void): void {
    this.clear(name);
    this.timers[name] = setTimeout(() => {
      delete this.timers[name];
      run();
    }, ms);
  }

  private clear(name: keyof typeof this.timers): void {
    clearTimeout(this.timers[name]);
    delete this.timers[name];
  }
}

type Timer = ReturnType<typeof setTimeout>;

function between([least, most]: Span): number {
  return least + Math.random() * (most - least);
}
