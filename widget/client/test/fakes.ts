import { vi } from 'vitest';
import type { ServerFrame } from '../src/wire.gen';

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: Sent[] = [];
  onopen: (() => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error('nobody has dialled');
    return socket;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }

  close(code = 1005): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame: ServerFrame | Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The requests of a type, oldest first. */
  requests(type: string): Sent[] {
    return this.sent.filter((frame) => frame.type === type);
  }

  request(type: string): Sent {
    const found = this.requests(type).at(-1);
    if (!found) throw new Error(`no ${type} among ${this.sent.map((f) => f.type ?? f.action).join(', ')}`);
    return found;
  }

  /** Answers the last request of a type. */
  answer(type: string, frame: Record<string, unknown>): void {
    this.say({ ...frame, re: this.request(type).id });
  }
}

export interface Sent {
  action: string;
  type?: string;
  id: number;
  [field: string]: unknown;
}

/** Fake timers and sockets for one test; Math.random gives 1, so that delays are at their longest. */
export function world(): void {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  FakeSocket.all = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('BroadcastChannel', undefined);
  localStorage.clear();
}

export function endOfWorld(): void {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
}

/** Lets promises settle and timers of this moment run. */
export const settle = () => vi.advanceTimersByTimeAsync(0);

/** The two things of a browser that tabs share. Each tab of a test sees them through its own stubs. */
export class FakeBrowser {
  private readonly queues = new Map<string, Waiting[]>();
  readonly channels = new Set<FakeChannel>();

  readonly locks = {
    request: (name: string, mode: { signal?: AbortSignal; steal?: boolean }, hold: () => Promise<void>) =>
      new Promise<void>((resolve, reject) => {
        const queue = this.queues.get(name) ?? [];
        this.queues.set(name, queue);
        const waiting: Waiting = { hold, resolve, reject, held: false };
        mode.signal?.addEventListener('abort', () => {
          if (waiting.held) return;
          queue.splice(queue.indexOf(waiting), 1);
          reject(new DOMException('aborted', 'AbortError'));
        });
        if (mode.steal) {
          const robbed = queue.shift();
          queue.unshift(waiting);
          robbed?.reject(new DOMException('stolen', 'AbortError'));
        } else queue.push(waiting);
        void this.grant(queue);
      }),
  };

  private async grant(queue: Waiting[]): Promise<void> {
    await Promise.resolve();
    const first = queue[0];
    if (!first || first.held) return;
    first.held = true;
    await first.hold();
    if (queue[0] !== first) return; // stolen
    first.resolve();
    queue.shift();
    void this.grant(queue);
  }

  install(): void {
    const browser = this;
    vi.stubGlobal(
      'BroadcastChannel',
      class extends FakeChannel {
        constructor(name: string) {
          super(browser, name);
        }
      },
    );
    Object.defineProperty(navigator, 'locks', { configurable: true, value: this.locks });
  }

  uninstall(): void {
    delete (navigator as { locks?: unknown }).locks;
  }
}

interface Waiting {
  hold: () => Promise<void>;
  resolve: () => void;
  reject: (e: Error) => void;
  held: boolean;
}

class FakeChannel {
  onmessage: ((e: { data: unknown }) => void) | null = null;

  constructor(
    private readonly browser: FakeBrowser,
    private readonly name: string,
  ) {
    browser.channels.add(this);
  }

  postMessage(data: unknown): void {
    const copy = structuredClone(data);
    for (const other of this.browser.channels) {
      if (other !== this && other.name === this.name) queueMicrotask(() => other.onmessage?.({ data: copy }));
    }
  }

  close(): void {
    this.onmessage = null;
    this.browser.channels.delete(this);
  }
}
