import type { ErrorCode, Start } from './wire.gen';

/** What the first message of a session carries besides its text. */
export type About = Pick<Start, 'name' | 'email' | 'queue' | 'page' | 'language' | 'offline'>;

/** A message that is not acknowledged yet. It keeps its cid for good, so that it is stored once however often it is sent. */
export interface Outgoing {
  cid: string;
  /** Empty until the first message is acknowledged. */
  session: string;
  text: string;
  /** The last place that was seen when it was written; raised when a replay showed that it is not among what was missed. */
  after: number;
  /** When it was written, in milliseconds since 1970 by the server's clock. */
  at: number;
  /** For a message that opens a session. */
  first?: About & { nonce: string };
  /** A customer's, to a session that may be closed: where the website takes no chat now, it is left as a message for later. */
  later?: boolean;
  /** The server's refusal. It is not sent again by itself. */
  failed?: { code: ErrorCode; message: string };
}

/** The part of Storage that is used here. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/**
 * The messages of all tabs that are not acknowledged, one storage key each: tabs never overwrite each other's, and whoever holds
 * the socket sends them, also those of a tab that was closed.
 */
export class Outbox {
  private readonly items = new Map<string, Outgoing>();

  constructor(
    private readonly store: Store,
    private readonly prefix: string,
  ) {
    this.reload();
  }

  /** In the order of writing. */
  all(): Outgoing[] {
    return [...this.items.values()].sort((a, b) => a.at - b.at);
  }

  get(cid: string): Outgoing | undefined {
    return this.items.get(cid);
  }

  put(item: Outgoing): void {
    this.items.set(item.cid, item);
    try {
      this.store.setItem(this.prefix + item.cid, JSON.stringify(item));
    } catch {
      // Storage is full or forbidden: the message lives as long as this page.
    }
  }

  drop(cid: string): void {
    this.items.delete(cid);
    this.store.removeItem(this.prefix + cid);
  }

  /** Takes in what other tabs wrote. What they removed is acknowledged and comes as a row. */
  reload(): void {
    for (let i = 0; i < this.store.length; i++) {
      const key = this.store.key(i);
      if (!key?.startsWith(this.prefix)) continue;
      const item = parse(this.store.getItem(key));
      if (item) this.items.set(item.cid, item);
    }
  }
}

/** Storage belongs to the page: read it with the same suspicion as a frame. */
function parse(text: string | null): Outgoing | undefined {
  try {
    const item = JSON.parse(text ?? '') as Outgoing;
    const sound =
      typeof item.cid === 'string' &&
      typeof item.session === 'string' &&
      typeof item.text === 'string' &&
      Number.isInteger(item.after) &&
      Number.isFinite(item.at);
    return sound ? item : undefined;
  } catch {
    return undefined;
  }
}
